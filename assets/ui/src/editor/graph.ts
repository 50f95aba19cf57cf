/* The rules of the graph, without React: ports, what may be connected, ids, what lies before a node. */
import type { Definition, DefinitionEdge, DefinitionNode, NodeType } from "../api/types";
import { edgeId, inPorts, outPorts, topological } from "../canvas/graph";
import { isTrigger, nameOf } from "../canvas/kinds";
import { t } from "../text/en";

export type TypeMap = ReadonlyMap<string, NodeType>;

/** The server accepts a cycle when one of these lies on it: they can end it. */
const ENDS_CYCLE = new Set(["if", "switch", "filter", "loop"]);

export interface Ports {
  inputs: readonly string[];
  outputs: readonly string[];
}

/** The ports a node has by its type and config, whether an edge uses them or not. */
export function rulesOf(node: DefinitionNode, types: TypeMap): Ports {
  const type = types.get(node.type);
  const outputs = [...(dynamicOut(node) ?? type?.ports.out.map((p) => p.name) ?? ["main"])];
  if (node.on_error === "port" && !outputs.includes("error")) outputs.push("error");
  if (isTrigger(node.type, type?.group)) return { inputs: [], outputs };
  return { inputs: dynamicIn(node) ?? type?.ports.in.map((p) => p.name) ?? ["main"], outputs };
}

/** Rules plus ports that an edge still uses, so that no edge hangs in the air. */
export function shownPorts(node: DefinitionNode, types: TypeMap, d: Definition): Ports {
  const rules = rulesOf(node, types);
  return {
    inputs: inPorts(node, d.edges, rules.inputs),
    outputs: outPorts(node, d.edges, rules.outputs),
  };
}

function dynamicOut(node: DefinitionNode): string[] | undefined {
  if (node.type !== "switch") return undefined;
  const list = Array.isArray(node.config.rules) ? node.config.rules : node.config.cases;
  const named = Array.isArray(list) ? list.map(switchPort) : [];
  return [...new Set([...named, "default"])];
}

function switchPort(rule: unknown, i: number): string {
  const port = typeof rule === "object" && rule !== null && "port" in rule ? rule.port : undefined;
  return typeof port === "string" && port ? port : String(i + 1);
}

function dynamicIn(node: DefinitionNode): string[] | undefined {
  if (node.type !== "merge") return undefined;
  const n = typeof node.config.inputs === "number" ? node.config.inputs : 2;
  return Array.from({ length: Math.min(10, Math.max(2, n)) }, (_, i) => String(i + 1));
}

/** Why these ports may not be connected, as a sentence; undefined when they may. */
export function whyNot(d: Definition, edge: DefinitionEdge, types: TypeMap): string | undefined {
  const from = d.nodes.find((n) => n.id === edge.from);
  const to = d.nodes.find((n) => n.id === edge.to);
  if (!from || !to) return t.editor.refused.gone;
  if (isTrigger(to.type, types.get(to.type)?.group)) return t.editor.refused.trigger(nameOf(to));
  if (d.edges.some((e) => edgeId(e) === edgeId(edge))) return t.editor.refused.twice;
  if (isEndless(d, edge)) return t.editor.refused.endless;
  return undefined;
}

/** Whether the edge would close a cycle that nothing on it can end. */
function isEndless(d: Definition, edge: DefinitionEdge): boolean {
  const types = new Map(d.nodes.map((n) => [n.id, n.type]));
  const ends = (id: string) => ENDS_CYCLE.has(types.get(id) ?? "");
  if (ends(edge.from) || ends(edge.to)) return false;
  const seen = new Set<string>();
  const open = [edge.to];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === edge.from) return true;
    if (seen.has(id) || ends(id)) continue;
    seen.add(id);
    for (const e of d.edges) if (e.from === id) open.push(e.to);
  }
  return false;
}

/** "filter-2": the type's short name and the next free number, readable in an expression. */
export function freshId(type: string, taken: ReadonlySet<string>, types: TypeMap): string {
  const group = types.get(type)?.group;
  const stem =
    group === "trigger" ? "trigger" : group === "action" ? "action" : type.replaceAll("_", "-");
  for (let n = 1; ; n++) if (!taken.has(`${stem}-${n}`)) return `${stem}-${n}`;
}

/** Ids of all nodes whose output this node can read. */
export function earlierThan(d: Definition, id: string): string[] {
  const seen = new Set<string>();
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const e of d.edges) {
      if (e.to !== at || seen.has(e.from)) continue;
      seen.add(e.from);
      open.push(e.from);
    }
  }
  seen.delete(id);
  return topological(d)
    .map((n) => n.id)
    .filter((n) => seen.has(n));
}

const EXPRESSION = /\{\{[^{}]*\}\}/g;

/** Expressions inside any value, with the ids of nodes replaced. */
export function renamedIn(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") {
    return value.replace(EXPRESSION, (text) =>
      text.replace(/[A-Za-z_][\w-]*/g, (word, at: number) =>
        text[at - 1] === "." ? word : (ids.get(word) ?? word),
      ),
    );
  }
  if (Array.isArray(value)) return value.map((v) => renamedIn(v, ids));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, renamedIn(v, ids)]));
  return value;
}

/** The value of two documents, whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((k) => k in y && same(x[k], y[k]));
}

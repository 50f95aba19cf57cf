/*
 * What a change is made of. Each operation is plain data, in the form the server's log of operations has, and
 * each can be inverted: `inverse` is asked before the operation is applied. Definitions are never written, a
 * changed one shares what didn't change.
 */
import type { Definition, DefinitionEdge, DefinitionNode } from "../api/types";
import { edgeId, type Position } from "../canvas/graph";

export type Path = readonly (string | number)[];

export type Op =
  | { op: "node.add"; node: DefinitionNode; at?: number }
  | { op: "node.remove"; id: string }
  /** `value: undefined` takes the field away. */
  | { op: "node.set"; id: string; path: Path; value: unknown }
  | { op: "node.move"; id: string; to: Position }
  | { op: "edge.add"; edge: DefinitionEdge; at?: number }
  | { op: "edge.remove"; edge: DefinitionEdge }
  | { op: "setting.set"; path: Path; value: unknown };

function insert<T>(list: readonly T[], item: T, at = list.length): T[] {
  return [...list.slice(0, at), item, ...list.slice(at)];
}

/** The value at a path of objects and arrays; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** A copy with the value at the path; objects on the way are made. */
export function withValue(target: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    const list = [...target];
    const i = Number(key);
    if (rest.length === 0 && value === undefined) list.splice(i, 1);
    else list[i] = withValue(list[i], rest, value);
    return list;
  }
  const old = typeof target === "object" && target !== null ? target : {};
  const next = withValue((old as Record<string, unknown>)[key], rest, value);
  if (next === undefined) {
    const { [key as string]: _gone, ...left } = old as Record<string, unknown>;
    return left;
  }
  return { ...old, [key]: next };
}

function changeNode(
  definition: Definition,
  id: string,
  change: (node: DefinitionNode) => DefinitionNode,
): Definition {
  return { ...definition, nodes: definition.nodes.map((n) => (n.id === id ? change(n) : n)) };
}

export function applyOp(definition: Definition, op: Op): Definition {
  switch (op.op) {
    case "node.add":
      return { ...definition, nodes: insert(definition.nodes, op.node, op.at) };
    case "node.remove":
      return { ...definition, nodes: definition.nodes.filter((n) => n.id !== op.id) };
    case "node.set":
      return changeNode(
        definition,
        op.id,
        (n) => withValue(n, op.path, op.value) as DefinitionNode,
      );
    case "node.move":
      return changeNode(definition, op.id, (n) => ({ ...n, position: { ...op.to } }));
    case "edge.add":
      return { ...definition, edges: insert(definition.edges, op.edge, op.at) };
    case "edge.remove": {
      const gone = edgeId(op.edge);
      return { ...definition, edges: definition.edges.filter((e) => edgeId(e) !== gone) };
    }
    case "setting.set":
      return withValue(definition, ["settings", ...op.path], op.value) as Definition;
  }
}

export function inverse(definition: Definition, op: Op): Op {
  switch (op.op) {
    case "node.add":
      return { op: "node.remove", id: op.node.id };
    case "node.remove": {
      const at = definition.nodes.findIndex((n) => n.id === op.id);
      const node = definition.nodes[at];
      if (!node) throw new Error(`there is no node ${op.id}`);
      return { op: "node.add", node, at };
    }
    case "node.set": {
      const node = definition.nodes.find((n) => n.id === op.id);
      return deepest(node, op);
    }
    case "node.move": {
      const node = definition.nodes.find((n) => n.id === op.id);
      if (!node?.position)
        return { op: "node.set", id: op.id, path: ["position"], value: undefined };
      return { op: "node.move", id: op.id, to: node.position };
    }
    case "edge.add":
      return { op: "edge.remove", edge: op.edge };
    case "edge.remove": {
      const at = definition.edges.findIndex((e) => edgeId(e) === edgeId(op.edge));
      return { op: "edge.add", edge: definition.edges[at] ?? op.edge, at };
    }
    case "setting.set": {
      const back = deepest(definition.settings, op);
      if (definition.settings) return back;
      return { ...op, path: [], value: undefined };
    }
  }
}

/** Objects that the operation makes on its way go with it: the first missing one is what is taken away. */
function deepest<T extends { path: Path; value: unknown }>(root: unknown, op: T): T {
  for (let n = 1; n < op.path.length; n++) {
    const path = op.path.slice(0, n);
    if (valueAt(root, path) === undefined) return { ...op, path, value: undefined };
  }
  return { ...op, value: valueAt(root, op.path) };
}

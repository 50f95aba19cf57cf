/*
 * Every change of a workflow is a command: label, operations, do, undo. Components ask for one here and give
 * it to the store; nothing else changes the document, so what can be done can be undone.
 */
import type { Definition, DefinitionEdge, DefinitionNode } from "../api/types";
import { edgeId, type Position } from "../canvas/graph";
import { t } from "../text/en";
import { freshId, renamedIn, rulesOf, type TypeMap } from "./graph";
import { applyOp, inverse, type Op, type Path } from "./ops";

export interface Command {
  label: string;
  ops: readonly Op[];
  /** Commands with the same key that follow each other within MERGE_MS become one. */
  merge?: string;
  do: (definition: Definition) => Definition;
  undo: (definition: Definition) => Definition;
}

export const MERGE_MS = 600;

export function command(
  definition: Definition,
  label: string,
  ops: readonly Op[],
  merge?: string,
): Command {
  const back: Op[] = [];
  let at = definition;
  for (const op of ops) {
    back.unshift(inverse(at, op));
    at = applyOp(at, op);
  }
  return {
    label,
    ops,
    merge,
    do: (d) => ops.reduce(applyOp, d),
    undo: (d) => back.reduce(applyOp, d),
  };
}

/** Two merged commands: done one after the other, undone at once. */
export function merged(first: Command, second: Command): Command {
  return {
    label: second.label,
    merge: second.merge,
    ops: [...first.ops, ...second.ops],
    do: (d) => second.do(first.do(d)),
    undo: (d) => first.undo(second.undo(d)),
  };
}

const label = t.editor.did;

export function addNode(
  d: Definition,
  node: DefinitionNode,
  edges: readonly DefinitionEdge[] = [],
): Command {
  return command(d, label.add, [
    { op: "node.add", node },
    ...edges.map((edge): Op => ({ op: "edge.add", edge })),
  ]);
}

/** The node goes between the two ends of an edge; what follows makes room by one column if it is in the way. */
export function insertOnEdge(
  d: Definition,
  edge: DefinitionEdge,
  node: DefinitionNode,
  types: TypeMap,
): Command {
  const rules = rulesOf(node, types);
  const inPort = rules.inputs[0];
  const outPort = rules.outputs[0];
  const ops: Op[] = [
    { op: "edge.remove", edge },
    { op: "node.add", node },
  ];
  if (inPort)
    ops.push({ op: "edge.add", edge: withPorts(edge.from, node.id, edge.from_port, inPort) });
  if (outPort)
    ops.push({ op: "edge.add", edge: withPorts(node.id, edge.to, outPort, edge.to_port) });
  return command(d, label.insert, [...ops, ...roomFor(d, edge, node)]);
}

function roomFor(d: Definition, edge: DefinitionEdge, node: DefinitionNode): Op[] {
  const target = d.nodes.find((n) => n.id === edge.to);
  if (!target?.position || !node.position) return [];
  const missing = node.position.x + COLUMN - target.position.x;
  const from = target.position.x;
  if (missing <= 0 || from < node.position.x - COLUMN) return [];
  return d.nodes.flatMap((n): Op[] =>
    n.position && n.position.x >= from
      ? [{ op: "node.move", id: n.id, to: { x: n.position.x + missing, y: n.position.y } }]
      : [],
  );
}

export const COLUMN = 260;

export function withPorts(
  from: string,
  to: string,
  fromPort?: string,
  toPort?: string,
): DefinitionEdge {
  const edge: DefinitionEdge = { from, to };
  if (fromPort && fromPort !== "main") edge.from_port = fromPort;
  if (toPort && toPort !== "main") edge.to_port = toPort;
  return edge;
}

export function connect(d: Definition, edge: DefinitionEdge): Command {
  return command(d, label.connect, [{ op: "edge.add", edge }]);
}

export function remove(
  d: Definition,
  nodes: readonly string[],
  edges: readonly string[] = [],
): Command {
  const gone = new Set(nodes);
  const lost = d.edges.filter(
    (e) => gone.has(e.from) || gone.has(e.to) || edges.includes(edgeId(e)),
  );
  return command(d, label.remove(nodes.length), [
    ...lost.map((edge): Op => ({ op: "edge.remove", edge })),
    ...nodes.map((id): Op => ({ op: "node.remove", id })),
  ]);
}

export function setField(
  d: Definition,
  id: string,
  path: Path,
  value: unknown,
  name = path.at(-1),
): Command {
  return command(
    d,
    label.set(String(name)),
    [{ op: "node.set", id, path, value }],
    `set ${id} ${path.join(".")}`,
  );
}

export function move(d: Definition, to: ReadonlyMap<string, Position>): Command {
  const ids = [...to.keys()];
  return command(
    d,
    label.move,
    [...to].map(([id, at]): Op => ({ op: "node.move", id, to: at })),
    `move ${ids.join(" ")}`,
  );
}

/** Tidying is a move that never merges with the drag before it. */
export function tidy(d: Definition, to: ReadonlyMap<string, Position>): Command {
  return { ...move(d, to), label: label.tidy, merge: undefined };
}

export function setDisabled(d: Definition, ids: readonly string[], disabled: boolean): Command {
  return command(
    d,
    disabled ? label.disable : label.enable,
    ids.map((id): Op => ({ op: "node.set", id, path: ["disabled"], value: disabled || undefined })),
  );
}

export function rename(d: Definition, id: string, name: string): Command {
  return command(
    d,
    label.rename,
    [{ op: "node.set", id, path: ["name"], value: name || undefined }],
    `rename ${id}`,
  );
}

export interface Piece {
  nodes: readonly DefinitionNode[];
  edges: readonly DefinitionEdge[];
}

/** New ids, the same places to each other, and expressions that point at what was pasted with them. */
export function paste(d: Definition, piece: Piece, types: TypeMap, shift: Position): Command {
  const taken = new Set(d.nodes.map((n) => n.id));
  const ids = new Map<string, string>();
  for (const node of piece.nodes) {
    const id = freshId(node.type, taken, types);
    taken.add(id);
    ids.set(node.id, id);
  }
  const nodes = piece.nodes.map((node) => ({
    ...node,
    id: ids.get(node.id) ?? node.id,
    config: renamedIn(node.config, ids) as DefinitionNode["config"],
    position: { x: (node.position?.x ?? 0) + shift.x, y: (node.position?.y ?? 0) + shift.y },
  }));
  const edges = piece.edges.flatMap((e) => {
    const [from, to] = [ids.get(e.from), ids.get(e.to)];
    return from && to ? [{ ...e, from, to }] : [];
  });
  return command(d, label.paste(nodes.length), [
    ...nodes.map((node): Op => ({ op: "node.add", node })),
    ...edges.map((edge): Op => ({ op: "edge.add", edge })),
  ]);
}

/** Ids of the nodes that a command adds: what is selected after it. */
export function added(c: Command): string[] {
  return c.ops.flatMap((op) => (op.op === "node.add" ? [op.node.id] : []));
}

export function setSetting(d: Definition, path: Path, value: unknown): Command {
  return command(
    d,
    label.set(String(path.at(-1))),
    [{ op: "setting.set", path, value }],
    `setting ${path.join(".")}`,
  );
}

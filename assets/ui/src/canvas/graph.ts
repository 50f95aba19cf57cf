/* Questions about a definition as a graph. Pure functions, used by the run's picture and by the editor. */
import type { Definition, DefinitionEdge, DefinitionNode } from "../api/types";
import { isTrigger } from "./kinds";

export const NODE_WIDTH = 196;
export const NODE_HEIGHT = 58;
const COLUMN = 260;
const ROW = 104;

export function portOf(edge: DefinitionEdge): string {
  return edge.from_port ?? "main";
}

export function inPortOf(edge: DefinitionEdge): string {
  return edge.to_port ?? "main";
}

export function edgeId(edge: DefinitionEdge): string {
  return `${edge.from}:${portOf(edge)}>${edge.to}:${inPortOf(edge)}`;
}

/** Output ports of a node: those of its type, and any that an edge leaves from. */
export function outPorts(
  node: DefinitionNode,
  edges: readonly DefinitionEdge[],
  ofType?: readonly string[],
): string[] {
  const used = edges.filter((e) => e.from === node.id).map(portOf);
  const known = ofType ?? [];
  const extra = used.filter((p) => !known.includes(p));
  const ports = [...known, ...new Set(extra)];
  if (node.on_error === "port" && !ports.includes("error")) ports.push("error");
  return ofType || ports.length > 0 ? ports : ["main"];
}

export function inPorts(
  node: DefinitionNode,
  edges: readonly DefinitionEdge[],
  ofType?: readonly string[],
): string[] {
  if (isTrigger(node.type)) return [];
  const used = edges.filter((e) => e.to === node.id).map(inPortOf);
  const ports = [...new Set([...(ofType ?? []), ...used])];
  return ports.length > 0 ? ports : ["main"];
}

/** Nodes in the order in which they can run; what a cycle holds back comes in the order of the definition. */
export function topological(definition: Definition): DefinitionNode[] {
  const { nodes, edges } = definition;
  const open = new Map(nodes.map((n) => [n.id, edges.filter((e) => e.to === n.id).length]));
  const done: DefinitionNode[] = [];
  const left = [...nodes];
  while (left.length > 0) {
    const free = left.findIndex((n) => (open.get(n.id) ?? 0) <= 0);
    const [node] = left.splice(Math.max(0, free), 1);
    if (!node) break;
    done.push(node);
    for (const e of edges) if (e.from === node.id) open.set(e.to, (open.get(e.to) ?? 0) - 1);
  }
  return done;
}

export interface Position {
  x: number;
  y: number;
}

/**
 * Places for the nodes that have none: a column for each step away from the start, rows in the order of the
 * definition. A definition written by hand gets a readable picture; whoever wants better moves or tidies it.
 */
export function positions(definition: Definition): Map<string, Position> {
  const { nodes, edges } = definition;
  if (nodes.every((n) => n.position)) {
    return new Map(nodes.map((n) => [n.id, { x: n.position?.x ?? 0, y: n.position?.y ?? 0 }]));
  }
  const order = topological(definition);
  const rank = new Map(order.map((n, i) => [n.id, i]));
  const column = new Map<string, number>();
  for (const node of order) {
    const before = edges.filter(
      (e) => e.to === node.id && (rank.get(e.from) ?? 0) < (rank.get(node.id) ?? 0),
    );
    column.set(node.id, Math.max(0, ...before.map((e) => (column.get(e.from) ?? 0) + 1)));
  }
  const filled = new Map<number, number>();
  return new Map(
    order.map((node) => {
      const x = column.get(node.id) ?? 0;
      const y = filled.get(x) ?? 0;
      filled.set(x, y + 1);
      return [node.id, { x: x * COLUMN, y: y * ROW }];
    }),
  );
}

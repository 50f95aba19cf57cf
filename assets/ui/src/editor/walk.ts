/* Walking the graph with the arrow keys: along edges to the sides, by place up and down. Pure. */
import type { Definition } from "../api/types";
import type { Position } from "../canvas/graph";

export type Direction = "left" | "right" | "up" | "down";

export function neighbour(d: Definition, id: string, direction: Direction): string | undefined {
  if (direction === "right") return d.edges.find((e) => e.from === id)?.to;
  if (direction === "left") return d.edges.find((e) => e.to === id)?.from;
  const at = d.nodes.find((n) => n.id === id)?.position;
  if (!at) return undefined;
  const sign = direction === "down" ? 1 : -1;
  const far = (p: Position) => Math.abs(p.y - at.y) + 2 * Math.abs(p.x - at.x);
  const [nearest] = d.nodes
    .filter((n) => n.position && (n.position.y - at.y) * sign > 0)
    .sort((a, b) => far(a.position ?? at) - far(b.position ?? at));
  return nearest?.id;
}

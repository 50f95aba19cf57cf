/* The clipboard is text, so that steps travel through chat and files: the stored definition's own form. */
import type { Definition, DefinitionEdge, DefinitionNode } from "../api/types";
import type { Piece } from "./commands";

export function toText(d: Definition, ids: readonly string[]): string {
  const chosen = new Set(ids);
  const nodes = d.nodes.filter((n) => chosen.has(n.id));
  const edges = d.edges.filter((e) => chosen.has(e.from) && chosen.has(e.to));
  return JSON.stringify({ millrace: 1, nodes, edges }, null, 2);
}

/** Undefined for a text that isn't ours. Unknown fields of nodes stay; broken ones are left out. */
export function fromText(text: string): Piece | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("nodes" in value)) return undefined;
  const { nodes, edges } = value as { nodes: unknown; edges?: unknown };
  if (!Array.isArray(nodes)) return undefined;
  const good = nodes.filter(isNode);
  if (good.length === 0) return undefined;
  const ids = new Set(good.map((n) => n.id));
  const kept = Array.isArray(edges) ? edges.filter(isEdge) : [];
  return { nodes: good, edges: kept.filter((e) => ids.has(e.from) && ids.has(e.to)) };
}

function isNode(value: unknown): value is DefinitionNode {
  if (typeof value !== "object" || value === null) return false;
  const { id, type, config } = value as Record<string, unknown>;
  return (
    typeof id === "string" &&
    typeof type === "string" &&
    typeof config === "object" &&
    config !== null &&
    !Array.isArray(config)
  );
}

function isEdge(value: unknown): value is DefinitionEdge {
  if (typeof value !== "object" || value === null) return false;
  const { from, to } = value as Record<string, unknown>;
  return typeof from === "string" && typeof to === "string";
}

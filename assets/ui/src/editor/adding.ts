/* Where a new step goes and what it is connected to: after the selected one, on an edge, at the pulled port. */
import type { Definition, DefinitionEdge, DefinitionNode, NodeType } from "../api/types";
import { edgeId, NODE_HEIGHT, type Position, portOf } from "../canvas/graph";
import { type FieldSchema, starterConfig } from "../forms/schema";
import { addNode, COLUMN, type Command, insertOnEdge, withPorts } from "./commands";
import { freshId, rulesOf, type TypeMap, whyNot } from "./graph";
import type { Adding } from "./store";

const ROW = 100;
export const GRID = 20;

export const snapped = (p: Position): Position => ({
  x: Math.round(p.x / GRID) * GRID,
  y: Math.round(p.y / GRID) * GRID,
});

export function addStep(
  d: Definition,
  type: NodeType,
  adding: Adding,
  selected: readonly string[],
  types: TypeMap,
  middle: Position,
): Command {
  const id = freshId(type.type, new Set(d.nodes.map((n) => n.id)), types);
  const config = starterConfig(type.schema as FieldSchema);
  const node = (position: Position): DefinitionNode => ({
    id,
    type: type.type,
    name: freeName(d, type.name),
    config,
    position: { ...snapped(free(d, position)) },
  });

  const edge = d.edges.find((e) => edgeId(e) === adding.edge);
  if (edge && !type.trigger) return insertOnEdge(d, edge, node(between(d, edge)), types);

  const source = adding.from ?? sourceOf(d, selected, types);
  const from = source && d.nodes.find((n) => n.id === source.node);
  if (!source || !from || type.trigger) return addNode(d, node(adding.at ?? middle));
  const at = adding.at ?? {
    x: (from.position?.x ?? 0) + COLUMN,
    y: from.position?.y ?? 0,
  };
  const made = node(at);
  const link = withPorts(source.node, id, source.port, rulesOf(made, types).inputs[0]);
  const d2 = { ...d, nodes: [...d.nodes, made] };
  return addNode(d, made, whyNot(d2, link, types) ? [] : [link]);
}

/** The one selected step and its first port that leads nowhere yet. */
function sourceOf(d: Definition, selected: readonly string[], types: TypeMap) {
  const [id, ...more] = selected;
  const node = d.nodes.find((n) => n.id === id);
  if (!node || more.length > 0 || types.get(node.type)?.ends_run) return undefined;
  const { outputs } = rulesOf(node, types);
  const used = new Set(d.edges.filter((e) => e.from === node.id).map(portOf));
  const port = outputs.find((p) => !used.has(p)) ?? outputs[0];
  return port ? { node: node.id, port } : undefined;
}

/** "Set fields", "Set fields 2": two steps are told apart by their names. */
function freeName(d: Definition, name: string): string {
  const taken = new Set(d.nodes.map((n) => n.name));
  for (let n = 1; ; n++) {
    const wanted = n === 1 ? name : `${name} ${n}`;
    if (!taken.has(wanted)) return wanted;
  }
}

function between(d: Definition, edge: DefinitionEdge): Position {
  const from = d.nodes.find((n) => n.id === edge.from)?.position ?? { x: 0, y: 0 };
  const to = d.nodes.find((n) => n.id === edge.to)?.position ?? from;
  return { x: from.x + COLUMN, y: (from.y + to.y) / 2 };
}

/** The first place downwards where nothing stands yet. */
function free(d: Definition, at: Position): Position {
  const isTaken = (p: Position) =>
    d.nodes.some(
      ({ position: q }) =>
        q && Math.abs(q.x - p.x) < COLUMN - 2 * GRID && Math.abs(q.y - p.y) < NODE_HEIGHT + GRID,
    );
  let place = at;
  for (let n = 0; n < 50 && isTaken(place); n++) place = { x: place.x, y: place.y + ROW };
  return place;
}

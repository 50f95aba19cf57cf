import type { Definition } from "../../api/types";
import { NODE_HEIGHT, NODE_WIDTH, type Position } from "../../canvas/graph";
import { snapped } from "../adding";
import type { LayoutAnswer, LayoutRequest } from "./layout";

/** New places for all nodes, from the worker. The top left one stays about where it was. */
export function tidyPlaces(d: Definition): Promise<Map<string, Position>> {
  const worker = new Worker(new URL("./layout.ts", import.meta.url), { type: "module" });
  const request: LayoutRequest = {
    nodes: d.nodes.map((n) => ({ id: n.id, width: NODE_WIDTH, height: NODE_HEIGHT })),
    edges: d.edges.map((e) => ({ from: e.from, to: e.to })),
  };
  return new Promise<Map<string, Position>>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) =>
      resolve(new Map(data.map(({ id, x, y }) => [id, snapped({ x, y })])));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

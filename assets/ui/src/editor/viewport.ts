/* Where somebody left the canvas, kept for the tab; small workflows are simply fitted. */
import type { Viewport } from "@xyflow/react";
import type { Definition } from "../api/types";
import { NODE_WIDTH, topological } from "../canvas/graph";

const FIT_UP_TO = 150;
/* A workflow much wider than the screen would be fitted too small to read. */
const WIDEST = 2.6;
const READING = 0.8;
const MARGIN = 32;
const keyOf = (id: string) => `millrace.view.${id}`;

/** Undefined: fit the whole workflow. */
export function firstView(id: string, d: Definition): Viewport | undefined {
  try {
    const { x, y, zoom } = JSON.parse(sessionStorage.getItem(keyOf(id)) ?? "{}") as Viewport;
    if (Number.isFinite(x) && Number.isFinite(y) && zoom > 0) return { x, y, zoom };
  } catch {
    // What isn't readable is as good as nothing.
  }
  const xs = d.nodes.map((n) => n.position?.x ?? 0);
  const isWide = Math.max(...xs) - Math.min(...xs) + NODE_WIDTH > innerWidth * WIDEST;
  if (d.nodes.length <= FIT_UP_TO && !isWide) return undefined;
  const start = topological(d)[0]?.position ?? { x: 0, y: 0 };
  return {
    x: MARGIN - start.x * READING,
    y: innerHeight / 3 - start.y * READING,
    zoom: READING,
  };
}

export function keepView(id: string, view: Viewport): void {
  sessionStorage.setItem(keyOf(id), JSON.stringify(view));
}

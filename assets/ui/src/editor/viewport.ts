/* Where somebody left the canvas, kept for the tab; small workflows are simply fitted. */
import type { Viewport } from "@xyflow/react";

const FIT_UP_TO = 150;
const keyOf = (id: string) => `millrace.view.${id}`;

/** Undefined: fit the whole workflow. */
export function firstView(id: string, nodes: number): Viewport | undefined {
  try {
    const { x, y, zoom } = JSON.parse(sessionStorage.getItem(keyOf(id)) ?? "{}") as Viewport;
    if (Number.isFinite(x) && Number.isFinite(y) && zoom > 0) return { x, y, zoom };
  } catch {
    // What isn't readable is as good as nothing.
  }
  return nodes > FIT_UP_TO ? { x: 80, y: 80, zoom: 0.8 } : undefined;
}

export function keepView(id: string, view: Viewport): void {
  sessionStorage.setItem(keyOf(id), JSON.stringify(view));
}

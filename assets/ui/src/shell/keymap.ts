/* From key strokes to actions. Single letters stay with the field while one has the focus (WCAG 2.1.4). */
import type { Action } from "./actions";

const SEQUENCE_MS = 1200;

interface Stroke {
  key: string;
  ctrl: boolean;
  inField: boolean;
  atMs: number;
}

export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Remembers the first key of a sequence. Pure but for that: time comes with the stroke. */
export class Keymap {
  private first = "";
  private firstAtMs = 0;

  constructor(private readonly actions: readonly Action[]) {}

  press(stroke: Stroke): Action | undefined {
    const key = stroke.ctrl ? `Ctrl+${stroke.key.toUpperCase()}` : stroke.key;
    if (!stroke.ctrl && stroke.inField) return undefined;
    const pending = stroke.atMs - this.firstAtMs < SEQUENCE_MS ? this.first : "";
    this.first = "";
    const pair = pending && this.find(`${pending} ${key}`);
    if (pair) return pair;
    if (this.actions.some((a) => a.keys?.startsWith(`${key} `))) {
      this.first = key;
      this.firstAtMs = stroke.atMs;
      return undefined;
    }
    return this.find(key);
  }

  private find(keys: string): Action | undefined {
    return this.actions.find((a) => a.keys === keys);
  }
}

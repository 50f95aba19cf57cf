/*
 * The one place that every way out of a screen inside the app goes through: links, keys, menus and the palette by
 * the router's `aroundNav`, the browser's Back and Forward by `popstate`. A screen with unsaved work may hold them.
 */
import type { AroundNavHandler } from "wouter";

/** Asked before the screen is left; true holds it back, and `go` does later what was wanted. */
type Ask = (go: () => void) => boolean;

let held: { path: string; ask: Ask } | null = null;
/* Each history entry carries its number: only so can Back and Forward be taken back, and done again. */
let at = 0;

/** For as long as the screen at the present path is open; ends with the function that it returns. */
export function holdLeaving(ask: Ask): () => void {
  const mine = { path: location.pathname, ask };
  held = mine;
  return () => {
    if (held === mine) held = null;
  };
}

/** For what ends the screen in another way: signing out, another workspace. */
export function whenFree(go: () => void, path?: string): void {
  if (!isHeld(go, path)) go();
}

export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  const replace = options?.replace ?? false;
  const go = () => {
    if (!replace) at += 1;
    navigate(to, { ...options, state: { ...options?.state, at } });
  };
  // What replaces is nobody's choice to leave: a redirect, a filter, the end of the session.
  if (replace) go();
  else whenFree(go, new URL(to, location.href).pathname);
};

/** Before the router listens: what is held, it must not hear of. */
export function startLeaving(): () => void {
  const known = numberOf(history.state);
  at = known ?? 0;
  if (known === null) history.replaceState({ at }, "");
  addEventListener("popstate", onPop, { capture: true });
  return () => removeEventListener("popstate", onPop, { capture: true });
}

function onPop(event: PopStateEvent): void {
  const to = numberOf(history.state);
  if (to === null) {
    // A link to a place on the page made an entry of its own.
    at += 1;
    history.replaceState({ at }, "");
    return;
  }
  const steps = to - at;
  if (steps !== 0 && isHeld(() => history.go(steps), location.pathname)) {
    event.stopImmediatePropagation();
    history.go(-steps);
    return;
  }
  at = to;
}

function isHeld(go: () => void, path?: string): boolean {
  return held !== null && held.path !== path && held.ask(go);
}

function numberOf(state: unknown): number | null {
  const number = (state as { at?: unknown } | null)?.at;
  return typeof number === "number" ? number : null;
}

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aroundNav, holdLeaving, startLeaving, whenFree } from "./leaving";

const EDITOR = "/workflows/w/edit";
let wanted: (() => void)[] = [];
let ends: (() => void)[] = [];

const navigate = (to: string, options?: { replace?: boolean; state?: unknown }) =>
  history[options?.replace ? "replaceState" : "pushState"](options?.state, "", to);
const to = (path: string, options?: { replace?: boolean }) => aroundNav(navigate, path, options);

/** What the browser does on Back and Forward; true when the router behind the guard hears of it. */
function traverse(path: string, state: unknown): boolean {
  const heard = vi.fn();
  addEventListener("popstate", heard);
  history.replaceState(state, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
  removeEventListener("popstate", heard);
  return heard.mock.calls.length > 0;
}

function hold(): void {
  ends.push(
    holdLeaving((go) => {
      wanted.push(go);
      return true;
    }),
  );
}

beforeEach(() => {
  wanted = [];
  history.replaceState(null, "", "/workflows");
  ends = [startLeaving()];
  to(EDITOR);
});

afterEach(() => {
  for (const end of ends.reverse()) end();
  vi.restoreAllMocks();
});

describe("leaving a screen", () => {
  it("is free when nothing is held, and numbers the entries of the history", () => {
    to("/runs");
    expect(location.pathname).toBe("/runs");
    expect(history.state).toEqual({ at: 2 });
  });

  it("by the router is held, and done later", () => {
    hold();
    to("/runs?status=failed");
    expect(location.pathname).toBe(EDITOR);
    wanted[0]?.();
    expect(location.pathname + location.search).toBe("/runs?status=failed");
  });

  it("isn't what stays on the screen, nor what replaces", () => {
    hold();
    to(`${EDITOR}?node=a`);
    to("/login?expired=1", { replace: true });
    expect(wanted).toHaveLength(0);
    expect(location.pathname).toBe("/login");
    expect(history.state).toEqual({ at: 2 });
  });

  it("in another way is held as well", () => {
    hold();
    const signOut = vi.fn();
    whenFree(signOut);
    expect(signOut).not.toHaveBeenCalled();
    wanted[0]?.();
    expect(signOut).toHaveBeenCalledOnce();
  });

  it("is free again when the screen is gone", () => {
    hold();
    ends.pop()?.();
    to("/runs");
    expect(location.pathname).toBe("/runs");
  });
});

describe("Back and Forward", () => {
  it("are taken back before the router hears of them, and done again later", () => {
    const go = vi.spyOn(history, "go").mockImplementation(() => {});
    hold();
    expect(traverse("/workflows", { at: 0 })).toBe(false);
    expect(go.mock.calls).toEqual([[1]]);
    expect(traverse(EDITOR, { at: 1 })).toBe(true);
    wanted[0]?.();
    expect(go.mock.calls).toEqual([[1], [-1]]);
    expect(wanted).toHaveLength(1);
  });

  it("over several entries go the same way", () => {
    const go = vi.spyOn(history, "go").mockImplementation(() => {});
    hold();
    traverse("/runs/1", { at: 4 });
    wanted[0]?.();
    expect(go.mock.calls).toEqual([[-3], [3]]);
  });

  it("pass when nothing is held", () => {
    const go = vi.spyOn(history, "go");
    expect(traverse("/workflows", { at: 0 })).toBe(true);
    expect(go).not.toHaveBeenCalled();
    to("/runs");
    expect(history.state).toEqual({ at: 1 });
  });

  it("count a place on the page, whose entry the router didn't make", () => {
    hold();
    traverse(`${EDITOR}#content`, null);
    expect(history.state).toEqual({ at: 2 });
    expect(wanted).toHaveLength(0);
  });
});

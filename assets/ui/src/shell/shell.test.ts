import { describe, expect, it } from "vitest";
import { permits } from "../api/session";
import { ACTIONS, type ActionContext, isEnabled } from "./actions";
import { Keymap } from "./keymap";

const context = (permissions: string[]): ActionContext => ({
  navigate: () => {},
  can: (p) => permits(permissions, p),
  openPalette: () => {},
  openKeys: () => {},
  logout: () => {},
});
const stroke = (key: string, atMs = 0, more: { ctrl?: boolean; inField?: boolean } = {}) => ({
  key,
  ctrl: false,
  inField: false,
  atMs,
  ...more,
});

describe("permissions", () => {
  it("allow what is named or covered, and nothing beside it", () => {
    expect(permits(["workflow:read"], "workflow:read")).toBe(true);
    expect(permits(["workflow:read"], "workflow:write")).toBe(false);
    expect(permits(["workflow:*"], "workflow:write")).toBe(true);
    expect(permits(["*:*"], "run:data")).toBe(true);
    expect(permits([], "run:read")).toBe(false);
  });

  it("decide which actions are offered", () => {
    const create = ACTIONS.find((a) => a.id === "workflow.new");
    if (!create) throw new Error("no such action");
    expect(isEnabled(create, context(["workflow:write"]))).toBe(true);
    expect(isEnabled(create, context(["workflow:read"]))).toBe(false);
  });
});

describe("shortcuts", () => {
  it("two keys one after the other go to a screen, unless too much time passes", () => {
    const keymap = new Keymap(ACTIONS);
    keymap.press(stroke("g", 1000));
    expect(keymap.press(stroke("r", 1200))?.id).toBe("go.runs");
    keymap.press(stroke("g", 2000));
    expect(keymap.press(stroke("r", 9000))).toBeUndefined();
  });

  it("single letters stay with the field that has the focus; Ctrl+K works there too", () => {
    const keymap = new Keymap(ACTIONS);
    expect(keymap.press(stroke("c", 1, { inField: true }))).toBeUndefined();
    expect(keymap.press(stroke("k", 2, { ctrl: true, inField: true }))?.id).toBe("palette");
  });

  it("no two actions have the same keys or the same id", () => {
    const all = ACTIONS.map((a) => a.keys).filter(Boolean);
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(ACTIONS.map((a) => a.id)).size).toBe(ACTIONS.length);
  });
});

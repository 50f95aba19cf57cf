import { describe, expect, it } from "vitest";
import type { Definition, NodeType } from "../api/types";
import nodeTypes from "../forms/nodeTypes.fixture.json";
import { fromText, toText } from "./clipboard";
import { earlierThan, freshId, rulesOf, same, type TypeMap, whyNot } from "./graph";
import { fromServer } from "./issues";
import { actionFor, KEYMAP, strokeOf } from "./keymap";
import { waits } from "./retry";
import { rootsFor } from "./roots";
import { neighbour } from "./walk";

const types: TypeMap = new Map((nodeTypes as unknown as NodeType[]).map((x) => [x.type, x]));
const D: Definition = {
  nodes: [
    { id: "t", type: "webhook", name: "Start", config: {}, position: { x: 0, y: 0 } },
    { id: "a", type: "set", config: {}, position: { x: 260, y: 0 } },
    { id: "f", type: "filter", config: {}, position: { x: 520, y: 0 } },
    { id: "b", type: "set", config: { values: { a: "{{a.x}}" } }, position: { x: 520, y: 100 } },
  ],
  edges: [
    { from: "t", to: "a" },
    { from: "a", to: "f" },
    { from: "a", to: "b" },
  ],
};

describe("rules of the graph", () => {
  it("refuses an edge into a trigger, a second one, and a cycle that nothing ends", () => {
    expect(whyNot(D, { from: "a", to: "t" }, types)).toContain("Start");
    expect(whyNot(D, { from: "a", to: "b" }, types)).toContain("already");
    expect(whyNot(D, { from: "b", to: "a" }, types)).toContain("cycle");
    expect(whyNot(D, { from: "a", to: "a" }, types)).toContain("cycle");
  });

  it("allows a cycle through a filter, and ordinary edges", () => {
    expect(whyNot(D, { from: "f", to: "a" }, types)).toBeUndefined();
    expect(whyNot(D, { from: "f", to: "b" }, types)).toBeUndefined();
  });

  it("reads the ports of switch, merge and on_error from the config", () => {
    const node = (type: string, config: Record<string, unknown>) => ({ id: "x", type, config });
    const rules = [{ port: "big" }, { condition: "true" }];
    expect(rulesOf(node("switch", { rules }), types).outputs).toEqual(["big", "2", "default"]);
    expect(rulesOf(node("merge", { inputs: 3 }), types).inputs).toEqual(["1", "2", "3"]);
    expect(rulesOf({ ...node("set", {}), on_error: "port" }, types).outputs).toEqual([
      "main",
      "error",
    ]);
    expect(rulesOf(node("webhook", {}), types).inputs).toEqual([]);
    expect(rulesOf(node("if", {}), types).outputs).toEqual(["true", "false"]);
  });

  it("knows what lies before a step, in the order of running", () => {
    expect(earlierThan(D, "b")).toEqual(["t", "a"]);
    expect(earlierThan(D, "t")).toEqual([]);
  });

  it("names new steps by kind and number", () => {
    expect(freshId("http_request", new Set(["action-1"]), types)).toBe("action-2");
    expect(freshId("webhook", new Set(), types)).toBe("trigger-1");
    expect(freshId("no_op", new Set(), types)).toBe("no-op-1");
  });

  it("compares documents by value, not by the order of keys", () => {
    expect(same({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(same([1], { 0: 1 })).toBe(false);
  });

  it("walks along edges, and up and down by place", () => {
    expect(neighbour(D, "t", "right")).toBe("a");
    expect(neighbour(D, "a", "left")).toBe("t");
    expect(neighbour(D, "f", "down")).toBe("b");
    expect(neighbour(D, "b", "up")).toBe("f");
    expect(neighbour(D, "t", "left")).toBeUndefined();
  });
});

describe("the clipboard", () => {
  it("carries chosen steps and the edges between them as text and back", () => {
    const piece = fromText(toText(D, ["a", "b"]));
    expect(piece?.nodes).toEqual([D.nodes[1], D.nodes[3]]);
    expect(piece?.edges).toEqual([{ from: "a", to: "b" }]);
  });

  it("takes nothing from a text that isn't steps", () => {
    for (const text of ["", "hello", "[]", "{}", '{"nodes":[]}', '{"nodes":[{"id":1}]}'])
      expect(fromText(text)).toBeUndefined();
  });
});

describe("issues", () => {
  it("finds the node and the field that the server names", () => {
    const list = [
      { field: "nodes[3].config.values.a", issue: "is wrong", severity: "error" as const },
      { field: "nodes", issue: "too many", severity: "warning" as const },
    ];
    const [first, second] = fromServer(list, D);
    expect([first?.node, first?.path]).toEqual(["b", "values.a"]);
    expect(second?.node).toBeNull();
  });
});

describe("the keymap", () => {
  it("gives no key to two actions and no id twice", () => {
    const keys = KEYMAP.flatMap((a) => a.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(KEYMAP.map((a) => a.id)).size).toBe(KEYMAP.length);
  });

  it("reads key events", () => {
    const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
    expect(strokeOf({ ...none, key: "n" })).toBe("N");
    expect(strokeOf({ ...none, key: "Z", ctrlKey: true, shiftKey: true })).toBe("Ctrl+Shift+Z");
    expect(strokeOf({ ...none, key: "z", metaKey: true })).toBe("Ctrl+Z");
    expect(strokeOf({ ...none, key: "T", shiftKey: true, altKey: true })).toBe("Shift+Alt+T");
    expect(strokeOf({ ...none, key: "?", shiftKey: true })).toBe("?");
    expect(strokeOf({ ...none, key: "F8", shiftKey: true })).toBe("Shift+F8");
  });

  it("leaves letters to fields, arrows to controls, and changes to those who may", () => {
    const canvas = { inField: false, onCanvas: true, readOnly: false };
    expect(actionFor("N", canvas)?.id).toBe("add");
    expect(actionFor("N", { ...canvas, inField: true })).toBeUndefined();
    expect(actionFor("Ctrl+S", { ...canvas, inField: true })?.id).toBe("save");
    expect(actionFor("ArrowRight", { ...canvas, onCanvas: false })).toBeUndefined();
    expect(actionFor("Delete", { ...canvas, readOnly: true })).toBeUndefined();
  });
});

describe("values for expressions", () => {
  it("are the outputs of earlier steps in the last run", () => {
    const step = (node_id: string, json: unknown) =>
      ({ node_id, status: "succeeded", output: { main: [{ json }] }, input: null }) as never;
    const roots = rootsFor(D, "b", [step("t", { payload: { x: 1 } }), step("a", { x: 2 })]);
    expect(roots.trigger).toEqual({ payload: { x: 1 } });
    expect(roots.a).toEqual({ x: 2 });
    expect(roots.item).toEqual({ x: 2 });
  });
});

describe("retry", () => {
  it("reckons the waits with growth and limit", () => {
    expect(waits({}, 3)).toEqual([1000, 2000, 4000]);
    expect(waits({ max_attempts: 4, backoff: 10, max_interval_ms: 5000 }, 3)).toEqual([
      1000, 5000, 5000, 5000,
    ]);
    expect(waits({ max_attempts: 0 }, 3)).toEqual([]);
  });
});

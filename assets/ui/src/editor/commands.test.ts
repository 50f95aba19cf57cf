import { describe, expect, it } from "vitest";
import type { Definition, NodeType } from "../api/types";
import nodeTypes from "../forms/nodeTypes.fixture.json";
import { makeWorkflow } from "../test/fixtures";
import { addStep } from "./adding";
import * as c from "./commands";
import type { TypeMap } from "./graph";
import { isDirty, makeStore } from "./store";

const types: TypeMap = new Map((nodeTypes as unknown as NodeType[]).map((x) => [x.type, x]));
const type = (name: string) => types.get(name) as NodeType;

const START: Definition = {
  nodes: [
    { id: "t", type: "webhook", config: {}, position: { x: 0, y: 0 } },
    { id: "a", type: "if", config: { condition: "true" }, position: { x: 260, y: 0 } },
    { id: "b", type: "set", config: { values: { x: 1 } }, position: { x: 520, y: 0 } },
    { id: "z", type: "no_op", config: {} },
  ],
  edges: [
    { from: "t", to: "a" },
    { from: "a", to: "b", from_port: "true" },
    { from: "b", to: "z" },
  ],
};

const edge = { from: "a", to: "z", from_port: "false" };
const node = { id: "n", type: "set", config: {}, position: { x: 520, y: 0 } };
const piece = { nodes: START.nodes.slice(1, 3), edges: START.edges.slice(1, 2) };

const ALL: Record<string, c.Command> = {
  addNode: c.addNode(START, node, [{ from: "t", to: "n" }]),
  insertOnEdge: c.insertOnEdge(START, { from: "a", to: "b", from_port: "true" }, node, types),
  connect: c.connect(START, edge),
  "remove nodes": c.remove(START, ["a", "b"]),
  "remove an edge": c.remove(START, [], ["a:true>b:main"]),
  "set a field": c.setField(START, "b", ["config", "values"], { y: 2 }),
  "set a nested field that is not there": c.setField(START, "b", ["retry", "max_attempts"], 5),
  "clear a field": c.setField(START, "a", ["config", "condition"], undefined),
  move: c.move(START, new Map([["a", { x: 1, y: 2 }]])),
  "move a node without a place": c.move(START, new Map([["z", { x: 1, y: 2 }]])),
  tidy: c.tidy(START, new Map(START.nodes.map((n, i) => [n.id, { x: i, y: i }]))),
  disable: c.setDisabled(START, ["a", "b"], true),
  rename: c.rename(START, "a", "Big enough?"),
  paste: c.paste(START, piece, types, { x: 40, y: 40 }),
  setting: c.setSetting(START, ["timeout_ms"], 1000),
  "add after a node": addStep(START, type("set"), {}, ["b"], types, { x: 0, y: 0 }),
  "add from a port": addStep(
    START,
    type("set"),
    { from: { node: "a", port: "false" }, at: { x: 9, y: 99 } },
    [],
    types,
    { x: 0, y: 0 },
  ),
  "add on an edge": addStep(START, type("set"), { edge: "b:main>z:main" }, [], types, {
    x: 0,
    y: 0,
  }),
};

describe("commands", () => {
  it.each(Object.entries(ALL))("%s changes the document and is undone to the same one", (_, it) => {
    const before = structuredClone(START);
    const after = it.do(START);
    expect(after).not.toEqual(START);
    expect(it.undo(after)).toEqual(before);
    expect(START).toEqual(before);
  });

  it("undoes a whole session in reverse and redoes it", () => {
    const store = makeStore({ ...makeWorkflow(), definition: START, triggers: [] });
    const start = store.getState().definition;
    store.run(c.connect(start, edge), 0);
    store.run(c.setField(store.getState().definition, "a", ["config", "condition"], "x"), 10);
    store.run(c.remove(store.getState().definition, ["a"]), 20);
    const end = store.getState().definition;
    while (store.undo());
    expect(store.getState().definition).toEqual(start);
    expect(isDirty(store.getState())).toBe(false);
    while (store.redo());
    expect(store.getState().definition).toEqual(end);
    expect(isDirty(store.getState())).toBe(true);
  });

  it("merges typing in one field within 600 ms, and not across fields or rests", () => {
    const store = makeStore({ ...makeWorkflow(), definition: START, triggers: [] });
    const type = (path: string, text: string, at: number) =>
      store.run(c.setField(store.getState().definition, "a", ["config", path], text), at);
    type("condition", "1", 0);
    type("condition", "12", 100);
    type("condition", "123", 500);
    expect(store.getState().done).toHaveLength(1);
    type("condition", "1234", 1200);
    type("field", "x", 1300);
    expect(store.getState().done).toHaveLength(3);
    store.undo();
    store.undo();
    expect(store.getState().definition.nodes[1]?.config.condition).toBe("123");
    store.undo();
    expect(store.getState().definition.nodes[1]?.config.condition).toBe("true");
  });

  it("gives pasted steps new ids and turns their expressions to each other", () => {
    const from = {
      nodes: [
        { id: "a", type: "set", config: {} },
        { id: "b", type: "set", config: { values: { v: "{{a.x}} {{t.a}} {{ t.y }}" } } },
      ],
      edges: [{ from: "a", to: "b" }],
    };
    const after = c.paste(START, from, types, { x: 0, y: 0 }).do(START);
    const pasted = after.nodes.slice(START.nodes.length);
    expect(pasted.map((n) => n.id)).toEqual(["set-1", "set-2"]);
    expect(pasted[1]?.config.values).toEqual({ v: "{{set-1.x}} {{t.a}} {{ t.y }}" });
    expect(after.edges.at(-1)).toEqual({ from: "set-1", to: "set-2" });
  });

  it("puts a step on an edge between its two ends, by the same port", () => {
    const after = addStep(START, type("set"), { edge: "a:true>b:main" }, [], types, {
      x: 0,
      y: 0,
    }).do(START);
    expect(after.edges).toContainEqual({ from: "a", to: "set-1", from_port: "true" });
    expect(after.edges).toContainEqual({ from: "set-1", to: "b" });
    expect(after.edges).not.toContainEqual({ from: "a", to: "b", from_port: "true" });
  });
});

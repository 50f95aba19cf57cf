import { describe, expect, it } from "vitest";
import { BRANCHING, makeStep } from "../test/fixtures";
import { positions, topological } from "./graph";
import { nodeStates } from "./runState";

const trigger = makeStep({ node_id: "t", step_no: 1 });
const decided = makeStep({ node_id: "a", step_no: 2, ports: { true: 1, false: 0 } });

describe("the states of nodes", () => {
  it("a reached node without a step is running while the run is", () => {
    const states = nodeStates(BRANCHING, [trigger, decided], "running");
    expect([...states].map(([id, s]) => [id, s.state])).toEqual([
      ["t", "succeeded"],
      ["a", "succeeded"],
      ["b", "running"],
    ]);
  });

  it("it is waiting while the run waits, and nothing once the run is over", () => {
    expect(nodeStates(BRANCHING, [trigger, decided], "waiting").get("b")?.state).toBe("waiting");
    expect(nodeStates(BRANCHING, [trigger, decided], "cancelled").has("b")).toBe(false);
  });

  it("a failed try of a living run waits for the next; of a finished run it is failed with its tries", () => {
    const failed = makeStep({ node_id: "t", status: "failed", ports: {} });
    const again = makeStep({ node_id: "t", status: "failed", ports: {}, attempt: 2, step_no: 2 });
    expect(nodeStates(BRANCHING, [failed], "waiting").get("t")).toMatchObject({
      state: "waiting",
      badge: "Try 2 next",
    });
    expect(nodeStates(BRANCHING, [failed, again], "failed").get("t")).toMatchObject({
      state: "failed",
      badge: "2 tries",
    });
  });

  it("the body of a loop is what its last round was, not the skip of the round that ended it", () => {
    const rounds = [0, 1, 2].map((n) =>
      makeStep({ node_id: "a", iteration: n, step_no: n + 2, ports: { main: 1 } }),
    );
    const skip = makeStep({ node_id: "a", iteration: 3, step_no: 9, status: "skipped", ports: {} });
    const states = nodeStates(BRANCHING, [trigger, ...rounds, skip], "succeeded");
    expect(states.get("a")).toMatchObject({ state: "succeeded", badge: "3 rounds" });
    expect(nodeStates(BRANCHING, [trigger, skip], "succeeded").get("a")?.state).toBe("skipped");
  });

  it("a failed step that passed its error on is failed, though the run goes on", () => {
    const passed = makeStep({ node_id: "t", status: "failed", ports: { error: 1 } });
    expect(nodeStates(BRANCHING, [passed], "running").get("t")?.state).toBe("failed");
  });
});

describe("the graph", () => {
  it("orders nodes so that each comes after what it waits for, also around a cycle", () => {
    expect(topological(BRANCHING).map((n) => n.id)).toEqual(["t", "a", "b", "c"]);
    const cycle = { ...BRANCHING, edges: [...BRANCHING.edges, { from: "b", to: "a" }] };
    expect(topological(cycle)).toHaveLength(4);
  });

  it("gives nodes without a place columns by their distance from the start", () => {
    const places = positions(BRANCHING);
    expect(places.get("t")?.x).toBe(0);
    expect(places.get("b")?.x).toBe(places.get("c")?.x);
    expect(places.get("b")?.y).not.toBe(places.get("c")?.y);
  });
});

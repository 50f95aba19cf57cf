import { describe, expect, it } from "vitest";
import { nodeStates } from "../../canvas/runState";
import { BRANCHING, makeRun, makeStep } from "../../test/fixtures";
import { timeline } from "./timeline";
import { sentence, why } from "./why";

const at = (ms: number) => new Date(Date.parse("2026-03-12T09:41:06.000Z") + ms).toISOString();
const nameOf = (id: string) => ({ a: "Post to ledger" })[id] ?? id;

describe("the time line", () => {
  it("draws a failed try, the wait and the next try as shares of the whole run", () => {
    const run = makeRun({ status: "succeeded", started_at: at(0), completed_at: at(1000) });
    const steps = [
      makeStep({ status: "failed", ports: {}, started_at: at(0), completed_at: at(100) }),
      makeStep({ attempt: 2, step_no: 2, started_at: at(500), completed_at: at(1000) }),
    ];
    const [row] = timeline(run, BRANCHING, nodeStates(BRANCHING, steps, run.status), 0).rows;
    expect(row?.bars.map((b) => [b.kind, b.from, Number(b.size.toFixed(2))])).toEqual([
      ["failed", 0, 0.1],
      ["waiting", 0.1, 0.4],
      ["ran", 0.5, 0.5],
    ]);
    expect(row?.ms).toBe(1000);
  });

  it("draws nothing for a step that was skipped", () => {
    const run = makeRun({ status: "succeeded", completed_at: at(10) });
    const states = nodeStates(BRANCHING, [makeStep({ status: "skipped" })], run.status);
    expect(timeline(run, BRANCHING, states, 0).rows[0]).toMatchObject({ bars: [], ms: null });
  });

  it("orders rows by the first step of each node", () => {
    const run = makeRun({ status: "succeeded", completed_at: at(10) });
    const steps = [makeStep({ node_id: "b", step_no: 3 }), makeStep({ node_id: "t", step_no: 1 })];
    const rows = timeline(run, BRANCHING, nodeStates(BRANCHING, steps, run.status), 0).rows;
    expect(rows.map((r) => r.id)).toEqual(["t", "b"]);
  });
});

describe("the banner", () => {
  it("names the step that failed, the reason as a sentence and the way on", () => {
    const run = makeRun({
      status: "failed",
      error: { code: "HTTP_STATUS", message: "the server answered 503", node: "a" },
    });
    const steps = [
      makeStep({ status: "failed" }),
      makeStep({ status: "failed", attempt: 2, step_no: 2 }),
    ];
    expect(why(run, nodeStates(BRANCHING, steps, run.status), nameOf)).toMatchObject({
      what: "“Post to ledger” failed after 2 tries",
      why: "The server answered 503.",
      next: expect.stringContaining("retry from the failed step"),
    });
  });

  it("says so when a run failed before its first step", () => {
    const run = makeRun({
      status: "failed",
      error: { code: "INTERNAL", message: "no plan", node: null },
    });
    expect(why(run, new Map(), nameOf).what).toBe("The run failed before its first step");
  });

  it("makes one sentence of a clause, and leaves a sentence as it is", () => {
    expect(sentence("the server answered 503")).toBe("The server answered 503.");
    expect(sentence("It failed!")).toBe("It failed!");
  });
});

import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../api/keys";
import type { Run, StepList } from "../api/types";
import { makeRun, makeStep, makeSummary, makeWorkflow } from "../test/fixtures";
import { apply, mergeStep, resetRoom } from "./apply";

let client: QueryClient;
const list = () =>
  client.getQueryData<{ pages: { items: { id: string; status: string }[] }[] }>(keys.runList({}));

beforeEach(() => {
  client = new QueryClient();
  client.setQueryData(keys.run("run-1"), makeRun({ input: { a: 1 }, live_seq: 3 }));
  client.setQueryData(keys.steps("run-1"), { items: [makeStep()], next_cursor: null, live_seq: 3 });
  client.setQueryData(keys.runList({}), {
    pages: [{ items: [makeSummary({ id: "run-0" }), makeSummary()], next_cursor: null }],
    pageParams: [undefined],
  });
});

describe("apply", () => {
  it("a changed run reaches the open run and its row in place, and keeps what the short form lacks", () => {
    apply(client, {
      room: "run:run-1",
      seq: 4,
      type: "run.updated",
      data: makeSummary({ status: "failed" }),
    });
    expect(client.getQueryData<Run>(keys.run("run-1"))).toMatchObject({
      status: "failed",
      input: { a: 1 },
      live_seq: 4,
    });
    expect(list()?.pages[0]?.items.map((r) => [r.id, r.status])).toEqual([
      ["run-0", "running"],
      ["run-1", "failed"],
    ]);
  });

  it("an older change of a run doesn't undo a newer one", () => {
    apply(client, {
      room: "run:run-1",
      seq: 2,
      type: "run.updated",
      data: makeSummary({ status: "queued" }),
    });
    expect(client.getQueryData<Run>(keys.run("run-1"))?.status).toBe("running");
  });

  it("a run makes its workflow's row say how it ran last, unless a later one did", () => {
    const page = { items: [makeWorkflow()], next_cursor: null };
    client.setQueryData(keys.workflowList({}), { pages: [page], pageParams: [undefined] });
    const late = makeSummary({
      id: "run-9",
      status: "failed",
      created_at: "2026-03-13T00:00:00.000Z",
    });
    apply(client, { room: "workspace", type: "run.updated", data: late });
    apply(client, {
      room: "workspace",
      type: "run.updated",
      data: makeSummary({ status: "succeeded" }),
    });
    const rows = client.getQueryData<{ pages: (typeof page)[] }>(keys.workflowList({}));
    expect(rows?.pages[0]?.items[0]?.statistics).toMatchObject({
      last_status: "failed",
      last_run_at: late.created_at,
    });
  });

  it("an unknown run isn't put into a list: rows must not move under the pointer", () => {
    apply(client, {
      room: "workspace",
      seq: "p-1",
      type: "run.updated",
      data: makeSummary({ id: "run-9" }),
    });
    expect(list()?.pages[0]?.items).toHaveLength(2);
  });

  it("a step is added once and stays in the order of the run", () => {
    const step = makeStep({ node_id: "b", step_no: 2 });
    apply(client, { room: "run:run-1", seq: 2, type: "step.updated", data: step });
    apply(client, { room: "run:run-1", seq: 2, type: "step.updated", data: step });
    expect(client.getQueryData<StepList>(keys.steps("run-1"))?.items.map((s) => s.node_id)).toEqual(
      ["a", "b"],
    );
  });

  it("another attempt is another step; a later write of the same attempt replaces it", () => {
    const first = makeStep({ status: "running", step_no: 1 });
    const done = makeStep({ status: "succeeded", step_no: 2 });
    const again = makeStep({ attempt: 2, step_no: 3 });
    expect(mergeStep(mergeStep([first], done), again).map((s) => [s.attempt, s.status])).toEqual([
      [1, "succeeded"],
      [2, "succeeded"],
    ]);
    expect(mergeStep([done], first)).toEqual([done]);
  });

  it("a type that this build doesn't know changes nothing", () => {
    const before = client.getQueryData(keys.run("run-1"));
    apply(client, { room: "run:run-1", seq: 9, type: "run.danced", data: { id: "run-1" } });
    apply(client, { room: "run:run-1", seq: 9, type: "run.updated" });
    expect(client.getQueryData(keys.run("run-1"))).toBe(before);
  });

  it("a reset of a run's room makes its snapshot old, and no other", () => {
    resetRoom(client, "run:run-1");
    expect(client.getQueryState(keys.run("run-1"))?.isInvalidated).toBe(true);
    expect(client.getQueryState(keys.steps("run-1"))?.isInvalidated).toBe(true);
    expect(client.getQueryState(keys.runList({}))?.isInvalidated).toBe(false);
  });
});

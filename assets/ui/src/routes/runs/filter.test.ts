import { describe, expect, it } from "vitest";
import { makeSummary } from "../../test/fixtures";
import { matches, toBulk, toFilter } from "./filter";

const from = (address: Record<string, string>) =>
  toFilter((name) => address[name] ?? "", Date.parse("2026-03-12T10:00:30Z"));

describe("the run list's filters", () => {
  it("go from the address to the API, with the range rounded to a minute", () => {
    expect(
      from({
        status: "failed,queued",
        workflow: "w",
        trigger: "webhook",
        q: " ledger ",
        range: "1h",
      }),
    ).toEqual({
      status: "failed,queued",
      workflow_id: "w",
      trigger_type: "webhook",
      q: "ledger",
      from: "2026-03-12T09:00:00.000Z",
    });
  });

  it("leave out what the API doesn't know", () => {
    expect(from({ status: "broken", trigger: "x", range: "9y" })).toEqual({});
  });

  it("say what of the list can be paused, resumed or cancelled, up to now", () => {
    const now = Date.parse("2026-03-12T10:00:30Z");
    const to = "2026-03-12T10:00:30.000Z";
    expect(toBulk({ workflow_id: "w" }, "pause", now)).toEqual({
      workflow_id: "w",
      status: "queued,running,waiting",
      to,
    });
    expect(toBulk({ status: "failed,paused" }, "resume", now)).toEqual({ status: "paused", to });
    expect(toBulk({ status: "failed,paused" }, "pause", now)).toBeUndefined();
  });

  it("decide whether a new run would be in the list", () => {
    const run = makeSummary({ status: "failed" });
    expect(matches(run, {})).toBe(true);
    expect(matches(run, { status: "failed" })).toBe(true);
    expect(matches(run, { status: "queued" })).toBe(false);
    expect(matches(run, { workflow_id: "other" })).toBe(false);
    expect(matches(run, { q: "LEDGER" })).toBe(true);
    expect(matches(run, { from: "2026-03-12T10:00:00.000Z" })).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { bytes } from "../text/format";
import { amount, levelOf, pressing, shareOf } from "./quota";
import type { Quota } from "./types";

const quota = (kind: Quota["kind"], used: number, limit: number | null): Quota => ({
  kind,
  used,
  limit,
  forecast: null,
});

describe("quotas (B04)", () => {
  it("are near from 80 percent on and over at 100", () => {
    expect(levelOf(quota("runs", 79, 100))).toBe("fine");
    expect(levelOf(quota("runs", 80, 100))).toBe("near");
    expect(levelOf(quota("runs", 99, 100))).toBe("near");
    expect(levelOf(quota("runs", 100, 100))).toBe("over");
    expect(levelOf(quota("runs", 5, 0))).toBe("over");
    expect(shareOf(quota("runs", 5, null))).toBeUndefined();
  });

  it("press when they refuse runs, the worst first", () => {
    const list = [quota("runs", 80, 100), quota("members", 3, 3), quota("steps", 120, 100)];
    expect(pressing(list).map((q) => q.kind)).toEqual(["steps", "runs"]);
  });

  it("are told in their own units", () => {
    expect(amount("storage_bytes", 268435456)).toBe("268 MB");
    expect(amount("compute_ms", 90_000)).toBe("1:30 min");
    expect(amount("runs", 1000)).toBe("1,000");
    expect([bytes(0), bytes(999), bytes(1500), bytes(2e13)]).toEqual([
      "0 B",
      "999 B",
      "1.5 kB",
      "20.0 TB",
    ]);
  });
});

import { bytes, integer, span } from "../text/format";
import type { Quota } from "./types";

export const NEAR = 0.8;

/** An amount of a kind, as people say it. */
export function amount(kind: string, n: number): string {
  if (kind === "storage_bytes") return bytes(n);
  if (kind === "compute_ms") return span(n);
  return integer(n);
}

/** 0 to 1 and above; undefined where there is no limit. A limit of nothing is used up. */
export function shareOf(quota: Quota): number | undefined {
  if (quota.limit === null) return undefined;
  return quota.limit === 0 ? 1 : quota.used / quota.limit;
}

export type Level = "fine" | "near" | "over";

export function levelOf(quota: Quota): Level {
  const share = shareOf(quota) ?? 0;
  return share >= 1 ? "over" : share >= NEAR ? "near" : "fine";
}

/** Those that refuse runs, the worst first, of what is near its limit or over it. */
export function pressing(quotas: readonly Quota[]): Quota[] {
  return quotas
    .filter((q) => ["runs", "steps", "compute_ms", "storage_bytes"].includes(q.kind))
    .filter((q) => levelOf(q) !== "fine")
    .sort((a, b) => (shareOf(b) ?? 0) - (shareOf(a) ?? 0));
}

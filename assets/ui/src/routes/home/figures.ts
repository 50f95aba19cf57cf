/* The figures of the overview, from the runs that were read. Pure; "now" comes from outside. */
import type { RunSummary } from "../../api/types";
import { isFinal } from "../../ui/state";

const HOUR_MS = 3_600_000;
export const HOURS = 24;

export interface Figures {
  runs: number;
  finished: number;
  failed: number;
  /** Share of the finished that succeeded; undefined while none has finished. */
  success: number | undefined;
  medianMs: number | undefined;
  slowestMs: number | undefined;
}

export function figures(runs: readonly RunSummary[]): Figures {
  const done = runs.filter((r) => r.status === "succeeded" || r.status === "failed");
  const failed = done.filter((r) => r.status === "failed").length;
  const times = runs
    .filter((r) => isFinal(r.status) && r.duration_ms !== null)
    .map((r) => r.duration_ms ?? 0)
    .sort((a, b) => a - b);
  return {
    runs: runs.length,
    finished: done.length,
    failed,
    success: done.length > 0 ? (done.length - failed) / done.length : undefined,
    medianMs: times[Math.floor(times.length / 2)],
    slowestMs: times.at(-1),
  };
}

export interface Hour {
  startMs: number;
  good: number;
  failed: number;
}

/** The last 24 whole hours up to the one that is running. */
export function perHour(runs: readonly RunSummary[], nowMs: number): Hour[] {
  const last = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, i) => ({
    startMs: last - (HOURS - 1 - i) * HOUR_MS,
    good: 0,
    failed: 0,
  }));
  for (const run of runs) {
    const hour =
      hours[HOURS - 1 - Math.floor((last + HOUR_MS - 1 - Date.parse(run.created_at)) / HOUR_MS)];
    if (!hour) continue;
    if (run.status === "failed") hour.failed++;
    else hour.good++;
  }
  return hours;
}

export interface Attention {
  workflowId: string;
  name: string;
  failed: number;
  newest: RunSummary;
}

/** Workflows with failed runs, the one that failed last first. `runs` are newest first. */
export function attention(runs: readonly RunSummary[]): Attention[] {
  const byWorkflow = new Map<string, Attention>();
  for (const run of runs) {
    if (run.status !== "failed") continue;
    const old = byWorkflow.get(run.workflow_id);
    if (old) old.failed++;
    else
      byWorkflow.set(run.workflow_id, {
        workflowId: run.workflow_id,
        name: run.workflow_name,
        failed: 1,
        newest: run,
      });
  }
  return [...byWorkflow.values()];
}

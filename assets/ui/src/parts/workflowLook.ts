import type { WorkflowSummary } from "../api/types";
import type { WorkflowLook } from "../ui/state";

/** Live, and its last run failed: that is what somebody must see first. */
export function lookOf(w: Pick<WorkflowSummary, "state" | "statistics">): WorkflowLook {
  return w.state === "active" && w.statistics.last_status === "failed" ? "failing" : w.state;
}

/** Share of the finished runs that succeeded; undefined while none has finished. */
export function successOf(w: Pick<WorkflowSummary, "statistics">): number | undefined {
  const { succeeded, failed } = w.statistics;
  return succeeded + failed > 0 ? succeeded / (succeeded + failed) : undefined;
}

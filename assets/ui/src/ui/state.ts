export type State =
  | "queued"
  | "running"
  | "waiting"
  | "paused"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "skipped"
  | "unknown";

/** How a workflow looks: its stored state, or `failing` when it is live and its last run failed. */
export type WorkflowLook = "draft" | "active" | "failing" | "paused" | "archived";

export const STATES: readonly State[] = [
  "queued",
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
  "skipped",
  "unknown",
];

export function isFinal(state: string): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

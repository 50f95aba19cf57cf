/* One word for each state, the same on pills, canvas, filters and announcements. */
export const state = {
  queued: "Queued",
  running: "Running",
  waiting: "Waiting",
  paused: "Paused",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  skipped: "Skipped",
  unknown: "Outcome unknown",
} as const;

export const workflowState = {
  draft: "Draft",
  active: "Live",
  failing: "Failing",
  paused: "Paused",
  archived: "Archived",
} as const;

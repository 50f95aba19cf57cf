/* The run list's filters: as they stand in the address, and as the API takes them. No React. */
import type { BulkAction } from "../../api/runs";
import type { RunFilter, RunStatus, RunSummary } from "../../api/types";
import { t } from "../../text/en";

export const RANGES = [
  { value: "", label: t.runs.rangeAll, ms: 0 },
  { value: "1h", label: t.runs.range1h, ms: 3_600_000 },
  { value: "24h", label: t.runs.range24h, ms: 86_400_000 },
  { value: "7d", label: t.runs.range7d, ms: 7 * 86_400_000 },
  { value: "30d", label: t.runs.range30d, ms: 30 * 86_400_000 },
] as const;

const RUN_STATES: readonly RunStatus[] = [
  "queued",
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
];
const TRIGGERS = ["webhook", "schedule", "manual", "api", "retry", "error", "workflow"] as const;

export const STATUS_OPTIONS = [
  { value: "", label: t.runs.anyStatus },
  ...RUN_STATES.map((value) => ({ value, label: t.state[value] })),
];

export const TRIGGER_OPTIONS = [
  { value: "", label: t.runs.anyTrigger },
  ...TRIGGERS.map((value) => ({ value, label: t.runs.triggerWord[value] ?? value })),
];

/** Names that the address may hold. */
export const FILTER_NAMES = ["status", "workflow", "trigger", "range", "q"] as const;

/**
 * The start of a range is rounded down to a minute, so that the same filter is the same query while
 * somebody looks at it. What the address holds and the API doesn't know is left out.
 */
export function toFilter(get: (name: string) => string, nowMs: number): RunFilter {
  const filter: RunFilter = {};
  const status = get("status")
    .split(",")
    .filter((s): s is RunStatus => RUN_STATES.some((known) => known === s));
  if (status.length > 0) filter.status = status.join(",");
  if (get("workflow")) filter.workflow_id = get("workflow");
  const trigger = TRIGGERS.find((known) => known === get("trigger"));
  if (trigger) filter.trigger_type = trigger;
  if (get("q").trim()) filter.q = get("q").trim();
  const range = RANGES.find((r) => r.value === get("range"));
  if (range?.ms)
    filter.from = new Date(Math.floor((nowMs - range.ms) / 60_000) * 60_000).toISOString();
  return filter;
}

const FITS: Record<BulkAction, readonly RunStatus[]> = {
  pause: ["queued", "running", "waiting"],
  resume: ["paused"],
  cancel: ["queued", "running", "waiting", "paused"],
};

/** The filter of what can be paused, resumed or cancelled of this list; undefined: nothing of it. */
export function toBulk(
  filter: RunFilter,
  action: BulkAction,
  nowMs: number,
): RunFilter | undefined {
  const wanted = filter.status?.split(",");
  const fits = FITS[action].filter((s) => !wanted || wanted.includes(s));
  if (fits.length === 0) return undefined;
  return { ...filter, status: fits.join(","), to: new Date(nowMs).toISOString() };
}

/** Would a run that just changed be in this list? */
export function matches(run: RunSummary, filter: RunFilter): boolean {
  if (filter.status && !filter.status.split(",").includes(run.status)) return false;
  if (filter.workflow_id && run.workflow_id !== filter.workflow_id) return false;
  if (filter.trigger_type && run.trigger?.type !== filter.trigger_type) return false;
  if (filter.from && run.created_at < filter.from) return false;
  const q = filter.q?.toLowerCase();
  return !q || run.id.includes(q) || (run.workflow_name ?? "").toLowerCase().includes(q);
}

/* The time line's rows and bars, as shares of the run's whole span. Pure: "now" comes from outside. */
import type { Definition, Run, Step } from "../../api/types";
import { nameOf } from "../../canvas/kinds";
import type { NodeState } from "../../canvas/runState";
import type { State } from "../../ui/state";

export interface Bar {
  key: string;
  kind: "ran" | "failed" | "waiting" | "running";
  /** 0..1 of the whole span. */
  from: number;
  size: number;
}

export interface TimelineRow {
  id: string;
  name: string;
  state: State;
  tries: number;
  bars: Bar[];
  /** From the first start to the last end; null for a step that didn't run. */
  ms: number | null;
}

export interface Timeline {
  rows: TimelineRow[];
  totalMs: number;
  ticks: number[];
}

/* Of a node that went round more often than this, only what failed has a bar of its own. */
const MOST_BARS = 200;

interface Span {
  startMs: number;
  totalMs: number;
}

export function timeline(
  run: Run,
  definition: Definition | undefined,
  states: ReadonlyMap<string, NodeState>,
  nowMs: number,
): Timeline {
  const startMs = Date.parse(run.started_at ?? run.created_at);
  const endMs = run.completed_at ? Date.parse(run.completed_at) : nowMs;
  const totalMs = Math.max(1, endMs - startMs);
  const nameById = new Map(definition?.nodes.map((n) => [n.id, nameOf(n)]));
  const rows = [...states]
    .map(([id, state]) => row(id, nameById.get(id), state, { startMs, totalMs }))
    .sort((a, b) => firstNo(states, a.id) - firstNo(states, b.id));
  return { rows, totalMs, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => share * totalMs) };
}

function firstNo(states: ReadonlyMap<string, NodeState>, id: string): number {
  const steps = states.get(id)?.steps ?? [];
  return steps.length > 0 ? Math.min(...steps.map((s) => s.step_no)) : Number.MAX_SAFE_INTEGER;
}

function row(
  id: string,
  name: string | undefined,
  { state, steps }: NodeState,
  span: Span,
): TimelineRow {
  const ran = steps
    .filter((s) => s.started_at && s.status !== "skipped")
    .sort((a, b) => a.step_no - b.step_no);
  const bars: Bar[] = [];
  const isLong = ran.length > MOST_BARS;
  const end = ran.at(-1)?.completed_at ?? ran.at(-1)?.started_at;
  if (isLong) bars.push(piece("all", "ran", ran[0]?.started_at ?? "", end ?? "", span));
  ran.forEach((step, i) => {
    const next = ran[i + 1];
    if (isLong && step.status !== "failed") return;
    bars.push(bar(step, span));
    if (
      step.status === "failed" &&
      step.completed_at &&
      next?.started_at &&
      next.iteration === step.iteration
    ) {
      bars.push(piece(`${i}w`, "waiting", step.completed_at, next.started_at, span));
    }
  });
  const first = ran[0]?.started_at;
  const last = ran.at(-1);
  const since = openSince(state, steps, last, span);
  if (since !== undefined) bars.push(openBar(state, since, span));
  const only = ran.length === 1 ? last?.duration_ms : undefined;
  const ms =
    only ??
    (first && last?.completed_at ? Date.parse(last.completed_at) - Date.parse(first) : null);
  return { id, name: name ?? last?.node_name ?? id, state, tries: steps.length, bars, ms };
}

function bar(step: Step, span: Span): Bar {
  const waited = step.node_type === "delay" || step.node_type === "wait";
  const kind = step.status === "failed" ? "failed" : waited ? "waiting" : "ran";
  const end = step.completed_at ?? step.started_at;
  return piece(`${step.iteration}/${step.attempt}`, kind, step.started_at ?? "", end ?? "", span);
}

/** A node that was reached and has no end yet: its bar grows to now. */
function openBar(state: State, from: number, span: Span): Bar {
  const share = clamp((from - span.startMs) / span.totalMs);
  return {
    key: "open",
    kind: state === "waiting" ? "waiting" : "running",
    from: share,
    size: 1 - share,
  };
}

/** Since when something is under way or awaited here; undefined when the node is done. */
function openSince(
  state: State,
  steps: readonly Step[],
  last: Step | undefined,
  span: Span,
): number | undefined {
  if (steps.length === 0) return span.startMs + span.totalMs;
  if (last?.started_at && !last.completed_at) return Date.parse(last.started_at);
  return state === "waiting" && last?.completed_at ? Date.parse(last.completed_at) : undefined;
}

function piece(key: string, kind: Bar["kind"], from: string, to: string, span: Span): Bar {
  const a = clamp((Date.parse(from) - span.startMs) / span.totalMs);
  const b = clamp((Date.parse(to) - span.startMs) / span.totalMs);
  return { key, kind, from: a, size: Math.max(0, b - a) };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
}

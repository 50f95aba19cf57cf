/*
 * From messages to the cache: one table, message type -> what changes. A list is never re-sorted under the
 * pointer: rows that are there are patched, unknown runs are counted ("12 new") by those who listen.
 */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { keys } from "../api/keys";
import type {
  LogLine,
  Run,
  RunList,
  RunSummary,
  Step,
  StepList,
  WorkflowSummary,
} from "../api/types";
import { patchWorkflow } from "../api/workflows";
import type { Message } from "./rooms";

type Change = (client: QueryClient, data: never, message: Message) => void;

export const LOG_RING = 50_000;

/** Two attempts of a node, or two rounds of a loop, are two steps. */
export function stepKey(step: Pick<Step, "node_id" | "iteration" | "attempt">): string {
  return `${step.node_id}/${step.iteration}/${step.attempt}`;
}

/** An older write never replaces a newer one, in whatever order they come. */
export function mergeStep(steps: readonly Step[], step: Step): Step[] {
  const key = stepKey(step);
  const i = steps.findIndex((s) => stepKey(s) === key);
  const old = steps[i];
  if (!old) return [...steps, step].sort((a, b) => a.step_no - b.step_no);
  if (old.step_no > step.step_no) return [...steps];
  return steps
    .map((s, at) => (at === i ? { ...s, ...step } : s))
    .sort((a, b) => a.step_no - b.step_no);
}

function runUpdated(client: QueryClient, run: Partial<Run> & { id: string }, message: Message) {
  client.setQueryData<Run>(keys.run(run.id), (old) => {
    if (!old) return old;
    const seq =
      typeof message.seq === "number" && message.room.startsWith("run:")
        ? message.seq
        : old.live_seq;
    if (seq < old.live_seq) return old;
    // The short form of the lists has no input and output: what the long form had stays.
    return { ...old, ...run, live_seq: Math.max(old.live_seq, seq) };
  });
  client.setQueriesData<InfiniteData<RunList>>(
    { queryKey: ["runs", "list"] },
    (old) => old && patchRuns(old, run),
  );
  lastRunOf(client, run);
}

/** A workflow's row says when and how it ran last; its counts are read again by who shows them. */
function lastRunOf(client: QueryClient, run: Partial<RunSummary> & { id: string }) {
  const { workflow_id, status, created_at } = run;
  if (!workflow_id || !status || !created_at) return;
  patchWorkflow(client, workflow_id, (w) => {
    const isOlder = w.statistics.last_run_at !== null && w.statistics.last_run_at > created_at;
    return isOlder
      ? {}
      : { statistics: { ...w.statistics, last_run_at: created_at, last_status: status } };
  });
}

function patchRuns(
  list: InfiniteData<RunList>,
  run: Partial<RunSummary> & { id: string },
): InfiniteData<RunList> {
  if (!list.pages.some((p) => p.items.some((r) => r.id === run.id))) return list;
  const pages = list.pages.map((page) => ({
    ...page,
    items: page.items.map((r) => (r.id === run.id ? { ...r, ...run } : r)),
  }));
  return { ...list, pages };
}

function stepUpdated(client: QueryClient, step: Step) {
  client.setQueryData<StepList>(
    keys.steps(step.run_id),
    (old) => old && { ...old, items: mergeStep(old.items, step) },
  );
}

function logLines(client: QueryClient, data: { run_id: string; items: LogLine[] }) {
  client.setQueryData<LogLine[]>(
    keys.logs(data.run_id),
    (old) => old && [...old, ...data.items].slice(-LOG_RING),
  );
}

function workflowChanged(client: QueryClient, workflow: Partial<WorkflowSummary> & { id: string }) {
  patchWorkflow(client, workflow.id, () => workflow);
}

const TABLE: Record<string, Change> = {
  "run.updated": runUpdated as Change,
  "run.created": runUpdated as Change,
  "step.updated": stepUpdated as Change,
  "log.lines": logLines as Change,
  "workflow.changed": workflowChanged as Change,
};

/** Puts one message into the cache. A type that this build doesn't know changes nothing. */
export function apply(client: QueryClient, message: Message): void {
  if (message.type === undefined || typeof message.data !== "object" || message.data === null)
    return;
  TABLE[message.type]?.(client, message.data as never, message);
}

/** The room lost its thread: everything that it kept true is fetched again. */
export function resetRoom(client: QueryClient, room: string): void {
  const [kind, id] = room.split(":");
  if (kind === "run" && id) void client.invalidateQueries({ queryKey: keys.run(id) });
  else if (kind === "workflow" && id)
    void client.invalidateQueries({ queryKey: keys.workflow(id) });
  else {
    void client.invalidateQueries({ queryKey: keys.workflows });
    void client.invalidateQueries({ queryKey: keys.runs });
  }
}

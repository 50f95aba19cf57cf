import { useState } from "react";
import type { RunFilter, RunSummary } from "../../api/types";
import { useLiveMessages } from "../../live/useLive";
import { matches } from "./filter";

/**
 * Runs that began since the list was read and would be in it. They are counted, not inserted: a row must not
 * move away under the pointer. Another filter begins again at none.
 */
export function useNewRuns(filter: RunFilter, rows: readonly RunSummary[]) {
  const [seen, setSeen] = useState<{ filter: RunFilter; ids: ReadonlySet<string> }>({
    filter,
    ids: new Set(),
  });
  if (seen.filter !== filter) setSeen({ filter, ids: new Set() });
  useLiveMessages((message) => {
    if (message.room !== "workspace" || !isRun(message)) return;
    const run = message.data as RunSummary;
    if (rows.some((r) => r.id === run.id) || !matches(run, filter)) return;
    const newest = rows[0]?.created_at;
    if (newest && run.created_at < newest) return;
    setSeen((old) => ({ ...old, ids: new Set(old.ids).add(run.id) }));
  });
  return { count: seen.ids.size, clear: () => setSeen({ filter, ids: new Set() }) };
}

function isRun(message: { type?: string; data?: unknown }): boolean {
  return (
    (message.type === "run.updated" || message.type === "run.created") &&
    typeof message.data === "object"
  );
}

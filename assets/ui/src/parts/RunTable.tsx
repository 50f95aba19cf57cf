import type { RunSummary } from "../api/types";
import { t } from "../text/en";
import { shortId } from "../text/format";
import { RowLink } from "../ui/RowLink";
import { asState, StatePill } from "../ui/StatePill";
import { isFinal } from "../ui/state";
import { type Column, Table } from "../ui/Table";
import { Duration, Elapsed, Time } from "../ui/Time";
import styles from "./RunTable.module.css";

interface RunTableProps {
  caption: string;
  rows: readonly RunSummary[];
  stale?: boolean;
  /** Off where all rows are of one workflow. */
  showWorkflow?: boolean;
  fresh?: (run: RunSummary) => boolean;
}

const stateColumn: Column<RunSummary> = {
  id: "state",
  head: t.runs.colState,
  phone: "end",
  cell: (r) => <StatePill state={asState(r.status)} />,
};

const nameColumn: Column<RunSummary> = {
  id: "workflow",
  head: t.runs.colWorkflow,
  wide: true,
  phone: "first",
  cell: (r) => (
    <>
      <RowLink href={`/runs/${r.id}`}>{r.workflow_name}</RowLink>
      {r.error ? <span className={styles.error}>{r.error.code}</span> : null}
    </>
  ),
};

const plainIdColumn: Column<RunSummary> = {
  id: "id",
  head: t.runs.colId,
  phone: "off",
  cell: (r) => (
    <span className="mono" title={r.id}>
      {shortId(r.id)}
    </span>
  ),
};

const linkedIdColumn: Column<RunSummary> = {
  ...plainIdColumn,
  wide: true,
  phone: "first",
  cell: (r) => (
    <RowLink href={`/runs/${r.id}`}>
      <span className="mono" title={r.id}>
        {shortId(r.id)}
      </span>
    </RowLink>
  ),
};

const otherColumns: Column<RunSummary>[] = [
  { id: "trigger", head: t.runs.colTrigger, cell: (r) => <TriggerWord run={r} /> },
  {
    id: "started",
    head: t.runs.colStarted,
    cell: (r) => <Time at={r.started_at ?? r.created_at} />,
  },
  { id: "duration", head: t.runs.colDuration, align: "end", cell: (r) => <RunDuration run={r} /> },
];

export function RunTable({ caption, rows, stale, showWorkflow = true, fresh }: RunTableProps) {
  const columns = showWorkflow
    ? [stateColumn, nameColumn, ...otherColumns, plainIdColumn]
    : [stateColumn, linkedIdColumn, ...otherColumns];
  return (
    <Table
      caption={caption}
      columns={columns}
      rows={rows}
      rowKey={(r) => r.id}
      stale={stale}
      fresh={fresh}
    />
  );
}

/** How it was started, and by whom if that was a person or a token; a trigger's own name says nothing more. */
export function TriggerWord({ run }: { run: RunSummary }) {
  const { type, name, user_id, token_id } = run.trigger;
  const word = t.runs.triggerWord[type] ?? type;
  return <span>{name && (user_id || token_id) ? `${word}, ${name}` : word}</span>;
}

export function RunDuration({
  run,
}: {
  run: Pick<RunSummary, "status" | "started_at" | "duration_ms">;
}) {
  if (!isFinal(run.status) && run.started_at) return <Elapsed since={run.started_at} />;
  return <Duration ms={run.duration_ms} />;
}

import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { WorkflowSummary } from "../api/types";
import { t } from "../text/en";
import { integer, percent } from "../text/format";
import { Button } from "../ui/Button";
import { Menu } from "../ui/Menu";
import { RowLink } from "../ui/RowLink";
import { WorkflowPill } from "../ui/StatePill";
import { Switch } from "../ui/Switch";
import { type Column, Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { DeleteDialog } from "./DeleteDialog";
import { stateWord } from "./stateWord";
import { useMenuItems, useWorkflowDoing } from "./workflowActions";
import { lookOf, successOf } from "./workflowLook";

export function WorkflowTable({
  rows,
  stale,
}: {
  rows: readonly WorkflowSummary[];
  stale: boolean;
}) {
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState<WorkflowSummary | null>(null);
  const doing = useWorkflowDoing(navigate);
  const items = useMenuItems(doing, navigate, setDeleting);
  const columns: Column<WorkflowSummary>[] = [
    {
      id: "name",
      head: t.workflows.colName,
      wide: true,
      phone: "first",
      cell: (w) => <RowLink href={`/workflows/${w.id}`}>{w.name}</RowLink>,
    },
    {
      id: "state",
      head: t.workflows.colState,
      cell: (w) => <WorkflowPill look={lookOf(w)} word={stateWord(w)} />,
    },
    { id: "last", head: t.workflows.colLastRun, cell: (w) => <LastRun workflow={w} /> },
    {
      id: "success",
      head: t.workflows.colSuccess,
      align: "end",
      phone: "off",
      cell: (w) => {
        const share = successOf(w);
        return share === undefined ? "—" : percent(share);
      },
    },
    {
      id: "runs",
      head: t.workflows.colRuns,
      align: "end",
      phone: "off",
      cell: (w) => integer(w.statistics.runs),
    },
    {
      id: "changed",
      head: t.workflows.colChanged,
      phone: "off",
      cell: (w) => <Time at={w.updated_at} />,
    },
    {
      id: "on",
      head: t.workflows.colLive,
      phone: "end",
      cell: (w) => (
        <Switch
          label={t.workflows.activate(w.name)}
          checked={w.is_active}
          disabled={!doing.canWrite}
          onChange={(active) => doing.setActive(w, active)}
        />
      ),
    },
    {
      id: "actions",
      head: t.workflows.colActions,
      quiet: true,
      phone: "end",
      align: "end",
      cell: (w) => (
        <Menu
          label={t.workflows.actionsOf(w.name)}
          groups={items(w)}
          trigger={
            <Button
              look="ghost"
              size="sm"
              icon={<Ellipsis size={16} aria-hidden />}
              label={t.workflows.actionsOf(w.name)}
            />
          }
        />
      ),
    },
  ];
  return (
    <>
      <Table
        caption={t.workflows.title}
        columns={columns}
        rows={rows}
        rowKey={(w) => w.id}
        stale={stale}
      />
      {deleting ? <DeleteDialog workflow={deleting} onClose={() => setDeleting(null)} /> : null}
    </>
  );
}

function LastRun({ workflow }: { workflow: WorkflowSummary }) {
  const at = workflow.statistics.last_run_at;
  return at ? <Time at={at} /> : <span>{t.workflows.never}</span>;
}

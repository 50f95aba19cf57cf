import { Ellipsis, History, Pencil, Play, Users } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { keys } from "../../api/keys";
import { useNodeTypes } from "../../api/nodeTypes";
import { useRuns } from "../../api/runs";
import type { Workflow, WorkflowSummary } from "../../api/types";
import { useWorkflow } from "../../api/workflows";
import { RunCanvas } from "../../canvas/RunCanvas";
import type { NodeState } from "../../canvas/runState";
import { useRoom } from "../../live/useLive";
import { useRefresh } from "../../live/useRefresh";
import { DeleteDialog } from "../../parts/DeleteDialog";
import { RunTable } from "../../parts/RunTable";
import { ShareDialog } from "../../parts/ShareDialog";
import { stateWord } from "../../parts/stateWord";
import { useMenuItems, useWorkflowDoing } from "../../parts/workflowActions";
import { lookOf } from "../../parts/workflowLook";
import { t } from "../../text/en";
import { Button, ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Empty } from "../../ui/Empty";
import { Menu } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { WorkflowPill } from "../../ui/StatePill";
import { Switch } from "../../ui/Switch";
import styles from "./one.module.css";
import { TriggerPanel } from "./TriggerPanel";

const NO_STATES: ReadonlyMap<string, NodeState> = new Map();
const LAST = 10;
const LAST_EVERY_MS = 1000;

export function WorkflowPage({ id }: { id: string }) {
  const workflow = useWorkflow(id);
  const name = workflow.data?.name ?? t.workflows.title;
  useRoom(
    `workflow:${id}`,
    workflow.data ? { after: workflow.data.live_seq ?? undefined } : undefined,
  );
  useCrumbs([{ label: t.workflows.title, href: "/workflows" }, { label: name }]);
  if (workflow.data) return <Loaded workflow={workflow.data} />;
  return (
    <Page title={name}>
      {workflow.error ? (
        <QueryError
          title={t.workflows.oneFailed}
          error={workflow.error}
          onRetry={() => workflow.refetch()}
        />
      ) : (
        <Card>
          <Skeleton rows={8} />
        </Card>
      )}
    </Page>
  );
}

function Loaded({ workflow }: { workflow: Workflow }) {
  const nodeTypes = useNodeTypes();
  return (
    <Page
      title={workflow.name}
      lead={<WorkflowPill look={lookOf(workflow)} word={stateWord(workflow)} />}
      actions={<WorkflowActions workflow={workflow} />}
    >
      {workflow.description ? <p className={styles.text}>{workflow.description}</p> : null}
      <div className={styles.columns}>
        <div className={styles.main}>
          <Card>
            <div className={styles.graph}>
              <RunCanvas
                label={t.workflows.graph}
                definition={workflow.definition}
                states={NO_STATES}
                nodeTypes={nodeTypes.data}
              />
            </div>
          </Card>
          <LastRuns id={workflow.id} />
        </div>
        <TriggerPanel workflow={workflow} />
      </div>
    </Page>
  );
}

function WorkflowActions({ workflow }: { workflow: Workflow }) {
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState<WorkflowSummary | null>(null);
  const [sharing, setSharing] = useState(false);
  const doing = useWorkflowDoing(navigate);
  const items = useMenuItems(doing, navigate, setDeleting);
  const more = items(workflow).map((group) =>
    group.filter((i) => i.id === "history" || i.id === "delete"),
  );
  return (
    <>
      <span className={styles.switch}>
        <span aria-hidden>{t.workflows.colLive}</span>
        <Switch
          label={t.workflows.activate(workflow.name)}
          checked={workflow.is_active}
          disabled={!doing.canWrite}
          onChange={(active) => doing.setActive(workflow, active)}
        />
      </span>
      <ButtonLink
        href={`/workflows/${workflow.id}/versions`}
        icon={<History size={14} aria-hidden />}
      >
        {t.versions.title}
      </ButtonLink>
      <Button icon={<Users size={14} aria-hidden />} onClick={() => setSharing(true)}>
        {t.team.share}
      </Button>
      <Button
        icon={<Play size={14} aria-hidden />}
        disabled={!doing.canRun}
        busy={doing.busy}
        onClick={() => doing.run(workflow)}
      >
        {t.workflows.run}
      </Button>
      <ButtonLink
        look="primary"
        href={`/workflows/${workflow.id}/edit`}
        icon={<Pencil size={14} aria-hidden />}
      >
        {t.workflows.edit}
      </ButtonLink>
      <Menu
        label={t.workflows.actionsOf(workflow.name)}
        groups={more}
        trigger={
          <Button
            icon={<Ellipsis size={16} aria-hidden />}
            label={t.workflows.actionsOf(workflow.name)}
          />
        }
      />
      {sharing ? (
        <ShareDialog thing={{ kind: "workflow", ...workflow }} onClose={() => setSharing(false)} />
      ) : null}
      {deleting ? (
        <DeleteDialog
          workflow={deleting}
          onClose={() => setDeleting(null)}
          onDeleted={() => navigate("/workflows")}
        />
      ) : null}
    </>
  );
}

function LastRuns({ id }: { id: string }) {
  const filter = useMemo(() => ({ workflow_id: id }), [id]);
  const list = useRuns(filter, LAST);
  useRefresh(keys.runList(filter), LAST_EVERY_MS, (m) => m.room === `workflow:${id}`);
  const rows = list.data?.pages[0]?.items ?? [];
  return (
    <Card
      title={t.workflows.lastRuns}
      aside={<Link href={`/runs?workflow=${id}`}>{t.workflows.allRuns}</Link>}
    >
      {list.error && !list.data ? (
        <QueryError title={t.runs.loadFailed} error={list.error} onRetry={() => list.refetch()} />
      ) : null}
      {list.isPending ? <Skeleton rows={4} /> : null}
      {list.data && rows.length === 0 ? <Empty title={t.workflows.noRuns} /> : null}
      {rows.length > 0 ? (
        <RunTable caption={t.workflows.lastRuns} rows={rows} showWorkflow={false} />
      ) : null}
    </Card>
  );
}

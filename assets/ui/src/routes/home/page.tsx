import { Plus, Workflow as WorkflowIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { keys } from "../../api/keys";
import { useRuns } from "../../api/runs";
import { membershipOf, useCan, useMe } from "../../api/session";
import { useWorkflows } from "../../api/workflows";
import { useRefresh } from "../../live/useRefresh";
import { WorkflowTable } from "../../parts/WorkflowTable";
import { t } from "../../text/en";
import { ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { AttentionList } from "./AttentionList";
import { HourChart } from "./HourChart";
import { JoinOffer } from "./JoinOffer";
import styles from "./page.module.css";
import { Tiles } from "./Tiles";

const MOST = 200;
const DAY_MS = 86_400_000;
const SHOWN_WORKFLOWS = 8;
const FIGURES_EVERY_MS = 5000;
const IN_FLIGHT = { status: "queued,running,waiting,paused" } as const;

export function HomePage() {
  const me = useMe();
  const [openedAt] = useState(Date.now);
  const filter = useMemo(
    () => ({ from: new Date(Math.floor((openedAt - DAY_MS) / 60_000) * 60_000).toISOString() }),
    [openedAt],
  );
  const workflows = useWorkflows();
  const day = useRuns(filter, MOST);
  const flight = useRuns(IN_FLIGHT, MOST);
  const canWrite = useCan()("workflow:write");
  useRefresh(keys.runs, FIGURES_EVERY_MS, (m) => m.room === "workspace");
  useRefresh(keys.workflows, FIGURES_EVERY_MS, (m) => m.room === "workspace");
  useCrumbs([{ label: t.home.title }]);
  const create = canWrite ? (
    <ButtonLink look="primary" href="/workflows?new=1" icon={<Plus size={16} aria-hidden />}>
      {t.workflows.create}
    </ButtonLink>
  ) : null;
  const rows = workflows.data?.pages.flatMap((p) => p.items) ?? [];
  const runs = day.data?.pages[0]?.items ?? [];
  const isCut = Boolean(day.data?.pages[0]?.next_cursor);
  const failed = [workflows, day].find((q) => q.error && !q.data);
  const title = t.home.heading(membershipOf(me)?.name ?? t.home.title);

  if (failed?.error) {
    return (
      <Page title={title} actions={create}>
        <QueryError
          title={t.home.loadFailed}
          error={failed.error}
          onRetry={() => failed.refetch()}
        />
      </Page>
    );
  }
  return (
    <Page title={title} actions={create}>
      <JoinOffer />
      {workflows.data && rows.length === 0 ? (
        <Card>
          <Empty
            icon={<WorkflowIcon size={28} aria-hidden />}
            title={t.home.nothing}
            text={t.home.nothingText}
          >
            {create}
          </Empty>
        </Card>
      ) : (
        <>
          <Tiles
            runs={runs}
            isCut={isCut}
            inFlight={flight.data?.pages[0]?.items ?? []}
            ready={day.data !== undefined}
          />
          <div className={styles.columns}>
            <HourChart runs={runs} nowMs={openedAt} isCut={isCut} />
            <AttentionList runs={runs} ready={day.data !== undefined} />
          </div>
          <Card
            title={t.home.workflows}
            aside={
              <>
                <span>
                  {t.home.counts(
                    rows.filter((w) => w.is_active).length,
                    rows.filter((w) => !w.is_active).length,
                  )}
                </span>
                <Link href="/workflows">{t.home.allWorkflows}</Link>
              </>
            }
          >
            {workflows.data ? (
              <WorkflowTable rows={rows.slice(0, SHOWN_WORKFLOWS)} stale={false} />
            ) : (
              <Skeleton rows={5} />
            )}
          </Card>
        </>
      )}
    </Page>
  );
}

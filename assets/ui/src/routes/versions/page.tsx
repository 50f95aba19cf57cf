import { useState } from "react";
import { useCan } from "../../api/session";
import type { VersionSummary, Workflow } from "../../api/types";
import { useWorkflow } from "../../api/workflows";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { t } from "../../text/en";
import { ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { LoadMore } from "../../ui/LoadMore";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { DiffCard } from "./DiffCard";
import { PublishDialog } from "./PublishDialog";
import { useRollback, useVersions } from "./queries";
import { ReplayCard } from "./ReplayCard";
import { VersionTable } from "./VersionTable";

export function VersionsPage({ id }: { id: string }) {
  const workflow = useWorkflow(id);
  const name = workflow.data?.name ?? t.workflows.title;
  useCrumbs([
    { label: t.workflows.title, href: "/workflows" },
    { label: name, href: `/workflows/${id}` },
    { label: t.versions.title },
  ]);
  return (
    <Page
      title={t.versions.title}
      actions={<ButtonLink href={`/workflows/${id}/edit`}>{t.workflows.edit}</ButtonLink>}
    >
      {workflow.data ? <Loaded workflow={workflow.data} /> : null}
      {workflow.error && !workflow.data ? (
        <QueryError
          title={t.workflows.oneFailed}
          error={workflow.error}
          onRetry={() => workflow.refetch()}
        />
      ) : null}
      {workflow.isPending ? <Skeleton rows={8} /> : null}
    </Page>
  );
}

function Loaded({ workflow }: { workflow: Workflow }) {
  const list = useVersions(workflow.id);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const rollback = useRollback(workflow.id);
  const canWrite = useCan()("workflow:write");
  const [publishing, setPublishing] = useState<VersionSummary>();
  const [returning, setReturning] = useState<VersionSummary>();
  if (list.error && !list.data) {
    return (
      <QueryError title={t.versions.loadFailed} error={list.error} onRetry={() => list.refetch()} />
    );
  }
  return (
    <>
      <Card>
        {list.data ? (
          <>
            <VersionTable
              rows={rows}
              draft={workflow.draft_version}
              canWrite={canWrite}
              onPublish={setPublishing}
              onReturn={setReturning}
            />
            <LoadMore
              shown={t.versions.shown(rows.length)}
              hasMore={list.hasNextPage}
              busy={list.isFetchingNextPage}
              onMore={() => list.fetchNextPage()}
            />
          </>
        ) : (
          <Skeleton rows={4} />
        )}
      </Card>
      {rows.length > 1 ? <DiffCard workflow={workflow} versions={rows} /> : null}
      {rows.length > 0 ? (
        <ReplayCard workflow={workflow} versions={rows} canWrite={canWrite} />
      ) : null}
      {publishing ? (
        <PublishDialog
          workflow={workflow}
          version={publishing}
          live={rows.find((v) => v.is_live)}
          onClose={() => setPublishing(undefined)}
        />
      ) : null}
      {returning ? (
        <ConfirmChange
          title={t.versions.returnTitle(returning.number)}
          text={t.versions.returnText}
          verb={t.versions.returnVerb}
          danger={false}
          change={rollback}
          of={returning.number}
          done={(w) => t.versions.returned(w.draft_version)}
          failed={t.versions.returnFailed}
          onClose={() => setReturning(undefined)}
        />
      ) : null}
    </>
  );
}

import { ChevronDown, MailX, MoreHorizontal } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { keys } from "../../api/keys";
import { membershipOf, useCan, useMe } from "../../api/session";
import type { DeadLetter, DeadLetterFilter } from "../../api/types";
import { useRefresh } from "../../live/useRefresh";
import { BulkDialog } from "../../parts/BulkDialog";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { WorkflowSelect } from "../../parts/WorkflowSelect";
import { t } from "../../text/en";
import { Button, ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Empty } from "../../ui/Empty";
import { FilterBar } from "../../ui/FilterBar";
import { Select } from "../../ui/Input";
import { LoadMore } from "../../ui/LoadMore";
import { Menu } from "../../ui/Menu";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { RowLink } from "../../ui/RowLink";
import { Skeleton } from "../../ui/Skeleton";
import { type Column, Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/Toast";
import { useFilters } from "../../ui/useFilters";
import {
  type BulkAction,
  changeDeadLetters,
  type Replay,
  useDeadLetters,
  useDiscard,
  useReplay,
} from "./queries";

const REASONS = ["failed", "quarantined"] as const;
const BULK: readonly BulkAction[] = ["failed", "start", "discard"];
const REFRESH_MS = 1000;

export function DeadLettersPage() {
  const { get, set } = useFilters();
  const workflow = get("workflow");
  const reason = REASONS.find((r) => r === get("reason"));
  const filter = useMemo(
    (): DeadLetterFilter => ({
      ...(workflow ? { workflow_id: workflow } : {}),
      ...(reason ? { reason } : {}),
    }),
    [workflow, reason],
  );
  useCrumbs([{ label: t.runs.title, href: "/runs" }, { label: t.deadLetters.title }]);
  useRefresh(keys.deadLetters, REFRESH_MS, (m) => m.room === "workspace");
  return (
    <Page title={t.deadLetters.title} actions={<Bulk filter={filter} />}>
      <FilterBar label={t.deadLetters.title}>
        <WorkflowSelect value={workflow} onChange={(id) => set({ workflow: id })} />
        <Select
          compact
          aria-label={t.deadLetters.reason}
          value={reason ?? ""}
          options={[
            { value: "", label: t.deadLetters.anyReason },
            ...REASONS.map((value) => ({ value, label: t.deadLetters.reasonWord[value] })),
          ]}
          onChange={(e) => set({ reason: e.target.value })}
        />
      </FilterBar>
      <List filter={filter} onClear={() => set({ workflow: "", reason: "" })} />
    </Page>
  );
}

function List({ filter, onClear }: { filter: DeadLetterFilter; onClear: () => void }) {
  const list = useDeadLetters(filter);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (list.error && !list.data) {
    return (
      <QueryError
        title={t.deadLetters.loadFailed}
        error={list.error}
        onRetry={() => list.refetch()}
      />
    );
  }
  return (
    <Card>
      {!list.data ? <Skeleton rows={6} /> : null}
      {list.data && rows.length === 0 ? (
        <None isFiltered={Object.keys(filter).length > 0} onClear={onClear} />
      ) : null}
      {rows.length > 0 ? (
        <>
          <Table
            caption={t.deadLetters.title}
            columns={columns}
            rows={rows}
            rowKey={(r) => r.id}
            stale={list.isPlaceholderData}
          />
          <LoadMore
            shown={t.deadLetters.shown(rows.length)}
            hasMore={list.hasNextPage}
            busy={list.isFetchingNextPage}
            onMore={() => list.fetchNextPage()}
          />
        </>
      ) : null}
    </Card>
  );
}

function None({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <Empty title={t.deadLetters.emptyMatch}>
        <Button onClick={onClear}>{t.runs.clear}</Button>
      </Empty>
    );
  }
  return (
    <Empty
      icon={<MailX size={28} aria-hidden />}
      title={t.deadLetters.empty}
      text={t.deadLetters.emptyText}
    >
      <ButtonLink href="/runs">{t.deadLetters.emptyAction}</ButtonLink>
    </Empty>
  );
}

const columns: Column<DeadLetter>[] = [
  {
    id: "workflow",
    head: t.runs.colWorkflow,
    wide: true,
    phone: "first",
    cell: (d) => <RowLink href={`/runs/${d.id}`}>{d.workflow_name}</RowLink>,
  },
  {
    id: "reason",
    head: t.deadLetters.reason,
    phone: "second",
    cell: (d) => t.deadLetters.reasonWord[d.reason],
  },
  {
    id: "error",
    head: t.deadLetters.colError,
    phone: "off",
    cell: (d) => <span title={d.error?.message}>{d.error?.code}</span>,
  },
  {
    id: "attempts",
    head: t.deadLetters.colAttempts,
    align: "end",
    phone: "off",
    cell: (d) => d.attempts,
  },
  {
    id: "failed",
    head: t.deadLetters.colFailed,
    phone: "second",
    cell: (d) => <Time at={d.failed_at} />,
  },
  {
    id: "actions",
    head: t.deadLetters.colActions,
    quiet: true,
    align: "end",
    phone: "end",
    cell: (d) => <RowActions letter={d} />,
  },
];

function useBlocked(): string | undefined {
  const can = useCan()("run:write");
  const role = membershipOf(useMe())?.role ?? "";
  return can ? undefined : t.run.needsRun(role);
}

function RowActions({ letter }: { letter: DeadLetter }) {
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const replay = useReplay();
  const discard = useDiscard();
  const blocked = useBlocked();
  const start = (how: Replay) =>
    replay.mutate(
      { id: letter.id, ...how },
      {
        onSuccess: (run) => {
          toast({ tone: "info", title: t.deadLetters.replayed });
          navigate(`/runs/${run.id}`);
        },
        onError: (error) =>
          toast({
            tone: "danger",
            title: t.deadLetters.replayRefused,
            text: asApiError(error).message,
          }),
      },
    );
  const label = t.deadLetters.actionsFor(letter.workflow_name);
  return (
    <>
      <Menu
        label={label}
        trigger={
          <Button
            look="ghost"
            size="sm"
            busy={replay.isPending}
            icon={<MoreHorizontal size={16} aria-hidden />}
            label={label}
          />
        }
        groups={[
          [
            {
              id: "failed",
              label: t.deadLetters.replayFailed,
              blocked,
              onSelect: () => start({ from: "failed" }),
            },
            {
              id: "start",
              label: t.deadLetters.replayStart,
              blocked,
              onSelect: () => start({ from: "start" }),
            },
            {
              id: "newest",
              label: t.deadLetters.replayNewest,
              blocked,
              onSelect: () => start({ from: "start", version: "newest" }),
            },
          ],
          [
            {
              id: "discard",
              label: t.deadLetters.discard,
              danger: true,
              blocked,
              onSelect: () => setAsking(true),
            },
          ],
        ]}
      />
      {asking ? (
        <ConfirmChange
          title={t.deadLetters.discardTitle}
          text={t.deadLetters.discardText}
          verb={t.deadLetters.discard}
          change={discard}
          of={letter.id}
          done={t.deadLetters.discarded}
          failed={t.deadLetters.discardRefused}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}

function Bulk({ filter }: { filter: DeadLetterFilter }) {
  const [action, setAction] = useState<BulkAction>();
  const blocked = useBlocked();
  return (
    <>
      <Menu
        label={t.deadLetters.bulk}
        trigger={<Button icon={<ChevronDown size={14} aria-hidden />}>{t.deadLetters.bulk}</Button>}
        groups={[
          BULK.map((id) => ({
            id,
            label: t.deadLetters.bulkVerb[id],
            danger: id === "discard",
            blocked,
            onSelect: () => setAction(id),
          })),
        ]}
      />
      {action ? (
        <BulkDialog
          title={t.deadLetters.bulkTitle[action]}
          text={`${t.deadLetters.bulkText[action]} ${t.deadLetters.bulkSince}`}
          verb={t.deadLetters.bulkVerb[action]}
          danger={action === "discard"}
          change={(onStep) => changeDeadLetters(action, filter, onStep)}
          changes={keys.deadLetters}
          onClose={() => setAction(undefined)}
        />
      ) : null}
    </>
  );
}

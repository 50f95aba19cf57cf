import { List } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useRuns } from "../../api/runs";
import type { RunFilter } from "../../api/types";
import { RunTable } from "../../parts/RunTable";
import { WorkflowSelect } from "../../parts/WorkflowSelect";
import { t } from "../../text/en";
import { Button, ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Empty } from "../../ui/Empty";
import { FilterBar } from "../../ui/FilterBar";
import { FilterInput } from "../../ui/FilterInput";
import { Select } from "../../ui/Input";
import { LoadMore } from "../../ui/LoadMore";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { useFilters } from "../../ui/useFilters";
import { Bulk } from "./Bulk";
import { FILTER_NAMES, RANGES, STATUS_OPTIONS, TRIGGER_OPTIONS, toFilter } from "./filter";
import { NewRuns } from "./NewRuns";
import { useNewRuns } from "./useNewRuns";

export function RunsPage() {
  const { get, set } = useFilters();
  const [openedAt] = useState(Date.now);
  useCrumbs([{ label: t.runs.title }]);
  const address = FILTER_NAMES.map(get).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address holds all that `get` reads
  const filter = useMemo(() => toFilter(get, openedAt), [address, openedAt]);
  const setText = useCallback((q: string) => set({ q }), [set]);
  return (
    <Page
      title={t.runs.title}
      actions={
        <>
          <ButtonLink href="/dead-letters">{t.deadLetters.link}</ButtonLink>
          <Bulk filter={filter} />
        </>
      }
    >
      <FilterBar label={t.runs.title}>
        <Select
          compact
          aria-label={t.runs.status}
          value={get("status")}
          options={STATUS_OPTIONS}
          onChange={(e) => set({ status: e.target.value })}
        />
        <WorkflowSelect value={get("workflow")} onChange={(workflow) => set({ workflow })} />
        <Select
          compact
          aria-label={t.runs.trigger}
          value={get("trigger")}
          options={TRIGGER_OPTIONS}
          onChange={(e) => set({ trigger: e.target.value })}
        />
        <Select
          compact
          aria-label={t.runs.range}
          value={get("range")}
          options={RANGES}
          onChange={(e) => set({ range: e.target.value })}
        />
        <FilterInput label={t.runs.text} value={get("q")} onChange={setText} />
      </FilterBar>
      <RunList
        filter={filter}
        onClear={() => set(Object.fromEntries(FILTER_NAMES.map((name) => [name, ""])))}
      />
    </Page>
  );
}

function RunList({ filter, onClear }: { filter: RunFilter; onClear: () => void }) {
  const list = useRuns(filter);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const arrivals = useNewRuns(filter, rows);
  const show = () => {
    arrivals.clear();
    void list.refetch();
  };
  if (list.error && !list.data) {
    return (
      <QueryError title={t.runs.loadFailed} error={list.error} onRetry={() => list.refetch()} />
    );
  }
  return (
    <>
      <NewRuns count={arrivals.count} onShow={show} />
      <Card>
        {!list.data ? <Skeleton rows={10} /> : null}
        {list.data && rows.length === 0 ? (
          <NoRuns isFiltered={Object.keys(filter).length > 0} onClear={onClear} />
        ) : null}
        {rows.length > 0 ? (
          <>
            <RunTable caption={t.runs.title} rows={rows} stale={list.isPlaceholderData} />
            <LoadMore
              shown={t.runs.shown(rows.length)}
              hasMore={list.hasNextPage}
              busy={list.isFetchingNextPage}
              onMore={() => list.fetchNextPage()}
            />
          </>
        ) : null}
      </Card>
    </>
  );
}

function NoRuns({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <Empty title={t.runs.emptyMatch}>
        <Button onClick={onClear}>{t.runs.clear}</Button>
      </Empty>
    );
  }
  return (
    <Empty icon={<List size={28} aria-hidden />} title={t.runs.empty} text={t.runs.emptyText}>
      <ButtonLink href="/workflows">{t.runs.emptyAction}</ButtonLink>
    </Empty>
  );
}

import { Plus, Workflow } from "lucide-react";
import { type ReactNode, useCallback } from "react";
import { useCan } from "../../api/session";
import type { WorkflowFilter } from "../../api/types";
import { useWorkflows } from "../../api/workflows";
import { WorkflowTable } from "../../parts/WorkflowTable";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
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
import { CreateDialog } from "./CreateDialog";

const STATES = [
  { value: "", label: t.workflows.anyState },
  { value: "draft", label: t.workflowState.draft },
  { value: "active", label: t.workflowState.active },
  { value: "paused", label: t.workflowState.paused },
  { value: "archived", label: t.workflowState.archived },
];

export function WorkflowsPage() {
  const { get, set } = useFilters();
  const canWrite = useCan()("workflow:write");
  useCrumbs([{ label: t.workflows.title }]);
  const filter: WorkflowFilter = {
    ...(get("q") ? { q: get("q") } : {}),
    ...(get("state") ? { state: get("state") as WorkflowFilter["state"] } : {}),
  };
  const setText = useCallback((q: string) => set({ q }), [set]);
  const create = canWrite ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => set({ new: "1" })}>
      {t.workflows.create}
    </Button>
  ) : null;
  return (
    <Page title={t.workflows.title} actions={create}>
      <FilterBar label={t.workflows.filter}>
        <FilterInput label={t.workflows.filter} value={get("q")} onChange={setText} />
        <Select
          compact
          aria-label={t.workflows.state}
          value={get("state")}
          options={STATES}
          onChange={(e) => set({ state: e.target.value })}
        />
      </FilterBar>
      <WorkflowList filter={filter} onClear={() => set({ q: "", state: "" })} create={create} />
      {get("new") && canWrite ? <CreateDialog onClose={() => set({ new: "" })} /> : null}
    </Page>
  );
}

interface WorkflowListProps {
  filter: WorkflowFilter;
  onClear: () => void;
  create: ReactNode;
}

function WorkflowList({ filter, onClear, create }: WorkflowListProps) {
  const list = useWorkflows(filter);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const isFiltered = Object.keys(filter).length > 0;
  if (list.error && !list.data) {
    return (
      <QueryError
        title={t.workflows.loadFailed}
        error={list.error}
        onRetry={() => list.refetch()}
      />
    );
  }
  if (!list.data) {
    return (
      <Card>
        <Skeleton rows={8} />
      </Card>
    );
  }
  if (rows.length === 0) {
    return (
      <Card>
        {isFiltered ? (
          <Empty title={t.workflows.emptyMatch}>
            <Button onClick={onClear}>{t.workflows.clear}</Button>
          </Empty>
        ) : (
          <Empty
            icon={<Workflow size={28} aria-hidden />}
            title={t.workflows.empty}
            text={t.workflows.emptyText}
          >
            {create}
          </Empty>
        )}
      </Card>
    );
  }
  return (
    <Card>
      <WorkflowTable rows={rows} stale={list.isPlaceholderData} />
      <LoadMore
        shown={t.workflows.count(rows.length)}
        hasMore={list.hasNextPage}
        busy={list.isFetchingNextPage}
        onMore={() => list.fetchNextPage()}
      />
    </Card>
  );
}

import { ScrollText } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useCan } from "../../api/session";
import type { AuditEntry, AuditFilter } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { FilterBar } from "../../ui/FilterBar";
import { FilterInput } from "../../ui/FilterInput";
import { Select } from "../../ui/Input";
import { LoadMore } from "../../ui/LoadMore";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { type Column, Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { useFilters } from "../../ui/useFilters";
import { AuditDialog } from "./AuditDialog";
import { AuditProofCard } from "./AuditProofCard";
import { AuditSinkCard } from "./AuditSinkCard";
import { exportAudit, useAudit } from "./auditQueries";
import { whoOf } from "./auditWho";
import { ExportButton } from "./ExportButton";
import styles from "./page.module.css";

const DAY_MS = 86_400_000;
const KINDS = ["workflow", "version", "trigger", "run", "token", "member", "session", "user"];
const ACTIONS = [
  "login",
  "login.failed",
  "refused",
  "secret.use",
  "workflow.update",
  "token.create",
  "member.update",
];
const kindOptions = [
  { value: "", label: t.audit.anyKind },
  ...KINDS.map((value) => ({ value, label: value })),
];
const actionOptions = [
  { value: "", label: t.audit.anyAction },
  ...ACTIONS.map((value) => ({ value, label: value })),
];
const rangeOptions = Object.entries(t.audit.ranges).map(([value, label]) => ({ value, label }));

/** The entries of the workspace, how to take them along, and whether they are whole. */
export function AuditSection() {
  const can = useCan();
  const { get, set } = useFilters();
  const [openedAt] = useState(Date.now);
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const [action, resource, q, range] = [get("action"), get("kind"), get("q"), get("range")];
  const filter = useMemo<AuditFilter>(
    () => ({
      ...(action ? { action } : {}),
      ...(resource ? { resource } : {}),
      ...(q ? { q } : {}),
      ...(range ? { from: new Date(openedAt - Number(range) * DAY_MS).toISOString() } : {}),
    }),
    [action, resource, q, range, openedAt],
  );
  const setText = useCallback((text: string) => set({ q: text }), [set]);
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.audit.lead}</p>
        <ExportButton label={t.audit.exportCsv} call={exportAudit("csv", filter)} />
        <ExportButton label={t.audit.exportJson} call={exportAudit("ndjson", filter)} />
      </div>
      <FilterBar label={t.audit.title}>
        <Select
          compact
          aria-label={t.audit.action}
          value={action}
          options={actionOptions}
          onChange={(e) => set({ action: e.target.value })}
        />
        <Select
          compact
          aria-label={t.audit.kind}
          value={resource}
          options={kindOptions}
          onChange={(e) => set({ kind: e.target.value })}
        />
        <Select
          compact
          aria-label={t.audit.range}
          value={range}
          options={rangeOptions}
          onChange={(e) => set({ range: e.target.value })}
        />
        <FilterInput label={t.audit.words} value={q} onChange={setText} />
      </FilterBar>
      <EntryList
        filter={filter}
        onOpen={setOpen}
        onClear={() => set({ action: "", kind: "", q: "", range: "" })}
      />
      <AuditProofCard />
      {can("workspace:admin") ? <AuditSinkCard /> : null}
      {open ? <AuditDialog entry={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function EntryList({
  filter,
  onOpen,
  onClear,
}: {
  filter: AuditFilter;
  onOpen: (entry: AuditEntry) => void;
  onClear: () => void;
}) {
  const list = useAudit(filter);
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.error && !list.data)
    return (
      <Card>
        <QueryError title={t.audit.failed} error={list.error} onRetry={() => void list.refetch()} />
      </Card>
    );
  return (
    <Card>
      {list.isPending ? <Skeleton rows={8} /> : null}
      {list.data && rows.length === 0 && !list.hasNextPage ? (
        <Empty
          icon={<ScrollText size={28} aria-hidden />}
          title={t.audit.empty}
          text={t.audit.emptyText}
        >
          <Button onClick={onClear}>{t.audit.clear}</Button>
        </Empty>
      ) : null}
      {rows.length > 0 ? (
        <Table
          caption={t.audit.title}
          columns={columnsFor(onOpen)}
          rows={rows}
          rowKey={(e) => e.id}
          stale={list.isPlaceholderData}
        />
      ) : null}
      {list.data ? (
        <LoadMore
          shown={t.audit.shown(rows.length)}
          hasMore={list.hasNextPage}
          busy={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      ) : null}
    </Card>
  );
}

function columnsFor(onOpen: (entry: AuditEntry) => void): Column<AuditEntry>[] {
  return [
    {
      id: "what",
      head: t.audit.colWhat,
      wide: true,
      phone: "first",
      cell: (e) => <code>{e.action}</code>,
    },
    { id: "who", head: t.audit.colWho, phone: "second", cell: whoOf },
    {
      id: "from",
      head: t.audit.colFrom,
      phone: "off",
      cell: (e) => <span className="mono">{e.address ?? t.audit.none}</span>,
    },
    { id: "at", head: t.audit.colAt, cell: (e) => <Time at={e.at} /> },
    {
      id: "open",
      head: t.audit.colActions,
      quiet: true,
      align: "end",
      phone: "end",
      cell: (e) => (
        <Button size="sm" label={t.audit.detailsOf(e.action)} onClick={() => onOpen(e)}>
          {t.audit.details}
        </Button>
      ),
    },
  ];
}

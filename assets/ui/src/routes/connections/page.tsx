import { KeyRound, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useConnections, useConnectors } from "../../api/connections";
import { useCan } from "../../api/session";
import type { Connection } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { RowLink } from "../../ui/RowLink";
import { Skeleton } from "../../ui/Skeleton";
import { Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { useFilters } from "../../ui/useFilters";
import { CreateDialog } from "./CreateDialog";
import styles from "./page.module.css";
import { StatusPill } from "./StatusPill";

export function ConnectionsPage() {
  const { get, set } = useFilters();
  const canWrite = useCan()("connection:write");
  useCrumbs([{ label: t.connections.title }]);
  const create = canWrite ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => set({ new: "1" })}>
      {t.connections.create}
    </Button>
  ) : null;
  return (
    <Page title={t.connections.title} actions={create}>
      <Card>
        <ConnectionList create={create} />
      </Card>
      {get("new") && canWrite ? <CreateDialog onClose={() => set({ new: "" })} /> : null}
    </Page>
  );
}

function ConnectionList({ create }: { create: ReactNode }) {
  const list = useConnections();
  const { rows } = list;
  if (list.error) {
    return (
      <QueryError title={t.connections.failed} error={list.error} onRetry={() => list.refetch()} />
    );
  }
  if (list.isPending) return <Skeleton rows={6} />;
  if (rows.length === 0) {
    return (
      <Empty
        icon={<KeyRound size={28} aria-hidden />}
        title={t.connections.empty}
        text={create ? t.connections.emptyText : t.connections.emptyReader}
      >
        {create}
      </Empty>
    );
  }
  return <ConnectionTable rows={rows} />;
}

function ConnectionTable({ rows }: { rows: readonly Connection[] }) {
  const kinds = useConnectors();
  const titleOf = (name: string) => kinds.data?.find((k) => k.name === name)?.title ?? name;
  return (
    <Table<Connection>
      caption={t.connections.title}
      rows={rows}
      rowKey={(c) => c.id}
      columns={[
        {
          id: "name",
          head: t.connections.colName,
          wide: true,
          phone: "first",
          cell: (c) => (
            <>
              <RowLink href={`/connections/${c.id}`}>{c.name}</RowLink>
              {whose(c) ? <span className={styles.soft}> {whose(c)}</span> : null}
            </>
          ),
        },
        { id: "kind", head: t.connections.colKind, cell: (c) => titleOf(c.connector) },
        {
          id: "hosts",
          head: t.connections.colHosts,
          phone: "off",
          cell: (c) => <span className={styles.hosts}>{goesTo(c)}</span>,
        },
        {
          id: "status",
          head: t.connections.colStatus,
          cell: (c) => <StatusPill connection={c} />,
        },
        {
          id: "verified",
          head: t.connections.colVerified,
          phone: "off",
          cell: (c) =>
            c.last_verified_at ? <Time at={c.last_verified_at} /> : t.connections.never,
        },
      ]}
    />
  );
}

/** Where the secret may go: a list of hosts, or the one server. */
function goesTo({ config }: Connection): string {
  const { hosts, host } = config as { hosts?: string[]; host?: string };
  return hosts?.join(", ") ?? host ?? "—";
}

/** What isn't simply everybody's here. */
function whose({ owner, visibility }: Connection): string | null {
  if (owner) return t.connections.of(owner.name);
  return visibility === "private" ? t.connections.private : null;
}

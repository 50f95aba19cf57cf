import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useMe } from "../../../api/session";
import type { AdminUser } from "../../../api/types";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Empty } from "../../../ui/Empty";
import { Input } from "../../../ui/Input";
import { LoadMore } from "../../../ui/LoadMore";
import { Menu } from "../../../ui/Menu";
import { QueryError } from "../../../ui/QueryError";
import { Skeleton } from "../../../ui/Skeleton";
import { type Column, Table } from "../../../ui/Table";
import { Time } from "../../../ui/Time";
import styles from "../page.module.css";
import { type Change, changesOf } from "./changes";
import { ChangeDialog, ResetDialog } from "./PersonDialogs";
import { usePeople } from "./queries";

interface Doing {
  person: AdminUser;
  /** null: a link for a new password. */
  change: Change | null;
}

/** For superusers: who has an account here. */
export function PeopleSection() {
  const [q, setQ] = useState("");
  const [doing, setDoing] = useState<Doing | null>(null);
  const list = usePeople(q.trim());
  const people = list.data?.pages.flatMap((page) => page.items) ?? [];
  const close = () => setDoing(null);
  return (
    <>
      <p className={styles.lead}>{t.people.lead}</p>
      <Card
        title={t.people.title}
        aside={
          <Input
            aria-label={t.people.search}
            placeholder={t.people.search}
            value={q}
            maxLength={100}
            onChange={(event) => setQ(event.target.value)}
          />
        }
      >
        {list.error && !list.data ? (
          <QueryError title={t.people.failed} error={list.error} onRetry={() => list.refetch()} />
        ) : null}
        {list.isPending ? <Skeleton rows={6} /> : null}
        {list.data && people.length === 0 ? (
          <Empty title={t.people.none} text={t.people.noneText} />
        ) : null}
        {people.length > 0 ? (
          <>
            <PeopleTable rows={people} stale={list.isPlaceholderData} onDo={setDoing} />
            <LoadMore
              shown={t.people.shown(people.length)}
              hasMore={list.hasNextPage}
              busy={list.isFetchingNextPage}
              onMore={() => void list.fetchNextPage()}
            />
          </>
        ) : null}
      </Card>
      {doing?.change ? (
        <ChangeDialog person={doing.person} change={doing.change} onClose={close} />
      ) : null}
      {doing && !doing.change ? <ResetDialog person={doing.person} onClose={close} /> : null}
    </>
  );
}

function stateOf(person: AdminUser): string {
  return [
    person.is_active ? t.people.active : t.people.inactive,
    person.is_superuser ? t.people.admin : null,
    person.second_factor ? t.people.second : null,
  ]
    .filter(Boolean)
    .join(" · ");
}

interface PeopleTableProps {
  rows: readonly AdminUser[];
  stale: boolean;
  onDo: (doing: Doing) => void;
}

function PeopleTable({ rows, stale, onDo }: PeopleTableProps) {
  const me = useMe();
  const columns: Column<AdminUser>[] = [
    {
      id: "who",
      head: t.people.colWho,
      wide: true,
      phone: "first",
      cell: (p) => (
        <>
          {p.name} {p.id === me.id ? `(${t.people.you}) ` : ""}
          <span className={styles.soft}>{p.email}</span>
        </>
      ),
    },
    { id: "state", head: t.people.colState, cell: stateOf },
    {
      id: "workspaces",
      head: t.people.colWorkspaces,
      align: "end",
      phone: "off",
      cell: (p) => p.workspace_count,
    },
    {
      id: "seen",
      head: t.people.colSeen,
      phone: "off",
      cell: (p) => (p.seen_at ? <Time at={p.seen_at} /> : t.people.never),
    },
    {
      id: "actions",
      head: t.people.colActions,
      quiet: true,
      align: "end",
      phone: "end",
      cell: (p) => <PersonMenu person={p} me={me.id} onDo={onDo} />,
    },
  ];
  return (
    <Table<AdminUser>
      caption={t.people.title}
      columns={columns}
      rows={rows}
      rowKey={(p) => p.id}
      stale={stale}
    />
  );
}

function PersonMenu({
  person,
  me,
  onDo,
}: {
  person: AdminUser;
  me: string;
  onDo: (doing: Doing) => void;
}) {
  const changes = changesOf(person, me).map((change) => ({
    id: change.id,
    label: change.label,
    danger: change.danger,
    onSelect: () => onDo({ person, change }),
  }));
  const reset = {
    id: "reset",
    label: t.people.reset,
    onSelect: () => onDo({ person, change: null }),
  };
  return (
    <Menu
      label={t.people.actionsOf(person.email)}
      groups={[person.is_active ? [reset] : [], changes]}
      trigger={
        <Button
          look="ghost"
          size="sm"
          icon={<Ellipsis size={16} aria-hidden />}
          label={t.people.actionsOf(person.email)}
        />
      }
    />
  );
}

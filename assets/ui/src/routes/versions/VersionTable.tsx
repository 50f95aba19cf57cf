import { useMembers } from "../../api/members";
import type { VersionSummary } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { WorkflowPill } from "../../ui/StatePill";
import { type Column, Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import styles from "./page.module.css";

interface VersionTableProps {
  rows: readonly VersionSummary[];
  /** The number of the newest. */
  draft: number;
  canWrite: boolean;
  onPublish: (version: VersionSummary) => void;
  onReturn: (version: VersionSummary) => void;
}

export function VersionTable(p: VersionTableProps) {
  const members = useMembers();
  const nameOf = (id: string | null) => members.data?.find((m) => m.user_id === id)?.name ?? "—";
  const columns: Column<VersionSummary>[] = [
    {
      id: "version",
      head: t.versions.colVersion,
      phone: "first",
      cell: (v) => (
        <span className={styles.name}>
          {t.versions.named(v.number, v.label)}
          {v.is_live ? <WorkflowPill look="active" word={t.versions.live} /> : null}
          {!v.is_live && v.number === p.draft ? (
            <WorkflowPill look="draft" word={t.versions.newest} />
          ) : null}
        </span>
      ),
    },
    {
      id: "note",
      head: t.versions.colNote,
      wide: true,
      phone: "second",
      cell: (v) => v.note || "—",
    },
    {
      id: "who",
      head: t.versions.colWho,
      phone: "off",
      cell: (v) => nameOf(v.created_by),
    },
    {
      id: "saved",
      head: t.versions.colSaved,
      phone: "off",
      cell: (v) => <Time at={v.created_at} />,
    },
    {
      id: "actions",
      head: t.versions.colActions,
      quiet: true,
      align: "end",
      phone: "end",
      cell: (v) => (
        <span className={styles.actions}>
          {v.number === p.draft ? null : (
            <Button
              size="sm"
              disabled={!p.canWrite}
              label={t.versions.returnTo(v.number)}
              onClick={() => p.onReturn(v)}
            >
              {t.versions.returnVerb}
            </Button>
          )}
          {v.is_live ? null : (
            <Button
              size="sm"
              disabled={!p.canWrite}
              label={t.versions.publishOf(v.number)}
              onClick={() => p.onPublish(v)}
            >
              {t.versions.publish}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <Table
      caption={t.versions.title}
      columns={columns}
      rows={p.rows}
      rowKey={(v) => String(v.number)}
    />
  );
}

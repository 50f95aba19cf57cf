import { Users } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useConnection, useConnectors, useDeleteConnection } from "../../api/connections";
import { asApiError } from "../../api/error";
import { useCan } from "../../api/session";
import type { ConnectionDetail } from "../../api/types";
import { ShareDialog } from "../../parts/ShareDialog";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { useCrumbs } from "../../ui/crumbs";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toast";
import { EditForm } from "./EditForm";
import styles from "./page.module.css";
import { StatusCard } from "./StatusCard";

export function ConnectionPage({ id }: { id: string }) {
  const got = useConnection(id);
  const kinds = useConnectors();
  const canWrite = useCan()("connection:write");
  const [deleting, setDeleting] = useState(false);
  const [sharing, setSharing] = useState(false);
  const connection = got.data;
  const kind = kinds.data?.find((k) => k.name === connection?.connector);
  const name = connection?.name ?? t.connections.one;
  useCrumbs([{ label: t.connections.title, href: "/connections" }, { label: name }]);
  const error = connection ? (kinds.data ? null : kinds.error) : got.error;
  const actions =
    canWrite && connection?.access === "edit" ? (
      <>
        <Button icon={<Users size={14} aria-hidden />} onClick={() => setSharing(true)}>
          {t.team.share}
        </Button>
        <Button look="danger" onClick={() => setDeleting(true)}>
          {t.connections.delete}
        </Button>
      </>
    ) : null;
  return (
    <Page title={name} actions={actions}>
      {error ? (
        <QueryError
          title={t.connections.failedOne}
          error={error}
          onRetry={() => Promise.all([got.refetch(), kinds.refetch()])}
        />
      ) : null}
      {!error && !(connection && kind) ? <Skeleton rows={6} /> : null}
      {connection && kind ? (
        <div className={styles.columns}>
          <Card title={kind.title}>
            <EditForm connection={connection} kind={kind} />
          </Card>
          <div className={styles.side}>
            <StatusCard connection={connection} />
            <UsedByCard connection={connection} />
          </div>
        </div>
      ) : null}
      {sharing && connection ? (
        <ShareDialog
          thing={{ kind: "connection", id, name: connection.name }}
          onClose={() => setSharing(false)}
        />
      ) : null}
      {deleting && connection ? (
        <DeleteDialog connection={connection} onClose={() => setDeleting(false)} />
      ) : null}
    </Page>
  );
}

function UsedByCard({ connection }: { connection: ConnectionDetail }) {
  const { used_by } = connection;
  return (
    <Card title={t.connections.usedBy}>
      {used_by.length === 0 ? (
        <p className={styles.body}>{t.connections.usedByNone}</p>
      ) : (
        <ul className={styles.list}>
          {used_by.map((w) => (
            <li key={w.id}>
              <Link href={`/workflows/${w.id}`}>{w.name}</Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function DeleteDialog(p: { connection: ConnectionDetail; onClose: () => void }) {
  const { id, etag, name, used_by } = p.connection;
  const [, navigate] = useLocation();
  const remove = useDeleteConnection();
  const confirm = () =>
    remove.mutate(
      { id, etag },
      {
        onSuccess: () => {
          toast({ tone: "success", title: t.connections.deleted(name) });
          navigate("/connections");
        },
        onError: (thrown) => {
          const refusal = asApiError(thrown);
          toast({
            tone: "danger",
            title: t.connections.deleteFailed,
            text: refusal.status === 412 ? t.connections.staleRetry : refusal.message,
          });
          p.onClose();
        },
      },
    );
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => open || p.onClose()}
      title={t.connections.deleteTitle(name)}
      text={
        used_by.length > 0
          ? t.connections.deleteUsed(used_by.map((w) => w.name).join(", "))
          : t.connections.deleteText
      }
      verb={t.connections.deleteVerb}
      danger
      busy={remove.isPending}
      onConfirm={confirm}
    />
  );
}

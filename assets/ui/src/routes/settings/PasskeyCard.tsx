import { Fingerprint, Plus } from "lucide-react";
import { useState } from "react";
import type { Passkey } from "../../api/types";
import { passkeysWork } from "../../api/webauthn";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { PasskeyDialog } from "./PasskeyDialog";
import styles from "./page.module.css";
import { useDeletePasskey, usePasskeys } from "./passkeyQueries";

export function PasskeyCard() {
  const passkeys = usePasskeys();
  const [naming, setNaming] = useState<Passkey | "new" | null>(null);
  const [deleting, setDeleting] = useState<Passkey | null>(null);
  const add = passkeysWork() ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setNaming("new")}>
      {t.identity.addPasskey}
    </Button>
  ) : (
    <p className={styles.lead}>{t.identity.passkeysNone}</p>
  );
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.identity.passkeysText}</p>
        {passkeys.data?.length ? add : null}
      </div>
      <Card>
        {passkeys.error && !passkeys.data ? (
          <QueryError
            title={t.identity.passkeysFailed}
            error={passkeys.error}
            onRetry={() => passkeys.refetch()}
          />
        ) : null}
        {passkeys.isPending ? <Skeleton rows={2} /> : null}
        {passkeys.data?.length === 0 ? (
          <Empty
            icon={<Fingerprint size={28} aria-hidden />}
            title={t.identity.passkeysEmpty}
            text={t.identity.passkeysEmptyText}
          >
            {add}
          </Empty>
        ) : null}
        {passkeys.data?.length ? (
          <PasskeyTable rows={passkeys.data} onRename={setNaming} onDelete={setDeleting} />
        ) : null}
      </Card>
      {naming === "new" ? <PasskeyDialog onClose={() => setNaming(null)} /> : null}
      {naming && naming !== "new" ? (
        <PasskeyDialog passkey={naming} onClose={() => setNaming(null)} />
      ) : null}
      {deleting ? <DeleteDialog passkey={deleting} onClose={() => setDeleting(null)} /> : null}
    </>
  );
}

interface PasskeyTableProps {
  rows: readonly Passkey[];
  onRename: (passkey: Passkey) => void;
  onDelete: (passkey: Passkey) => void;
}

function PasskeyTable({ rows, onRename, onDelete }: PasskeyTableProps) {
  return (
    <Table<Passkey>
      caption={t.identity.passkeys}
      rows={rows}
      rowKey={(passkey) => passkey.id}
      columns={[
        { id: "name", head: t.settings.colName, wide: true, phone: "first", cell: (k) => k.name },
        {
          id: "added",
          head: t.identity.colAdded,
          phone: "off",
          cell: (k) => <Time at={k.created_at} />,
        },
        {
          id: "used",
          head: t.settings.colUsed,
          cell: (k) =>
            k.cloned_at ? (
              t.identity.cloned
            ) : k.used_at ? (
              <Time at={k.used_at} />
            ) : (
              t.settings.never
            ),
        },
        {
          id: "actions",
          head: t.settings.colActions,
          quiet: true,
          align: "end",
          phone: "end",
          cell: (k) => (
            <>
              <Button size="sm" label={t.identity.renameOf(k.name)} onClick={() => onRename(k)}>
                {t.identity.rename}
              </Button>{" "}
              <Button size="sm" label={t.identity.removeOf(k.name)} onClick={() => onDelete(k)}>
                {t.identity.remove}
              </Button>
            </>
          ),
        },
      ]}
    />
  );
}

function DeleteDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  return (
    <ConfirmChange
      title={t.identity.removeTitle(passkey.name)}
      text={t.identity.removeText}
      verb={t.identity.remove}
      change={useDeletePasskey()}
      of={passkey.id}
      done={t.identity.removed(passkey.name)}
      failed={t.identity.removeFailed}
      onClose={onClose}
    />
  );
}

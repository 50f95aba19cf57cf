import { Plus, ShieldCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { useCan } from "../../api/session";
import type { CryptoKey } from "../../api/types";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { type Column, Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { useCreateKey, useCryptoKeys, useRotateKey } from "./keyQueries";
import styles from "./page.module.css";

export function KeysSection() {
  const list = useCryptoKeys();
  const canWrite = useCan()("key:write");
  const [creating, setCreating] = useState(false);
  const [rotating, setRotating] = useState<CryptoKey | null>(null);
  const rows = list.data?.pages.flatMap((p) => p.items);
  const create = canWrite ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t.keys.create}
    </Button>
  ) : null;
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.keys.text}</p>
        {rows?.length ? create : null}
      </div>
      <Card>
        {list.error && !rows ? (
          <QueryError title={t.keys.failed} error={list.error} onRetry={() => list.refetch()} />
        ) : null}
        {list.isPending ? <Skeleton rows={3} /> : null}
        {rows?.length === 0 ? (
          <Empty
            icon={<ShieldCheck size={28} aria-hidden />}
            title={t.keys.empty}
            text={t.keys.emptyText}
          >
            {create}
          </Empty>
        ) : null}
        {rows?.length ? (
          <Table<CryptoKey>
            caption={t.keys.title}
            rows={rows}
            rowKey={(k) => k.id}
            columns={canWrite ? [...COLUMNS, rotateColumn(setRotating)] : COLUMNS}
          />
        ) : null}
      </Card>
      {list.hasNextPage ? (
        <Button busy={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {t.ui.loadMore}
        </Button>
      ) : null}
      {creating ? <CreateDialog onClose={() => setCreating(false)} /> : null}
      {rotating ? <RotateDialog of={rotating} onClose={() => setRotating(null)} /> : null}
    </>
  );
}

const COLUMNS: readonly Column<CryptoKey>[] = [
  { id: "name", head: t.keys.colName, wide: true, phone: "first", cell: (k) => k.name },
  { id: "purpose", head: t.keys.colFor, cell: (k) => t.keys.purpose[k.purpose] },
  { id: "version", head: t.keys.colVersion, align: "end", cell: (k) => k.version },
  {
    id: "rotated",
    head: t.keys.colRotated,
    phone: "off",
    cell: (k) => (k.rotated_at ? <Time at={k.rotated_at} /> : t.keys.never),
  },
];

const rotateColumn = (onRotate: (key: CryptoKey) => void): Column<CryptoKey> => ({
  id: "actions",
  head: t.keys.colActions,
  quiet: true,
  align: "end",
  phone: "end",
  cell: (k) => (
    <Button size="sm" label={`${t.keys.rotate} ${k.name}`} onClick={() => onRotate(k)}>
      {t.keys.rotate}
    </Button>
  ),
});

function CreateDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateKey();
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const refusal = create.error ? asApiError(create.error) : undefined;
  const issue = tried && !name.trim() ? t.auth.mustFill : refusal?.issueOf("name");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim()) create.mutate(name.trim(), { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.keys.create}
      text={t.keys.createText}
    >
      <form className={styles.dialogForm} onSubmit={submit} noValidate>
        {refusal && !issue ? (
          <ErrorPanel
            title={t.keys.createFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.keys.name} error={issue}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={255}
              placeholder={t.keys.namePlaceholder}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            {t.keys.createVerb}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function RotateDialog({ of, onClose }: { of: CryptoKey; onClose: () => void }) {
  return (
    <ConfirmChange
      title={t.keys.rotateTitle(of.name)}
      text={t.keys.rotateText}
      verb={t.keys.rotate}
      danger={false}
      change={useRotateKey()}
      of={of.id}
      done={(key) => t.keys.rotated(key.name, key.version)}
      failed={t.keys.rotateFailed}
      onClose={onClose}
    />
  );
}

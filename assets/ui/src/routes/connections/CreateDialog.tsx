import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { useConnectors, useCreateConnection } from "../../api/connections";
import { asApiError } from "../../api/error";
import type { Connector } from "../../api/types";
import { starterConfig } from "../../forms/schema";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Select } from "../../ui/Input";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { ConnectionFields } from "./ConnectionFields";
import { asIssues, type Draft, issuesOf, schemasOf } from "./draft";
import styles from "./page.module.css";

export function CreateDialog({ onClose }: { onClose: () => void }) {
  const kinds = useConnectors();
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.connections.create}
      text={t.connections.createText}
    >
      {kinds.error && !kinds.data ? (
        <QueryError
          title={t.connections.failed}
          error={kinds.error}
          onRetry={() => kinds.refetch()}
        />
      ) : null}
      {kinds.isPending ? <Skeleton rows={5} /> : null}
      {kinds.data?.[0] ? (
        <CreateForm kinds={kinds.data} first={kinds.data[0]} onClose={onClose} />
      ) : null}
    </Dialog>
  );
}

interface CreateFormProps {
  kinds: readonly Connector[];
  first: Connector;
  onClose: () => void;
}

function CreateForm({ kinds, first, onClose }: CreateFormProps) {
  const [, navigate] = useLocation();
  const create = useCreateConnection();
  const [kind, setKind] = useState(first);
  const [draft, setDraft] = useState<Draft>(() => emptyOf(first));
  const [tried, setTried] = useState(false);
  const refusal = create.error ? asApiError(create.error) : undefined;
  const own = tried ? issuesWith(kind, draft) : [];
  const issues = own.length > 0 ? own : asIssues(refusal);
  const choose = (name: string) => {
    const next = kinds.find((k) => k.name === name) ?? first;
    setKind(next);
    setDraft({ ...emptyOf(next), name: draft.name, visibility: draft.visibility });
    setTried(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (issuesWith(kind, draft).length > 0) return;
    create.mutate(
      { connector: kind.name, ...draft, name: draft.name.trim() },
      { onSuccess: (made) => navigate(`/connections/${made.id}`) },
    );
  };
  return (
    <form className={styles.dialogForm} onSubmit={submit} noValidate autoComplete="off">
      {refusal && refusal.issues.length === 0 ? (
        <ErrorPanel
          title={t.connections.createFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <Field label={t.connections.kind} hint={kind.description}>
        {(control) => (
          <Select
            {...control}
            value={kind.name}
            options={kinds.map((k) => ({ value: k.name, label: k.title }))}
            onChange={(e) => choose(e.target.value)}
          />
        )}
      </Field>
      <ConnectionFields kind={kind} draft={draft} issues={issues} onChange={setDraft} />
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button type="submit" look="primary" busy={create.isPending}>
          {t.connections.createVerb}
        </Button>
      </DialogActions>
    </form>
  );
}

const emptyOf = (kind: Connector): Draft => ({
  name: "",
  visibility: "workspace",
  config: starterConfig(schemasOf(kind).config),
  secret: {},
});

function issuesWith(kind: Connector, draft: Draft) {
  const name = draft.name.trim() ? [] : [{ path: "name", text: t.auth.mustFill }];
  return [...name, ...issuesOf(kind, draft, false)];
}

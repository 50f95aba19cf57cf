import { type FormEvent, useState } from "react";
import { useUpdateConnection } from "../../api/connections";
import { asApiError } from "../../api/error";
import { useCan, useMe } from "../../api/session";
import type { Connection, Connector } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { toast } from "../../ui/Toast";
import { ConnectionFields } from "./ConnectionFields";
import { asIssues, changeOf, type Draft, draftOf, issuesOf } from "./draft";
import styles from "./page.module.css";

/** Everything of it that can be changed; a secret that is typed here replaces the stored one. */
export function EditForm({ connection, kind }: { connection: Connection; kind: Connector }) {
  const readOnly = !useCan()("connection:write");
  const me = useMe();
  const update = useUpdateConnection(connection.id);
  const [draft, setDraft] = useState<Draft>(() => draftOf(connection));
  const [tried, setTried] = useState(false);
  const refusal = update.error ? asApiError(update.error) : undefined;
  const change = changeOf(draft, connection);
  const own = [
    ...(draft.name.trim() ? [] : [{ path: "name", text: t.auth.mustFill }]),
    ...issuesOf(kind, draft, !change.config && !change.secret),
  ];
  const issues = tried && own.length > 0 ? own : asIssues(refusal);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (own.length > 0 || Object.keys(change).length === 0) return;
    update.mutate(
      { etag: connection.etag, ...change },
      {
        onSuccess: (changed) => {
          setDraft(draftOf(changed));
          setTried(false);
          toast({ tone: "success", title: t.connections.saved });
        },
      },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate autoComplete="off">
      {refusal && refusal.issues.length === 0 ? (
        <ErrorPanel
          title={t.connections.saveFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <ConnectionFields
        kind={kind}
        draft={draft}
        issues={issues}
        stored
        mine={connection.created_by === me.id}
        readOnly={readOnly}
        onChange={setDraft}
      />
      {readOnly ? (
        <p className={styles.soft}>{t.connections.readOnly}</p>
      ) : (
        <Button type="submit" look="primary" busy={update.isPending}>
          {t.connections.save}
        </Button>
      )}
    </form>
  );
}

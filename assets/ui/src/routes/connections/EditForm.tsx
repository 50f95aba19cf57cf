import { type FormEvent, useState } from "react";
import { useUpdateConnection } from "../../api/connections";
import { asApiError } from "../../api/error";
import { useCan } from "../../api/session";
import type { Connection, Connector } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { toast } from "../../ui/Toast";
import { ConnectionFields } from "./ConnectionFields";
import { asIssues, changeOf, type Draft, draftOf, issuesOf, rebase } from "./draft";
import styles from "./page.module.css";

/** Everything of it that can be changed; a secret that is typed here replaces the stored one. */
export function EditForm({ connection, kind }: { connection: Connection; kind: Connector }) {
  const readOnly = !useCan()("connection:write") || connection.access !== "edit";
  const update = useUpdateConnection(connection.id);
  // What the draft began from. A save names its etag, so that a newer state is never overwritten unseen.
  const [base, setBase] = useState(connection);
  const [draft, setDraft] = useState<Draft>(() => draftOf(connection));
  const [tried, setTried] = useState(false);
  const refusal = update.error ? asApiError(update.error) : undefined;
  const change = changeOf(draft, base);
  const begin = (from: Connection, next: Draft) => {
    setBase(from);
    setDraft(next);
    setTried(false);
  };
  const isOld = base.etag !== connection.etag;
  if (isOld && Object.keys(change).length === 0) begin(connection, draftOf(connection));
  const isStale = isOld && !update.isPending;
  const own = [
    ...(draft.name.trim() ? [] : [{ path: "name", text: t.auth.mustFill }]),
    ...issuesOf(kind, draft, !change.config && !change.secret),
  ];
  const issues = tried && own.length > 0 ? own : asIssues(refusal);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isStale || own.length > 0 || Object.keys(change).length === 0) return;
    update.mutate(
      { etag: base.etag, ...change },
      {
        onSuccess: (changed) => {
          begin(changed, draftOf(changed));
          toast({ tone: "success", title: t.connections.saved });
        },
      },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate autoComplete="off">
      {isStale ? (
        <Stale
          onTheirs={() => begin(connection, draftOf(connection))}
          onMine={() => begin(connection, rebase(draft, base, connection))}
        />
      ) : null}
      {refusal && refusal.status !== 412 && refusal.issues.length === 0 ? (
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
        readOnly={readOnly}
        onChange={setDraft}
      />
      {readOnly ? (
        <p className={styles.soft}>{whyReadOnly(connection)}</p>
      ) : (
        <Button type="submit" look="primary" busy={update.isPending}>
          {t.connections.save}
        </Button>
      )}
    </form>
  );
}

/** Somebody saved in between: nothing typed is lost, and the person decides. */
function Stale({ onTheirs, onMine }: { onTheirs: () => void; onMine: () => void }) {
  return (
    <ErrorPanel title={t.connections.staleTitle} text={t.connections.staleText}>
      <Button size="sm" onClick={onTheirs}>
        {t.connections.staleTheirs}
      </Button>
      <Button size="sm" onClick={onMine}>
        {t.connections.staleMine}
      </Button>
    </ErrorPanel>
  );
}

function whyReadOnly({ owner, access }: Connection): string {
  if (owner) return t.connections.borrowed(owner.name);
  return access === "edit" ? t.connections.readOnly : t.connections.sharedTo[access];
}

import { type FormEvent, useState } from "react";
import { type ApiError, asApiError } from "../../api/error";
import type { AuditSink } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { CopyButton } from "../../ui/CopyButton";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toast";
import { useDeleteSink, useSetSink, useSink } from "./auditQueries";
import styles from "./page.module.css";

/** Where entries are posted as they come. */
export function AuditSinkCard() {
  const sink = useSink();
  return (
    <Card title={t.audit.sink}>
      {sink.isPending ? <Skeleton rows={2} /> : null}
      {sink.error && !sink.data ? (
        <QueryError title={t.audit.failed} error={sink.error} onRetry={() => void sink.refetch()} />
      ) : null}
      {sink.data !== undefined ? <SinkForm key={sink.data?.url} sink={sink.data} /> : null}
    </Card>
  );
}

function SinkForm({ sink }: { sink: AuditSink | null }) {
  const set = useSetSink();
  const remove = useDeleteSink();
  const [url, setUrl] = useState(sink?.url ?? "");
  const [error, setError] = useState<ApiError | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate(url.trim(), {
      onSuccess: () => {
        setError(null);
        toast({ tone: "success", title: t.audit.sinkSaved });
      },
      onError: (thrown) => setError(asApiError(thrown)),
    });
  };
  const stop = () =>
    remove.mutate(undefined, {
      onSuccess: () => toast({ tone: "success", title: t.audit.sinkStopped }),
      onError: (thrown) =>
        toast({ tone: "danger", title: t.audit.sinkFailed, text: asApiError(thrown).message }),
    });
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p>{t.audit.sinkText}</p>
      <Field
        label={t.audit.sinkUrl}
        error={error ? (error.issueOf("url") ?? error.message) : undefined}
      >
        {(control) => (
          <Input
            {...control}
            type="url"
            value={url}
            placeholder="https://logs.example.com/millrace"
            onChange={(e) => setUrl(e.target.value)}
          />
        )}
      </Field>
      {sink ? (
        <>
          <div className={styles.secret}>
            <code>{sink.secret}</code>
            <CopyButton text={sink.secret} what={t.audit.sinkSecret} words size="md" />
          </div>
          <p role="status">
            {sink.error
              ? t.audit.sinkError(sink.error)
              : t.audit.sinkState(sink.sent_seq, sink.pending)}
          </p>
        </>
      ) : null}
      <Button type="submit" look="primary" busy={set.isPending} disabled={!url.trim()}>
        {t.audit.sinkSave}
      </Button>
      {sink ? (
        <Button busy={remove.isPending} onClick={stop}>
          {t.audit.sinkOff}
        </Button>
      ) : null}
    </form>
  );
}

import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { useCan, useMe } from "../../api/session";
import type { Retention } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import { Select } from "../../ui/Input";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toast";
import { exportWorkspace, type RetentionDays, useRetention, useSetRetention } from "./auditQueries";
import { ExportButton } from "./ExportButton";
import styles from "./page.module.css";

/** How long the workspace's data is kept, and how to take it along. */
export function DataSection() {
  const can = useCan();
  const id = useMe().workspace_id ?? "";
  const retention = useRetention(id);
  return (
    <>
      <p className={styles.lead}>{t.data.lead}</p>
      <Card title={t.data.retention}>
        {retention.isPending ? <Skeleton rows={4} /> : null}
        {retention.error && !retention.data ? (
          <QueryError
            title={t.data.failed}
            error={retention.error}
            onRetry={() => void retention.refetch()}
          />
        ) : null}
        {retention.data ? (
          <RetentionForm id={id} retention={retention.data} locked={!can("workspace:admin")} />
        ) : null}
      </Card>
      {can("workspace:admin") ? (
        <Card title={t.data.takeAlong}>
          <div className={styles.form}>
            <p>{t.data.workspaceExportText}</p>
            <ExportButton label={t.data.workspaceExport} call={exportWorkspace(id)} />
          </div>
        </Card>
      ) : null}
    </>
  );
}

const CHOICES = [1, 3, 7, 14, 30, 90, 180, 365, 730, 1825, 3650];
const LEAST_AUDIT = 30;

function RetentionForm({
  id,
  retention,
  locked,
}: {
  id: string;
  retention: Retention;
  locked: boolean;
}) {
  const save = useSetRetention(id);
  const [days, setDays] = useState<RetentionDays>({
    run_days: retention.run_days,
    log_days: retention.log_days,
    delivery_days: retention.delivery_days,
    audit_days: retention.audit_days,
  });
  const rows: { name: keyof RetentionDays; label: string; most: number | null }[] = [
    { name: "run_days", label: t.data.runs, most: retention.most.run_days },
    { name: "log_days", label: t.data.logs, most: retention.most.log_days },
    { name: "delivery_days", label: t.data.deliveries, most: retention.most.delivery_days },
    { name: "audit_days", label: t.data.auditLog, most: null },
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(days, {
      onSuccess: () => toast({ tone: "success", title: t.data.saved }),
      onError: (error) =>
        toast({ tone: "danger", title: t.data.saveFailed, text: asApiError(error).message }),
    });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <p>{locked ? t.data.needsAdmin : t.data.retentionText}</p>
      {rows.map(({ name, label, most }) => (
        <Field key={name} label={label}>
          {(control) => (
            <Select
              {...control}
              disabled={locked}
              value={String(days[name] ?? "")}
              options={[
                { value: "", label: most === null ? t.data.forever : t.data.most(most) },
                ...CHOICES.filter((n) => (most === null ? n >= LEAST_AUDIT : n < most)).map(
                  (n) => ({ value: String(n), label: t.data.days(n) }),
                ),
              ]}
              onChange={(e) =>
                setDays({ ...days, [name]: e.target.value ? Number(e.target.value) : null })
              }
            />
          )}
        </Field>
      ))}
      {locked ? null : (
        <Button type="submit" look="primary" busy={save.isPending}>
          {t.data.save}
        </Button>
      )}
    </form>
  );
}

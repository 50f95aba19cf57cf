import { useTestConnection, useUpdateConnection } from "../../api/connections";
import { asApiError } from "../../api/error";
import { useCan } from "../../api/session";
import type { Connection } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Switch } from "../../ui/Switch";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { lookOf, StatusPill } from "./StatusPill";

/** How the last test went, another one, and whether it may be used at all. */
export function StatusCard({ connection }: { connection: Connection }) {
  const can = useCan();
  const test = useTestConnection(connection.id);
  const update = useUpdateConnection(connection.id);
  const { last_verified_at: at, message, is_active, etag, name, owner, access } = connection;
  const tryIt = () =>
    test.mutate(undefined, {
      onSuccess: (outcome) =>
        toast({
          tone: outcome.ok ? "success" : "danger",
          title: outcome.ok ? t.connections.testOk : t.connections.testFailed,
          text: outcome.message,
        }),
      onError: (thrown) =>
        toast({ tone: "danger", title: t.connections.testNot, text: asApiError(thrown).message }),
    });
  const setActive = (active: boolean) =>
    update.mutate(
      { etag, is_active: active },
      {
        onError: (thrown) => {
          const refusal = asApiError(thrown);
          toast({
            tone: "danger",
            title: t.connections.revokeFailed,
            text: refusal.status === 412 ? t.connections.staleRetry : refusal.message,
          });
        },
      },
    );
  return (
    <Card title={t.connections.status}>
      <div className={styles.body}>
        <StatusPill connection={connection} />
        <p>{t.connections.statusText[lookOf(connection)]}</p>
        {is_active && message ? <p className={styles.soft}>{message}</p> : null}
        {at ? (
          <p className={styles.soft}>
            {t.connections.colVerified} <Time at={at} />
          </p>
        ) : null}
        {can("connection:use") && is_active && !owner && access !== "view" ? (
          <Button busy={test.isPending} onClick={tryIt}>
            {t.connections.test}
          </Button>
        ) : null}
        {can("connection:write") && access === "edit" ? (
          <span className={styles.switch}>
            <Switch
              label={t.connections.activeLabel(name)}
              checked={is_active}
              disabled={update.isPending}
              onChange={setActive}
            />
            <span aria-hidden>{t.connections.active}</span>
          </span>
        ) : null}
      </div>
    </Card>
  );
}

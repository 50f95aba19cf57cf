import { useMe } from "../../api/session";
import { t } from "../../text/en";
import { Card } from "../../ui/Card";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { OutgoingForm } from "./OutgoingForm";
import { useOutgoing } from "./outgoingQueries";
import styles from "./page.module.css";

export function OutgoingSection() {
  const id = useMe().workspace_id ?? "";
  const settings = useOutgoing(id);
  return (
    <>
      <p className={styles.lead}>{t.outgoing.text}</p>
      <Card title={t.outgoing.title}>
        {settings.error && !settings.data ? (
          <QueryError
            title={t.outgoing.failed}
            error={settings.error}
            onRetry={() => settings.refetch()}
          />
        ) : null}
        {settings.isPending ? <Skeleton rows={4} /> : null}
        {settings.data ? <OutgoingForm workspace={id} settings={settings.data} /> : null}
      </Card>
    </>
  );
}

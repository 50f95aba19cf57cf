import { asApiError } from "../../api/error";
import type { Session } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { type Column, Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/Toast";
import { agentName } from "./agent";
import styles from "./page.module.css";
import { useEndOtherSessions, useEndSession, useSessions } from "./queries";

export function SessionsSection() {
  const sessions = useSessions();
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const nameOf = (s: Session) => (s.kind === "jwt" ? t.settings.program : agentName(s.agent));
  const columns: Column<Session>[] = [
    { id: "where", head: t.settings.colWhere, wide: true, phone: "first", cell: nameOf },
    {
      id: "address",
      head: t.settings.colAddress,
      cell: (s) => <span className="mono">{s.address ?? "—"}</span>,
    },
    { id: "seen", head: t.settings.colSeen, cell: (s) => <Time at={s.seen_at} /> },
    {
      id: "end",
      head: t.settings.colActions,
      quiet: true,
      align: "end",
      phone: "end",
      cell: (s) =>
        s.current ? (
          t.settings.thisOne
        ) : (
          <Button
            size="sm"
            label={t.settings.endSessionOf(nameOf(s))}
            busy={end.isPending && end.variables === s.id}
            onClick={() =>
              end.mutate(s.id, {
                onSuccess: () => toast({ tone: "success", title: t.settings.ended }),
                onError: (error) =>
                  toast({
                    tone: "danger",
                    title: t.settings.endFailed,
                    text: asApiError(error).message,
                  }),
              })
            }
          >
            {t.settings.endSession}
          </Button>
        ),
    },
  ];
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.settings.sessionsText}</p>
        {sessions.data && sessions.data.length > 1 ? (
          <Button
            busy={endOthers.isPending}
            onClick={() =>
              endOthers.mutate(undefined, {
                onSuccess: () => toast({ tone: "success", title: t.account.othersEnded }),
                onError: (error) =>
                  toast({
                    tone: "danger",
                    title: t.account.othersFailed,
                    text: asApiError(error).message,
                  }),
              })
            }
          >
            {t.account.endOthers}
          </Button>
        ) : null}
      </div>
      <Card>
        {sessions.error && !sessions.data ? (
          <QueryError
            title={t.settings.sessionsFailed}
            error={sessions.error}
            onRetry={() => sessions.refetch()}
          />
        ) : null}
        {sessions.isPending ? <Skeleton rows={4} /> : null}
        {sessions.data ? (
          <Table
            caption={t.settings.sessions}
            columns={columns}
            rows={sessions.data}
            rowKey={(s) => s.id}
          />
        ) : null}
      </Card>
    </>
  );
}

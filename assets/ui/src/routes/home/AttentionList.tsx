import type { RunSummary } from "../../api/types";
import { t } from "../../text/en";
import { ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Skeleton } from "../../ui/Skeleton";
import { StateIcon } from "../../ui/StatePill";
import { Time } from "../../ui/Time";
import { attention } from "./figures";
import styles from "./page.module.css";

const SHOWN = 4;

export function AttentionList({ runs, ready }: { runs: readonly RunSummary[]; ready: boolean }) {
  const rows = attention(runs).slice(0, SHOWN);
  return (
    <Card title={t.home.attention}>
      {ready ? null : <Skeleton rows={3} />}
      {ready && rows.length === 0 ? <p className={styles.quiet}>{t.home.attentionNone}</p> : null}
      <ul>
        {rows.map((row) => (
          <li key={row.workflowId} className={styles.item}>
            <StateIcon state="failed" />
            <span className={styles.words}>
              <span className={styles.name}>{row.name}</span>
              <span className={styles.note}>
                {t.home.failures(row.failed)}, <Time at={row.newest.created_at} />
                {row.newest.error ? `: ${row.newest.error.message}` : ""}
              </span>
            </span>
            <ButtonLink size="sm" href={`/runs/${row.newest.id}`}>
              {t.home.open}
            </ButtonLink>
          </li>
        ))}
      </ul>
    </Card>
  );
}

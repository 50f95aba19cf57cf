import { useState } from "react";
import type { RunSummary } from "../../api/types";
import { t } from "../../text/en";
import { hourMinute } from "../../text/format";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Table } from "../../ui/Table";
import { type Hour, perHour } from "./figures";
import styles from "./page.module.css";

const SHOWN_LABELS = 5;

/** Good runs are grey and failures red, so that the eye lands where it should. */
export function HourChart({
  runs,
  nowMs,
  isCut,
}: {
  runs: readonly RunSummary[];
  nowMs: number;
  isCut: boolean;
}) {
  const [asTable, setAsTable] = useState(false);
  const hours = perHour(runs, nowMs);
  return (
    <Card
      title={t.home.perHour}
      aside={
        <>
          {isCut ? <span>{t.home.perHourOf(runs.length)}</span> : null}
          <span className={styles.legend} aria-hidden>
            <span>{t.home.succeeded}</span>
            <span className={styles.legendBad}>{t.home.failed}</span>
          </span>
          <Button size="sm" look="ghost" onClick={() => setAsTable(!asTable)}>
            {asTable ? t.run.asBars : t.run.asTable}
          </Button>
        </>
      }
    >
      {asTable ? <HourTable hours={hours} /> : <Bars hours={hours} />}
    </Card>
  );
}

function Bars({ hours }: { hours: readonly Hour[] }) {
  const most = Math.max(1, ...hours.map((h) => h.good + h.failed));
  const share = (n: number) => ({ height: `${(n / most) * 100}%` });
  const labels = Array.from(
    { length: SHOWN_LABELS },
    (_, i) => hours[Math.round((i * (hours.length - 1)) / (SHOWN_LABELS - 1))],
  );
  return (
    <div className={styles.chart} aria-hidden>
      <div className={styles.bars}>
        {hours.map((h) => (
          <span
            key={h.startMs}
            className={styles.hour}
            title={`${hourMinute(h.startMs)}: ${h.good + h.failed}`}
          >
            <span className={styles.good} style={share(h.good)} />
            <span className={styles.bad} style={share(h.failed)} />
          </span>
        ))}
      </div>
      <div className={styles.labels}>
        {labels.map((h) => (
          <span key={h?.startMs}>{h ? hourMinute(h.startMs) : ""}</span>
        ))}
      </div>
    </div>
  );
}

function HourTable({ hours }: { hours: readonly Hour[] }) {
  return (
    <Table<Hour>
      caption={t.home.asTable}
      rows={hours.filter((h) => h.good + h.failed > 0)}
      rowKey={(h) => String(h.startMs)}
      columns={[
        {
          id: "hour",
          head: t.home.hour,
          wide: true,
          phone: "first",
          cell: (h) => hourMinute(h.startMs),
        },
        { id: "good", head: t.home.succeeded, align: "end", phone: "end", cell: (h) => h.good },
        { id: "failed", head: t.home.failed, align: "end", phone: "end", cell: (h) => h.failed },
      ]}
    />
  );
}

import type { ReactNode } from "react";
import type { RunSummary } from "../../api/types";
import { t } from "../../text/en";
import { integer, percent, span } from "../../text/format";
import { cx } from "../../ui/cx";
import { figures } from "./figures";
import styles from "./page.module.css";

const GOOD_ENOUGH = 0.995;

interface TilesProps {
  runs: readonly RunSummary[];
  /** There are more runs than were read. */
  isCut: boolean;
  inFlight: readonly RunSummary[];
  ready: boolean;
}

export function Tiles({ runs, isCut, inFlight, ready }: TilesProps) {
  const f = figures(runs);
  const none = t.home.none;
  const of = (status: string) => inFlight.filter((r) => r.status === status).length;
  return (
    <dl className={styles.tiles} aria-busy={!ready}>
      <Tile
        name={t.home.runs}
        figure={!ready ? none : isCut ? t.home.atLeast(integer(f.runs)) : integer(f.runs)}
      />
      <Tile
        name={t.home.success}
        figure={f.success === undefined ? none : percent(f.success)}
        isLow={f.success !== undefined && f.success < GOOD_ENOUGH}
        sub={f.finished > 0 ? t.home.failures(f.failed) : ""}
      />
      <Tile
        name={t.home.duration}
        figure={f.medianMs === undefined ? none : span(f.medianMs)}
        sub={f.slowestMs === undefined ? "" : t.home.slowest(span(f.slowestMs))}
      />
      <Tile
        name={t.home.inFlight}
        figure={integer(inFlight.length)}
        sub={t.home.inFlightText(of("queued"), of("waiting"))}
      />
    </dl>
  );
}

function Tile({
  name,
  figure,
  sub = "",
  isLow,
}: {
  name: string;
  figure: ReactNode;
  sub?: string;
  isLow?: boolean;
}) {
  return (
    <div className={styles.tile}>
      <dt>{name}</dt>
      <dd className={cx(styles.figure, isLow && styles.low)}>{figure}</dd>
      <dd className={styles.sub}>{sub}</dd>
    </div>
  );
}

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { LogLine } from "../../api/types";
import { t } from "../../text/en";
import { clockTime, exact } from "../../text/format";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { cx } from "../../ui/cx";
import { Empty } from "../../ui/Empty";
import { QueryError } from "../../ui/QueryError";
import { Segmented } from "../../ui/Segmented";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./LogCard.module.css";
import { useLogs } from "./queries";

type Level = "all" | "info" | "warn" | "error";

const LEVELS: readonly { value: Level; label: string }[] = [
  { value: "all", label: t.run.logAll },
  { value: "info", label: t.run.logInfo },
  { value: "warn", label: t.run.logWarn },
  { value: "error", label: t.run.logError },
];

export function LogCard({ id, nameOf }: { id: string; nameOf: (nodeId: string) => string }) {
  const logs = useLogs(id);
  const [level, setLevel] = useState<Level>("all");
  const [follow, setFollow] = useState(true);
  const lines = useMemo(
    () => (logs.data ?? []).filter((line) => level === "all" || line.level === level),
    [logs.data, level],
  );
  return (
    <Card
      title={t.run.log}
      aside={
        <>
          <Segmented label={t.run.logLevel} value={level} options={LEVELS} onChange={setLevel} />
          <Button size="sm" look="ghost" aria-pressed={follow} onClick={() => setFollow(!follow)}>
            {follow ? t.run.followOn : t.run.followOff}
          </Button>
        </>
      }
    >
      {logs.error && !logs.data ? (
        <QueryError title={t.run.logFailed} error={logs.error} onRetry={() => logs.refetch()} />
      ) : null}
      {!logs.data && !logs.error ? <Skeleton rows={4} /> : null}
      {logs.data && lines.length === 0 ? <Empty title={t.run.logEmpty} /> : null}
      {lines.length > 0 ? <Lines lines={lines} follow={follow} nameOf={nameOf} /> : null}
    </Card>
  );
}

interface LinesProps {
  lines: readonly LogLine[];
  follow: boolean;
  nameOf: (nodeId: string) => string;
}

/** Only the lines in view are in the page: 10,000 of them scroll as smoothly as ten. */
function Lines({ lines, follow, nameOf }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 21,
    overscan: 12,
    getItemKey: (i) => lines[i]?.id ?? i,
  });
  useEffect(() => {
    if (follow) rows.scrollToIndex(lines.length - 1);
  }, [follow, lines.length, rows]);
  return (
    <div
      ref={box}
      className={styles.box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={t.run.log}
    >
      <div className={styles.whole} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={rows.measureElement}
              className={styles.line}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <time dateTime={line.timestamp} title={exact(line.timestamp)}>
                {clockTime(line.timestamp)}
              </time>
              <span className={cx(styles.level, styles[line.level])}>{line.level}</span>
              <span className={styles.node}>{line.node_id ? nameOf(line.node_id) : ""}</span>
              <span className={styles.message}>{line.message}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

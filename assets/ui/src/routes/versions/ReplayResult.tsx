import { Link } from "wouter";
import { useCan } from "../../api/session";
import type { Replay, ReplayDifference, ReplayRun } from "../../api/types";
import { t } from "../../text/en";
import { shortId } from "../../text/format";
import { LoadMore } from "../../ui/LoadMore";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { Beside } from "./Beside";
import styles from "./page.module.css";
import { useDiffering, useReplay } from "./queries";

/** How far a replay is; then which runs would differ, step by step. */
export function ReplayResult({ id }: { id: string }) {
  const replay = useReplay(id);
  if (replay.error && !replay.data) {
    return (
      <QueryError
        title={t.versions.replayFailed}
        error={replay.error}
        onRetry={() => replay.refetch()}
      />
    );
  }
  if (!replay.data) return <Skeleton rows={2} />;
  return <Result replay={replay.data} />;
}

function Result({ replay }: { replay: Replay }) {
  const { version, total, same, differs, skipped, is_done } = replay;
  const mayRead = useCan()("run:data");
  const tried = same + differs + skipped;
  return (
    <>
      <p role="status" className={styles.verdict}>
        {is_done ? t.versions.verdict(version, differs, total) : t.versions.trying(tried, total)}
      </p>
      {is_done ? null : (
        <progress
          className={styles.progress}
          aria-label={t.versions.progress}
          value={tried}
          max={total}
        />
      )}
      {skipped > 0 ? <p>{t.versions.skipped(skipped)}</p> : null}
      {differs > 0 && is_done && mayRead ? <Differing id={replay.id} /> : null}
      {differs > 0 && is_done && !mayRead ? <p>{t.run.noData}</p> : null}
    </>
  );
}

function Differing({ id }: { id: string }) {
  const list = useDiffering(id);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (list.error && !list.data) {
    return (
      <QueryError
        title={t.versions.replayFailed}
        error={list.error}
        onRetry={() => list.refetch()}
      />
    );
  }
  return (
    <>
      {rows.map((run) => (
        <RunDifferences key={run.run_id} run={run} />
      ))}
      {list.data ? (
        <LoadMore
          shown={t.versions.differing(rows.length)}
          hasMore={list.hasNextPage}
          busy={list.isFetchingNextPage}
          onMore={() => list.fetchNextPage()}
        />
      ) : (
        <Skeleton rows={2} />
      )}
    </>
  );
}

function RunDifferences({ run }: { run: ReplayRun }) {
  return (
    <details className={styles.run}>
      <summary>
        <span className="mono">{shortId(run.run_id)}</span>{" "}
        {t.versions.inSteps(run.differences.length)}
      </summary>
      <Link href={`/runs/${run.run_id}`}>{t.versions.openRun(shortId(run.run_id))}</Link>
      {run.differences.map((d) => (
        <Beside
          key={`${d.node_id} ${d.iteration} ${d.attempt} ${d.what}`}
          what={nameOf(d)}
          before={d.before}
          after={d.after}
        />
      ))}
    </details>
  );
}

function nameOf(d: ReplayDifference): string {
  const where = d.node_id ?? t.versions.wholeRun;
  const round = d.iteration > 0 ? ` ${t.versions.round(d.iteration + 1)}` : "";
  return `${where}${round}: ${t.versions.what[d.what]}`;
}

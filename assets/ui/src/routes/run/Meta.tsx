import {
  CalendarClock,
  CornerLeftUp,
  CornerRightDown,
  GitCommitVertical,
  Play,
  RotateCcw,
  Timer,
} from "lucide-react";
import { Link } from "wouter";
import type { Run } from "../../api/types";
import { RunDuration, TriggerWord } from "../../parts/RunTable";
import { t } from "../../text/en";
import { exact, shortId } from "../../text/format";
import { CopyButton } from "../../ui/CopyButton";
import styles from "./Meta.module.css";

export function Meta({ run }: { run: Run }) {
  const at = run.started_at ?? run.created_at;
  return (
    <ul className={styles.meta}>
      <li>
        <Play size={14} aria-hidden />
        <TriggerWord run={run} />
      </li>
      <li>
        <CalendarClock size={14} aria-hidden />
        <time dateTime={at}>{exact(at)}</time>
      </li>
      <li>
        <Timer size={14} aria-hidden />
        <RunDuration run={run} />
      </li>
      <li>
        <GitCommitVertical size={14} aria-hidden />
        {t.run.version(run.version)}
      </li>
      {run.retry_of ? (
        <li>
          <RotateCcw size={14} aria-hidden />
          {t.run.retryOf}{" "}
          <Link href={`/runs/${run.retry_of}`} className="mono">
            {shortId(run.retry_of)}
          </Link>
        </li>
      ) : null}
      {run.parent ? (
        <li>
          <CornerLeftUp size={14} aria-hidden />
          {run.trigger.type === "error" ? t.run.startedBy.error : t.run.startedBy.step}{" "}
          <RunLink run={run.parent} />
        </li>
      ) : null}
      {run.children.length > 0 ? (
        <li>
          <CornerRightDown size={14} aria-hidden />
          {t.run.startedRuns}{" "}
          {run.children.map((child) => (
            <RunLink key={child.id} run={child} />
          ))}
        </li>
      ) : null}
      <li>
        <span className="mono" title={run.id}>
          {shortId(run.id)}
        </span>
        <CopyButton text={run.id} what={t.runs.colId} />
      </li>
    </ul>
  );
}

function RunLink({ run }: { run: Run["children"][number] }) {
  return (
    <Link href={`/runs/${run.id}`} title={`${shortId(run.id)}: ${t.state[run.status]}`}>
      {run.workflow_name || shortId(run.id)}
    </Link>
  );
}

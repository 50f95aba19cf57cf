import { useState } from "react";
import type { Definition, Run, Step } from "../../api/types";
import type { NodeState } from "../../canvas/runState";
import { t } from "../../text/en";
import { exact, span } from "../../text/format";
import { Button } from "../../ui/Button";
import { useNow } from "../../ui/clock";
import { cx } from "../../ui/cx";
import { Empty } from "../../ui/Empty";
import { asState, StateIcon, StatePill } from "../../ui/StatePill";
import { isFinal } from "../../ui/state";
import { Table } from "../../ui/Table";
import { Duration } from "../../ui/Time";
import styles from "./TimelineCard.module.css";
import { type Timeline, timeline } from "./timeline";

interface TimelineProps {
  run: Run;
  definition: Definition | undefined;
  states: ReadonlyMap<string, NodeState>;
  steps: readonly Step[];
  selected: string | undefined;
  onSelect: (nodeId: string) => void;
}

export function TimelineCard(props: TimelineProps) {
  const [asTable, setAsTable] = useState(false);
  const tries = props.steps.filter((s) => s.status !== "skipped").length;
  const nodes = props.states.size;
  if (nodes === 0) return <Empty title={t.run.noSteps} text={t.run.noStepsText} />;
  return (
    <>
      <div className={styles.sub}>
        <span>{tries > nodes ? t.run.stepsWithTries(nodes, tries) : t.run.steps(nodes)}</span>
        <Button size="sm" look="ghost" onClick={() => setAsTable(!asTable)}>
          {asTable ? t.run.asBars : t.run.asTable}
        </Button>
      </div>
      {asTable ? (
        <StepTable steps={props.steps} />
      ) : isFinal(props.run.status) ? (
        <Still {...props} />
      ) : (
        <Growing {...props} />
      )}
    </>
  );
}

function Still(props: TimelineProps) {
  return <Bars {...props} line={timeline(props.run, props.definition, props.states, 0)} />;
}

function Growing(props: TimelineProps) {
  const now = useNow();
  return <Bars {...props} line={timeline(props.run, props.definition, props.states, now)} />;
}

function Bars({ line, selected, onSelect }: TimelineProps & { line: Timeline }) {
  return (
    <>
      <div className={cx(styles.row, styles.axis)} aria-hidden>
        <span />
        <span className={styles.ticks}>
          {line.ticks.map((ms) => (
            <span key={ms}>{span(ms)}</span>
          ))}
        </span>
        <span />
      </div>
      <ol>
        {line.rows.map((row) => (
          <li key={row.id}>
            <button
              type="button"
              className={cx(styles.row, row.id === selected && styles.on)}
              aria-pressed={row.id === selected}
              onClick={() => onSelect(row.id)}
            >
              <span className={styles.label}>
                <StateIcon state={row.state} />
                <span className="cut">{row.name}</span>
                {row.tries > 1 ? <span className="vh">{t.run.tries(row.tries)}</span> : null}
              </span>
              <span className={styles.track} aria-hidden>
                {row.bars.map((bar) => (
                  <span
                    key={bar.key}
                    className={cx(styles.bar, styles[bar.kind])}
                    style={{ left: `${bar.from * 100}%`, width: `${bar.size * 100}%` }}
                  />
                ))}
              </span>
              <span className={styles.ms}>{row.ms === null ? "—" : span(row.ms)}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

const STEP_COLUMNS = [
  {
    id: "step",
    head: t.run.colStep,
    wide: true,
    phone: "first",
    cell: (s: Step) => s.node_name ?? s.node_id,
  },
  { id: "try", head: t.run.colAttempt, align: "end", phone: "off", cell: (s: Step) => s.attempt },
  {
    id: "state",
    head: t.run.colState,
    phone: "end",
    cell: (s: Step) => <StatePill state={asState(s.status)} />,
  },
  {
    id: "started",
    head: t.run.colStarted,
    cell: (s: Step) => (s.started_at ? exact(s.started_at) : "—"),
  },
  {
    id: "duration",
    head: t.run.colDuration,
    align: "end",
    cell: (s: Step) => <Duration ms={s.duration_ms} />,
  },
] as const;

function StepTable({ steps }: { steps: readonly Step[] }) {
  return (
    <Table
      caption={t.run.timeline}
      columns={STEP_COLUMNS}
      rows={steps}
      rowKey={(s) => `${s.node_id}/${s.iteration}/${s.attempt}`}
    />
  );
}

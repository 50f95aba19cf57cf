import {
  Archive,
  Ban,
  Check,
  CircleDashed,
  CirclePause,
  CircleQuestionMark,
  Clock,
  LoaderCircle,
  type LucideIcon,
  PencilLine,
  SkipForward,
  X,
} from "lucide-react";
import { t } from "../text/en";
import { cx } from "./cx";
import styles from "./StatePill.module.css";
import type { State, WorkflowLook } from "./state";

export const STATE_ICON: Record<State, LucideIcon> = {
  queued: CircleDashed,
  running: LoaderCircle,
  waiting: Clock,
  paused: CirclePause,
  succeeded: Check,
  failed: X,
  cancelled: Ban,
  skipped: SkipForward,
  unknown: CircleQuestionMark,
};

const WORKFLOW_ICON: Record<WorkflowLook, LucideIcon> = {
  draft: PencilLine,
  active: Check,
  failing: X,
  paused: CirclePause,
  archived: Archive,
};

const WORKFLOW_TONE: Record<WorkflowLook, State> = {
  draft: "skipped",
  active: "succeeded",
  failing: "failed",
  paused: "paused",
  archived: "cancelled",
};

/** Anything the server may send that this build doesn't know is shown as unknown, not dropped. */
export function asState(value: string): State {
  return value in STATE_ICON ? (value as State) : "unknown";
}

interface PillProps {
  state: State;
  /** Replaces the plain word: "Waiting for approval". */
  word?: string;
  small?: boolean;
}

export function StatePill({ state, word, small }: PillProps) {
  const Icon = STATE_ICON[state];
  return (
    <span className={cx(styles.pill, styles[state], small && styles.small)}>
      <Icon
        size={small ? 11 : 13}
        strokeWidth={2}
        className={state === "running" ? styles.turn : undefined}
        aria-hidden
      />
      {word ?? t.state[state]}
    </span>
  );
}

export function StateIcon({ state }: { state: State }) {
  const Icon = STATE_ICON[state];
  return (
    <span className={cx(styles.icon, styles[state])}>
      <Icon
        size={15}
        strokeWidth={2}
        className={state === "running" ? styles.turn : undefined}
        aria-hidden
      />
      <span className="vh">{t.state[state]}</span>
    </span>
  );
}

export function WorkflowPill({ look, word }: { look: WorkflowLook; word?: string }) {
  const Icon = WORKFLOW_ICON[look];
  return (
    <span className={cx(styles.pill, styles[WORKFLOW_TONE[look]])}>
      <Icon size={13} strokeWidth={2} aria-hidden />
      {word ?? t.workflowState[look]}
    </span>
  );
}

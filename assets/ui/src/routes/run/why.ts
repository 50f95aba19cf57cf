/* The banner's three sentences: what happened, why, what next. Pure. */

import type { Run } from "../../api/types";
import type { NodeState } from "../../canvas/runState";
import { t } from "../../text/en";
import type { State } from "../../ui/state";

export interface Why {
  tone: State;
  what: string;
  why?: string;
  next?: string;
  plain?: string;
}

export function why(
  run: Run,
  states: ReadonlyMap<string, NodeState>,
  nameOf: (id: string) => string,
): Why {
  const current = [...states].filter(([, s]) => s.steps.length === 0).map(([id]) => nameOf(id));
  const again = [...states].find(([, s]) => s.state === "waiting" && s.steps.length > 0);
  const done = [...states.values()].filter((s) => s.state === "succeeded").length;
  switch (run.status) {
    case "failed":
      return failed(run, states, nameOf);
    case "cancelled":
      return { tone: "cancelled", what: t.run.cancelledTitle, plain: t.run.cancelledText };
    case "queued":
      return { tone: "queued", what: t.run.queuedTitle, plain: t.run.queuedText };
    case "paused":
      return { tone: "paused", what: t.run.pausedTitle, plain: t.run.pausedText };
    case "waiting":
      if (again)
        return {
          tone: run.status,
          what: t.run.tryAgainAt(nameOf(again[0])),
          plain: t.run.waitingText,
        };
      return {
        tone: run.status,
        what: current[0] ? t.run.waitingAt(current[0]) : t.run.waitingTitle,
        plain: t.run.waitingText,
      };
    case "running":
      if (again) return { tone: "running", what: t.run.tryAgainAt(nameOf(again[0])) };
      return {
        tone: "running",
        what: current[0] ? t.run.runningTitle(current.join(", ")) : t.run.runningPlain,
      };
    case "succeeded":
      return { tone: "succeeded", what: t.run.succeededTitle(done) };
  }
}

function failed(
  run: Run,
  states: ReadonlyMap<string, NodeState>,
  nameOf: (id: string) => string,
): Why {
  const { error } = run;
  const node = error?.node ?? undefined;
  const tries = node ? (states.get(node)?.steps.length ?? 0) : 0;
  const what = node ? t.run.failedAt(nameOf(node)) : t.run.failedBefore;
  return {
    tone: "failed",
    what: tries > 1 ? t.run.afterTries(what, tries) : what,
    why: error ? sentence(error.message) : undefined,
    next:
      error?.code === "TIMEOUT"
        ? t.run.timeoutNext
        : node
          ? t.run.failedNext
          : t.run.failedNextStart,
  };
}

/** The server's messages are clauses; as a sentence of its own one begins with a capital and ends with a stop. */
export function sentence(message: string): string {
  const text = message.trim();
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

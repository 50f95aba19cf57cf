import { useEffect, useState } from "react";
import type { NodeState } from "../../canvas/runState";
import { t } from "../../text/en";
import { asState } from "../../ui/StatePill";

const AT_MOST_EVERY_MS = 3000;

/** Tells screen readers what changes on a watched run; politely, and at most once in three seconds. */
export function Announcer({
  status,
  states,
  nameOf,
}: {
  status: string;
  states: ReadonlyMap<string, NodeState>;
  nameOf: (id: string) => string;
}) {
  const latest = [...states].reduce<{ no: number; text: string }>(
    (best, [id, s]) => {
      const no = Math.max(0, ...s.steps.map((step) => step.step_no));
      return no > best.no ? { no, text: t.run.announce(nameOf(id), t.state[s.state]) } : best;
    },
    { no: 0, text: "" },
  );
  const now = [latest.text, t.run.announceRun(t.state[asState(status)])].filter(Boolean).join(". ");
  const [first] = useState(now);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (now === first && said === "") return;
    const timer = setTimeout(() => setSaid(now), said ? AT_MOST_EVERY_MS : 0);
    return () => clearTimeout(timer);
  }, [now, first, said]);
  return (
    <p className="vh" role="status">
      {said}
    </p>
  );
}

import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { useState } from "react";
import type { DefinitionNode, Step } from "../../api/types";
import { kindOf } from "../../canvas/kinds";
import type { NodeState } from "../../canvas/runState";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { JsonView } from "../../ui/JsonView";
import { StatePill } from "../../ui/StatePill";
import { Tabs } from "../../ui/Tabs";
import { ErrorTab } from "./ErrorTab";
import styles from "./StepPanel.module.css";
import { TriesTab } from "./TriesTab";

interface StepPanelProps {
  node: DefinitionNode;
  name: string;
  state: NodeState | undefined;
  mayRead: boolean;
  tab: string;
  onTab: (tab: string) => void;
  onClose: () => void;
}

/** What went into a step and what came out. Opens on the tab that has something to say. */
export function StepPanel({ node, name, state, mayRead, tab, onTab, onClose }: StepPanelProps) {
  const rounds = roundsOf(state?.steps ?? []);
  const [picked, setPicked] = useState<number | null>(null);
  const round = picked ?? rounds.at(-1) ?? 0;
  const tries = (state?.steps ?? [])
    .filter((s) => s.iteration === round)
    .sort((a, b) => a.attempt - b.attempt);
  const step = tries.at(-1);
  const Icon = kindOf(node.type).icon;
  const tabs = [
    {
      id: "input",
      label: t.run.input,
      content: <DataTab step={step} part="input" mayRead={mayRead} />,
    },
    {
      id: "output",
      label: t.run.output,
      content: <DataTab step={step} part="output" mayRead={mayRead} />,
    },
    ...(step?.error
      ? [{ id: "error", label: t.run.error, content: <ErrorTab step={step} /> }]
      : []),
    ...(tries.length > 1
      ? [{ id: "tries", label: t.run.triesTab(tries.length), content: <TriesTab tries={tries} /> }]
      : []),
  ];
  const open = tabs.some((known) => known.id === tab) ? tab : step?.error ? "error" : "output";
  return (
    <>
      <header className={styles.head}>
        <Icon size={16} aria-hidden />
        <h2 className="cut">{name}</h2>
        {state ? <StatePill state={state.state} /> : null}
        <Button
          look="ghost"
          size="sm"
          label={t.run.closePanel}
          icon={<X size={14} aria-hidden />}
          onClick={onClose}
        />
      </header>
      {rounds.length > 1 ? <Rounds rounds={rounds} round={round} onPick={setPicked} /> : null}
      <Tabs label={name} value={open} onChange={onTab} tabs={tabs} />
    </>
  );
}

/** Rounds in which it ran; all of them when it was skipped in each. */
function roundsOf(steps: readonly Step[]): number[] {
  const ran = steps.filter((s) => s.status !== "skipped");
  const shown = ran.length > 0 ? ran : steps;
  return [...new Set(shown.map((s) => s.iteration))].sort((a, b) => a - b);
}

function Rounds({
  rounds,
  round,
  onPick,
}: {
  rounds: readonly number[];
  round: number;
  onPick: (round: number) => void;
}) {
  const at = rounds.indexOf(round);
  const go = (step: number) => {
    const next = rounds[at + step];
    if (next !== undefined) onPick(next);
  };
  return (
    <div className={styles.rounds}>
      <Button
        size="sm"
        look="ghost"
        label={t.run.previous}
        disabled={at <= 0}
        icon={<ChevronLeft size={14} aria-hidden />}
        onClick={() => go(-1)}
      />
      <span aria-live="polite">{t.run.iterationOf(at + 1, rounds.length)}</span>
      <Button
        size="sm"
        look="ghost"
        label={t.run.nextRound}
        disabled={at >= rounds.length - 1}
        icon={<ChevronRight size={14} aria-hidden />}
        onClick={() => go(1)}
      />
    </div>
  );
}

function DataTab({
  step,
  part,
  mayRead,
}: {
  step: Step | undefined;
  part: "input" | "output";
  mayRead: boolean;
}) {
  if (!mayRead) return <p className={styles.note}>{t.run.noData}</p>;
  const isInput = part === "input";
  if (step?.status === "skipped") return <p className={styles.note}>{t.run.skipped}</p>;
  const ports = isInput ? { input: step?.input ?? [] } : (step?.output ?? {});
  const filled = Object.entries(ports).filter(([, items]) => items.length > 0);
  if (filled.length === 0)
    return <p className={styles.note}>{isInput ? t.run.noInput : t.run.noOutput}</p>;
  return (
    <div className={styles.body}>
      {isInput && step?.source ? (
        <p className={styles.note}>
          {t.run.from}:{" "}
          {step.source
            .filter((s) => !s.kept)
            .map((s) => `${s.node} · ${s.port}`)
            .join(", ")}
        </p>
      ) : null}
      {filled.map(([port, items]) => (
        <section key={port}>
          <h3 className={styles.title}>
            {isInput
              ? t.run.items(items.length)
              : `${t.run.port(port)} · ${t.run.items(items.length)}`}
          </h3>
          <JsonView
            value={plain(items)}
            label={isInput ? t.run.input : `${t.run.output} ${port}`}
          />
        </section>
      ))}
    </div>
  );
}

/** Items are mostly nothing but their json; then the envelope is left out. */
function plain(items: readonly unknown[]): unknown {
  const values = items.map((item) => {
    if (typeof item !== "object" || item === null || !("json" in item)) return item;
    return "binary" in item ? item : item.json;
  });
  return values.length === 1 ? values[0] : values;
}

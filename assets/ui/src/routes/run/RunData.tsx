import type { Run } from "../../api/types";
import { t } from "../../text/en";
import { JsonView } from "../../ui/JsonView";
import { Tabs } from "../../ui/Tabs";
import styles from "./StepPanel.module.css";

/** In place of a step: what the run was given and what it gave. */
export function RunData({
  run,
  mayRead,
  tab,
  onTab,
}: {
  run: Run;
  mayRead: boolean;
  tab: string;
  onTab: (tab: string) => void;
}) {
  const view = (value: unknown, label: string) => {
    if (!mayRead) return <p className={styles.note}>{t.run.noData}</p>;
    return (
      <div className={styles.body}>
        <JsonView value={value ?? null} label={label} />
        <p className={styles.note}>{t.run.pickStep}</p>
      </div>
    );
  };
  return (
    <Tabs
      label={t.run.runData}
      value={tab === "output" ? "output" : "input"}
      onChange={onTab}
      tabs={[
        { id: "input", label: t.run.runInput, content: view(run.input, t.run.runInput) },
        { id: "output", label: t.run.runOutput, content: view(run.output, t.run.runOutput) },
      ]}
    />
  );
}

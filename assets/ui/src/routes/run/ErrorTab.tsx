import type { Step } from "../../api/types";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import { JsonView } from "../../ui/JsonView";
import styles from "./StepPanel.module.css";
import { sentence } from "./why";

const KNOWN = new Set(["code", "message", "field"]);

export function ErrorTab({ step }: { step: Step }) {
  const error = step.error;
  if (!error) return <p className={styles.note}>{t.run.noError}</p>;
  const details = Object.fromEntries(
    Object.entries(error).filter(([name, value]) => !KNOWN.has(name) && value !== null),
  );
  return (
    <div className={styles.body}>
      <p>{sentence(error.message)}</p>
      <dl className={styles.facts}>
        <dt>{t.run.code}</dt>
        <dd className={styles.code}>{error.code}</dd>
        {error.field ? (
          <>
            <dt>{t.run.field}</dt>
            <dd className="mono">{error.field}</dd>
          </>
        ) : null}
        <dt>{t.run.colAttempt}</dt>
        <dd>{step.attempt}</dd>
        <dt>{t.run.node}</dt>
        <dd className="mono">
          {step.node_id} <CopyButton text={step.node_id} what={t.run.node} />
        </dd>
      </dl>
      {Object.keys(details).length > 0 ? <JsonView value={details} label={t.ui.details} /> : null}
    </div>
  );
}

import type { Step } from "../../api/types";
import { exact, span } from "../../text/format";
import { asState, StatePill } from "../../ui/StatePill";
import styles from "./StepPanel.module.css";

export function TriesTab({ tries }: { tries: readonly Step[] }) {
  return (
    <ol className={styles.tries}>
      {tries.map((step) => (
        <li key={step.attempt} className={styles.try}>
          <span className={styles.nth}>{step.attempt}</span>
          <div className={styles.tryWords}>
            <span className={styles.tryHead}>
              <StatePill state={asState(step.status)} small />
              {step.started_at ? (
                <time dateTime={step.started_at}>{exact(step.started_at)}</time>
              ) : null}
              <span className={styles.end}>
                {step.duration_ms === null ? "" : span(step.duration_ms)}
              </span>
            </span>
            {step.error ? (
              <span>
                <code>{step.error.code}</code> {step.error.message}
              </span>
            ) : null}
          </div>
        </li>
      ))}
    </ol>
  );
}

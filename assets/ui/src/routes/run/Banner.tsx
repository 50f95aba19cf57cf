import { TriangleAlert } from "lucide-react";
import { t } from "../../text/en";
import { cx } from "../../ui/cx";
import { STATE_ICON } from "../../ui/StatePill";
import styles from "./Banner.module.css";
import type { Why } from "./why";

/** What happened, why, and what to do: the first thing read on a run. A run that went well needs no banner. */
export function Banner({ why }: { why: Why }) {
  const Icon = why.tone === "failed" ? TriangleAlert : STATE_ICON[why.tone];
  return (
    <section className={cx(styles.banner, styles[why.tone])} aria-label={why.what}>
      <Icon
        size={16}
        className={cx(styles.icon, why.tone === "running" && styles.turn)}
        aria-hidden
      />
      <div className={styles.words}>
        <h2 className={styles.what}>{why.what}</h2>
        {why.why ? (
          <p>
            <b>{t.run.why}</b> {why.why}
          </p>
        ) : null}
        {why.next ? (
          <p>
            <b>{t.run.next}</b> {why.next}
          </p>
        ) : null}
        {why.plain ? <p>{why.plain}</p> : null}
      </div>
    </section>
  );
}

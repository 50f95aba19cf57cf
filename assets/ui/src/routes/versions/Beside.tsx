import { t } from "../../text/en";
import styles from "./page.module.css";

interface BesideProps {
  what: string;
  before: unknown;
  after: unknown;
}

/** A value before and after: side by side, on a phone one under the other. */
export function Beside({ what, before, after }: BesideProps) {
  return (
    <dl className={styles.beside}>
      <dt className={styles.what}>{what}</dt>
      <dd className={styles.before}>
        <span className={styles.when}>{t.versions.before}</span>
        <pre>{text(before)}</pre>
      </dd>
      <dd className={styles.after}>
        <span className={styles.when}>{t.versions.after}</span>
        <pre>{text(after)}</pre>
      </dd>
    </dl>
  );
}

function text(value: unknown): string {
  if (value === undefined) return "—";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

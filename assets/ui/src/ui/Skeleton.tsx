import { t } from "../text/en";
import styles from "./Skeleton.module.css";

/** Rows in the shape of what comes. Invisible for the first 300 ms, so that fast answers don't flash. */
export function Skeleton({ rows = 5, tall }: { rows?: number; tall?: boolean }) {
  return (
    <div className={styles.box} role="status">
      <span className="vh">{t.ui.loading}</span>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <span key={i} className={tall ? styles.tall : styles.row} aria-hidden />
      ))}
    </div>
  );
}

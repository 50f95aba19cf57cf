import { WifiOff } from "lucide-react";
import { useLink } from "../live/socket";
import { t } from "../text/en";
import { hourMinute } from "../text/format";
import { useNow } from "../ui/clock";
import styles from "./LinkStrip.module.css";

const PATIENCE_MS = 10_000;

/** Says since when the page no longer follows the server. Short breaks pass unseen. */
export function LinkStrip() {
  const lostAt = useLink((s) => s.lostAt);
  return <div role="status">{lostAt ? <Lost since={lostAt} /> : null}</div>;
}

function Lost({ since }: { since: number }) {
  const now = useNow();
  if (now - since < PATIENCE_MS) return null;
  return (
    <p className={styles.strip}>
      <WifiOff size={14} aria-hidden />
      {t.shell.reconnecting(hourMinute(since))}
    </p>
  );
}

import { Gauge } from "lucide-react";
import { Link } from "wouter";
import { pressing, shareOf } from "../api/quota";
import { useCan } from "../api/session";
import { useUsage } from "../api/usage";
import { t } from "../text/en";
import { percent } from "../text/format";
import styles from "./LinkStrip.module.css";

/** Says on every screen that a quota which refuses runs is near its end, or at it. */
export function UsageStrip() {
  return useCan()("workspace:read") ? <Asked /> : null;
}

function Asked() {
  const usage = useUsage();
  const worst = pressing(usage.data?.quotas ?? [])[0];
  if (!worst) return null;
  const share = shareOf(worst) ?? 0;
  const kind = t.usage.kind[worst.kind] ?? worst.kind;
  return (
    <p className={styles.strip} role="status">
      <Gauge size={14} aria-hidden />
      {share >= 1 ? t.usage.over(kind) : t.usage.near(kind, percent(share))}
      <Link href="/settings/usage">{t.usage.look}</Link>
    </p>
  );
}

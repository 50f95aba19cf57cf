import { ShieldAlert } from "lucide-react";
import { Link } from "wouter";
import { membershipOf, useMe } from "../api/session";
import { t } from "../text/en";
import styles from "./LinkStrip.module.css";

/** Says on every screen why nothing opens in a workspace that asks its members for a second factor. */
export function SecondFactorStrip() {
  if (!membershipOf(useMe())?.second_factor_missing) return null;
  return (
    <p className={styles.strip} role="status">
      <ShieldAlert size={14} aria-hidden />
      {t.account.missing}
      <Link href="/settings/security">{t.account.setUp}</Link>
      {t.account.orPasskey}
    </p>
  );
}

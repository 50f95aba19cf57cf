import { useState } from "react";
import { t } from "../../text/en";
import { exact } from "../../text/format";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./page.module.css";
import { RenewCodesDialog, TurnOffDialog } from "./SecondFactorDialogs";
import { useSecondFactor } from "./securityQueries";
import { TotpDialog } from "./TotpDialog";

export function SecondFactorCard() {
  const state = useSecondFactor();
  const [open, setOpen] = useState<"on" | "off" | "codes" | null>(null);
  const close = () => setOpen(null);
  const now = state.data;
  return (
    <Card title={t.account.secondFactor}>
      {state.error && !now ? (
        <QueryError
          title={t.account.secondFactorFailed}
          error={state.error}
          onRetry={() => state.refetch()}
        />
      ) : null}
      {state.isPending ? <Skeleton rows={2} /> : null}
      {now ? (
        <div className={styles.form}>
          <p>{t.account.secondFactorText}</p>
          <p role="status">
            {now.is_on && now.since
              ? `${t.account.isOn(exact(now.since))} ${t.account.codesLeft(now.recovery_codes_left)}`
              : t.account.isOff}
          </p>
          {now.is_on ? (
            <div className={styles.head}>
              <Button onClick={() => setOpen("codes")}>{t.account.renew}</Button>
              <Button onClick={() => setOpen("off")}>{t.account.turnOff}</Button>
            </div>
          ) : (
            <Button look="primary" onClick={() => setOpen("on")}>
              {t.account.turnOn}
            </Button>
          )}
        </div>
      ) : null}
      {open === "on" ? <TotpDialog onClose={close} /> : null}
      {open === "off" ? <TurnOffDialog onClose={close} /> : null}
      {open === "codes" ? <RenewCodesDialog onClose={close} /> : null}
    </Card>
  );
}

import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { PasswordField } from "../../ui/PasswordField";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { RecoveryCodes } from "./RecoveryCodes";
import { useDisableTotp, useRenewCodes } from "./securityQueries";

export function TurnOffDialog({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState({ password: "", code: "" });
  const disable = useDisableTotp();
  const refusal = disable.error ? asApiError(disable.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    disable.mutate(
      { ...form, code: form.code.trim() },
      {
        onSuccess: () => {
          toast({ tone: "success", title: t.account.turnedOff });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.account.turnOffTitle}
      text={t.account.turnOffText}
    >
      <form className={styles.dialogForm} onSubmit={submit} noValidate>
        {refusal && refusal.issues.length === 0 ? (
          <ErrorPanel title={t.account.turnOffFailed} text={refusal.message} />
        ) : null}
        <PasswordField
          label={t.account.presentPassword}
          value={form.password}
          error={refusal?.issueOf("password")}
          onChange={(password) => setForm({ ...form, password })}
        />
        <CodeField
          value={form.code}
          error={refusal?.issueOf("code")}
          onChange={(code) => setForm({ ...form, code })}
        />
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button
            type="submit"
            look="danger"
            busy={disable.isPending}
            disabled={!form.password || form.code.trim().length < 6}
          >
            {t.account.turnOff}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** What makes new codes asks for the second factor by itself. */
export function RenewCodesDialog({ onClose }: { onClose: () => void }) {
  const renew = useRenewCodes();
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={renew.data ? t.account.codesTitle : t.account.renewTitle}
      text={renew.data ? t.account.codesText : t.account.renewText}
    >
      {renew.data ? (
        <RecoveryCodes codes={renew.data.recovery_codes} onClose={onClose} />
      ) : (
        <>
          {renew.error ? (
            <ErrorPanel title={t.account.renewFailed} text={asApiError(renew.error).message} />
          ) : null}
          <DialogActions>
            <Button onClick={onClose}>{t.ui.cancel}</Button>
            <Button look="primary" busy={renew.isPending} onClick={() => renew.mutate()}>
              {t.account.renewDo}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { PasswordField } from "../../ui/PasswordField";
import styles from "./page.module.css";
import { QrCode } from "./QrCode";
import { RecoveryCodes } from "./RecoveryCodes";
import { useBeginTotp, useConfirmTotp } from "./securityQueries";

/** Three steps: the password, the app, the recovery codes. */
export function TotpDialog({ onClose }: { onClose: () => void }) {
  const begin = useBeginTotp();
  const confirm = useConfirmTotp();
  const codes = confirm.data?.recovery_codes;
  const title = codes ? t.account.codesTitle : begin.data ? t.account.scanTitle : t.account.turnOn;
  const text = codes ? t.account.codesText : begin.data ? t.account.scanText : t.account.turnOnText;
  return (
    <Dialog open onOpenChange={(open) => open || onClose()} title={title} text={text}>
      {codes ? (
        <RecoveryCodes codes={codes} onClose={onClose} />
      ) : begin.data ? (
        <ScanForm made={begin.data} confirm={confirm} onClose={onClose} />
      ) : (
        <PasswordForm begin={begin} onClose={onClose} />
      )}
    </Dialog>
  );
}

function PasswordForm({
  begin,
  onClose,
}: {
  begin: ReturnType<typeof useBeginTotp>;
  onClose: () => void;
}) {
  const [password, setPassword] = useState("");
  const refusal = begin.error ? asApiError(begin.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate(password);
  };
  return (
    <form className={styles.dialogForm} onSubmit={submit} noValidate>
      {refusal && !refusal.issueOf("password") ? (
        <ErrorPanel title={t.account.beginFailed} text={refusal.message} />
      ) : null}
      <PasswordField
        label={t.account.presentPassword}
        value={password}
        error={refusal?.issueOf("password")}
        onChange={setPassword}
      />
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button type="submit" look="primary" busy={begin.isPending} disabled={!password}>
          {t.account.goOn}
        </Button>
      </DialogActions>
    </form>
  );
}

interface ScanFormProps {
  made: { secret: string; uri: string };
  confirm: ReturnType<typeof useConfirmTotp>;
  onClose: () => void;
}

function ScanForm({ made, confirm, onClose }: ScanFormProps) {
  const [code, setCode] = useState("");
  const refusal = confirm.error ? asApiError(confirm.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(code.trim());
  };
  return (
    <form className={styles.dialogForm} onSubmit={submit} noValidate>
      {refusal && !refusal.issueOf("code") ? (
        <ErrorPanel title={t.account.beginFailed} text={refusal.message} />
      ) : null}
      <QrCode text={made.uri} label={t.account.qr} />
      <p>{t.account.byHand}</p>
      <div className={styles.secret}>
        <code>{made.secret}</code>
        <CopyButton text={made.secret} what={t.account.key} words size="md" />
      </div>
      <CodeField
        hint={t.account.scanHint}
        value={code}
        error={refusal?.issueOf("code")}
        onChange={setCode}
        autoFocus
      />
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button
          type="submit"
          look="primary"
          busy={confirm.isPending}
          disabled={code.trim().length < 6}
        >
          {t.account.confirm}
        </Button>
      </DialogActions>
    </form>
  );
}

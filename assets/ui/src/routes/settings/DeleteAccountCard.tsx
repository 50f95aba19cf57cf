import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { useMe } from "../../api/session";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { useDeleteAccount } from "./auditQueries";
import styles from "./page.module.css";

/** Going for good asks for the address, so that it doesn't happen by a slip. */
export function DeleteAccountCard() {
  const me = useMe();
  const erase = useDeleteAccount();
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const refusal = erase.error ? asApiError(erase.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    erase.mutate();
  };
  return (
    <Card title={t.data.account}>
      <div className={styles.form}>
        <p>{t.data.accountText}</p>
        <Button look="danger" onClick={() => setAsking(true)}>
          {t.data.account}
        </Button>
      </div>
      {asking ? (
        <Dialog
          open
          onOpenChange={setAsking}
          title={t.data.accountTitle}
          text={t.data.accountConfirm(me.email)}
        >
          <form className={styles.dialogForm} onSubmit={submit}>
            {refusal ? (
              <ErrorPanel
                title={t.data.accountFailed}
                text={refusal.message}
                requestId={refusal.requestId}
              />
            ) : null}
            <Field label={t.data.accountEmail}>
              {(control) => (
                <Input
                  {...control}
                  autoComplete="off"
                  value={typed}
                  onChange={(e) => setTyped(e.target.value)}
                />
              )}
            </Field>
            <DialogActions>
              <Button onClick={() => setAsking(false)}>{t.ui.cancel}</Button>
              <Button
                type="submit"
                look="danger"
                busy={erase.isPending}
                disabled={typed.trim().toLowerCase() !== me.email.toLowerCase()}
              >
                {t.data.accountVerb}
              </Button>
            </DialogActions>
          </form>
        </Dialog>
      ) : null}
    </Card>
  );
}

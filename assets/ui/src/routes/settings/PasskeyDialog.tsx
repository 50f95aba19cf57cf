import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import type { Passkey } from "../../api/types";
import { wasCalledOff } from "../../api/webauthn";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { useAddPasskey, useRenamePasskey } from "./passkeyQueries";

/** Names a new passkey, or with `passkey` that one anew. */
export function PasskeyDialog({ passkey, onClose }: { passkey?: Passkey; onClose: () => void }) {
  const [name, setName] = useState(passkey?.name ?? "");
  const add = useAddPasskey();
  const rename = useRenamePasskey();
  const error = add.error ?? rename.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim() || t.identity.passkeyPlaceholder;
    if (passkey) rename.mutate({ id: passkey.id, name: wanted }, { onSuccess: onClose });
    else
      add.mutate(wanted, {
        onSuccess: () => {
          toast({ tone: "success", title: t.identity.passkeyAdded(wanted) });
          onClose();
        },
      });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={passkey ? t.identity.renameTitle : t.identity.addPasskey}
      text={passkey ? t.identity.renameText : t.identity.addPasskeyText}
    >
      <form className={styles.dialogForm} onSubmit={submit} noValidate>
        {error ? (
          <ErrorPanel
            title={passkey ? t.identity.renameFailed : t.identity.passkeyAddFailed}
            text={sentence(error)}
          />
        ) : null}
        <Field label={t.identity.passkeyName}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={100}
              placeholder={t.identity.passkeyPlaceholder}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={add.isPending || rename.isPending}>
            {passkey ? t.identity.rename : t.identity.addPasskey}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function sentence(error: unknown): string {
  if (error instanceof DOMException && error.name === "InvalidStateError")
    return t.identity.passkeyExists;
  return wasCalledOff(error) ? t.identity.calledOffText : asApiError(error).message;
}

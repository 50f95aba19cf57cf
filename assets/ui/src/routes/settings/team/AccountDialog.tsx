import { type FormEvent, useState } from "react";
import { asApiError } from "../../../api/error";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorPanel } from "../../../ui/ErrorPanel";
import { Field } from "../../../ui/Field";
import { Input } from "../../../ui/Input";
import { toast } from "../../../ui/Toast";
import styles from "../page.module.css";
import { useMakeAccount } from "./queries";
import { RoleSelect } from "./RoleSelect";

export function AccountDialog({ onClose }: { onClose: () => void }) {
  const make = useMakeAccount();
  const [name, setName] = useState("");
  const [role, setRole] = useState("operator");
  const refusal = make.error ? asApiError(make.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(
      { name: name.trim(), role },
      {
        onSuccess: (account) => {
          toast({ tone: "success", title: t.team.accountMade(account.name) });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.accountNew}
      text={t.team.accountText}
    >
      <form className={styles.dialogForm} onSubmit={submit} noValidate>
        {refusal ? (
          <ErrorPanel
            title={t.team.accountFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.team.accountName}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={255}
              placeholder={t.team.accountNamePlaceholder}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field label={t.team.inviteRole}>
          {({ id }) => <RoleSelect id={id} value={role} without={["owner"]} onChange={setRole} />}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={make.isPending} disabled={!name.trim()}>
            {t.team.accountCreate}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { PasswordField } from "../../ui/PasswordField";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { usePasswordChange } from "./securityQueries";

const EMPTY = { password: "", new_password: "" };

export function PasswordCard() {
  const [form, setForm] = useState(EMPTY);
  const change = usePasswordChange();
  const refusal = change.error ? asApiError(change.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(form, {
      onSuccess: () => {
        setForm(EMPTY);
        toast({ tone: "success", title: t.account.passwordSaved });
      },
    });
  };
  return (
    <Card title={t.account.password}>
      <form className={styles.form} onSubmit={submit} noValidate>
        {refusal && refusal.issues.length === 0 ? (
          <ErrorPanel title={t.account.passwordFailed} text={refusal.message} />
        ) : null}
        <PasswordField
          label={t.account.presentPassword}
          value={form.password}
          error={refusal?.issueOf("password")}
          onChange={(password) => setForm({ ...form, password })}
        />
        <PasswordField
          label={t.account.newPassword}
          isNew
          value={form.new_password}
          error={refusal?.issueOf("new_password")}
          onChange={(new_password) => setForm({ ...form, new_password })}
        />
        <Button
          type="submit"
          busy={change.isPending}
          disabled={!form.password || form.new_password.length < 10}
        >
          {t.account.change}
        </Button>
      </form>
    </Card>
  );
}

import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { useMe } from "../../api/session";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { PasswordField } from "../../ui/PasswordField";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { useEmailChange } from "./securityQueries";

const EMPTY = { email: "", password: "" };

export function EmailCard() {
  const me = useMe();
  const [form, setForm] = useState(EMPTY);
  const change = useEmailChange();
  const refusal = change.error ? asApiError(change.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const email = form.email.trim();
    change.mutate(
      { ...form, email },
      {
        onSuccess: ({ confirm }) => {
          setForm(EMPTY);
          const title = confirm ? t.account.emailAsked(email) : t.account.emailSaved;
          toast({ tone: "success", title });
        },
      },
    );
  };
  return (
    <Card title={t.account.email}>
      <form className={styles.form} onSubmit={submit} noValidate>
        {refusal && refusal.issues.length === 0 ? (
          <ErrorPanel title={t.account.emailFailed} text={refusal.message} />
        ) : null}
        <p>{t.account.emailNow(me.email)}</p>
        <Field label={t.account.newEmail} error={refusal?.issueOf("email")}>
          {(control) => (
            <Input
              {...control}
              type="email"
              autoComplete="email"
              autoCapitalize="none"
              value={form.email}
              onChange={(event) => setForm({ ...form, email: event.target.value })}
            />
          )}
        </Field>
        <PasswordField
          label={t.account.presentPassword}
          value={form.password}
          error={refusal?.issueOf("password")}
          onChange={(password) => setForm({ ...form, password })}
        />
        <Button
          type="submit"
          busy={change.isPending}
          disabled={!form.email.trim() || !form.password}
        >
          {t.account.changeEmail}
        </Button>
      </form>
    </Card>
  );
}

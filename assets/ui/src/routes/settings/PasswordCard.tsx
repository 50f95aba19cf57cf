import { type FormEvent, useState } from "react";
import { useAuthOptions } from "../../api/authOptions";
import { asApiError } from "../../api/error";
import { useMe } from "../../api/session";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { PasswordField } from "../../ui/PasswordField";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { usePasswordChange, usePasswordLink } from "./securityQueries";

const EMPTY = { password: "", new_password: "" };

/** A first password comes by a link in a mail; without mail it is typed here, as a later one is. */
export function PasswordCard() {
  const me = useMe();
  const options = useAuthOptions();
  if (me.has_password) return <ChangeCard />;
  return options.data?.mail ? <FirstCard email={me.email} /> : <ChangeCard isFirst />;
}

function FirstCard({ email }: { email: string }) {
  const link = usePasswordLink();
  const refusal = link.error ? asApiError(link.error) : undefined;
  return (
    <Card title={t.account.password}>
      <div className={styles.form}>
        {refusal ? (
          <ErrorPanel title={t.account.passwordLinkFailed} text={refusal.message} />
        ) : null}
        <p>{link.isSuccess ? t.account.passwordSent(email) : t.account.passwordNone}</p>
        <Button busy={link.isPending} onClick={() => link.mutate()}>
          {t.account.passwordLink}
        </Button>
      </div>
    </Card>
  );
}

function ChangeCard({ isFirst = false }: { isFirst?: boolean }) {
  const [form, setForm] = useState(EMPTY);
  const change = usePasswordChange();
  const refusal = change.error ? asApiError(change.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(isFirst ? { new_password: form.new_password } : form, {
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
        {isFirst ? (
          <p>{t.account.passwordNone}</p>
        ) : (
          <PasswordField
            label={t.account.presentPassword}
            value={form.password}
            error={refusal?.issueOf("password")}
            onChange={(password) => setForm({ ...form, password })}
          />
        )}
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
          disabled={(!isFirst && !form.password) || form.new_password.length < 10}
        >
          {isFirst ? t.account.passwordFirst : t.account.change}
        </Button>
      </form>
    </Card>
  );
}

import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { PasswordField } from "../../ui/PasswordField";
import { MailSent } from "./MailSent";
import styles from "./page.module.css";
import { type Credentials, isHalf, useSignIn } from "./queries";
import { SecondStep } from "./SecondStep";

type Issues = Partial<Record<keyof Credentials, string>>;

function check(mode: "login" | "register", { email, password }: Credentials): Issues {
  const issues: Issues = {};
  if (!email) issues.email = t.auth.mustFill;
  else if (mode === "register" && !/^[^\s@]+@[^\s@]+$/.test(email))
    issues.email = t.auth.mustBeEmail;
  if (!password) issues.password = t.auth.mustFill;
  else if (mode === "register" && password.length < 10) issues.password = t.auth.mustBeLonger;
  return issues;
}

export function AuthForm({ mode, next }: { mode: "login" | "register"; next: string }) {
  const [form, setForm] = useState<Credentials>({ email: "", password: "", name: "" });
  const [issues, setIssues] = useState<Issues>({});
  const [, navigate] = useLocation();
  const signIn = useSignIn(mode, next);
  const refusal = signIn.error ? asApiError(signIn.error) : undefined;
  const issueOf = (field: keyof Credentials) => issues[field] ?? refusal?.issueOf(field);
  const isAboutField = refusal?.issues.some((i) => i.field in form) ?? false;

  const set = (field: keyof Credentials, value: string) => {
    setForm({ ...form, [field]: value });
    setIssues({ ...issues, [field]: undefined });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = check(mode, form);
    setIssues(found);
    if (Object.keys(found).length > 0) return;
    signIn.mutate(form, {
      onSuccess: (answer) => answer && !isHalf(answer) && navigate(next, { replace: true }),
    });
  };
  const isLogin = mode === "login";
  if (signIn.data === null) return <MailSent email={form.email} resend />;
  if (signIn.data && isHalf(signIn.data))
    return <SecondStep ticket={signIn.data.ticket} next={next} onRestart={() => signIn.reset()} />;

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {refusal && !isAboutField ? (
        <ErrorPanel
          title={isLogin ? t.auth.failed : t.auth.registerFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      {isLogin ? null : (
        <Field label={t.auth.name} error={issueOf("name")} optional>
          {(control) => (
            <Input
              {...control}
              autoComplete="name"
              value={form.name}
              onChange={(e) => set("name", e.target.value)}
            />
          )}
        </Field>
      )}
      <Field label={t.auth.email} error={issueOf("email")}>
        {(control) => (
          <Input
            {...control}
            type="email"
            autoComplete="username"
            autoCapitalize="none"
            value={form.email}
            onChange={(e) => set("email", e.target.value)}
            required
          />
        )}
      </Field>
      <PasswordField
        isNew={!isLogin}
        value={form.password}
        onChange={(password) => set("password", password)}
        error={issueOf("password")}
      />
      <Button type="submit" look="primary" busy={signIn.isPending}>
        {isLogin ? t.auth.login : t.auth.register}
      </Button>
      {isLogin ? (
        <p className={styles.other}>
          <Link href="/forgot">{t.auth.forgot}</Link>
        </p>
      ) : null}
      <p className={styles.other}>
        {isLogin ? t.auth.toRegister : t.auth.toLogin}{" "}
        <Link href={`${isLogin ? "/register" : "/login"}?next=${encodeURIComponent(next)}`}>
          {isLogin ? t.auth.register : t.auth.login}
        </Link>
      </p>
    </form>
  );
}

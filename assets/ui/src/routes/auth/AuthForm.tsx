import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import styles from "./page.module.css";
import { type Credentials, useSignIn } from "./queries";

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
  const signIn = useSignIn(mode);
  const refusal = signIn.error ? asApiError(signIn.error) : undefined;
  const issueOf = (field: keyof Credentials) => issues[field] ?? refusal?.issueOf(field);
  const isAboutField = refusal?.issues.some((i) => i.field in form) ?? false;

  const set = (field: keyof Credentials) => (event: { target: { value: string } }) => {
    setForm({ ...form, [field]: event.target.value });
    setIssues({ ...issues, [field]: undefined });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = check(mode, form);
    setIssues(found);
    if (Object.keys(found).length > 0) return;
    signIn.mutate(form, { onSuccess: (answer) => answer && navigate(next, { replace: true }) });
  };
  const isLogin = mode === "login";
  if (signIn.isSuccess && signIn.data === null) return <p role="status">{t.auth.mailSent}</p>;

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
            <Input {...control} autoComplete="name" value={form.name} onChange={set("name")} />
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
            onChange={set("email")}
            required
          />
        )}
      </Field>
      <PasswordField
        isNew={!isLogin}
        value={form.password}
        onChange={set("password")}
        error={issueOf("password")}
      />
      <Button type="submit" look="primary" busy={signIn.isPending}>
        {isLogin ? t.auth.login : t.auth.register}
      </Button>
      <p className={styles.other}>
        {isLogin ? t.auth.toRegister : t.auth.toLogin}{" "}
        <Link href={`${isLogin ? "/register" : "/login"}?next=${encodeURIComponent(next)}`}>
          {isLogin ? t.auth.register : t.auth.login}
        </Link>
      </p>
    </form>
  );
}

interface PasswordFieldProps {
  isNew: boolean;
  value: string;
  error: string | undefined;
  onChange: (event: { target: { value: string } }) => void;
}

function PasswordField({ isNew, value, error, onChange }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const onKey = (event: KeyboardEvent) => setCaps(event.getModifierState("CapsLock"));
  const hint = caps ? t.auth.capsLock : isNew ? t.auth.passwordHint : undefined;
  return (
    <Field label={t.auth.password} error={error} hint={hint}>
      {(control) => (
        <div className={styles.password}>
          <Input
            {...control}
            type={shown ? "text" : "password"}
            autoComplete={isNew ? "new-password" : "current-password"}
            value={value}
            onChange={onChange}
            onKeyUp={onKey}
            required
          />
          <span className={styles.reveal}>
            <Button
              look="ghost"
              size="sm"
              aria-pressed={shown}
              label={shown ? t.auth.hidePassword : t.auth.showPassword}
              icon={shown ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
              onClick={() => setShown(!shown)}
            />
          </span>
        </div>
      )}
    </Field>
  );
}

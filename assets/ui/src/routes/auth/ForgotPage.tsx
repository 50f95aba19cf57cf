import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { useAuthOptions } from "../../api/authOptions";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { Frame } from "./Frame";
import { MailSent } from "./MailSent";
import styles from "./page.module.css";
import { useAskReset } from "./queries";

export function ForgotPage() {
  const [email, setEmail] = useState("");
  const options = useAuthOptions();
  const ask = useAskReset();
  return (
    <Frame title={t.auth.forgotTitle} lead={t.auth.forgotLead}>
      {options.data?.mail === false ? <p role="status">{t.auth.forgotNoMail}</p> : null}
      {ask.isSuccess ? <MailSent email={email} /> : null}
      {options.data?.mail === false || ask.isSuccess ? null : (
        <AskForm email={email} onEmail={setEmail} ask={ask} />
      )}
      <p className={styles.other}>
        <Link href="/login">{t.auth.backToLogin}</Link>
      </p>
    </Frame>
  );
}

interface AskFormProps {
  email: string;
  onEmail: (email: string) => void;
  ask: ReturnType<typeof useAskReset>;
}

function AskForm({ email, onEmail, ask }: AskFormProps) {
  const [missing, setMissing] = useState(false);
  const refusal = ask.error ? asApiError(ask.error) : undefined;
  const issue = missing ? t.auth.mustFill : refusal?.issueOf("email");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(!email.trim());
    if (email.trim()) ask.mutate(email.trim());
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {refusal && !issue ? (
        <ErrorPanel
          title={t.auth.forgotFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <Field label={t.auth.email} error={issue}>
        {(control) => (
          <Input
            {...control}
            type="email"
            autoComplete="username"
            autoCapitalize="none"
            value={email}
            onChange={(event) => onEmail(event.target.value)}
            required
          />
        )}
      </Field>
      <Button type="submit" look="primary" busy={ask.isPending}>
        {t.auth.forgotSend}
      </Button>
    </form>
  );
}

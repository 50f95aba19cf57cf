import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button, ButtonLink } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { PasswordField } from "../../ui/PasswordField";
import { Frame } from "./Frame";
import { useLinkSecret } from "./link";
import styles from "./page.module.css";
import { useReset } from "./queries";

export function ResetPage() {
  const token = useLinkSecret();
  const reset = useReset(token);
  return (
    <Frame title={t.auth.resetTitle} lead={t.auth.resetLead}>
      {reset.isSuccess ? (
        <div className={styles.form}>
          <p role="status">{t.auth.resetDone}</p>
          <ButtonLink look="primary" href="/login">
            {t.auth.login}
          </ButtonLink>
        </div>
      ) : token ? (
        <ResetForm reset={reset} />
      ) : (
        <ErrorPanel title={t.auth.linkBroken} text={t.auth.linkBrokenText} />
      )}
      <p className={styles.other}>
        <Link href="/forgot">{t.auth.forgotTitle}</Link>
      </p>
    </Frame>
  );
}

function ResetForm({ reset }: { reset: ReturnType<typeof useReset> }) {
  const [password, setPassword] = useState("");
  const [tooShort, setTooShort] = useState(false);
  const refusal = reset.error ? asApiError(reset.error) : undefined;
  const issue = tooShort ? t.auth.mustBeLonger : refusal?.issueOf("password");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTooShort(password.length < 10);
    if (password.length >= 10) reset.mutate(password);
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {refusal && !issue ? (
        <ErrorPanel
          title={t.auth.resetFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <PasswordField
        label={t.auth.newPassword}
        isNew
        value={password}
        error={issue}
        onChange={setPassword}
      />
      <Button type="submit" look="primary" busy={reset.isPending}>
        {t.auth.resetDo}
      </Button>
    </form>
  );
}

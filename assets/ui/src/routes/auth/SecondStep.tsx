import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { CodeField } from "../../ui/CodeField";
import { ErrorPanel } from "../../ui/ErrorPanel";
import styles from "./page.module.css";
import { useSecondStep } from "./queries";

interface SecondStepProps {
  ticket: string;
  next: string;
  onRestart: () => void;
}

/** The second half of logging in: a code of the authenticator app, or a recovery code. */
export function SecondStep({ ticket, next, onRestart }: SecondStepProps) {
  const [code, setCode] = useState("");
  const [, navigate] = useLocation();
  const step = useSecondStep(ticket);
  const refusal = step.error ? asApiError(step.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    step.mutate(code.trim(), { onSuccess: () => navigate(next, { replace: true }) });
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p role="status">{t.auth.codeLead}</p>
      {refusal && !refusal.issueOf("code") ? (
        <ErrorPanel
          title={t.auth.codeFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <CodeField value={code} error={refusal?.issueOf("code")} onChange={setCode} autoFocus />
      <Button type="submit" look="primary" busy={step.isPending} disabled={!code.trim()}>
        {t.auth.goOn}
      </Button>
      <Button look="ghost" onClick={onRestart}>
        {t.auth.restart}
      </Button>
    </form>
  );
}

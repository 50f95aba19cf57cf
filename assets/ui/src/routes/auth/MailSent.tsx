import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import styles from "./page.module.css";
import { useResend } from "./queries";

/** A link is under way. Says the same whoever the address belongs to. */
export function MailSent({ email, resend }: { email: string; resend?: boolean }) {
  const again = useResend();
  return (
    <div className={styles.form}>
      <div role="status">
        <p className={styles.sent}>{again.isSuccess ? t.auth.resent : t.auth.mailSent}</p>
        <p>{t.auth.mailSentText(email)}</p>
      </div>
      <p className={styles.hint}>{t.auth.mailLate}</p>
      {again.error ? (
        <ErrorPanel title={t.auth.resendFailed} text={asApiError(again.error).message} />
      ) : null}
      {resend ? (
        <Button busy={again.isPending} onClick={() => again.mutate(email)}>
          {t.auth.resend}
        </Button>
      ) : null}
    </div>
  );
}

import { Link, useLocation, useSearch } from "wouter";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { toast } from "../../ui/Toast";
import { Frame } from "./Frame";
import { useLinkSecret } from "./link";
import styles from "./page.module.css";
import { useConfirmEmail, useVerify } from "./queries";
import { safePath } from "./safePath";

const WORDS = {
  verify: {
    title: t.auth.verifyTitle,
    lead: t.auth.verifyLead,
    verb: t.auth.verifyDo,
    failed: t.auth.verifyFailed,
  },
  email: {
    title: t.auth.confirmEmailTitle,
    lead: t.auth.confirmEmailLead,
    verb: t.auth.confirmEmailDo,
    failed: t.auth.confirmEmailFailed,
  },
} as const;

/** Where a mailed link leads. A click and not the visit uses it up: mail scanners follow links. */
export function LinkPage({ kind }: { kind: keyof typeof WORDS }) {
  const words = WORDS[kind];
  const token = useLinkSecret();
  const [, navigate] = useLocation();
  const next = safePath(new URLSearchParams(useSearch()).get("next"));
  const verify = useVerify(token);
  const confirm = useConfirmEmail(token);
  const { error } = kind === "verify" ? verify : confirm;
  const refusal = error ? asApiError(error) : undefined;
  const go = () => {
    if (kind === "verify") {
      verify.mutate(undefined, { onSuccess: () => navigate(next, { replace: true }) });
      return;
    }
    confirm.mutate(undefined, {
      onSuccess: () => {
        toast({ tone: "success", title: t.auth.confirmEmailDone });
        navigate("/settings/security", { replace: true });
      },
    });
  };
  return (
    <Frame title={words.title} lead={words.lead}>
      <div className={styles.form}>
        {refusal ? (
          <ErrorPanel title={words.failed} text={refusal.message} requestId={refusal.requestId} />
        ) : null}
        {token ? (
          <Button look="primary" busy={verify.isPending || confirm.isPending} onClick={go}>
            {words.verb}
          </Button>
        ) : (
          <ErrorPanel title={t.auth.linkBroken} text={t.auth.linkBrokenText} />
        )}
      </div>
      <p className={styles.other}>
        <Link href="/login">{t.auth.backToLogin}</Link>
      </p>
    </Frame>
  );
}

import { asApiError } from "../../api/error";
import type { AuditProof } from "../../api/types";
import { t } from "../../text/en";
import { exact } from "../../text/format";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { QueryError } from "../../ui/QueryError";
import { toast } from "../../ui/Toast";
import { useProof, useVerify } from "./auditQueries";
import styles from "./page.module.css";

/** Whether the chain is whole, and the button that finds out. */
export function AuditProofCard() {
  const proof = useProof();
  const verify = useVerify();
  const start = () =>
    verify.mutate(undefined, {
      onError: (error) =>
        toast({ tone: "danger", title: t.audit.verifyFailed, text: asApiError(error).message }),
    });
  return (
    <Card title={t.audit.proof}>
      <div className={styles.form}>
        <p>{t.audit.proofText}</p>
        {proof.error && !proof.data ? (
          <QueryError
            title={t.audit.failed}
            error={proof.error}
            onRetry={() => void proof.refetch()}
          />
        ) : null}
        <p role="status">{proof.data ? <Verdict proof={proof.data} /> : t.audit.neverVerified}</p>
        {proof.data?.problems.length ? (
          <ul>
            {proof.data.problems.map((p) => (
              <li key={`${p.seq} ${p.id} ${p.problem}`}>
                {t.audit.problemAt(p.seq)}: {t.audit.problem[p.problem]}
              </li>
            ))}
          </ul>
        ) : null}
        <Button busy={verify.isPending || proof.data?.status === "running"} onClick={start}>
          {t.audit.verify}
        </Button>
      </div>
    </Card>
  );
}

function Verdict({ proof }: { proof: AuditProof }) {
  if (proof.status === "running") return t.audit.verifying(proof.checked, proof.total);
  if (proof.status === "intact")
    return t.audit.intact(proof.checked, exact(proof.completed_at ?? proof.created_at));
  return <strong className={styles.issue}>{t.audit.broken(proof.problem_count)}</strong>;
}

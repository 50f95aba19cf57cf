import { AtSign, Plus } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/session";
import type { Domain } from "../../../api/types";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { Empty } from "../../../ui/Empty";
import { QueryError } from "../../../ui/QueryError";
import { Skeleton } from "../../../ui/Skeleton";
import styles from "../page.module.css";
import { said } from "../team/said";
import { AddDialog } from "./AddDialog";
import { DomainCard } from "./DomainCard";
import { useDomains, useRemoveDomain } from "./queries";

export function DomainsSection() {
  const domains = useDomains();
  const may = useCan()("member:write");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Domain | null>(null);
  const rows = domains.data;
  const add = may ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {t.domains.add}
    </Button>
  ) : null;
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.domains.text}</p>
        {rows?.length ? add : null}
      </div>
      {rows?.length ? null : (
        <Card>
          {domains.error ? (
            <QueryError
              title={t.domains.failed}
              error={domains.error}
              onRetry={() => domains.refetch()}
            />
          ) : null}
          {domains.isPending ? <Skeleton rows={3} /> : null}
          {rows ? (
            <Empty
              icon={<AtSign size={28} aria-hidden />}
              title={t.domains.empty}
              text={t.domains.emptyText}
            >
              {add}
            </Empty>
          ) : null}
        </Card>
      )}
      {rows?.map((domain) => (
        <DomainCard key={domain.id} domain={domain} onRemove={() => setRemoving(domain)} />
      ))}
      {adding ? <AddDialog onClose={() => setAdding(false)} /> : null}
      {removing ? <RemoveDialog domain={removing} onClose={() => setRemoving(null)} /> : null}
    </>
  );
}

function RemoveDialog({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const remove = useRemoveDomain();
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.domains.removeTitle(domain.domain)}
      text={t.domains.removeText}
      verb={t.domains.remove}
      danger
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(
          domain,
          said(t.domains.removed(domain.domain), t.domains.removeFailed, onClose),
        )
      }
    />
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useState } from "react";
import { useSearch } from "wouter";
import { api, data } from "../../api/client";
import { asApiError } from "../../api/error";
import { keys } from "../../api/keys";
import type { Identity } from "../../api/types";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";

const HERE = "/settings/linked-accounts";

export function IdentityCard() {
  const problem = new URLSearchParams(useSearch()).get("problem");
  const identities = useQuery({
    queryKey: keys.identities,
    queryFn: () => data(api.GET("/api/v1/identities", { params: { query: { limit: 50 } } })),
    select: (list) => list.items,
  });
  const [unlinking, setUnlinking] = useState<Identity | null>(null);
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.identity.linkedText}</p>
        <LinkButtons />
      </div>
      {problem ? (
        <ErrorPanel title={t.identity.linkFailed} text={t.identity.problemText(problem)} />
      ) : null}
      <Card>
        {identities.error && !identities.data ? (
          <QueryError
            title={t.identity.linkedFailed}
            error={identities.error}
            onRetry={() => identities.refetch()}
          />
        ) : null}
        {identities.isPending ? <Skeleton rows={2} /> : null}
        {identities.data?.length === 0 ? (
          <Empty
            icon={<Link2 size={28} aria-hidden />}
            title={t.identity.linkedEmpty}
            text={t.identity.linkedEmptyText}
          />
        ) : null}
        {identities.data?.length ? (
          <IdentityTable rows={identities.data} onUnlink={setUnlinking} />
        ) : null}
      </Card>
      {unlinking ? <UnlinkDialog identity={unlinking} onClose={() => setUnlinking(null)} /> : null}
    </>
  );
}

function LinkButtons() {
  const providers = useQuery({
    queryKey: keys.providers,
    queryFn: () => data(api.GET("/api/v1/auth/providers")),
    select: (list) => list.items,
  });
  const link = useMutation({
    mutationFn: (provider: string) =>
      data(api.POST("/api/v1/identities", { body: { provider, next: HERE } })),
    onSuccess: ({ url }) => location.assign(url),
    onError: (error) =>
      toast({ tone: "danger", title: t.identity.linkFailed, text: asApiError(error).message }),
  });
  return providers.data?.map(({ id, label }) => (
    <Button key={id} busy={link.isPending && link.variables === id} onClick={() => link.mutate(id)}>
      {t.identity.link(label)}
    </Button>
  ));
}

interface IdentityTableProps {
  rows: readonly Identity[];
  onUnlink: (identity: Identity) => void;
}

const nameOf = (i: Identity) => i.provider;

function IdentityTable({ rows, onUnlink }: IdentityTableProps) {
  return (
    <Table<Identity>
      caption={t.identity.linked}
      rows={rows}
      rowKey={(identity) => identity.id}
      columns={[
        { id: "provider", head: t.identity.colProvider, wide: true, phone: "first", cell: nameOf },
        { id: "email", head: t.settings.email, cell: (i) => i.email ?? "—" },
        {
          id: "used",
          head: t.settings.colUsed,
          phone: "off",
          cell: (i) => <Time at={i.used_at} />,
        },
        {
          id: "actions",
          head: t.settings.colActions,
          quiet: true,
          align: "end",
          phone: "end",
          cell: (i) => (
            <Button size="sm" label={t.identity.unlinkOf(nameOf(i))} onClick={() => onUnlink(i)}>
              {t.identity.unlink}
            </Button>
          ),
        },
      ]}
    />
  );
}

function UnlinkDialog({ identity, onClose }: { identity: Identity; onClose: () => void }) {
  const client = useQueryClient();
  const unlink = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/identities/{id}", { params: { path: { id } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.identities }),
  });
  return (
    <ConfirmChange
      title={t.identity.unlinkTitle(nameOf(identity))}
      text={t.identity.unlinkText}
      verb={t.identity.unlink}
      change={unlink}
      of={identity.id}
      done={t.identity.unlinked(nameOf(identity))}
      failed={t.identity.unlinkFailed}
      onClose={onClose}
    />
  );
}

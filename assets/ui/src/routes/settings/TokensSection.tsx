import { Ellipsis, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import type { Token } from "../../api/types";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { Menu } from "../../ui/Menu";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import styles from "./page.module.css";
import { useRevokeToken, useTokens } from "./queries";
import { AddressDialog, RotateDialog } from "./TokenChange";
import { TokenDialog, type TokenOwner } from "./TokenDialog";

type Change = "revoke" | "rotate" | "addresses";

export function TokensSection() {
  return <TokensOf />;
}

/** The tokens of the person, or of a service account. */
export function TokensOf({ owner }: { owner?: TokenOwner }) {
  const tokens = useTokens(owner?.id);
  const [creating, setCreating] = useState(false);
  const [changing, setChanging] = useState<{ token: Token; to: Change } | null>(null);
  const done = () => setChanging(null);
  const create = (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t.settings.newToken}
    </Button>
  );
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.settings.tokensText}</p>
        {tokens.data?.length ? create : null}
      </div>
      <Card>
        {tokens.error && !tokens.data ? (
          <QueryError
            title={t.settings.tokensFailed}
            error={tokens.error}
            onRetry={() => tokens.refetch()}
          />
        ) : null}
        {tokens.isPending ? <Skeleton rows={4} /> : null}
        {tokens.data?.length === 0 ? (
          <Empty
            icon={<KeyRound size={28} aria-hidden />}
            title={t.settings.tokensEmpty}
            text={t.settings.tokensEmptyText}
          >
            {create}
          </Empty>
        ) : null}
        {tokens.data?.length ? (
          <TokenTable rows={tokens.data} onChange={(token, to) => setChanging({ token, to })} />
        ) : null}
      </Card>
      {creating ? <TokenDialog owner={owner} onClose={() => setCreating(false)} /> : null}
      {changing?.to === "revoke" ? <RevokeDialog token={changing.token} onClose={done} /> : null}
      {changing?.to === "rotate" ? <RotateDialog token={changing.token} onClose={done} /> : null}
      {changing?.to === "addresses" ? (
        <AddressDialog token={changing.token} onClose={done} />
      ) : null}
    </>
  );
}

function TokenTable({
  rows,
  onChange,
}: {
  rows: readonly Token[];
  onChange: (token: Token, to: Change) => void;
}) {
  return (
    <Table<Token>
      caption={t.settings.tokens}
      rows={rows}
      rowKey={(token) => token.id}
      columns={[
        { id: "name", head: t.settings.colName, wide: true, phone: "first", cell: (k) => k.name },
        { id: "token", head: t.settings.colToken, cell: (k) => <code>{k.prefix}…</code> },
        {
          id: "scopes",
          head: t.settings.colScopes,
          phone: "off",
          cell: (k) => (
            <span className={styles.codes}>
              {k.scopes.map((scope) => (
                <span key={scope} className={styles.code}>
                  {scope}
                </span>
              ))}
            </span>
          ),
        },
        {
          id: "used",
          head: t.settings.colUsed,
          cell: (k) =>
            k.used_at ? (
              <>
                <Time at={k.used_at} />{" "}
                {k.used_address ? (
                  <span className={styles.soft}>{t.team.from(k.used_address)}</span>
                ) : null}
              </>
            ) : (
              t.settings.never
            ),
        },
        {
          id: "expires",
          head: t.settings.colExpires,
          phone: "off",
          cell: (k) => (k.expires_at ? <Time at={k.expires_at} /> : t.settings.never),
        },
        {
          id: "actions",
          head: t.settings.colActions,
          quiet: true,
          align: "end",
          phone: "end",
          cell: (k) => (
            <>
              <Button
                size="sm"
                label={`${t.settings.revoke} ${k.name}`}
                onClick={() => onChange(k, "revoke")}
              >
                {t.settings.revoke}
              </Button>{" "}
              <Menu
                label={t.workflows.actionsOf(k.name)}
                groups={[
                  [
                    {
                      id: "rotate",
                      label: t.team.rotate,
                      onSelect: () => onChange(k, "rotate"),
                    },
                    {
                      id: "addresses",
                      label: t.team.addresses,
                      onSelect: () => onChange(k, "addresses"),
                    },
                  ],
                ]}
                trigger={
                  <Button
                    size="sm"
                    icon={<Ellipsis size={14} aria-hidden />}
                    label={t.workflows.actionsOf(k.name)}
                  />
                }
              />
            </>
          ),
        },
      ]}
    />
  );
}

function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  return (
    <ConfirmChange
      title={t.settings.revokeTitle(token.name)}
      text={t.settings.revokeText}
      verb={t.settings.revoke}
      change={useRevokeToken()}
      of={token.id}
      done={t.settings.revoked(token.name)}
      failed={t.settings.revokeFailed}
      onClose={onClose}
    />
  );
}

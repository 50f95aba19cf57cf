import { Bot, Plus } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/session";
import type { ServiceAccount } from "../../../api/types";
import { ConfirmChange } from "../../../parts/ConfirmChange";
import { t } from "../../../text/en";
import { integer } from "../../../text/format";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Empty } from "../../../ui/Empty";
import { QueryError } from "../../../ui/QueryError";
import { Skeleton } from "../../../ui/Skeleton";
import { Table } from "../../../ui/Table";
import { Time } from "../../../ui/Time";
import styles from "../page.module.css";
import { TokensOf } from "../TokensSection";
import { AccountDialog } from "./AccountDialog";
import { useRemoveAccount, useRoles, useServiceAccounts, useSetAccountRole } from "./queries";
import { RoleSelect } from "./RoleSelect";
import { said } from "./said";

export function AccountsSection() {
  const accounts = useServiceAccounts();
  const may = useCan()("member:write");
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<ServiceAccount | null>(null);
  const [open, setOpen] = useState<ServiceAccount | null>(null);
  const make = may ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      {t.team.accountNew}
    </Button>
  ) : null;
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.team.accountsText}</p>
        {accounts.data?.length ? make : null}
      </div>
      <Card>
        {accounts.error && !accounts.data ? (
          <QueryError
            title={t.team.accountsFailed}
            error={accounts.error}
            onRetry={() => accounts.refetch()}
          />
        ) : null}
        {accounts.isPending ? <Skeleton rows={3} /> : null}
        {accounts.data?.length === 0 ? (
          <Empty
            icon={<Bot size={28} aria-hidden />}
            title={t.team.accountsEmpty}
            text={t.team.accountsEmptyText}
          >
            {make}
          </Empty>
        ) : null}
        {accounts.data?.length ? (
          <AccountTable rows={accounts.data} onTokens={setOpen} onRemove={setRemoving} />
        ) : null}
      </Card>
      {making ? <AccountDialog onClose={() => setMaking(false)} /> : null}
      {open ? <AccountTokens key={open.id} account={open} /> : null}
      {removing ? (
        <RemoveDialog
          account={removing}
          onClose={() => {
            setRemoving(null);
            setOpen(null);
          }}
        />
      ) : null}
    </>
  );
}

interface AccountTableProps {
  rows: readonly ServiceAccount[];
  onTokens: (account: ServiceAccount) => void;
  onRemove: (account: ServiceAccount) => void;
}

function AccountTable({ rows, onTokens, onRemove }: AccountTableProps) {
  const may = useCan()("member:write");
  const setRole = useSetAccountRole();
  return (
    <Table<ServiceAccount>
      caption={t.team.accounts}
      rows={rows}
      rowKey={(a) => a.id}
      columns={[
        { id: "name", head: t.settings.colName, wide: true, phone: "first", cell: (a) => a.name },
        {
          id: "role",
          head: t.team.colRole,
          cell: (a) =>
            may ? (
              <RoleSelect
                label={t.team.roleOf(a.name)}
                value={a.role}
                without={["owner"]}
                onChange={(role) =>
                  setRole.mutate(
                    { id: a.id, role },
                    said(t.team.roleSaved(a.name, role), t.team.roleFailed),
                  )
                }
              />
            ) : (
              a.role
            ),
        },
        {
          id: "tokens",
          head: t.team.colTokens,
          align: "end",
          phone: "off",
          cell: (a) => integer(a.tokens),
        },
        {
          id: "used",
          head: t.team.colUsed,
          phone: "off",
          cell: (a) => (a.used_at ? <Time at={a.used_at} /> : t.settings.never),
        },
        {
          id: "actions",
          head: t.team.colActions,
          quiet: true,
          align: "end",
          phone: "end",
          cell: (a) =>
            may ? (
              <>
                <Button
                  size="sm"
                  label={t.team.accountTokensOf(a.name)}
                  onClick={() => onTokens(a)}
                >
                  {t.team.accountTokens}
                </Button>{" "}
                <Button size="sm" label={t.team.removeOf(a.name)} onClick={() => onRemove(a)}>
                  {t.team.remove}
                </Button>
              </>
            ) : null,
        },
      ]}
    />
  );
}

/** Below the list: making, rotating and revoking open dialogs themselves. */
function AccountTokens({ account }: { account: ServiceAccount }) {
  const role = useRoles().data?.find((r) => r.name === account.role);
  return (
    <section aria-label={t.team.accountTokensOf(account.name)} className={styles.content}>
      <h2>{t.team.accountTokensOf(account.name)}</h2>
      <TokensOf owner={{ id: account.id, permissions: role?.permissions ?? [] }} />
    </section>
  );
}

function RemoveDialog({ account, onClose }: { account: ServiceAccount; onClose: () => void }) {
  return (
    <ConfirmChange
      title={t.team.accountRemoveTitle(account.name)}
      text={t.team.accountRemoveText}
      verb={t.team.remove}
      change={useRemoveAccount()}
      of={account.id}
      done={t.team.removed(account.name)}
      failed={t.team.removeFailed}
      onClose={onClose}
    />
  );
}

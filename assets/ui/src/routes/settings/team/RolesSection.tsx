import { Plus, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../../api/session";
import type { Role } from "../../../api/types";
import { ConfirmChange } from "../../../parts/ConfirmChange";
import { t } from "../../../text/en";
import { integer } from "../../../text/format";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Empty } from "../../../ui/Empty";
import { QueryError } from "../../../ui/QueryError";
import { Skeleton } from "../../../ui/Skeleton";
import { type Column, Table } from "../../../ui/Table";
import styles from "../page.module.css";
import { useDeleteRole, useRoles } from "./queries";
import { RoleDialog } from "./RoleDialog";

export function RolesSection() {
  const roles = useRoles();
  const may = useCan()("member:write");
  const [editing, setEditing] = useState<Role | "new" | null>(null);
  const [deleting, setDeleting] = useState<Role | null>(null);
  const own = roles.data?.filter((r) => r.is_own) ?? [];
  const make = may ? (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setEditing("new")}>
      {t.team.roleNew}
    </Button>
  ) : null;
  const actions: Column<Role> = {
    id: "actions",
    head: t.team.colActions,
    quiet: true,
    align: "end",
    phone: "end",
    cell: (role) =>
      may ? (
        <>
          <Button size="sm" label={t.team.roleEdit(role.name)} onClick={() => setEditing(role)}>
            {t.workflows.edit}
          </Button>{" "}
          <Button
            size="sm"
            label={t.team.roleDeleteOf(role.name)}
            onClick={() => setDeleting(role)}
          >
            {t.team.roleDelete}
          </Button>
        </>
      ) : null,
  };
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.team.rolesText}</p>
        {own.length > 0 ? make : null}
      </div>
      {roles.error && !roles.data ? (
        <QueryError
          title={t.team.rolesFailed}
          error={roles.error}
          onRetry={() => roles.refetch()}
        />
      ) : null}
      <Card title={t.team.rolesOwn}>
        {roles.isPending ? <Skeleton rows={2} /> : null}
        {roles.data && own.length === 0 ? (
          <Empty
            icon={<ShieldCheck size={28} aria-hidden />}
            title={t.team.rolesOwnEmpty}
            text={t.team.rolesOwnEmptyText}
          >
            {make}
          </Empty>
        ) : null}
        {own.length > 0 ? (
          <Table<Role>
            caption={t.team.rolesOwn}
            rows={own}
            rowKey={(r) => r.name}
            columns={[...COLUMNS, actions]}
          />
        ) : null}
      </Card>
      {roles.data ? (
        <Card title={t.team.rolesFixed}>
          <Table<Role>
            caption={t.team.rolesFixed}
            rows={roles.data.filter((r) => !r.is_own)}
            rowKey={(r) => r.name}
            columns={COLUMNS}
          />
        </Card>
      ) : null}
      {editing ? (
        <RoleDialog role={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
      {deleting ? <DeleteRole role={deleting} onClose={() => setDeleting(null)} /> : null}
    </>
  );
}

const COLUMNS: readonly Column<Role>[] = [
  { id: "name", head: t.team.roleName, phone: "first", cell: (r) => r.name },
  {
    id: "may",
    head: t.team.roleMay,
    wide: true,
    cell: (r) => (
      <>
        {r.is_own && r.description ? <p className={styles.soft}>{r.description}</p> : null}
        <span className={styles.codes}>
          {r.permissions.map((p) => (
            <span key={p} className={styles.code}>
              {p}
            </span>
          ))}
        </span>
      </>
    ),
  },
  {
    id: "members",
    head: t.team.roleMembers,
    align: "end",
    phone: "off",
    cell: (r) => integer(r.members),
  },
];

function DeleteRole({ role, onClose }: { role: Role; onClose: () => void }) {
  return (
    <ConfirmChange
      title={t.team.roleDeleteTitle(role.name)}
      text={t.team.roleDeleteText}
      verb={t.team.roleDelete}
      change={useDeleteRole()}
      of={role}
      done={t.team.roleDeleted(role.name)}
      failed={t.team.roleDeleteFailed}
      onClose={onClose}
    />
  );
}

import { Plus } from "lucide-react";
import { useState } from "react";
import { useMembers } from "../../../api/members";
import { useCan } from "../../../api/session";
import type { Member } from "../../../api/types";
import { ConfirmChange } from "../../../parts/ConfirmChange";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { QueryError } from "../../../ui/QueryError";
import { Skeleton } from "../../../ui/Skeleton";
import { Table } from "../../../ui/Table";
import { Time } from "../../../ui/Time";
import styles from "../page.module.css";
import { InvitationCard } from "./InvitationCard";
import { InviteDialog } from "./InviteDialog";
import { useRemoveMember, useSetRole } from "./queries";
import { RoleSelect } from "./RoleSelect";
import { said } from "./said";

export function MembersSection() {
  const members = useMembers();
  const can = useCan();
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const people = members.data?.filter((m) => m.kind === "person") ?? [];
  return (
    <>
      <div className={styles.head}>
        <p className={styles.lead}>{t.team.membersText}</p>
        {can("member:write") ? (
          <Button
            look="primary"
            icon={<Plus size={16} aria-hidden />}
            onClick={() => setInviting(true)}
          >
            {t.team.invite}
          </Button>
        ) : null}
      </div>
      <Card>
        {members.error && !members.data ? (
          <QueryError
            title={t.team.membersFailed}
            error={members.error}
            onRetry={() => members.refetch()}
          />
        ) : null}
        {members.isPending ? <Skeleton rows={4} /> : null}
        {people.length > 0 ? <MemberTable rows={people} onRemove={setRemoving} /> : null}
      </Card>
      <InvitationCard />
      {inviting ? <InviteDialog onClose={() => setInviting(false)} /> : null}
      {removing ? <RemoveDialog member={removing} onClose={() => setRemoving(null)} /> : null}
    </>
  );
}

const nameOf = (member: Member) => member.name || member.email || member.user_id;

function MemberTable({
  rows,
  onRemove,
}: {
  rows: readonly Member[];
  onRemove: (member: Member) => void;
}) {
  const may = useCan()("member:write");
  const setRole = useSetRole();
  return (
    <Table<Member>
      caption={t.team.members}
      rows={rows}
      rowKey={(m) => m.user_id}
      columns={[
        {
          id: "who",
          head: t.team.colWho,
          wide: true,
          phone: "first",
          cell: (m) => (
            <>
              {nameOf(m)}
              {m.is_me ? ` (${t.team.you})` : ""} <span className={styles.soft}>{m.email}</span>
            </>
          ),
        },
        {
          id: "role",
          head: t.team.colRole,
          cell: (m) =>
            may ? (
              <RoleSelect
                label={t.team.roleOf(nameOf(m))}
                value={m.role}
                disabled={setRole.isPending}
                onChange={(role) =>
                  setRole.mutate(
                    { id: m.user_id, role },
                    said(t.team.roleSaved(nameOf(m), role), t.team.roleFailed),
                  )
                }
              />
            ) : (
              m.role
            ),
        },
        {
          id: "since",
          head: t.team.colSince,
          phone: "off",
          cell: (m) => <Time at={m.created_at} />,
        },
        {
          id: "actions",
          head: t.team.colActions,
          quiet: true,
          align: "end",
          phone: "end",
          cell: (m) =>
            may && !m.is_me ? (
              <Button size="sm" label={t.team.removeOf(nameOf(m))} onClick={() => onRemove(m)}>
                {t.team.remove}
              </Button>
            ) : null,
        },
      ]}
    />
  );
}

function RemoveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const name = nameOf(member);
  return (
    <ConfirmChange
      title={t.team.removeTitle(name)}
      text={t.team.removeText}
      verb={t.team.remove}
      change={useRemoveMember()}
      of={member.user_id}
      done={t.team.removed(name)}
      failed={t.team.removeFailed}
      onClose={onClose}
    />
  );
}

import { useState } from "react";
import { useCan } from "../../../api/session";
import type { Invitation } from "../../../api/types";
import { ConfirmChange } from "../../../parts/ConfirmChange";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Table } from "../../../ui/Table";
import { Time } from "../../../ui/Time";
import styles from "../page.module.css";
import { useInvitations, useWithdraw } from "./queries";

/** Who was asked in and hasn't come yet. Without one there is nothing to show. */
export function InvitationCard() {
  const open = useInvitations();
  const may = useCan()("member:write");
  const [ending, setEnding] = useState<Invitation | null>(null);
  const withdraw = useWithdraw();
  if (!open.data?.length) return null;
  return (
    <Card title={t.team.invitations}>
      <Table<Invitation>
        caption={t.team.invitations}
        rows={open.data}
        rowKey={(i) => i.id}
        columns={[
          {
            id: "who",
            head: t.team.colWho,
            wide: true,
            phone: "first",
            cell: (i) => (
              <>
                {i.email}{" "}
                <span className={styles.soft}>{t.team.invitedBy(i.invited_by_name ?? "")}</span>
              </>
            ),
          },
          { id: "role", head: t.team.colRole, cell: (i) => i.role },
          {
            id: "until",
            head: t.team.colExpires,
            phone: "off",
            cell: (i) => <Time at={i.expires_at} />,
          },
          {
            id: "actions",
            head: t.team.colActions,
            quiet: true,
            align: "end",
            phone: "end",
            cell: (i) =>
              may ? (
                <Button size="sm" label={t.team.withdrawOf(i.email)} onClick={() => setEnding(i)}>
                  {t.team.withdraw}
                </Button>
              ) : null,
          },
        ]}
      />
      {ending ? (
        <ConfirmChange
          title={t.team.withdrawTitle(ending.email)}
          text={t.team.withdrawText}
          verb={t.team.withdraw}
          change={withdraw}
          of={ending.id}
          done={t.team.withdrawn}
          failed={t.team.withdrawFailed}
          onClose={() => setEnding(null)}
        />
      ) : null}
    </Card>
  );
}

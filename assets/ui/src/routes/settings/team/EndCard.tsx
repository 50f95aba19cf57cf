import { useState } from "react";
import { useMembers } from "../../../api/members";
import { useCan } from "../../../api/session";
import type { Workspace } from "../../../api/types";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { Field } from "../../../ui/Field";
import { Select } from "../../../ui/Input";
import styles from "../page.module.css";
import { DeleteDialog } from "./DeleteDialog";
import { useLeave, useTransfer } from "./queries";
import { said } from "./said";
import { useElsewhere } from "./useElsewhere";

/** What ends one's part in a workspace, or the workspace. */
export function EndCard({ workspace }: { workspace: Workspace }) {
  const can = useCan();
  const [doing, setDoing] = useState<"leave" | "delete" | null>(null);
  return (
    <Card title={t.team.danger}>
      {can("workspace:transfer") ? <TransferForm id={workspace.id} /> : null}
      <div className={styles.form}>
        <p>{t.team.leaveHint}</p>
        <Button onClick={() => setDoing("leave")}>{t.team.leave}</Button>
        {can("workspace:delete") ? (
          <>
            <p>{t.team.deleteHint}</p>
            <Button look="danger" onClick={() => setDoing("delete")}>
              {t.team.delete}
            </Button>
          </>
        ) : null}
      </div>
      {doing === "leave" ? (
        <LeaveDialog workspace={workspace} onClose={() => setDoing(null)} />
      ) : null}
      {doing === "delete" ? (
        <DeleteDialog workspace={workspace} onClose={() => setDoing(null)} />
      ) : null}
    </Card>
  );
}

function TransferForm({ id }: { id: string }) {
  const members = useMembers();
  const transfer = useTransfer(id);
  const [to, setTo] = useState("");
  const others = members.data?.filter((m) => m.kind === "person" && !m.is_me) ?? [];
  const options = [
    { value: "", label: t.team.shareChoose },
    ...others.map((m) => ({ value: m.user_id, label: m.name || m.email || m.user_id })),
  ];
  return (
    <div className={styles.form}>
      <p>{others.length > 0 ? t.team.transferText : t.team.transferNobody}</p>
      {others.length > 0 ? (
        <>
          <Field label={t.team.transferTo}>
            {(control) => (
              <Select
                {...control}
                value={to}
                options={options}
                onChange={(e) => setTo(e.target.value)}
              />
            )}
          </Field>
          <Button
            disabled={!to}
            busy={transfer.isPending}
            onClick={() => transfer.mutate(to, said(t.team.transferred, t.team.transferFailed))}
          >
            {t.team.transfer}
          </Button>
        </>
      ) : null}
    </div>
  );
}

function LeaveDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const leave = useLeave(workspace.id);
  const elsewhere = useElsewhere(workspace.id);
  const { onError } = said("", t.team.leaveFailed);
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.leaveTitle(workspace.name)}
      text={t.team.leaveText}
      verb={t.team.leave}
      danger
      busy={leave.isPending}
      onConfirm={() =>
        leave.mutate(undefined, { onSuccess: elsewhere, onError, onSettled: onClose })
      }
    />
  );
}

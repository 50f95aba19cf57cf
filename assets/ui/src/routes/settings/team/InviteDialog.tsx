import { type FormEvent, useState } from "react";
import { asApiError } from "../../../api/error";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { CopyButton } from "../../../ui/CopyButton";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorPanel } from "../../../ui/ErrorPanel";
import { Field } from "../../../ui/Field";
import { Input } from "../../../ui/Input";
import styles from "../page.module.css";
import { useInvite } from "./queries";
import { RoleSelect } from "./RoleSelect";

/** Asks for an address and a role; then says where the link is: in the mail, or here to copy. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const invite = useInvite();
  const made = invite.data;
  const link = made?.url ? new URL(made.url, location.origin).href : undefined;
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={made ? t.team.inviteMade(made.email) : t.team.inviteTitle}
      text={made ? (link ? t.team.inviteCopy : t.team.inviteMailed) : t.team.inviteText}
    >
      {made ? (
        <>
          {link ? (
            <div className={styles.secret}>
              <code>{link}</code>
              <CopyButton text={link} what={t.team.inviteLink} words size="md" />
            </div>
          ) : null}
          <DialogActions>
            <Button look="primary" onClick={onClose}>
              {t.ui.close}
            </Button>
          </DialogActions>
        </>
      ) : (
        <InviteForm invite={invite} onClose={onClose} />
      )}
    </Dialog>
  );
}

function InviteForm({
  invite,
  onClose,
}: {
  invite: ReturnType<typeof useInvite>;
  onClose: () => void;
}) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("editor");
  const refusal = invite.error ? asApiError(invite.error) : undefined;
  const issue = refusal?.issueOf("email");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ email: email.trim(), role });
  };
  return (
    <form className={styles.dialogForm} onSubmit={submit} noValidate>
      {refusal && !issue ? (
        <ErrorPanel
          title={t.team.inviteFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <Field label={t.team.inviteEmail} error={issue}>
        {(control) => (
          <Input
            {...control}
            type="email"
            autoComplete="off"
            value={email}
            onChange={(e) => setEmail(e.target.value)}
          />
        )}
      </Field>
      <Field label={t.team.inviteRole}>
        {({ id }) => <RoleSelect id={id} value={role} onChange={setRole} />}
      </Field>
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button
          type="submit"
          look="primary"
          busy={invite.isPending}
          disabled={!email.includes("@")}
        >
          {t.team.inviteSend}
        </Button>
      </DialogActions>
    </form>
  );
}

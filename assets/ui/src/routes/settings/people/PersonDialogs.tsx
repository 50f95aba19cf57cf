import { asApiError } from "../../../api/error";
import type { AdminUser } from "../../../api/types";
import { ConfirmChange } from "../../../parts/ConfirmChange";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { CopyButton } from "../../../ui/CopyButton";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorPanel } from "../../../ui/ErrorPanel";
import styles from "../page.module.css";
import type { Change } from "./changes";
import { useChangePerson, useResetLink } from "./queries";

const nameOf = (person: AdminUser) => person.name || person.email;

interface DialogProps {
  person: AdminUser;
  onClose: () => void;
}

export function ChangeDialog({ person, change, onClose }: DialogProps & { change: Change }) {
  const who = nameOf(person);
  return (
    <ConfirmChange
      title={change.title(who)}
      text={change.text}
      verb={change.label}
      danger={change.danger ?? false}
      change={useChangePerson(person.id)}
      of={change.body}
      done={t.people.changed(who)}
      failed={t.people.changeFailed}
      onClose={onClose}
    />
  );
}

/** Where no mail is sent, or it doesn't arrive: the administrator passes the link on. */
export function ResetDialog({ person, onClose }: DialogProps) {
  const reset = useResetLink(person.id);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.people.resetTitle(nameOf(person))}
      text={t.people.resetText}
    >
      {reset.error ? (
        <ErrorPanel title={t.people.resetFailed} text={asApiError(reset.error).message} />
      ) : null}
      {reset.data ? (
        <div className={styles.secret}>
          <code>{reset.data}</code>
          <CopyButton text={reset.data} what={t.people.link} words size="md" />
        </div>
      ) : null}
      <DialogActions>
        {reset.data ? (
          <Button look="primary" onClick={onClose}>
            {t.people.done}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t.ui.cancel}</Button>
            <Button look="primary" busy={reset.isPending} onClick={() => reset.mutate()}>
              {t.people.reset}
            </Button>
          </>
        )}
      </DialogActions>
    </Dialog>
  );
}

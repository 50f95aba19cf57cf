import { type FormEvent, useState } from "react";
import { asApiError } from "../../../api/error";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorPanel } from "../../../ui/ErrorPanel";
import { Field } from "../../../ui/Field";
import { Input } from "../../../ui/Input";
import styles from "../page.module.css";
import { RoleSelect } from "../team/RoleSelect";
import { asciiDomain } from "./ascii";
import { useAddDomain } from "./queries";

export function AddDialog({ onClose }: { onClose: () => void }) {
  const add = useAddDomain();
  const [domain, setDomain] = useState("");
  const [role, setRole] = useState("viewer");
  const refusal = add.error ? asApiError(add.error) : undefined;
  const domainIssue = refusal?.issueOf("domain");
  const roleIssue = refusal?.issueOf("role");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ domain: asciiDomain(domain), role }, { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.domains.add}
      text={t.domains.addText}
    >
      <form className={styles.dialogForm} onSubmit={submit} noValidate>
        {refusal && !domainIssue && !roleIssue ? (
          <ErrorPanel
            title={t.domains.addFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.domains.domain} hint={t.domains.domainHint} error={domainIssue}>
          {(control) => (
            <Input
              {...control}
              mono
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={255}
              value={domain}
              onChange={(e) => setDomain(e.target.value)}
            />
          )}
        </Field>
        <Field label={t.domains.role} error={roleIssue}>
          {({ id }) => <RoleSelect id={id} value={role} without={["owner"]} onChange={setRole} />}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button
            type="submit"
            look="primary"
            busy={add.isPending}
            disabled={domain.trim().length < 3}
          >
            {t.domains.add}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

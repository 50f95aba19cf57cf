import { type FormEvent, useState } from "react";
import { asApiError } from "../../../api/error";
import { useCan } from "../../../api/session";
import type { Role } from "../../../api/types";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorPanel } from "../../../ui/ErrorPanel";
import { Field } from "../../../ui/Field";
import { Input } from "../../../ui/Input";
import styles from "../page.module.css";
import { useSaveRole } from "./queries";

/** Makes a role of permissions, or changes one. What one hasn't got oneself can't be given, and is greyed. */
export function RoleDialog({ role, onClose }: { role: Role | null; onClose: () => void }) {
  const can = useCan();
  const save = useSaveRole(role);
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [chosen, setChosen] = useState<readonly string[]>(
    role?.permissions ?? ["workflow:read", "run:read"],
  );
  const refusal = save.error ? asApiError(save.error) : undefined;
  const issue = refusal?.issueOf("name");
  const toggle = (p: string) =>
    setChosen(chosen.includes(p) ? chosen.filter((x) => x !== p) : [...chosen, p]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { name: name.trim(), description: description.trim(), permissions: [...chosen] },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={role ? t.team.roleEdit(role.name) : t.team.roleNew}
      text={t.team.roleText}
    >
      <form className={styles.dialogForm} onSubmit={submit} noValidate>
        {refusal && !issue ? (
          <ErrorPanel
            title={t.team.roleSaveFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.team.roleName} error={issue} hint={t.team.roleNameHint}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={40}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field label={t.team.roleDescription} optional>
          {(control) => (
            <Input
              {...control}
              value={description}
              maxLength={1000}
              onChange={(e) => setDescription(e.target.value)}
            />
          )}
        </Field>
        {t.team.permissionGroups.map(([group, permissions]) => (
          <fieldset key={group} className={styles.scopes}>
            <legend>{group}</legend>
            {permissions.map((p) => (
              <label key={p} className={styles.scope}>
                <input
                  type="checkbox"
                  checked={chosen.includes(p)}
                  disabled={!can(p)}
                  onChange={() => toggle(p)}
                />
                {t.team.permissionWord[p]}
                <code>{p}</code>
              </label>
            ))}
          </fieldset>
        ))}
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={save.isPending} disabled={!name.trim()}>
            {t.team.roleSave}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

import { type FormEvent, useState } from "react";
import { asApiError } from "../../../api/error";
import type { Workspace } from "../../../api/types";
import { t } from "../../../text/en";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { ErrorPanel } from "../../../ui/ErrorPanel";
import { Field } from "../../../ui/Field";
import { Input } from "../../../ui/Input";
import { toast } from "../../../ui/Toast";
import styles from "../page.module.css";
import { useDeleteWorkspace, useRestore } from "./queries";
import { said } from "./said";
import { useElsewhere } from "./useElsewhere";

/** Asks for the short name, so that it doesn't happen by a slip; and offers the way back. */
export function DeleteDialog({
  workspace,
  onClose,
}: {
  workspace: Workspace;
  onClose: () => void;
}) {
  const remove = useDeleteWorkspace(workspace.id);
  const restore = useRestore();
  const elsewhere = useElsewhere(workspace.id);
  const [typed, setTyped] = useState("");
  const refusal = remove.error ? asApiError(remove.error) : undefined;
  // This dialog is gone by then, so the answer is waited for here and not by the mutation's callbacks.
  const undo = () => {
    const { onSuccess, onError } = said(t.team.restored(workspace.name), t.team.restoreFailed);
    void restore.mutateAsync(workspace.id).then(onSuccess, onError);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    remove.mutate(workspace.etag, {
      onSuccess: () => {
        toast({
          tone: "success",
          title: t.team.deleted(workspace.name),
          action: { label: t.team.undo, run: undo },
        });
        elsewhere();
      },
    });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.deleteTitle(workspace.name)}
      text={t.team.deleteText(workspace.slug)}
    >
      <form className={styles.dialogForm} onSubmit={submit}>
        {refusal ? (
          <ErrorPanel
            title={t.team.deleteFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.team.deleteField}>
          {(control) => (
            <Input
              {...control}
              mono
              autoComplete="off"
              value={typed}
              onChange={(e) => setTyped(e.target.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button
            type="submit"
            look="danger"
            busy={remove.isPending}
            disabled={typed.trim() !== workspace.slug}
          >
            {t.team.delete}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

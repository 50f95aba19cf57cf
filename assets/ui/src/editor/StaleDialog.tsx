import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import type { Saving } from "./useSave";

/** Somebody saved in between (412): both versions exist, and the person decides. */
export function StaleDialog({ saving }: { saving: Saving }) {
  if (!saving.stale) return null;
  return (
    <Dialog
      open
      onOpenChange={(open) => open || saving.dismiss()}
      title={t.editor.staleTitle}
      text={t.editor.staleText}
    >
      <DialogActions>
        <Button onClick={saving.dismiss}>{t.ui.cancel}</Button>
        <Button onClick={() => void saving.takeTheirs()}>{t.editor.staleTheirs}</Button>
        <Button look="primary" onClick={() => void saving.overwrite()}>
          {t.editor.staleMine}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

import { t } from "../text/en";
import { Button } from "./Button";
import { Dialog, DialogActions } from "./Dialog";

interface ConfirmProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  text: string;
  /** The verb on the button. */
  verb: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
}

export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  text,
  verb,
  danger,
  busy,
  onConfirm,
}: ConfirmProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} text={text}>
      <DialogActions>
        <Button onClick={() => onOpenChange(false)}>{t.ui.cancel}</Button>
        <Button look={danger ? "danger" : "primary"} busy={busy} onClick={onConfirm}>
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

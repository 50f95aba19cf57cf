import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { asApiError } from "../api/error";
import type { OnStep } from "../api/steps";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { toast } from "../ui/Toast";

interface BulkDialogProps {
  title: string;
  text: string;
  /** The verb on the button. */
  verb: string;
  danger: boolean;
  /** Makes the change step by step; goes on for as long as it is told to. */
  change: (onStep: OnStep) => Promise<void>;
  /** What is read again afterwards. */
  changes: QueryKey;
  onClose: () => void;
}

/** Asks, changes many things step by step, counts them, and can be stopped between two steps. */
export function BulkDialog(p: BulkDialogProps) {
  const client = useQueryClient();
  const [changed, setChanged] = useState<number>();
  const stopped = useRef(false);
  const start = async () => {
    let done = 0;
    let left = 0;
    setChanged(0);
    try {
      await p.change((n, skipped) => {
        done = n;
        left = skipped;
        setChanged(n);
        return !stopped.current;
      });
      toast({
        tone: "info",
        title: t.runs.bulkDone(done),
        text: left > 0 ? t.runs.bulkSkipped(left) : undefined,
      });
    } catch (error) {
      toast({ tone: "danger", title: t.runs.bulkFailed, text: asApiError(error).message });
    }
    void client.invalidateQueries({ queryKey: p.changes });
    p.onClose();
  };
  const close = () => {
    stopped.current = true;
    if (changed === undefined) p.onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title={p.title}
      text={p.text}
    >
      <p role="status">{changed === undefined ? "" : t.runs.bulkProgress(changed)}</p>
      <DialogActions>
        <Button onClick={close}>{changed === undefined ? t.ui.cancel : t.runs.bulkStop}</Button>
        <Button look={p.danger ? "danger" : "primary"} busy={changed !== undefined} onClick={start}>
          {p.verb}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

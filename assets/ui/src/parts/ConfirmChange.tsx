import type { UseMutationResult } from "@tanstack/react-query";
import { asApiError } from "../api/error";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { toast } from "../ui/Toast";

interface ConfirmChangeProps<Out, In> {
  title: string;
  text: string;
  /** The verb on the button. */
  verb: string;
  danger?: boolean;
  change: UseMutationResult<Out, Error, In>;
  /** What the change is of. */
  of: In;
  done: string | ((out: Out) => string);
  failed: string;
  onClose: () => void;
  onDone?: () => void;
}

/** Asks, makes the change, and says what became of it. */
export function ConfirmChange<Out, In>({
  title,
  text,
  verb,
  danger = true,
  change,
  of,
  done,
  failed,
  onClose,
  onDone,
}: ConfirmChangeProps<Out, In>) {
  const confirm = () =>
    change.mutate(of, {
      onSuccess: (out) => {
        toast({ tone: "success", title: typeof done === "string" ? done : done(out) });
        onDone?.();
      },
      onError: (error) => toast({ tone: "danger", title: failed, text: asApiError(error).message }),
      onSettled: onClose,
    });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => open || onClose()}
      title={title}
      text={text}
      verb={verb}
      danger={danger}
      busy={change.isPending}
      onConfirm={confirm}
    />
  );
}

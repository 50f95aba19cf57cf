import { asApiError } from "../api/error";
import type { WorkflowSummary } from "../api/types";
import { useDeleteWorkflow } from "../api/workflows";
import { t } from "../text/en";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { toast } from "../ui/Toast";

interface DeleteDialogProps {
  workflow: Pick<WorkflowSummary, "id" | "name">;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteDialog({ workflow, onClose, onDeleted }: DeleteDialogProps) {
  const remove = useDeleteWorkflow();
  const confirm = () =>
    remove.mutate(workflow.id, {
      onSuccess: () => {
        toast({ tone: "success", title: t.workflows.deleted(workflow.name) });
        onClose();
        onDeleted?.();
      },
      onError: (error) => {
        toast({
          tone: "danger",
          title: t.workflows.deleteFailed(workflow.name),
          text: asApiError(error).message,
        });
        onClose();
      },
    });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.workflows.deleteTitle(workflow.name)}
      text={t.workflows.deleteText}
      verb={t.workflows.deleteVerb}
      danger
      busy={remove.isPending}
      onConfirm={confirm}
    />
  );
}

import type { WorkflowSummary } from "../api/types";
import { useDeleteWorkflow } from "../api/workflows";
import { t } from "../text/en";
import { ConfirmChange } from "./ConfirmChange";

interface DeleteDialogProps {
  workflow: Pick<WorkflowSummary, "id" | "name">;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteDialog({ workflow, onClose, onDeleted }: DeleteDialogProps) {
  return (
    <ConfirmChange
      title={t.workflows.deleteTitle(workflow.name)}
      text={t.workflows.deleteText}
      verb={t.workflows.deleteVerb}
      change={useDeleteWorkflow()}
      of={workflow.id}
      done={t.workflows.deleted(workflow.name)}
      failed={t.workflows.deleteFailed(workflow.name)}
      onClose={onClose}
      onDone={onDeleted}
    />
  );
}

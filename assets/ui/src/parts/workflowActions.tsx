/* What can be done with a workflow, as data: the row's menu and the page's buttons are drawn from it. */
import { List, Pencil, Play, Power, Trash2 } from "lucide-react";
import { asApiError } from "../api/error";
import { useStartRun } from "../api/runs";
import { membershipOf, useCan, useMe } from "../api/session";
import type { WorkflowSummary } from "../api/types";
import { useActivate } from "../api/workflows";
import { t } from "../text/en";
import type { MenuItem } from "../ui/Menu";
import { toast } from "../ui/Toast";

export interface WorkflowDoing {
  canWrite: boolean;
  canRun: boolean;
  busy: boolean;
  setActive: (workflow: WorkflowSummary, active: boolean) => void;
  run: (workflow: WorkflowSummary) => void;
}

export function useWorkflowDoing(navigate: (path: string) => void): WorkflowDoing {
  const can = useCan();
  const activate = useActivate();
  const start = useStartRun();
  return {
    canWrite: can("workflow:write"),
    canRun: can("run:write"),
    busy: start.isPending,
    setActive: (workflow, active) =>
      activate.mutate(
        { id: workflow.id, active },
        {
          onError: (error) =>
            toast({
              tone: "danger",
              title: t.workflows.activateFailed(workflow.name),
              text: asApiError(error).message,
            }),
        },
      ),
    run: (workflow) =>
      start.mutate(
        { id: workflow.id },
        {
          onSuccess: (run) =>
            toast({
              tone: "info",
              title: t.workflows.runStarted(workflow.name),
              action: { label: t.workflows.runOpen, run: () => navigate(`/runs/${run.id}`) },
            }),
          onError: (error) =>
            toast({
              tone: "danger",
              title: t.workflows.runFailed(workflow.name),
              text: asApiError(error).message,
            }),
        },
      ),
  };
}

export function useMenuItems(
  doing: WorkflowDoing,
  navigate: (path: string) => void,
  onDelete: (workflow: WorkflowSummary) => void,
): (workflow: WorkflowSummary) => MenuItem[][] {
  const role = membershipOf(useMe())?.role ?? "";
  const blockedWrite = doing.canWrite ? undefined : t.workflows.needsWrite(role);
  const blockedRun = doing.canRun ? undefined : t.workflows.needsRun(role);
  return (workflow) => [
    [
      {
        id: "run",
        label: t.workflows.run,
        icon: <Play size={16} aria-hidden />,
        blocked: blockedRun,
        onSelect: () => doing.run(workflow),
      },
      {
        id: "edit",
        label: t.workflows.edit,
        icon: <Pencil size={16} aria-hidden />,
        onSelect: () => navigate(`/workflows/${workflow.id}/edit`),
      },
      {
        id: "history",
        label: t.workflows.history,
        icon: <List size={16} aria-hidden />,
        onSelect: () => navigate(`/runs?workflow=${workflow.id}`),
      },
      {
        id: "active",
        label: workflow.is_active ? t.workflows.deactivateVerb : t.workflows.activateVerb,
        icon: <Power size={16} aria-hidden />,
        blocked: blockedWrite,
        onSelect: () => doing.setActive(workflow, !workflow.is_active),
      },
    ],
    [
      {
        id: "delete",
        label: t.workflows.delete,
        icon: <Trash2 size={16} aria-hidden />,
        danger: true,
        blocked: blockedWrite,
        onSelect: () => onDelete(workflow),
      },
    ],
  ];
}

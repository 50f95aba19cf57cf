import { useNodeTypes } from "../api/nodeTypes";
import type { Workflow } from "../api/types";
import { RunCanvas } from "../canvas/RunCanvas";
import type { NodeState } from "../canvas/runState";
import { t } from "../text/en";

const NO_STATES: ReadonlyMap<string, NodeState> = new Map();

export function Editor({ workflow }: { workflow: Workflow }) {
  const nodeTypes = useNodeTypes();
  return (
    <RunCanvas
      label={t.workflows.graph}
      definition={workflow.definition}
      states={NO_STATES}
      nodeTypes={nodeTypes.data}
    />
  );
}

import type { WorkflowSummary } from "../../api/types";
import { lookOf } from "../../parts/workflowLook";
import { t } from "../../text/en";

/** "Live v3": the number matters only while a version is live. */
export function stateWord(w: WorkflowSummary): string | undefined {
  return lookOf(w) === "active" && w.live_version
    ? t.workflows.liveVersion(w.live_version)
    : undefined;
}

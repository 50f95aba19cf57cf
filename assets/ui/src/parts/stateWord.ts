import type { WorkflowSummary } from "../api/types";
import { t } from "../text/en";
import { lookOf } from "./workflowLook";

/** "Live v3": the number matters only while a version is live. */
export function stateWord(w: WorkflowSummary): string | undefined {
  return lookOf(w) === "active" && w.live_version
    ? t.workflows.liveVersion(w.live_version)
    : undefined;
}

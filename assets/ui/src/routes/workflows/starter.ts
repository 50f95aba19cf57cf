import type { Definition } from "../../api/types";
import { t } from "../../text/en";

export type StartsBy = "webhook" | "schedule" | "manual";

const FIRST_POSITION = { x: 0, y: 0 };

/** A new workflow: one trigger, which is enough to be valid and to be made live. */
export function starter(startsBy: StartsBy, timeZone: string): Definition {
  const nodes: Record<StartsBy, Definition["nodes"][number]> = {
    webhook: {
      id: "trigger-1",
      type: "webhook",
      name: t.workflows.byWebhook,
      config: {},
      position: FIRST_POSITION,
    },
    schedule: {
      id: "trigger-1",
      type: "schedule",
      name: t.workflows.bySchedule,
      config: { cron: "0 * * * *", timezone: timeZone },
      position: FIRST_POSITION,
    },
    manual: {
      id: "trigger-1",
      type: "manual",
      name: t.workflows.byManual,
      config: {},
      position: FIRST_POSITION,
    },
  };
  return { nodes: [nodes[startsBy]], edges: [], variables: {}, settings: {} };
}

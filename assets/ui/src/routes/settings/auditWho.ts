import type { AuditEntry } from "../../api/types";
import { t } from "../../text/en";

/** Who did it, in words. */
export function whoOf({ actor }: AuditEntry): string {
  if (actor.kind === "system" || actor.kind === "hook") return t.audit.system;
  if (!actor.id) return t.audit.anonymous;
  const name = actor.name ?? t.audit.someone;
  return actor.kind === "token" ? `${name}, ${t.audit.byToken}` : name;
}

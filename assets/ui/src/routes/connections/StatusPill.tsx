import type { Connection } from "../../api/types";
import { t } from "../../text/en";
import { StatePill } from "../../ui/StatePill";
import type { State } from "../../ui/state";

export type Look = keyof typeof t.connections.word;

export const lookOf = (c: Pick<Connection, "status" | "is_active">): Look =>
  c.is_active ? c.status : "revoked";

const STATE: Record<Look, State> = {
  untested: "skipped",
  ok: "succeeded",
  failed: "failed",
  revoked: "cancelled",
};

export function StatusPill({ connection }: { connection: Connection }) {
  const look = lookOf(connection);
  return <StatePill state={STATE[look]} word={t.connections.word[look]} />;
}

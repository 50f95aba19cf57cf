/* The form of the outgoing settings: lists as lines of text, and back. Knows no server. */
import type { ApiError } from "../../api/error";
import type { Outgoing, OutgoingSet } from "../../api/types";
import { t } from "../../text/en";

export interface OutgoingDraft {
  limited: boolean;
  hosts: string;
  networks: string;
  proxy: string;
  user: string;
  password: string; // empty: the one that is stored stays
}

export function draftOf(settings: Outgoing): OutgoingDraft {
  return {
    limited: settings.hosts !== null,
    hosts: (settings.hosts ?? []).join("\n"),
    networks: settings.networks.join("\n"),
    proxy: settings.proxy ?? "",
    user: settings.proxy_user ?? "",
    password: "",
  };
}

/** Blank lines don't count. */
const entriesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

export function settingsOf(draft: OutgoingDraft): OutgoingSet {
  const proxy = draft.proxy.trim() || null;
  const user = proxy && (draft.user.trim() || null);
  return {
    hosts: draft.limited ? entriesOf(draft.hosts) : null,
    networks: entriesOf(draft.networks),
    proxy,
    proxy_user: user,
    proxy_password: user && (draft.password || null),
  };
}

/** What was refused of a field, by the line of its entry; `text` is what was typed. */
export function issueIn(error: ApiError | null, field: string, text: string): string | undefined {
  const issue = error?.issues.find((i) => i.field === field || i.field.startsWith(`${field}[`));
  const entry = /\[(\d+)\]$/.exec(issue?.field ?? "")?.[1];
  if (!issue || entry === undefined) return issue?.issue;
  const lines = text.split("\n").flatMap((line, n) => (line.trim() ? [n + 1] : []));
  return t.outgoing.line(lines[Number(entry)] ?? 1, issue.issue);
}

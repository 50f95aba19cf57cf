/* The form of a connection: what is typed, what is wrong with it, what is sent. Knows no server. */
import type { ApiError } from "../../api/error";
import type { Connection, ConnectionUpdate, Connector } from "../../api/types";
import { check, type FieldIssue } from "../../forms/check";
import type { Config, FieldSchema } from "../../forms/schema";

export interface Draft {
  name: string;
  visibility: Connection["visibility"];
  config: Config;
  secret: Config;
}

export const schemasOf = (kind: Connector) => ({
  config: kind.config as FieldSchema,
  secret: kind.secret as FieldSchema,
});

export function draftOf(connection: Connection): Draft {
  const { name, visibility, config } = connection;
  return { name, visibility, config, secret: {} };
}

/** Sets one field, or takes it out. */
export function withField(config: Config, name: string, value: unknown): Config {
  const { [name]: _old, ...rest } = config;
  return value === undefined ? rest : { ...rest, [name]: value };
}

const isSame = (a: Config, b: Config) => {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));
};

/** What is sent of a change: where a secret goes changes only together with the secret. */
export function changeOf(draft: Draft, old: Connection): ConnectionUpdate {
  const change: ConnectionUpdate = {};
  if (draft.name.trim() !== old.name) change.name = draft.name.trim();
  if (draft.visibility !== old.visibility) change.visibility = draft.visibility;
  if (!isSame(draft.config, old.config)) change.config = draft.config;
  if (Object.keys(draft.secret).length > 0) change.secret = draft.secret;
  return change;
}

/** What was typed, on top of what somebody else stored meanwhile: their changes stay where nothing was typed. */
export const rebase = (draft: Draft, old: Connection, now: Connection): Draft => ({
  ...draftOf(now),
  ...changeOf(draft, old),
});

/** What is wrong before it is sent; with no new secret in a change, the old one stays. */
export function issuesOf(kind: Connector, draft: Draft, keepsSecret: boolean): FieldIssue[] {
  const { config, secret } = schemasOf(kind);
  return [
    ...check(config, draft.config, "config"),
    ...(keepsSecret ? [] : check(secret, draft.secret, "secret")),
  ];
}

/** Issues of one part, named as its fields are. */
export function issuesIn(issues: readonly FieldIssue[], part: "config" | "secret"): FieldIssue[] {
  return issues
    .filter((i) => i.path === part || i.path.startsWith(`${part}.`))
    .map((i) => ({ path: i.path.slice(part.length + 1), text: i.text }));
}

export const asIssues = (error: ApiError | undefined): FieldIssue[] =>
  (error?.issues ?? []).map((i) => ({ path: i.field, text: i.issue }));

/* All query keys. Lists nest under their noun, so that invalidating the noun reaches every filter. */
import type { RunFilter, WorkflowFilter } from "./types";

export const keys = {
  me: ["me"] as const,
  roles: ["roles"] as const,
  sessions: ["sessions"] as const,
  tokens: ["tokens"] as const,
  passkeys: ["passkeys"] as const,
  identities: ["identities"] as const,
  providers: ["providers"] as const,
  sso: ["sso"] as const,
  domains: ["domains"] as const,
  workspace: (id: string) => ["workspace", id] as const,
  workflows: ["workflows"] as const,
  workflowList: (filter: WorkflowFilter) => ["workflows", "list", filter] as const,
  workflow: (id: string) => ["workflow", id] as const,
  versions: (id: string) => ["workflow", id, "versions"] as const,
  version: (id: string, n: number) => ["workflow", id, "versions", n] as const,
  runs: ["runs"] as const,
  runList: (filter: RunFilter) => ["runs", "list", filter] as const,
  run: (id: string) => ["run", id] as const,
  steps: (id: string) => ["run", id, "steps"] as const,
  logs: (id: string) => ["run", id, "logs"] as const,
  nodeTypes: ["node-types"] as const,
};

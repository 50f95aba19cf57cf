/* One builder for each shape the tests need; what matters to a test is what it sets. */
import type { Definition, Me, Run, RunSummary, Step, WorkflowSummary } from "../api/types";

export const AT = "2026-03-12T09:41:06.000Z";

export function makeRun(change: Partial<Run> = {}): Run {
  return {
    id: "run-1",
    workflow_id: "workflow-1",
    workflow_name: "Stripe → ledger",
    version: 1,
    status: "running",
    trigger: {
      type: "webhook",
      name: null,
      trigger_id: null,
      user_id: null,
      token_id: null,
      delivery_id: null,
      due_at: null,
    },
    error: null,
    retry_of: null,
    parent: null,
    children: [],
    created_at: AT,
    started_at: AT,
    completed_at: null,
    duration_ms: null,
    etag: 1,
    input: null,
    output: null,
    metrics: { steps: 0 },
    resource_usage: {},
    live_seq: 0,
    ...change,
  };
}

export function makeSummary(change: Partial<RunSummary> = {}): RunSummary {
  const {
    input: _i,
    output: _o,
    metrics: _m,
    resource_usage: _r,
    live_seq: _l,
    ...summary
  } = makeRun();
  return { ...summary, ...change };
}

export function makeStep(change: Partial<Step> = {}): Step {
  return {
    run_id: "run-1",
    node_id: "a",
    node_name: null,
    node_type: "set",
    iteration: 0,
    attempt: 1,
    step_no: 1,
    status: "succeeded",
    source: null,
    input: null,
    output: null,
    ports: { main: 1 },
    error: null,
    started_at: AT,
    completed_at: AT,
    duration_ms: 0,
    ...change,
  };
}

export function makeWorkflow(change: Partial<WorkflowSummary> = {}): WorkflowSummary {
  return {
    id: "workflow-1",
    name: "Stripe → ledger",
    description: "",
    state: "active",
    is_active: true,
    live_version: 3,
    draft_version: 3,
    webhook_url: null,
    tags: [],
    metadata: {},
    created_by: null,
    visibility: "workspace",
    access: "edit",
    created_at: AT,
    updated_at: AT,
    etag: 1,
    statistics: { runs: 0, succeeded: 0, failed: 0, last_run_at: null, last_status: null },
    ...change,
  };
}

/** trigger -> a -> (true) b, (false) c */
export const BRANCHING: Definition = {
  nodes: [
    { id: "t", type: "webhook", config: {} },
    { id: "a", type: "if", config: { condition: "true" } },
    { id: "b", type: "set", config: {} },
    { id: "c", type: "set", config: {} },
  ],
  edges: [
    { from: "t", to: "a" },
    { from: "a", to: "b", from_port: "true" },
    { from: "a", to: "c", from_port: "false" },
  ],
};

export function makeMe(permissions: string[] = ["workflow:read"]): Me {
  const membership = {
    workspace_id: "ws-1",
    slug: "northwind",
    name: "Northwind",
    second_factor_missing: false,
    role: "viewer" as const,
    permissions,
  };
  return {
    id: "user-1",
    email: "maya@example.com",
    name: "Maya",
    is_active: true,
    is_superuser: false,
    second_factor: false,
    has_password: true,
    memberships: [membership],
    preferences: {},
    created_at: AT,
    updated_at: AT,
    workspace_id: "ws-1",
    csrf_token: "c".repeat(32),
  };
}

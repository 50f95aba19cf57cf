/* world.mjs: people, workspaces, tokens and workflows for the suites, made by the API itself wherever it can. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, env, expect } from './client.mjs';
import { sql } from './sql.mjs';
import { until } from './until.mjs';

export const API = '/api/v1';
export const PASSWORD = 'three wheels turn slowly';
export const FINAL = ['succeeded', 'failed', 'cancelled'];
export const ALL_SCOPES = ['workflow:read', 'workflow:write', 'run:read', 'run:write', 'run:data'];

export const unique = (word) => `${word}-${randomBytes(5).toString('hex')}`;

/* The session cookie of an answer, as a Cookie header. */
export function cookieOf(response) {
  const line = response.headers.get('set-cookie') ?? '';
  const pair = /((?:__Host-)?mr)=([^;,]*)/.exec(line);
  assert.ok(pair, `no session cookie in: ${line}`);
  return `${pair[1]}=${pair[2]}`;
}

/* Somebody new, signed in by cookie: {id, email, cookie, csrf, workspace}. */
export async function person(word = 'person', extra = {}) {
  const email = `${unique(word)}@example.com`;
  const r = await call(null, 'POST', `${API}/auth/register`, { body: { email, password: PASSWORD, name: word, ...extra } });
  assert.equal(r.status, 201, r.text);
  return { id: r.body.user.id, email, cookie: cookieOf(r), csrf: r.body.csrf_token, workspace: r.body.workspace_id };
}

/* The same person as a program: {bearer, refresh, workspace}. */
export async function program(somebody) {
  const pair = await expect(200, null, 'POST', `${API}/auth/token`, {
    body: { username: somebody.email, password: PASSWORD },
  });
  return { bearer: pair.access_token, refresh: pair.refresh_token, workspace: somebody.workspace };
}

/* Makes somebody an administrator of the installation, which no operation does. */
export async function superuser(somebody) {
  await sql(`update app.user_account set is_superuser = true where id = :'user'`, { user: somebody.id });
  return somebody;
}

/* An API token of this person's workspace: {bearer, id}. */
export async function apiToken(somebody, scopes = ALL_SCOPES, extra = {}) {
  const t = await expect(201, somebody, 'POST', `${API}/tokens`, { body: { name: unique('token'), scopes, ...extra } });
  return { bearer: t.token, id: t.id };
}

/* Somebody new with a role in the owner's workspace, past the invitation, which has a suite of its own. */
export async function memberOf(owner, role) {
  const p = await person(role);
  await sql(
    `insert into app.member (workspace_id, user_id, role) values (:'ws', :'user', :'role')`,
    { ws: owner.workspace, user: p.id, role },
  );
  return { ...p, workspace: owner.workspace };
}

/* Lets a workspace's workflows call the echo: one line of the installation's own file. */
export function openEcho(workspace) {
  appendFileSync(process.env.MR_TEST_CEILING, `${new URL(env.echo).host} ${workspace}\n`);
}

/* A stored workflow. */
export async function workflow(who, definition, extra = {}) {
  return expect(201, who, 'POST', `${API}/workflows`, { body: { name: unique('workflow'), definition, ...extra } });
}

/* The same, live. */
export async function liveWorkflow(who, definition, extra = {}) {
  const w = await workflow(who, definition, extra);
  return expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`, { body: {} });
}

/* Where a workflow takes its webhook: a path from the root. */
export function hookPath(w) {
  assert.ok(w.webhook_url, `workflow ${w.id} shows no webhook_url`);
  const url = new URL(w.webhook_url, env.direct);
  return url.pathname + url.search;
}

/* Starts a run of a workflow by the API. */
export async function startRun(who, w, input, extra = {}) {
  return expect(202, who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input, ...extra } });
}

/* The run once it is over. */
export function finished(who, id, ms = 20000) {
  return until(`run ${id} is over`, async () => {
    const run = await expect(200, who, 'GET', `${API}/runs/${id}`);
    return FINAL.includes(run.status) && run;
  }, { ms, every: 50 });
}

export async function stepsOf(who, id) {
  return (await expect(200, who, 'GET', `${API}/runs/${id}/steps?limit=200`)).items;
}

/* Every page of a list. */
export async function pages(who, path) {
  const items = [];
  let cursor = null;
  do {
    const at = cursor ? `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}` : path;
    const page = await expect(200, who, 'GET', at);
    items.push(...page.items);
    cursor = page.next_cursor;
    assert.ok(items.length < 5000, `${path} never ends`);
  } while (cursor);
  return items;
}

/* Puts nodes in a chain: the first is the trigger. */
export function chain(...nodes) {
  return {
    nodes: nodes.map((n, i) => ({ name: n.id, config: {}, position: { x: 240 * i, y: 0 }, ...n })),
    edges: nodes.slice(1).map((n, i) => ({ from: nodes[i].id, to: n.id })),
  };
}

export const webhook = (config = {}) => ({ id: 'trigger-1', type: 'webhook', config: { method: 'POST', ...config } });
export const manual = () => ({ id: 'trigger-1', type: 'manual' });
export const noOp = (id = 'end-1') => ({ id, type: 'no_op' });
export const delay = (ms, id = 'delay-1') => ({ id, type: 'delay', config: { duration_ms: ms } });
export const set = (values, id = 'set-1') => ({ id, type: 'set', config: { values } });
export const http = (config, id = 'action-1', more = {}) => ({ id, type: 'http_request', config: { method: 'GET', ...config }, ...more });

/* kill -9, once there is one that wasn't killed yet; the supervisor starts another one. */
let killed;
export async function killWorker() {
  const file = join(env.var, 'run/worker.pid');
  const pid = await until('a worker runs', () => existsSync(file) && ((p) => p !== killed && p)(Number(readFileSync(file, 'utf8'))));
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'worker\n');
  process.kill(pid, 'SIGKILL');
  killed = pid;
}

/*
 * Every operation of the contract that changes something is done for real, and its entry is looked at: who, what, old and new,
 * from where, by which request; and nothing secret that was sent or answered is in it. S15.
 *
 * An operation is done by what its path and body schema tell; RECIPES says more where that isn't enough, or changes nothing.
 * One without a recipe that isn't done, or changed nothing, is told; then tests/sql/audit.sql alone speaks for it, which follows
 * the functions of all of them.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { call, expect } from '../lib/client.mjs';
import { fill, operations, sample } from '../lib/spec.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, apiToken, chain, delay, finished, hookPath, liveWorkflow, manual, memberOf, noOp, person, program, set, startRun, superuser, unique, webhook, workflow } from '../lib/world.mjs';

/* What changes nothing, or is told elsewhere: each with its reason. */
const NO_ENTRY = {
  workflow_validate: 'it only looks', schedule_preview: 'it only looks', token_introspect: 'it only looks',
  auth_passkey_options: 'a challenge of minutes', passkey_options: 'a challenge of minutes',
  auth_refresh: 'a session goes on under new secrets; its login and its end are entries',
  delivery_accept: 'a delivery is its own record', delivery_accept_path: 'a delivery is its own record',
};
const changing = operations.filter((o) => o.method !== 'GET' && !(o.id in NO_ENTRY));

const definition = () => chain(webhook(), noOp());
const own = (p) => workflow(p, definition());
const run = async (p, nodes) => startRun(p, await liveWorkflow(p, chain(manual(), ...nodes, noOp())), {});
const dead = async (p) => {
  const r = await run(p, [{ id: 'stop-1', type: 'stop', config: { message: 'broken' } }]);
  await finished(p, r.id);
  return r;
};
const trigger = async (p) => {
  const w = await own(p);
  const t = await expect(201, p, 'POST', `${API}/workflows/${w.id}/triggers`, { body: { type: 'webhook', config: { method: 'POST' } } });
  return { id: w.id, trigger_id: t.id };
};
/* Rows that only an authenticator could make. */
const passkey = async (p) => ({
  id: await value(`insert into app.passkey (user_id, credential_id, public_key, algorithm, sign_count, name) values (:'user', convert_to(:'user', 'UTF8'), '\\x00', -7, 0, 'x') returning id`, { user: p.id }),
});
const admin = (p) => superuser(p);

const made = (p, path, body) => expect(201, p, 'POST', `${API}${path}`, { body });
const second = (p, role = 'editor') => memberOf(p, role);
const invitation = (p, email) => made(p, '/invitations', { email, role: 'viewer' });
const account = async (p) => ({ values: await made(p, '/service-accounts', { name: unique('robot'), role: 'operator' }) });
const stored = () => ({ connector: 'bearer', name: unique('connection'), config: { hosts: ['api.example.com'] }, secret: { token: PASSWORD } });
const connection = (p) => made(p, '/connections', stored());
const connectionOnly = async (p) => ({ values: await connection(p) });
const key = (p) => made(p, '/keys', { name: unique('key') });
const role = (p) => made(p, '/roles', { name: unique('role'), permissions: ['workflow:read'] });

/* operation -> somebody => {values of the path, body, who}. */
const RECIPES = {
  auth_register: () => ({ who: null, body: { email: `${unique('new')}@example.com`, password: PASSWORD, name: 'New' } }),
  auth_login: (p) => ({ who: null, body: { email: p.email, password: PASSWORD } }),
  auth_token: (p) => ({ who: null, body: { username: p.email, password: PASSWORD } }),
  session_revoke: async (p) => {
    await program(p);
    const { items } = await expect(200, p, 'GET', `${API}/sessions`);
    return { values: { id: items.find((s) => !s.is_current).id } };
  },
  passkey_update: async (p) => ({ values: await passkey(p) }),
  passkey_delete: async (p) => ({ values: await passkey(p) }),
  user_update: () => ({ body: { name: 'Another name' } }),
  workspace_create: () => ({ body: { name: 'Second' } }),
  workspace_update: (p) => ({ values: { id: p.workspace }, body: { name: 'Another name' } }),
  workspace_delete: async (p) => ({ values: { id: (await expect(201, p, 'POST', `${API}/workspaces`, { body: { name: 'Second' } })).id } }),
  workspace_restore: async (p) => {
    const w = await made(p, '/workspaces', { name: 'Second' });
    await expect(204, p, 'DELETE', `${API}/workspaces/${w.id}`);
    return { values: { id: w.id } };
  },
  workspace_transfer: async (p) => ({ values: { id: p.workspace }, body: { user_id: (await second(p)).id } }),
  workspace_leave: async (p) => {
    await second(p, 'owner');
    return { values: { id: p.workspace } };
  },
  member_update: async (p) => ({ values: { user_id: (await second(p)).id }, body: { role: 'viewer' } }),
  member_delete: async (p) => ({ values: { user_id: (await second(p)).id } }),
  invitation_create: () => ({ body: { email: `${unique('guest')}@example.com`, role: 'viewer' } }),
  invitation_delete: async (p) => ({ values: await invitation(p, `${unique('guest')}@example.com`) }),
  invitation_accept: async (p) => {
    const host = await person('host');
    return { values: { token: (await invitation(host, p.email)).token }, body: {} };
  },
  join_offer_answer: async (p) => {
    const host = await person('host');
    const { id, domain } = await made(host, '/domains', { domain: `${unique('acme')}.test` });
    await sql("update app.domain set verified_at = now(), proven_at = now(), is_capturing = true, asks_first = true where id = :'id'", { id });
    await sql("update app.user_account set email = :'email', email_key = :'email', email_verified_at = now() where id = :'id'", { id: p.id, email: `p@${domain}` });
    return { values: { id: host.workspace }, body: { accept: true } };
  },
  service_account_update: async (p) => ({ ...(await account(p)), body: { name: 'Another name' } }),
  service_account_delete: account,
  role_update: async (p) => ({ values: await role(p), body: { permissions: ['run:read'] } }),
  role_delete: async (p) => ({ values: await role(p) }),
  token_update: async (p) => ({ values: { id: (await apiToken(p)).id }, body: { name: 'Another name' } }),
  token_rotate: async (p) => ({ values: { id: (await apiToken(p)).id }, body: {} }),
  workflow_share: async (p) => ({ values: await own(p), body: { shares: [{ user_id: (await second(p)).id, level: 'view' }] } }),
  retention_set: (p) => ({ values: { id: p.workspace }, body: { run_days: 3 } }),
  token_create: () => ({ body: { name: 'x', scopes: ['run:read'] } }),
  token_delete: async (p) => ({ values: { id: (await apiToken(p)).id } }),
  plan_replace: async (p) => {
    const { items: [plan] } = await expect(200, await superuser(p), 'GET', `${API}/plans`);
    return { values: { id: plan.id }, body: { name: `${plan.name} `.trim(), position: plan.position + 1, limits: plan.limits, rates: plan.rates } };
  },
  workspace_plan_replace: async (p) => {
    const { items: [plan] } = await expect(200, await superuser(p), 'GET', `${API}/plans`);
    return { values: { id: p.workspace }, body: { plan_id: plan.id } };
  },
  audit_create: () => ({ body: { action: 'deploy', kind: 'release', detail: { version: '1' } } }),
  audit_sink_set: () => ({ body: { url: 'https://logs.example.com/millrace' } }),
  audit_sink_delete: async (p) => {
    await expect(200, p, 'PUT', `${API}/audit/sink`, { body: { url: 'https://logs.example.com/millrace' } });
    return {};
  },
  workflow_create: () => ({ body: { name: 'x', definition: definition() } }),
  workflow_replace: async (p) => ({ values: await own(p), body: { name: 'Another name', definition: chain(webhook(), set({ a: 1 }), noOp()) } }),
  workflow_update: async (p) => ({ values: await own(p), body: { name: 'Another name' } }),
  workflow_deactivate: async (p) => ({ values: await liveWorkflow(p, definition()) }),
  workflow_execute: async (p) => ({ values: await liveWorkflow(p, chain(manual(), noOp())), body: {} }),
  workflow_run_create: async (p) => ({ values: await liveWorkflow(p, chain(manual(), noOp())), body: {} }),
  run_create: async (p) => ({ body: { workflow_id: (await liveWorkflow(p, chain(manual(), noOp()))).id } }),
  run_cancel: async (p) => ({ values: await run(p, [delay(60000)]) }),
  run_pause: async (p) => ({ values: await run(p, [delay(60000)]) }),
  run_resume: async (p) => {
    const values = await run(p, [delay(60000)]);
    await expect(200, p, 'POST', `${API}/runs/${values.id}/pause`, { body: {} });
    return { values };
  },
  run_bulk: async (p) => ({ body: { action: 'cancel', run_ids: [(await run(p, [delay(60000)])).id] } }),
  dead_letter_replay: async (p) => ({ values: await dead(p), body: { from: 'start' } }),
  dead_letter_discard: async (p) => ({ values: await dead(p) }),
  dead_letter_bulk: async (p) => {
    await dead(p);
    return { body: { action: 'discard' } };
  },
  run_retry: async (p) => {
    const r = await run(p, []);
    await finished(p, r.id);
    return { values: r, body: { from: 'start' } };
  },
  connection_create: () => ({ body: stored() }),
  connection_update: async (p) => ({ values: await connection(p), body: { name: 'Another name', secret: { token: PASSWORD } } }),
  connection_delete: connectionOnly,
  connection_share: async (p) => ({ values: await connection(p), body: { shares: [{ user_id: (await second(p)).id, level: 'run' }] } }),
  connection_test: connectionOnly,
  key_create: () => ({ body: { name: 'Invoices' } }),
  key_rotate: async (p) => ({ values: await key(p) }),
  key_encrypt: async (p) => ({ values: await key(p), body: { plaintext: PASSWORD } }),
  key_decrypt: async (p) => {
    const values = await key(p);
    const { ciphertext } = await expect(200, p, 'POST', `${API}/keys/${values.id}/encrypt`, { body: { plaintext: PASSWORD } });
    return { values, body: { ciphertext } };
  },
  trigger_create: async (p) => ({ values: await own(p), body: { type: 'webhook', config: { method: 'POST' } } }),
  trigger_update: async (p) => ({ values: await trigger(p), body: { config: { method: 'PUT' } } }),
  trigger_delete: async (p) => ({ values: await trigger(p) }),
};

/* Where the first part of a path says what is meant. */
async function meant(p, op) {
  if (op.path.startsWith(`${API}/workflows/{id}`)) return own(p);
  if (op.path.startsWith(`${API}/workspaces/{id}`)) return { id: p.workspace };
  return {};
}

/* All texts in a value that are secret by their form. */
const secretsIn = (text) => text.match(/\b(mr[a-z]_[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=]{20,})/g) ?? [];

/* Does it for somebody new: {op, status, text, entries}. */
async function done(op) {
  const p = await person(op.id.replaceAll('_', '-'));
  const recipe = RECIPES[op.id] ? await RECIPES[op.id](p) : { values: await meant(p, op) };
  const body = 'body' in recipe ? recipe.body : op.kind === 'json' && op.bodyRequired ? sample(op.body) : undefined;
  const request = unique(op.id);
  const r = await call('who' in recipe ? recipe.who : p, op.method, fill(op, recipe.values), { direct: true, body, headers: { 'x-request-id': request, 'user-agent': 'mutations' } });
  const entries = r.status < 300 ? await until(`an entry of ${op.id}`, async () => {
    const rows = await sql(`select row_to_json(e) from (
      select a.action, a.operation, a.actor_kind, a.actor_id, a.kind, a.resource_id, d.who, d.what from app.audit a
        join app.audit_detail d on d.workspace_id = a.workspace_id and d.audit_id = a.id where a.request_id = :'request') e`, { request });
    return rows.length > 0 && rows.map(([row]) => JSON.parse(row));
  }, { ms: 3000 }).catch(() => []) : [];
  return { op, p, status: r.status, text: r.text, entries, secrets: [...secretsIn(r.text), ...(JSON.stringify(body ?? '').includes(PASSWORD) ? [PASSWORD] : [])] };
}

const results = [];
before(async () => {
  for (const op of changing) results.push(await done(op).catch((error) => ({ op, status: 0, text: error.message, entries: [], secrets: [] })));
}, { timeout: 300000 });

const isDone = (r) => r.status >= 200 && r.status < 300 && (r.op.id in RECIPES || r.entries.length > 0);
const succeeded = () => results.filter(isDone);

test('S15 operations that change something are done for real', (t) => {
  const not = results.filter((r) => !isDone(r)).map((r) => `${r.op.id}: ${r.status} ${r.text.slice(0, 150)}`);
  if (not.length > 0) t.diagnostic(`left to tests/sql/audit.sql:\n${not.join('\n')}`);
  const broken = not.filter((line) => RECIPES[line.slice(0, line.indexOf(':'))]);
  assert.deepEqual(broken, [], 'each that has a recipe');
  assert.ok(succeeded().length > 45, `${succeeded().length} of ${results.length}`);
});

test('S15 each of them left an entry', () => {
  assert.deepEqual(succeeded().filter((r) => r.entries.length === 0).map((r) => r.op.id), []);
});

test('S15 each entry says who did it, by which operation and from where', () => {
  const wrong = succeeded().flatMap((r) => r.entries.filter((e) =>
    e.operation !== r.op.id || !/^(127\.0\.0\.1|::1)$/.test(e.who?.address ?? '') || e.who.agent !== 'mutations' ||
    (r.op.permission === 'none' ? !e.actor_id && !e.resource_id : e.actor_id !== r.p.id || e.actor_kind !== 'user')).map((e) => `${r.op.id}: ${JSON.stringify(e)}`));
  assert.deepEqual(wrong, []);
});

test('S15 a change of what is there has old and new, what is made has new, what goes has old', () => {
  const has = (r, field) => r.entries.some((e) => e.what?.[field] && Object.keys(e.what[field]).length > 0);
  const wrong = succeeded().filter((r) =>
    r.op.method === 'PATCH' ? !has(r, 'before') || !has(r, 'after')
      : r.op.method === 'DELETE' ? !has(r, 'before') && !has(r, 'after') && !has(r, 'detail')
        : !has(r, 'after') && !has(r, 'detail') && !r.entries.some((e) => e.resource_id))
    .map((r) => `${r.op.id}: ${JSON.stringify(r.entries)}`);
  assert.deepEqual(wrong, []);
});

test('S15 no entry holds a password, a token or a signing secret that was sent or answered', async () => {
  const secrets = [...new Set(results.flatMap((r) => r.secrets))];
  assert.ok(secrets.length >= 5, `only ${secrets.length} secrets were seen`);
  for (const secret of secrets)
    assert.equal(await value(`select count(*) from app.audit_detail d where position(:'secret' in d.what::text) > 0 or position(:'secret' in d.who::text) > 0`, { secret }), '0', secret.slice(0, 8));
});

test('S15 taking a webhook and recording its run writes no entry', async () => {
  const p = await person('hot');
  const w = await liveWorkflow(p, chain(webhook(), set({ a: 1 }), noOp()));
  const count = () => value(`select count(*) from app.audit where workspace_id = :'ws'`, { ws: p.workspace });
  const before_ = await count();
  const path = hookPath(w);
  await Promise.all(Array.from({ length: 30 }, () => expect(202, null, 'POST', path, { body: { x: 1 }, direct: true })));
  await until('all of them ran', async () =>
    (await value(`select count(*) from app.run where workspace_id = :'ws' and status = 'succeeded'`, { ws: p.workspace })) === '30');
  assert.equal(await count(), before_);
});

/* Exports, retention and erasure over HTTP. S17. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { call, credentials, env, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, apiToken, chain, manual, memberOf, noOp, person, workflow } from '../lib/world.mjs';

/* The files of an archive, as tar reads them: {name: [rows]}. */
async function archive(who, path) {
  const r = await fetch(env.direct + path, { headers: credentials(who) });
  assert.equal(r.status, 200);
  assert.equal(r.headers.get('content-type'), 'application/gzip');
  const bytes = Buffer.from(await r.arrayBuffer());
  const tar = (...args) => execFileSync('tar', ['-xzf', '-', ...args], { input: bytes, maxBuffer: 1e9 }).toString();
  const names = execFileSync('tar', ['-tzf', '-'], { input: bytes }).toString().trim().split('\n');
  return Object.fromEntries(names.map((name) => [name, tar('-O', name).trim().split('\n').map((l) => JSON.parse(l))]));
}

test('S17 a workspace is exported whole, as an archive that tar reads', async () => {
  const p = await person('export');
  const w = await workflow(p, chain(manual(), noOp()), { name: 'Grüße, "quoted"' });
  await sql(`insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at, output)
             select :'ws', app.uuid7(), 'n', 1, 'succeeded', now(), json_build_object('main', repeat('x', 3000)) from generate_series(1, 1200)`, { ws: p.workspace });
  const files = await archive(p, `${API}/workspaces/${p.workspace}/export`);
  assert.equal(files['workflow/000001.jsonl'][0].id, w.id);
  assert.equal(files['workflow/000001.jsonl'][0].name, 'Grüße, "quoted"');
  assert.equal(Object.entries(files).filter(([n]) => n.startsWith('step/')).flatMap(([, rows]) => rows).length, 1200);
  assert.ok(Object.keys(files).includes('audit/000001.jsonl'));
  const stranger = await person('stranger');
  await refused(404, 'NOT_FOUND', null, stranger, 'GET', `${API}/workspaces/${p.workspace}/export`, { direct: true });
  await refused(403, 'FORBIDDEN', null, await memberOf(p, 'editor'), 'GET', `${API}/workspaces/${p.workspace}/export`, { direct: true });
});

test('S17 a person takes along what is known of the person', async () => {
  const p = await person('mine');
  await workflow(p, chain(manual(), noOp()));
  const files = await archive(p, `${API}/users/me/export`);
  const account = files['person.jsonl'].find((l) => l.table === 'user_account').row;
  assert.equal(account.email, p.email);
  assert.equal(account.password_hash, undefined);
  assert.ok(files['person.jsonl'].some((l) => l.table === 'session'));
  assert.ok(Object.keys(files).some((n) => n.startsWith(`workspaces/${p.workspace}/audit_detail/`)));
  const r = await call(await apiToken(p), 'GET', `${API}/users/me/export`, { direct: true });
  assert.equal(r.status, 403, 'an API token is no person');
});

test('S17 an account is deleted, but not by the only owner of others', async () => {
  const owner = await person('leaving');
  const member = await memberOf(owner, 'editor');
  const body = await refused(409, 'CONFLICT', null, owner, 'DELETE', `${API}/users/me`);
  assert.ok(body.error.issues.some((i) => i.field === `workspace:${owner.workspace}`), JSON.stringify(body));
  const token = await apiToken(member);
  assert.equal((await call(member, 'DELETE', `${API}/users/me`)).status, 204);
  assert.equal((await call(member, 'GET', `${API}/users/me`)).status, 401);
  assert.equal((await call(token, 'GET', `${API}/workflows`)).status, 401);
  assert.equal((await call(null, 'POST', `${API}/auth/login`, { body: { email: member.email, password: PASSWORD } })).status, 401);
  assert.equal(await value(`select count(*) from app.user_account where email_key = :'email'`, { email: member.email }), '0');
  await expect(201, null, 'POST', `${API}/auth/register`, { body: { email: member.email, password: PASSWORD, name: 'again' } });
  const entries = (await expect(200, owner, 'GET', `${API}/audit?actor=${member.id}`)).items;
  assert.ok(entries.length > 0 && entries.every((e) => e.actor.name === null), 'what was done stays under an id that names nobody');
});

test('S17 a workspace keeps its data for as long as it says', async () => {
  const p = await person('keeping');
  const path = `${API}/workspaces/${p.workspace}/retention`;
  assert.equal((await expect(200, p, 'GET', path)).run_days, null);
  assert.equal((await expect(200, p, 'PUT', path, { body: { run_days: 7, audit_days: 90 } })).run_days, 7);
  assert.equal((await expect(200, p, 'GET', path)).audit_days, 90);
  await refused(400, 'VALIDATION_ERROR', 'run_days', p, 'PUT', path, { body: { run_days: 400 } });
  await refused(403, 'FORBIDDEN', null, await memberOf(p, 'viewer'), 'PUT', path, { body: { run_days: 1 } });
  await until('the change is an entry', async () => (await expect(200, p, 'GET', `${API}/audit?resource=retention`)).items[0]?.after.run_days === 7);
});

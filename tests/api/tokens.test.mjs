/* API tokens. U09. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { API, apiToken, chain, manual, memberOf, noOp, person, workflow } from '../lib/world.mjs';
import { until } from '../lib/until.mjs';

test('U09 a token is shown once; only its hash is kept', async () => {
  const p = await person();
  const r = await call(p, 'POST', `${API}/tokens`, { body: { name: 'Shop', scopes: ['run:write', 'run:read'] } });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.headers.get('location'), `${API}/tokens/${r.body.id}`);
  assert.ok(r.body.token.startsWith(r.body.prefix));
  const got = await call(p, 'GET', `${API}/tokens/${r.body.id}`);
  assert.equal(got.status, 200);
  assert.ok(!got.text.includes(r.body.token));
  const list = await call(p, 'GET', `${API}/tokens`);
  assert.ok(!list.text.includes(r.body.token));
  const found = await value(
    `select count(*) from app.token t where t::text like '%' || :'token' || '%' or t.token_hash <> sha256(:'token'::bytea) and t.id = :'id'`,
    { token: r.body.token, id: r.body.id },
  );
  assert.equal(found, '0');
});

test('U09 a token works in its workspace with its scopes, and its last use shows', async () => {
  const p = await person();
  const t = await apiToken(p, ['workflow:read', 'run:read']);
  await expect(200, t, 'GET', `${API}/workflows`);
  const said = await refused(403, 'FORBIDDEN', null, t, 'POST', `${API}/workflows`, { body: { name: 'x', definition: chain(manual(), noOp()) } });
  assert.match(said.error.message, /workflow:write/);
  await until('last use is recorded', async () => (await expect(200, p, 'GET', `${API}/tokens/${t.id}`)).used_at);
});

test('U09 a token has one workspace: another is not found', async () => {
  const p = await person();
  const other = await expect(201, p, 'POST', `${API}/workspaces`, { body: { name: 'Other' } });
  const t = await apiToken(p);
  await refused(404, 'NOT_FOUND', null, { ...t, workspace: other.id }, 'GET', `${API}/workflows`);
  await expect(200, { ...t, workspace: p.workspace }, 'GET', `${API}/workflows`);
});

test('U09 a deleted or expired token opens nothing from that moment', async () => {
  const p = await person();
  const t = await apiToken(p);
  await expect(204, p, 'DELETE', `${API}/tokens/${t.id}`);
  await refused(401, 'UNAUTHENTICATED', null, t, 'GET', `${API}/workflows`);
  await refused(404, 'NOT_FOUND', null, p, 'DELETE', `${API}/tokens/${t.id}`);
  const old = await apiToken(p, ['run:read'], { expires_at: new Date(Date.now() + 3600000).toISOString() });
  await sql(`update app.token set expires_at = now() - interval '1 second' where id = :'id'`, { id: old.id });
  const r = await call(old, 'GET', `${API}/runs`);
  assert.equal(r.status, 401, r.text);
});

test('U09 a token made of nothing is refused', async () => {
  const t = await apiToken(await person());
  const flipped = t.bearer.slice(0, -1) + (t.bearer.endsWith('0') ? '1' : '0');
  for (const bearer of ['mrt_', 'mrt_abc', flipped, `${t.bearer}x`, t.bearer.toUpperCase()])
    await refused(401, 'UNAUTHENTICATED', null, { bearer }, 'GET', `${API}/workflows`);
});

test('U09 scopes never reach beyond the role, also after a demotion', async () => {
  const owner = await person();
  const editor = await memberOf(owner, 'editor');
  const said = await refused(403, 'FORBIDDEN', null, editor, 'POST', `${API}/tokens`, { body: { name: 'x', scopes: ['workspace:admin'] } });
  assert.match(said.error.message, /workspace:admin/);
  const t = await apiToken(editor, ['workflow:write', 'workflow:read']);
  await workflow(t, chain(manual(), noOp()));
  await sql(`update app.member set role = 'viewer' where workspace_id = :'ws' and user_id = :'id'`, { ws: owner.workspace, id: editor.id });
  const late = await refused(403, 'FORBIDDEN', null, t, 'POST', `${API}/workflows`, { body: { name: 'x', definition: chain(manual(), noOp()) } });
  assert.match(late.error.message, /workflow:write/);
});

test('U09 plural scope names are read as the singular ones', async () => {
  const p = await person();
  const made = await expect(201, p, 'POST', `${API}/tokens`, { body: { name: 'plural', scopes: ['runs:create', 'workflows:read'] } });
  assert.deepEqual([...made.scopes].sort(), ['run:write', 'workflow:read']);
});

test('U09 unknown scopes and a time that is past are refused, named', async () => {
  const p = await person();
  await refused(400, 'VALIDATION_ERROR', 'scopes[1]', p, 'POST', `${API}/tokens`, { body: { name: 'x', scopes: ['run:read', 'moon:walk'] } });
  await refused(400, 'VALIDATION_ERROR', 'expires_at', p, 'POST', `${API}/tokens`, { body: { name: 'x', scopes: ['run:read'], expires_at: '2001-01-01T00:00:00Z' } });
});

test('U09 a token makes no tokens and is no person', async () => {
  const t = await apiToken(await person());
  await refused(403, 'FORBIDDEN', null, t, 'POST', `${API}/tokens`, { body: { name: 'x', scopes: ['run:read'] } });
  await refused(403, 'FORBIDDEN', null, t, 'GET', `${API}/users/me`);
});

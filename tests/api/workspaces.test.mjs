/* Workspaces, and choosing one. U12, U14. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { API, memberOf, person, program, unique, workflow, chain, manual, noOp } from '../lib/world.mjs';

test('U12 a person has several workspaces and chooses by X-Workspace, id or slug', async () => {
  const p = await person();
  const slug = unique('second');
  const r = await call(p, 'POST', `${API}/workspaces`, { body: { name: 'Second', slug, settings: { colour: 'blue' } } });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.headers.get('location'), `${API}/workspaces/${r.body.id}`);
  assert.equal(r.body.role, 'owner');
  assert.deepEqual(r.body.settings, { colour: 'blue' });
  const { items } = await expect(200, p, 'GET', `${API}/workspaces`);
  assert.deepEqual(items.map((w) => w.id).sort(), [p.workspace, r.body.id].sort());
  const inSecond = await workflow({ ...p, workspace: slug }, chain(manual(), noOp()));
  const list = async (workspace) => (await expect(200, { ...p, workspace }, 'GET', `${API}/workflows`)).items.map((w) => w.id);
  assert.deepEqual(await list(r.body.id), [inSecond.id]);
  assert.deepEqual(await list(slug), [inSecond.id]);
  assert.deepEqual(await list(p.workspace), []);
});

test('U12 a workspace that one is not in is not found, whether it exists or not', async () => {
  const [a, b] = [await person(), await person()];
  await refused(404, 'NOT_FOUND', null, { ...a, workspace: b.workspace }, 'GET', `${API}/workflows`);
  await refused(404, 'NOT_FOUND', null, { ...a, workspace: 'no-such-workspace' }, 'GET', `${API}/workflows`);
  for (const method of ['GET', 'DELETE']) await refused(404, 'NOT_FOUND', null, a, method, `${API}/workspaces/${b.workspace}`);
  await refused(404, 'NOT_FOUND', null, a, 'PATCH', `${API}/workspaces/${b.workspace}`, { body: { name: 'Mine now' } });
});

test('U12 slug and domain are unique over all workspaces', async () => {
  const [a, b] = [await person(), await person()];
  const slug = unique('taken');
  const domain = `${unique('team')}.example`;
  await expect(201, a, 'POST', `${API}/workspaces`, { body: { name: 'First', slug, domain } });
  await refused(409, 'CONFLICT', 'slug', b, 'POST', `${API}/workspaces`, { body: { name: 'Late', slug } });
  await refused(409, 'CONFLICT', 'domain', b, 'POST', `${API}/workspaces`, { body: { name: 'Late', domain } });
});

test('U12 a workspace is changed under its ETag', async () => {
  const p = await person();
  const got = await call(p, 'GET', `${API}/workspaces/${p.workspace}`);
  const etag = got.headers.get('etag');
  assert.equal(etag, `"${got.body.etag}"`);
  const changed = await expect(200, p, 'PATCH', `${API}/workspaces/${p.workspace}`, { body: { name: 'Billing' }, headers: { 'if-match': etag } });
  assert.equal(changed.name, 'Billing');
  assert.ok(changed.etag > got.body.etag);
  await refused(412, 'PRECONDITION_FAILED', null, p, 'PATCH', `${API}/workspaces/${p.workspace}`, { body: { name: 'Late' }, headers: { 'if-match': etag } });
  await refused(400, 'VALIDATION_ERROR', 'slug', p, 'PATCH', `${API}/workspaces/${p.workspace}`, { body: { slug: 'Not A Slug' } });
});

test('U12 a deleted workspace is gone, and only an owner deletes it', async () => {
  const p = await person();
  const made = await expect(201, p, 'POST', `${API}/workspaces`, { body: { name: 'Short-lived' } });
  const inIt = { ...p, workspace: made.id };
  const admin = await memberOf(inIt, 'admin');
  const said = await refused(403, 'FORBIDDEN', null, admin, 'DELETE', `${API}/workspaces/${made.id}`);
  assert.match(said.error.message, /workspace:delete/);
  await expect(204, inIt, 'DELETE', `${API}/workspaces/${made.id}`);
  await refused(404, 'NOT_FOUND', null, p, 'GET', `${API}/workspaces/${made.id}`);
  await refused(404, 'NOT_FOUND', null, inIt, 'GET', `${API}/workflows`);
});

test('U14 the table of roles is served, and each member sees what the own role allows', async () => {
  const p = await person();
  const { items } = await expect(200, p, 'GET', `${API}/roles`);
  assert.deepEqual(items.map((r) => r.name).sort(), ['admin', 'editor', 'operator', 'owner', 'viewer']);
  const can = Object.fromEntries(items.map((r) => [r.name, new Set(r.permissions)]));
  assert.ok(can.owner.has('workspace:delete') && !can.admin.has('workspace:delete'));
  assert.ok(can.editor.has('workflow:write') && !can.operator.has('workflow:write'));
  assert.ok(can.operator.has('run:write') && !can.viewer.has('run:write'));
  assert.ok(can.viewer.has('workflow:read') && can.viewer.has('run:read') && !can.viewer.has('run:data'));
  const viewer = await program(await memberOf(p, 'viewer'));
  const me = await expect(200, viewer, 'GET', `${API}/users/me`);
  const here = me.memberships.find((m) => m.workspace_id === p.workspace);
  assert.equal(here.role, 'viewer');
  assert.deepEqual([...here.permissions].sort(), [...can.viewer].sort());
});

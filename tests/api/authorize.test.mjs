/* What others ask us: is this credential good, may this person do that? U10, U11. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { fill, operations, sample } from '../lib/spec.mjs';
import { API, apiToken, memberOf, person, program } from '../lib/world.mjs';

const ROLES = ['owner', 'admin', 'editor', 'operator', 'viewer'];
let owner, members;

before(async () => {
  owner = await person('owner');
  members = { owner };
  for (const role of ROLES.slice(1)) members[role] = await memberOf(owner, role);
});

const introspect = (who, token) => expect(200, who, 'POST', `${API}/auth/introspect`, { body: { token } });

test('U10 a token, a session, an access and a refresh token are told by kind, person and scopes', async () => {
  const t = await apiToken(owner, ['run:read', 'workflow:read'], { expires_at: '2030-01-01T00:00:00Z' });
  assert.deepEqual(await introspect(owner, t.bearer), {
    active: true, kind: 'token', workspace: owner.workspace, user: owner.id, scopes: ['run:read', 'workflow:read'], expires_at: '2030-01-01T00:00:00.000Z',
  });
  const pair = await program(owner);
  const session = await introspect(owner, owner.cookie.split('=')[1]);
  assert.deepEqual([session.kind, session.user], ['session', owner.id]);
  assert.ok(session.scopes.includes('workspace:delete'), 'a person has all that the role may do');
  assert.equal((await introspect(owner, pair.bearer)).kind, 'access');
  assert.equal((await introspect(owner, pair.refresh)).kind, 'refresh');
});

test('U10 a service asks with a token of its own', async () => {
  const service = await apiToken(owner, ['workspace:read']);
  const t = await apiToken(owner, ['run:read']);
  assert.equal((await introspect(service, t.bearer)).active, true);
  await refused(403, 'FORBIDDEN', null, t, 'POST', `${API}/auth/introspect`, { body: { token: service.bearer } });
});

test('U10 what has ended, what is altered and what is another workspace\'s is not active, and nothing more is said', async () => {
  const t = await apiToken(owner, ['run:read']);
  const stranger = await person('stranger');
  assert.deepEqual(await introspect(stranger, t.bearer), { active: false });
  await expect(204, owner, 'DELETE', `${API}/tokens/${t.id}`);
  assert.deepEqual(await introspect(owner, t.bearer), { active: false });
  const pair = await program(stranger);
  assert.deepEqual(await introspect(owner, pair.bearer), { active: false }, 'not a member here');
  const altered = pair.bearer.slice(0, -4) + 'AAAA';
  for (const token of [altered, 'nonsense', 'eyJhbGciOiJub25lIn0.e30.', `mrt_${'A'.repeat(49)}`, 'mrj_x'])
    assert.deepEqual(await introspect(stranger, token), { active: false }, token);
  const spent = await program(stranger);
  await expect(200, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token: spent.refresh } });
  assert.deepEqual(await introspect(stranger, spent.refresh), { active: false }, 'a spent refresh token');
});

/* Asks for something that is not there, as rbac does: who may ask gets a 404 or changes nothing. */
function real(op, who) {
  const target = op.path.startsWith(`${API}/workspaces/{id}`) ? fill(op, { id: owner.workspace }) : fill(op);
  const body = op.kind === 'json' ? { raw: JSON.stringify(sample(op.body) ?? {}), type: 'application/json' } : {};
  return call(who, op.method, target, { direct: true, ...body, headers: op.ifMatch ? { 'if-match': '"987654321"' } : {} });
}

for (const op of operations.filter((o) => o.permission.includes(':') && o.tag !== 'live' && !o.id.startsWith('auth_'))) {
  test(`U11 ${op.id}: the answer is the one that the operation gives, for each role`, async () => {
    const [resource, ...action] = op.id.split('_');
    for (const role of ROLES) {
      const q = new URLSearchParams({ user: members[role].id, resource, action: action.join('_') });
      const r = await call(owner, 'GET', `${API}/auth/authorize?${q}`, { direct: true });
      // What web answers by itself has no function: it is asked for by its permission.
      const answer = r.status === 200 ? r.body : await expect(200, owner, 'GET', `${API}/auth/authorize?${new URLSearchParams({ user: members[role].id, resource: op.permission.split(':')[0], action: op.permission.split(':')[1] })}`);
      assert.equal(answer.role, role);
      assert.equal(answer.permission, op.permission);
      assert.equal(answer.allowed, (await real(op, members[role])).status !== 403, `${op.id} ${role}`);
    }
  });
}

test('U11 who asks for nobody asks for oneself; strangers are not found; nonsense is named', async () => {
  const viewer = members.viewer;
  assert.deepEqual(await expect(200, viewer, 'GET', `${API}/auth/authorize?resource=workflow&action=create`), { allowed: false, role: 'viewer', permission: 'workflow:write' });
  assert.equal((await expect(200, viewer, 'GET', `${API}/auth/authorize?resource=workflows&action=read`)).allowed, true);
  const stranger = await person('stranger');
  await refused(404, 'NOT_FOUND', null, owner, 'GET', `${API}/auth/authorize?user=${stranger.id}&resource=workflow&action=read`);
  await refused(400, 'VALIDATION_ERROR', 'action', owner, 'GET', `${API}/auth/authorize?resource=workflow&action=fly`);
});

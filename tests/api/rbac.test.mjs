/* Which role and which scope may do what, generated from x-permission and the table of roles. U14, T07. */
import assert from 'node:assert/strict';
import { test, before } from 'node:test';
import { call, expect, isRefusal } from '../lib/client.mjs';
import { value } from '../lib/sql.mjs';
import { fill, operations, sample } from '../lib/spec.mjs';
import { ALL_SCOPES, API, apiToken, memberOf, person, program } from '../lib/world.mjs';

const ROLES = ['owner', 'admin', 'editor', 'operator', 'viewer'];
const guarded = operations.filter((o) => o.permission.includes(':') && o.tag !== 'live');
const personal = operations.filter((o) => o.permission === 'session');
let owner, roles, may, scoped;

before(async () => {
  owner = await person('owner');
  roles = { owner: await program(owner) };
  for (const role of ROLES.slice(1)) roles[role] = { ...(await program(await memberOf(owner, role))), workspace: owner.workspace };
  const { items } = await expect(200, owner, 'GET', `${API}/roles`);
  may = Object.fromEntries(items.map((r) => [r.name, new Set(r.permissions)]));
  scoped = {};
  for (const scope of ALL_SCOPES) scoped[scope] = await apiToken(owner, [scope]);
});

/* Asks for something that is not there, so that who may ask gets a 404 or changes nothing. */
function ask(op, who) {
  const target = op.path.startsWith(`${API}/workspaces/{id}`) ? fill(op, { id: owner.workspace }) : fill(op);
  const body = op.kind === 'json' ? { raw: JSON.stringify(sample(op.body) ?? {}), type: 'application/json' } : {};
  const headers = op.ifMatch ? { 'if-match': '"987654321"' } : {};
  return call(who, op.method, target, { direct: true, ...body, headers });
}

function denied(r, permission, what) {
  assert.equal(r.status, 403, `${what}: ${r.status} ${r.text.slice(0, 300)}`);
  isRefusal(r, 'FORBIDDEN');
  assert.ok(r.body.error.message.includes(permission), `${what}: the permission is not named: ${r.text}`);
}

function allowed(r, what) {
  assert.ok(![401, 403].includes(r.status) && r.status < 500, `${what}: ${r.status} ${r.text.slice(0, 300)}`);
}

for (const op of guarded) {
  test(`U14 ${op.id} needs ${op.permission} of the role`, async () => {
    for (const role of ROLES) {
      const r = await ask(op, roles[role]);
      if (may[role].has(op.permission)) allowed(r, role);
      else denied(r, op.permission, role);
    }
  });

  test(`U14 ${op.id} needs ${op.permission} of the token's scopes`, async () => {
    for (const scope of ALL_SCOPES) {
      const r = await ask(op, scoped[scope]);
      if (scope === op.permission) allowed(r, scope);
      else denied(r, op.permission, scope);
    }
  });
}

for (const op of personal) {
  test(`U14 ${op.id} is for people, not for API tokens`, async () => {
    const r = await ask(op, scoped['workflow:read']);
    assert.equal(r.status, 403, r.text);
    isRefusal(r, 'FORBIDDEN');
  });
}

test('U14 each guarded operation asks for its permission in its own function', async () => {
  const silent = [];
  for (const op of guarded.filter((o) => !o.id.startsWith('delivery') && !['node_type_list', 'schedule_preview', 'workflow_validate'].includes(o.id))) {
    const source = await value(`select string_agg(p.prosrc, ' ') from pg_proc p where p.pronamespace = 'api'::regnamespace and p.proname = :'name'`, { name: op.id });
    if (!source?.includes(`'${op.permission}'`)) silent.push(op.id);
  }
  assert.deepEqual(silent, []);
});

/* Members, invitations, roles, service accounts, sharing, and that what was taken away is gone within a second. U12, U13, U14, W17. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { call, credentials, expect, refused } from '../lib/client.mjs';
import { closeAll, openSocket, openStream } from '../lib/live.mjs';
import { endOthers, otherWeb } from '../lib/others.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, liveWorkflow, manual, memberOf, noOp, person, program, startRun, unique, webhook, workflow } from '../lib/world.mjs';

after(closeAll);
after(endOthers);

/* How long until it is so, from now. */
async function took(what, test) {
  const from = performance.now();
  await until(what, test, { ms: 3000, every: 10 });
  return performance.now() - from;
}

test('U13 somebody is invited by address, accepts with it, and is a member with that role', async () => {
  const owner = await person('owner');
  const email = `${unique('Guest')}@example.com`;
  const r = await call(owner, 'POST', `${API}/invitations`, { body: { email, role: 'editor' } });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.body.is_mailed, false);
  assert.equal(r.body.url, `/invite/${r.body.token}`);
  const seen = await expect(200, null, 'GET', `${API}/invitations/${r.body.token}/preview`);
  assert.equal(seen.email, email);
  const other = await person('other');
  const said = await refused(403, 'FORBIDDEN', null, other, 'POST', `${API}/invitations/${r.body.token}/accept`, { body: {} });
  assert.ok(said.error.message.includes(email));
  const guest = await person('guest', { email });
  const joined = await expect(200, guest, 'POST', `${API}/invitations/${r.body.token}/accept`, { body: {} });
  assert.deepEqual([joined.id, joined.role], [owner.workspace, 'editor']);
  await refused(404, 'NOT_FOUND', null, guest, 'POST', `${API}/invitations/${r.body.token}/accept`, { body: {} });
  const { items } = await expect(200, { ...guest, workspace: owner.workspace }, 'GET', `${API}/members`);
  assert.deepEqual(items.map((m) => m.role).sort(), ['editor', 'owner']);
  assert.deepEqual((await expect(200, owner, 'GET', `${API}/invitations`)).items, []);
});

test('U13 an Idempotency-Key gives the invitation again, and not its link', async () => {
  const owner = await person();
  const ask = { body: { email: `${unique('twice')}@example.com`, role: 'viewer' }, headers: { 'idempotency-key': unique('key') }, direct: true };
  const first = await call(owner, 'POST', `${API}/invitations`, ask);
  const again = await call(owner, 'POST', `${API}/invitations`, ask);
  assert.equal(again.body.id, first.body.id);
  assert.ok(!again.text.includes('mri_'), again.text);
});

test('U13 two owners who demote each other at once leave one', async () => {
  for (let i = 0; i < 5; i++) {
    const a = await person();
    const b = await memberOf(a, 'owner');
    const [x, y] = await Promise.all([
      call({ ...a }, 'PATCH', `${API}/members/${b.id}`, { body: { role: 'admin' } }),
      call(b, 'PATCH', `${API}/members/${a.id}`, { body: { role: 'admin' } }),
    ]);
    assert.deepEqual([x.status, y.status].filter((s) => s === 200).length, 1, `${x.text} ${y.text}`);
    const { items } = await expect(200, a, 'GET', `${API}/members`);
    assert.equal(items.filter((m) => m.role === 'owner').length, 1);
  }
});

test('U14 a role of the workspace counts at the next request, and permissions are explained', async () => {
  const owner = await person();
  const role = await expect(201, owner, 'POST', `${API}/roles`, { body: { name: 'support', permissions: ['workflow:read', 'run:read'] } });
  const member = await memberOf(owner, 'viewer');
  await expect(200, owner, 'PATCH', `${API}/members/${member.id}`, { body: { role: 'support' } });
  const said = await refused(403, 'FORBIDDEN', null, member, 'GET', `${API}/members`);
  assert.match(said.error.message, /member:read/);
  await expect(200, owner, 'PATCH', `${API}/roles/${role.id}`, { body: { permissions: ['workflow:read', 'member:read'] }, headers: { 'if-match': `"${role.etag}"` } });
  await expect(200, member, 'GET', `${API}/members`);
  const why = await expect(200, member, 'GET', `${API}/permissions?operation=workflow_update`);
  assert.deepEqual([why.role, why.asked.permission, why.asked.allowed], ['support', 'workflow:write', false]);
  assert.match(why.asked.reasons[0].text, /role support doesn't include workflow:write\. These do: owner, admin, editor\./);
  await refused(400, 'VALIDATION_ERROR', 'operation', member, 'GET', `${API}/permissions?operation=moon_walk`);
  await refused(409, 'CONFLICT', null, owner, 'DELETE', `${API}/roles/${role.id}`);
  const token = await apiToken(owner, ['workspace:read']);
  const cut = await expect(200, token, 'GET', `${API}/permissions?operation=run_list`);
  assert.deepEqual(cut.permissions, ['workspace:read']);
  assert.deepEqual(cut.asked.reasons.map((x) => [x.by, x.allowed]), [['role', true], ['scope', false]]);
});

test('U13 a service account has tokens and no door to sign in by', async () => {
  const owner = await person();
  const account = await expect(201, owner, 'POST', `${API}/service-accounts`, { body: { name: 'Shop', role: 'operator' } });
  const made = await expect(201, owner, 'POST', `${API}/tokens`, { body: { name: 'shop', scopes: ['run:read'], user_id: account.id } });
  const shop = { bearer: made.token };
  await expect(200, shop, 'GET', `${API}/runs`);
  await refused(403, 'FORBIDDEN', null, shop, 'GET', `${API}/users/me`);
  const listed = await expect(200, owner, 'GET', `${API}/service-accounts`);
  assert.equal(listed.items[0].tokens, 1);
  await expect(204, owner, 'DELETE', `${API}/service-accounts/${account.id}`);
  await refused(401, 'UNAUTHENTICATED', null, shop, 'GET', `${API}/runs`);
});

test('U09 a token is good from its networks alone, and is rotated with an overlap', async () => {
  const p = await person();
  const far = await apiToken(p, ['run:read'], { addresses: ['192.0.2.0/24'] });
  const said = await refused(403, 'FORBIDDEN', null, far, 'GET', `${API}/runs`);
  assert.match(said.error.message, /may not be used from/);
  const near = await apiToken(p, ['run:read'], { addresses: ['127.0.0.0/8', '::1'] });
  await expect(200, near, 'GET', `${API}/runs`);
  assert.match((await expect(200, p, 'GET', `${API}/tokens/${near.id}`)).used_address, /^(127\.|::1|::ffff:127)/);
  const next = await expect(201, p, 'POST', `${API}/tokens/${near.id}/rotate`, { body: { overlap_s: 1 } });
  await expect(200, { bearer: next.token }, 'GET', `${API}/runs`);
  await until('the old one is refused', async () => (await call(near, 'GET', `${API}/runs`)).status === 401);
  await expect(200, { bearer: next.token }, 'GET', `${API}/runs`);
});

/* Each: what is taken away, and how; all have a socket and a stream open. */
const ENDS = {
  'a revoked token': async (owner) => {
    const t = await apiToken(owner, ['run:read']);
    return { who: t, end: () => expect(204, owner, 'DELETE', `${API}/tokens/${t.id}`), status: 401 };
  },
  'a token whose networks are others now': async (owner) => {
    const t = await apiToken(owner, ['run:read']);
    return { who: t, end: () => expect(200, owner, 'PATCH', `${API}/tokens/${t.id}`, { body: { addresses: ['192.0.2.1'] } }), status: 403 };
  },
  'an ended session': async (owner) => {
    const m = await memberOf(owner, 'viewer');
    return { who: m, end: () => expect(204, m, 'POST', `${API}/auth/logout`), status: 401 };
  },
  'a removed member': async (owner) => {
    const m = await memberOf(owner, 'editor');
    return { who: m, end: () => expect(204, owner, 'DELETE', `${API}/members/${m.id}`), status: 404 };
  },
  'a removed member who names no workspace': async (owner) => {
    const m = await memberOf(owner, 'editor');
    await expect(200, m, 'GET', `${API}/runs`); // the one last used
    return { who: { ...m, workspace: undefined }, end: () => expect(204, owner, 'DELETE', `${API}/members/${m.id}`), status: 200 };
  },
  'a removed member with an access token': async (owner) => {
    const m = await memberOf(owner, 'editor');
    return { who: await program(m), end: () => expect(204, owner, 'DELETE', `${API}/members/${m.id}`), status: 404 };
  },
  'a member whose role lost run:read': async (owner) => {
    const m = await memberOf(owner, 'editor');
    await expect(201, owner, 'POST', `${API}/roles`, { body: { name: 'readers', permissions: ['workflow:read'] } });
    return { who: m, end: () => expect(200, owner, 'PATCH', `${API}/members/${m.id}`, { body: { role: 'readers' } }), status: 403 };
  },
  'a deleted workspace': async (owner) => {
    const m = await memberOf(owner, 'editor');
    return { who: m, end: () => expect(204, owner, 'DELETE', `${API}/workspaces/${owner.workspace}`), status: 404 };
  },
};
for (const [name, make] of Object.entries(ENDS))
  test(`U13 ${name} is refused at once, and open sockets and streams are closed within a second`, async () => {
    const owner = await person();
    const { who, end, status } = await make(owner);
    const socket = await openSocket(who, who.bearer ? { origin: null } : {});
    socket.send({ join: 'workspace' });
    await socket.next('joined', (m) => m.room === 'workspace');
    const stream = await openStream(who, '/stream/workspace');
    await end();
    assert.equal((await call(who, 'GET', `${API}/runs`)).status, status);
    const ms = await took('both are closed', () => socket.closed && stream.ended);
    assert.ok(ms <= 1000, `closed after ${Math.round(ms)} ms`);
  });

for (const name of ['a revoked token', 'a removed member with an access token'])
  test(`U13 ${name} is refused by another web process at once, which closes socket and stream within a second`, async () => {
    const owner = await person();
    const { who, end, status } = await ENDS[name](owner);
    const base = await otherWeb();
    const there = async () => (await fetch(`${base}${API}/runs`, { headers: credentials(who) })).status;
    assert.equal(await there(), 200);
    const socket = await openSocket(who, { origin: null, base });
    socket.send({ join: 'workspace' });
    await socket.next('joined', (m) => m.room === 'workspace');
    const stream = await openStream(who, '/stream/workspace', { base });
    await end();
    assert.equal(await there(), status);
    const ms = await took('both are closed', () => socket.closed && stream.ended);
    assert.ok(ms <= 1000, `closed after ${Math.round(ms)} ms`);
  });

test('W17 a private workflow is not there for others, and is as far as it is shared', async () => {
  const owner = await person();
  const maker = await memberOf(owner, 'editor');
  const other = await memberOf(owner, 'editor');
  const w = await liveWorkflow(maker, chain(webhook({ path: unique('own') }), noOp()), { visibility: 'private' });
  const run = await startRun(maker, w, {});
  const random = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
  const bare = ({ error }) => error;
  for (const who of [owner, other])
    for (const [method, path, body] of [
      ['GET', '/workflows/ID'], ['PATCH', '/workflows/ID', { name: 'x' }], ['DELETE', '/workflows/ID'], ['GET', '/workflows/ID/versions'],
      ['GET', '/workflows/ID/triggers'], ['GET', '/workflows/ID/runs'], ['GET', '/workflows/ID/logs'], ['GET', '/workflows/ID/shares'],
      ['POST', '/workflows/ID/execute', {}], ['POST', '/workflows/ID/activate', {}], ['GET', '/runs?workflow_id=ID'],
      ['GET', '/runs/RUN'], ['GET', '/runs/RUN/steps'], ['GET', '/runs/RUN/logs'], ['GET', '/runs/RUN/status'], ['POST', '/runs/RUN/cancel', {}],
      ['POST', '/runs/RUN/retry', {}], ['GET', '/logs/RUN']]) {
      const at = (id, r) => `${API}${path.replace('ID', id).replace('RUN', r)}`;
      const got = await refused(404, 'NOT_FOUND', null, who, method, at(w.id, run.id), { body });
      assert.deepEqual(bare(got), bare(await refused(404, 'NOT_FOUND', null, who, method, at(random, random), { body })), path);
    }
  for (const path of ['/workflows', '/runs']) assert.ok(!(await call(other, 'GET', API + path)).text.includes(w.id), path);
  const stream = await openStream(other, `/stream/runs/${run.id}`);
  if (stream.status === 200) {
    await until('the stream refuses', () => stream.ended || stream.events.some((e) => e.event === 'error'));
    assert.ok(!JSON.stringify(stream.events).includes(w.id));
  } else assert.equal(stream.status, 404);
  const share = (level) => expect(200, maker, 'PUT', `${API}/workflows/${w.id}/shares`, { body: { shares: level ? [{ user_id: other.id, level }] : [] } });
  await share('view');
  assert.equal((await expect(200, other, 'GET', `${API}/workflows/${w.id}`)).access, 'view');
  const said = await refused(403, 'FORBIDDEN', null, other, 'POST', `${API}/workflows/${w.id}/runs`, { body: {} });
  assert.match(said.error.message, /share needed: run/);
  await share('run');
  await startRun(other, w, {});
  await refused(403, 'FORBIDDEN', null, other, 'PATCH', `${API}/workflows/${w.id}`, { body: { name: 'x' } });
  await share('edit');
  await expect(200, other, 'PATCH', `${API}/workflows/${w.id}`, { body: { name: 'Ours' } });
  await share(null);
  await refused(404, 'NOT_FOUND', null, other, 'GET', `${API}/workflows/${w.id}`);
  await expect(200, maker, 'PUT', `${API}/workflows/${w.id}/shares`, { body: { visibility: 'workspace' } });
  await expect(200, other, 'GET', `${API}/workflows/${w.id}`);
});

test('U12 a workspace is handed over, deleted, and had back by its owner', async () => {
  const first = await person();
  const second = await memberOf(first, 'editor');
  const at = `${API}/workspaces/${first.workspace}`;
  assert.equal((await expect(200, first, 'POST', `${at}/transfer`, { body: { user_id: second.id } })).role, 'admin');
  const w = await workflow(second, chain(manual(), noOp()));
  await refused(403, 'FORBIDDEN', null, first, 'DELETE', at);
  await expect(204, second, 'DELETE', at);
  await refused(404, 'NOT_FOUND', null, first, 'POST', `${at}/restore`, { body: {} });
  const mine = { ...second, workspace: undefined };
  const { items } = await expect(200, mine, 'GET', `${API}/workspaces?deleted=true`);
  assert.deepEqual(items.map((x) => x.id), [first.workspace]);
  assert.ok(Date.parse(items[0].erase_at) > Date.now() + 29 * 86400000);
  await expect(200, mine, 'POST', `${at}/restore`, { body: {} });
  await expect(200, second, 'GET', `${API}/workflows/${w.id}`);
  await expect(204, first, 'POST', `${at}/leave`, { body: {} });
  await refused(404, 'NOT_FOUND', null, first, 'GET', at);
});

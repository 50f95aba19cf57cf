/* The audit log over HTTP: what is there, who may see it, how it leaves, that nothing refused goes unseen. S15, S16. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { fill, operations, sample } from '../lib/spec.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, apiToken, chain, cookieOf, manual, memberOf, noOp, person, unique, workflow } from '../lib/world.mjs';

let owner, viewer, token;

before(async () => {
  owner = await person('owner');
  viewer = await memberOf(owner, 'viewer');
  token = await apiToken(owner, ['audit:read', 'audit:write', 'workflow:write', 'workflow:read']);
});

/* Waits until ask() is true, and gives what it said. */
const reached = (ask, what) => until(what, ask);

const list = async (who, query = {}) =>
  (await expect(200, who, 'GET', `${API}/audit?${new URLSearchParams(query)}`)).items;

/* The newest entry that fits, which may still be on its way: refusals are written after the answer. */
const entry = (who, query, fits = () => true) => reached(async () => (await list(who, query)).find(fits), `an entry for ${JSON.stringify(query)}`);

test('S15 a change tells who, what, old and new, from where and by which request', async () => {
  const w = await workflow(token, chain(manual(), noOp()));
  const r = await call(token, 'PATCH', `${API}/workflows/${w.id}`, { body: { name: 'Renamed' }, headers: { 'user-agent': 'audit-test', 'x-request-id': 'my-request' } });
  assert.equal(r.status, 200, r.text);
  const e = await entry(owner, { resource: w.id, action: 'workflow.update' });
  assert.equal(e.actor.id, owner.id);
  assert.equal(e.actor.kind, 'token');
  assert.equal(e.actor.name, 'owner');
  assert.equal(e.via_id, token.id);
  assert.equal(e.operation, 'workflow_update');
  assert.equal(e.request_id, 'my-request');
  assert.equal(e.agent, 'audit-test');
  assert.match(e.address, /^(127\.0\.0\.1|::1)$/);
  assert.deepEqual(e.before, { name: w.name });
  assert.deepEqual(e.after, { name: 'Renamed' });
});

test('S15 filters: person, action, kind, time, words; pages follow each other', async () => {
  const all = await list(owner, { limit: 200 });
  assert.ok(all.length > 5);
  assert.ok((await list(owner, { actor: viewer.email })).every((e) => e.actor.id === viewer.id));
  assert.ok((await list(owner, { action: 'token.create' })).every((e) => e.action === 'token.create'));
  assert.ok((await list(owner, { resource: 'token' })).length > 0);
  assert.equal((await list(owner, { actor: 'nobody@example.com' })).length, 0);
  assert.equal((await list(owner, { to: '2020-01-01T00:00:00Z' })).length, 0);
  assert.ok((await list(owner, { q: 'owner' })).length > 0);
  const first = await expect(200, owner, 'GET', `${API}/audit?limit=2`);
  const second = await expect(200, owner, 'GET', `${API}/audit?limit=2&cursor=${first.next_cursor}`);
  assert.equal(new Set([...first.items, ...second.items].map((e) => e.id)).size, 4);
  await refused(400, 'VALIDATION_ERROR', 'cursor', owner, 'GET', `${API}/audit?cursor=AAAAAAAAAAAAAAAA`);
});

test('S15 signing in, failing to and signing out are there, each with where from', async () => {
  const p = await person('login');
  assert.equal((await call(null, 'POST', `${API}/auth/login`, { body: { email: p.email, password: 'not this one at all' } })).status, 401);
  const failed = await entry(p, { action: 'login.failed' });
  assert.equal(failed.detail.email, p.email);
  assert.equal(failed.resource_id, p.id);
  assert.ok(!JSON.stringify(failed).includes('not this one'));
  const r = await call(null, 'POST', `${API}/auth/login`, { body: { email: p.email, password: PASSWORD } });
  assert.equal((await entry(p, { action: 'login' })).actor.id, p.id);
  await call({ cookie: cookieOf(r), csrf: r.body.csrf_token }, 'POST', `${API}/auth/logout`);
  assert.equal((await entry(p, { action: 'session.revoke' })).operation, 'auth_logout');
  await call(null, 'POST', `${API}/auth/login`, { body: { email: `${unique('nobody')}@example.com`, password: 'not this one at all' } });
  await reached(async () => (await value(`select count(*) from app.audit where action = 'login.failed' and workspace_id = '00000000-0000-0000-0000-000000000000'`)) !== '0', 'an unknown address is the installation\'s entry');
});

/* Generated: whatever operation refuses somebody, the refusal is written down. */
const guarded = operations.filter((o) => o.permission.includes(':') && o.tag !== 'live');
test('S15 every refusal for a missing permission is there, with the operation', async () => {
  const nobody = await apiToken(owner, ['member:read']);
  const asked = [];
  for (const op of guarded.filter((o) => o.permission !== 'member:read')) {
    const target = op.path.startsWith(`${API}/workspaces/{id}`) ? fill(op, { id: owner.workspace }) : fill(op);
    const body = op.kind === 'json' ? { raw: JSON.stringify(sample(op.body) ?? {}), type: 'application/json' } : {};
    const r = await call(nobody, op.method, target, { direct: true, ...body, headers: op.ifMatch ? { 'if-match': '"987654321"' } : {} });
    assert.equal(r.status, 403, `${op.id}: ${r.status} ${r.text}`);
    asked.push(op.id);
  }
  assert.ok(asked.length > 30);
  await reached(async () => {
    const seen = new Set(JSON.parse(await value(`select json_agg(distinct operation) from app.audit where action = 'refused' and workspace_id = :'ws'`, { ws: owner.workspace })));
    return asked.every((id) => seen.has(id));
  }, 'an entry for each of them');
  const e = await entry(owner, { action: 'refused' });
  assert.match(e.detail.message, /permission needed: /);
});

test('S15 a request without its CSRF token is refused and written down', async () => {
  const r = await call({ cookie: owner.cookie }, 'POST', `${API}/tokens`, { body: { name: 'x', scopes: ['run:read'] } });
  assert.equal(r.status, 403);
  await entry(owner, { action: 'refused' }, (e) => e.operation === 'token_create');
});

test('S15 a workspace writes entries of its own, which are told from ours', async () => {
  const e = await expect(201, token, 'POST', `${API}/audit`, { body: { action: 'deploy', kind: 'release', detail: { version: '1.4', api_key: 'sekret' } } });
  assert.equal(e.action, 'own.deploy');
  assert.deepEqual(e.detail, { version: '1.4', api_key: '[redacted]' });
  await refused(403, 'FORBIDDEN', null, viewer, 'POST', `${API}/audit`, { body: { action: 'deploy' } });
  await refused(403, 'FORBIDDEN', null, viewer, 'GET', `${API}/audit`);
  await refused(400, 'VALIDATION_ERROR', 'action', token, 'POST', `${API}/audit`, { body: { action: 'No spaces' } });
});

test('S16 a report sums up a time', async () => {
  const r = await expect(200, owner, 'GET', `${API}/audit/report`);
  assert.equal(r.total, r.actions.reduce((n, a) => n + a.count, 0));
  assert.equal(r.total, r.days.reduce((n, a) => n + a.count, 0));
  assert.equal(r.total, r.actors.reduce((n, a) => n + a.count, 0));
  assert.ok(r.refused > 0);
  await refused(400, 'VALIDATION_ERROR', 'from', owner, 'GET', `${API}/audit/report?from=2020-01-01T00:00:00Z`);
});

test('S16 an export streams every entry, as lines of JSON and as CSV that starts no formula', async () => {
  await expect(201, token, 'POST', `${API}/audit`, { body: { action: 'deploy', kind: 'release', detail: { note: '=HYPERLINK("https://evil.example")' } } });
  await workflow(token, chain(manual(), noOp()), { name: '"quoted", with\nline' });
  const all = await expect(200, owner, 'GET', `${API}/audit?limit=200`);
  const ndjson = await call(owner, 'GET', `${API}/audit/export`, { direct: true });
  assert.equal(ndjson.status, 200);
  const lines = ndjson.text.trim().split('\n').map((l) => JSON.parse(l));
  const ids = new Set(lines.map((e) => e.id));
  assert.ok(all.items.every((e) => ids.has(e.id)), 'none is missing');
  assert.equal(ids.size, lines.length, 'none is there twice');
  const csv = await call(owner, 'GET', `${API}/audit/export?format=csv&actor=${owner.id}`, { direct: true });
  assert.match(csv.headers.get('content-type'), /text\/csv/);
  assert.match(csv.headers.get('content-disposition'), /attachment; filename="audit_export.csv"/);
  assert.ok(csv.text.startsWith('"at","actor_kind"'));
  assert.ok(!/(^|,)"[=+@-]/m.test(csv.text), 'no field begins as a formula does');
  await entry(owner, { action: 'audit.export' });
  await refused(403, 'FORBIDDEN', null, viewer, 'GET', `${API}/audit/export`, { direct: true });
});

test('S16 an export of 20,000 entries comes whole, and web stays small', async () => {
  const p = await person('big');
  await sql(`select app.audit_put(:'ws', 'big.entry', 'big', null, jsonb_build_object('detail', repeat('x', 1000))) from generate_series(1, 20000)`, { ws: p.workspace });
  const rss = async () => (await call(null, 'GET', '/metrics', { direct: true })).text.match(/process_resident_memory_bytes (\d+)/)?.[1];
  const before = Number(await rss());
  const r = await fetch(`${env.direct}${API}/audit/export?action=big.entry`, { headers: { cookie: p.cookie } });
  let n = 0, bytes = 0;
  for await (const piece of r.body) {
    bytes += piece.length;
    for (const b of piece) if (b === 10) n++;
  }
  assert.equal(n, 20000);
  assert.ok(bytes > 20e6);
  const after = Number(await rss());
  if (before) assert.ok(after - before < 16e6, `web grew by ${after - before} bytes for ${bytes}`);
});

test('S16 a check of the chain runs to its end and finds what was changed', async () => {
  const p = await person('chain');
  await workflow(p, chain(manual(), noOp()));
  await expect(204, p, 'GET', `${API}/audit/verify`);
  const done = (body) => reached(async () => {
    const v = await expect(200, p, 'GET', `${API}/audit/verify`);
    return v.id === body.id && v.status !== 'running' && v;
  }, 'the check ends');
  await reached(async () => (await list(p)).every((e) => e.seq !== null), 'all is chained within seconds');
  const intact = await done(await expect(202, p, 'POST', `${API}/audit/verify`));
  assert.equal(intact.status, 'intact', JSON.stringify(intact));
  assert.ok(intact.checked >= 4);
  const [e] = await list(p, { action: 'workflow.create' });
  await sql(`set session_replication_role = replica; update app.audit set actor_id = null where id = :'id'`, { id: e.id });
  const broken = await done(await expect(202, p, 'POST', `${API}/audit/verify`));
  assert.equal(broken.status, 'broken');
  assert.deepEqual(broken.problems, [{ seq: e.seq, id: e.id, problem: 'changed' }]);
  // `millrace check audit` looks at every log of the installation (audit_check.test.mjs).
  await sql(`set session_replication_role = replica; update app.audit set actor_id = :'actor' where id = :'id'`, { id: e.id, actor: e.actor.id });
});

/* The signature is worked out here from the published rule (webhook-id.webhook-timestamp.body), not by our code. */
test('S16 entries are posted to a sink in order, signed, again until they are taken, and none is lost', async () => {
  const p = await person('sink');
  const got = [], seen = [];
  let refuse = 2;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (c) => chunks.push(c));
    request.on('end', () => {
      seen.push(request.headers['webhook-id']);
      const fails = refuse-- > 0;
      if (!fails) got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(fails ? 503 : 204).end();
    });
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  try {
    const host = `127.0.0.1:${server.address().port}`;
    appendFileSync(process.env.MR_TEST_CEILING, `${host} ${p.workspace}\n`);
    await expect(204, p, 'GET', `${API}/audit/sink`);
    await refused(400, 'VALIDATION_ERROR', 'url', p, 'PUT', `${API}/audit/sink`, { body: { url: 'ftp://example.com/x' } });
    const sink = await expect(200, p, 'PUT', `${API}/audit/sink`, { body: { url: `http://${host}/audit` } });
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await expect(201, p, 'POST', `${API}/audit`, { body: { action: `step.${i}` } })).id);
    const entries = () => got.flatMap((m) => JSON.parse(m.body).data);
    await reached(() => made.every((id) => entries().some((e) => e.id === id)), 'all of them arrive');
    assert.equal(new Set(seen.slice(0, 3)).size, 1, 'a message that is not taken is sent again under its id');
    const seqs = entries().map((e) => e.seq);
    assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b), 'in the order of the chain');
    assert.equal(new Set(seqs).size, seqs.length, 'each once');
    const key = Buffer.from(sink.secret.slice('whsec_'.length), 'base64');
    for (const m of got) {
      const signed = createHmac('sha256', key).update(`${m.headers['webhook-id']}.${m.headers['webhook-timestamp']}.${m.body}`).digest('base64');
      assert.equal(m.headers['webhook-signature'], `v1,${signed}`);
    }
    const state = await reached(async () => { const s = await expect(200, p, 'GET', `${API}/audit/sink`); return s.error === null && s.sent_at !== null && s; }, 'it says so');
    assert.equal(state.secret, sink.secret);
    assert.notEqual((await expect(200, p, 'PUT', `${API}/audit/sink`, { body: { url: sink.url, rotate: true } })).secret, sink.secret);
    await expect(204, p, 'DELETE', `${API}/audit/sink`);
  } finally {
    server.close();
  }
});

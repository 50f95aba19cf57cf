/* Connections shared with members and lent to other workspaces. W17, X19. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { sql } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, chain, finished, http, liveWorkflow, manual, memberOf, person, startRun, stepsOf, unique } from '../lib/world.mjs';

const RANDOM = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
const ONCE = { retry: { max_attempts: 0 } };

/* A service that remembers who asked; what asks for /held waits until the test lets it go. */
const seen = [];
let held = null;
const service = createServer((request, response) => {
  seen.push({ url: request.url, authorization: request.headers.authorization });
  const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  if (request.url === '/held') held = answer;
  else answer();
});
await new Promise((done) => service.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${service.address().port}`;
after(() => service.close());

const openService = (workspace) => appendFileSync(process.env.MR_TEST_CEILING, `${new URL(base).host} ${workspace}\n`);
const connection = (who, more = {}) => expect(201, who, 'POST', `${API}/connections`, {
  body: { connector: 'bearer', name: unique('connection'), config: { hosts: [base], test_url: `${base}/me` }, secret: { token: unique('token') }, ...more } });
const share = (who, c, body) => expect(200, who, 'PUT', `${API}/connections/${c.id}/shares`, { body });
const ask = (who, c, path = '/') => liveWorkflow(who, chain(manual(), http({ url: base + path, connection: c.id }, 'action-1', ONCE)));
const ended = async (who, w) => finished(who, (await startRun(who, w, {})).id);

/* A run whose first step is under way while `take` takes the connection back: the second step doesn't get it. */
async function takenBackUnderWay(who, c, take) {
  const w = await liveWorkflow(who, chain(manual(), http({ url: `${base}/held`, connection: c.id }, 'action-1', ONCE),
    http({ url: `${base}/second`, connection: c.id }, 'action-2', ONCE)));
  held = null;
  const { id } = await startRun(who, w, {});
  await until('the first step asks', () => held, 30000);
  await take();
  const before = seen.length;
  held();
  const run = await finished(who, id);
  assert.equal(run.status, 'failed');
  assert.equal(run.error.code, 'CONNECTION_INVALID');
  assert.deepEqual((await stepsOf(who, id)).map((s) => s.status), ['succeeded', 'succeeded', 'failed']);
  assert.deepEqual(seen.slice(before).filter((s) => s.url === '/second'), []);
}

test('W17 a private connection is not there for others, and is as far as it is shared', async () => {
  const owner = await person();
  openService(owner.workspace);
  const maker = await memberOf(owner, 'editor');
  const other = await memberOf(owner, 'editor');
  const c = await connection(maker, { visibility: 'private' });
  for (const who of [owner, other]) {
    for (const [method, path, body] of [['GET', ''], ['PATCH', '', { name: 'x' }], ['PATCH', '', { secret: { token: 'mine now' } }], ['DELETE', ''], ['POST', '/test'],
      ['GET', '/shares'], ['PUT', '/shares', { visibility: 'workspace' }]]) {
      const got = await refused(404, 'NOT_FOUND', null, who, method, `${API}/connections/${c.id}${path}`, { body });
      assert.deepEqual(got.error, (await refused(404, 'NOT_FOUND', null, who, method, `${API}/connections/${RANDOM}${path}`, { body })).error, `${method} ${path}`);
    }
    assert.ok(!(await call(who, 'GET', `${API}/connections`)).text.includes(c.id));
  }
  const w = await ask(other, c);
  assert.match((await ended(other, w)).error.message, /private/);
  const at = (level) => share(maker, c, { shares: level ? [{ user_id: other.id, level }] : [] });
  await at('view');
  assert.equal((await expect(200, other, 'GET', `${API}/connections/${c.id}`)).access, 'view');
  assert.match((await refused(403, 'FORBIDDEN', null, other, 'POST', `${API}/connections/${c.id}/test`)).error.message, /share needed: run/);
  assert.match((await ended(other, w)).error.message, /private/);
  await at('run');
  assert.equal((await expect(200, other, 'POST', `${API}/connections/${c.id}/test`)).ok, true);
  assert.equal((await ended(other, w)).status, 'succeeded');
  await refused(403, 'FORBIDDEN', null, other, 'PATCH', `${API}/connections/${c.id}`, { body: { secret: { token: 'mine now' } } });
  await takenBackUnderWay(other, c, () => at('view'));
  await at('edit');
  await expect(200, other, 'PATCH', `${API}/connections/${c.id}`, { body: { name: unique('ours') } });
  await refused(403, 'FORBIDDEN', null, other, 'PUT', `${API}/connections/${c.id}/shares`, { body: { visibility: 'workspace' } });
  const { items: entries } = await expect(200, owner, 'GET', `${API}/audit?resource=${c.id}`);
  assert.ok(entries.some((e) => e.kind === 'share'), 'who shared it is on record');
});

test('W17 another workspace uses a connection which is lent to it, and reads, changes and lends on nothing', async () => {
  const lender = await person();
  const guest = await person();
  openService(guest.workspace);
  await sql(`insert into app.member (workspace_id, user_id, role) values (:'ws', :'user', 'viewer')`, { ws: guest.workspace, user: lender.id });
  const token = unique('lent');
  const c = await connection(lender, { secret: { token } });
  const here = { ...lender, workspace: lender.workspace };
  const missing = (method, path, body) => refused(404, 'NOT_FOUND', null, guest, method, `${API}/connections/${c.id}${path}`, { body });
  const all = [['PATCH', '', { name: 'x' }], ['PATCH', '', { secret: { token: 'mine now' } }], ['DELETE', ''], ['POST', '/test'], ['GET', '/shares'], ['PUT', '/shares', { workspace_ids: [] }]];
  for (const [method, path, body] of [['GET', ''], ...all]) await missing(method, path, body);
  const w = await ask(guest, c);
  assert.match((await ended(guest, w)).error.message, /missing/);
  const stranger = await person();
  for (const id of [stranger.workspace, RANDOM])
    await refused(404, 'NOT_FOUND', 'workspace_ids[0]', here, 'PUT', `${API}/connections/${c.id}/shares`, { body: { workspace_ids: [id] } });

  const lent = await share(here, c, { workspace_ids: [guest.workspace] });
  assert.deepEqual(lent.workspaces.map((x) => x.id), [guest.workspace]);
  const got = await call(guest, 'GET', `${API}/connections/${c.id}`);
  assert.deepEqual([got.status, got.body.access, got.body.owner.id, got.body.config], [200, 'run', lender.workspace, { hosts: [base] }]);
  assert.ok(!got.text.includes(token));
  assert.ok((await expect(200, guest, 'GET', `${API}/connections`)).items.some((x) => x.id === c.id));
  for (const [method, path, body] of all) {
    const said = await refused(403, 'FORBIDDEN', null, guest, method, `${API}/connections/${c.id}${path}`, { body });
    assert.match(said.error.message, /belongs to the workspace/, `${method} ${path}`);
  }
  await refused(404, 'NOT_FOUND', null, stranger, 'GET', `${API}/connections/${c.id}`);
  seen.length = 0;
  const run = await ended(guest, w);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  assert.equal(seen[0].authorization, `Bearer ${token}`);
  assert.ok(!JSON.stringify(await stepsOf(guest, run.id)).includes(token));
  assert.equal((await ended(guest, w)).status, 'succeeded', 'sealed anew under the key of the workspace that it belongs to, it opens again');
  await takenBackUnderWay(guest, c, () => share(here, c, { workspace_ids: [] }));
  await missing('GET', '');
  assert.match((await ended(guest, w)).error.message, /missing/);
});

test('C07 of two people who change one connection, the one who read an older state is told', async () => {
  const a = await person();
  const b = await memberOf(a, 'editor');
  const c = await connection(a);
  const headers = { 'if-match': `"${c.etag}"` };
  await expect(200, a, 'PATCH', `${API}/connections/${c.id}`, { body: { name: unique('first') }, headers });
  for (const body of [{ name: unique('second') }, { secret: { token: 'another token' } }])
    await refused(412, 'PRECONDITION_FAILED', null, b, 'PATCH', `${API}/connections/${c.id}`, { body, headers });
  await refused(412, 'PRECONDITION_FAILED', null, a, 'PUT', `${API}/connections/${c.id}/shares`, { body: { visibility: 'private' }, headers });
  await refused(412, 'PRECONDITION_FAILED', null, b, 'DELETE', `${API}/connections/${c.id}`, { headers });
});

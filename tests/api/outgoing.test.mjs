/* Where a workspace's calls may go, from the setting to the call that a workflow makes. S18. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import http_ from 'node:http';
import { test } from 'node:test';
import { Server } from 'proxy-chain';
import { env, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, http, liveWorkflow, manual, memberOf, openEcho, person, startRun } from '../lib/world.mjs';

const echo = new URL(env.echo);
const pathOf = (p) => `${API}/workspaces/${p.workspace}/outgoing`;

/* A workspace with a workflow that calls the echo; .calls() gives the status of one run of it and why it failed. */
async function caller(word) {
  const p = await person(word);
  openEcho(p.workspace);
  const token = await apiToken(p);
  const w = await liveWorkflow(token, chain(manual(), http({ url: `${env.echo}/${word}` })));
  const calls = async () => {
    const run = await startRun(token, w, {});
    const end = await finished(token, run.id ?? run.run_id);
    return { status: end.status, why: JSON.stringify(end.error ?? null) };
  };
  return { ...p, calls };
}

test('S18 a workspace restricts the hosts that its workflows call; within a second, and no other workspace is touched', async () => {
  const a = await caller('restricted');
  const b = await caller('neighbour');
  const put = (hosts) => expect(200, a, 'PUT', pathOf(a), { body: { hosts } });
  assert.deepEqual(await expect(200, a, 'GET', pathOf(a)), { hosts: null, networks: [], proxy: null, proxy_user: null, proxy_password_set: false, etag: 0 });
  assert.equal((await a.calls()).status, 'succeeded');
  await put(['api.example.com', '*.example.org']);
  const changed = Date.now();
  await until('the call is denied', async () => (await a.calls()).status === 'failed', { ms: 5000 });
  assert.ok(Date.now() - changed < 4000, 'soon');
  assert.match((await a.calls()).why, /127\.0\.0\.1 is not among the hosts|localhost is not among the hosts/);
  assert.equal((await b.calls()).status, 'succeeded');
  await put([echo.host]);
  await until('the host is on the list', async () => (await a.calls()).status === 'succeeded', { ms: 5000 });
  await put([]);
  await until('no host is', async () => (await a.calls()).status === 'failed', { ms: 5000 });
  await put(null);
  await until('every host is', async () => (await a.calls()).status === 'succeeded', { ms: 5000 });
});

test('S18 a proxy that may not be dialled makes no way around the rules', async () => {
  const a = await caller('proxied');
  const call = http({ url: 'http://93.184.216.34/' });
  const token = await apiToken(a);
  const w = await liveWorkflow(token, chain(manual(), call));
  await expect(200, a, 'PUT', pathOf(a), { body: { proxy: 'http://127.0.0.1:9' } });
  const ends = async () => {
    const run = await startRun(token, w, {});
    return JSON.stringify((await finished(token, run.id ?? run.run_id)).error);
  };
  await until('the proxy is refused', async () => /127\.0\.0\.1:9 may not be called: loopback/.test(await ends()), { ms: 20000 });
  assert.equal((await a.calls()).status, 'succeeded', 'what the installation opened is called directly');
});

/*
 * A proxy (npm's proxy-chain) that lets in who has this password, opened for the workspace. It tunnels nowhere: what is in a
 * tunnel is answered by a server of ours, as is every public address, so `seen` has the headers of each call.
 */
async function proxyFor(workspace, login) {
  const seen = [];
  const target = http_.createServer((request, response) => {
    seen.push(request.headers);
    // Node reads a header as Latin-1.
    response.end(JSON.stringify({ echoed: Buffer.from(request.headers.authorization ?? '', 'latin1').toString() }));
  });
  const proxy = new Server({
    host: '127.0.0.1',
    port: 0,
    prepareRequestFunction: ({ username, password }) => ({
      requestAuthentication: username !== login.user || password !== login.password,
      customConnectServer: target,
    }),
  });
  await proxy.listen();
  appendFileSync(process.env.MR_TEST_CEILING, `127.0.0.1:${proxy.port} ${workspace}\n`);
  return { url: `http://127.0.0.1:${proxy.port}`, seen, close: () => Promise.all([proxy.close(true), new Promise((done) => target.close(done))]) };
}

test('S18 S03 a workspace\'s proxy asks for a password, which only the proxy gets and nobody reads back', async (t) => {
  const a = await person('tunnelled');
  const login = { user: 'mill', password: 'p%41ss "wörd"' };
  const proxy = await proxyFor(a.workspace, login);
  t.after(proxy.close);
  const token = await apiToken(a);
  const w = await liveWorkflow(token, chain(manual(), http({ url: 'http://93.184.216.34/', headers: { Authorization: `Bearer ${login.password}` } })));
  const end = async () => {
    const run = await startRun(token, w, {});
    return finished(token, run.id ?? run.run_id);
  };
  const why = async () => JSON.stringify((await end()).error);
  const put = (more) => expect(200, a, 'PUT', pathOf(a), { body: { proxy: proxy.url, ...more } });

  await put({});
  await until('the proxy asks for a user', async () => /the proxy asks for a user and a password \(407\): set them under Settings/.test(await why()));
  assert.equal((await put({ proxy_user: login.user, proxy_password: 'wrong horse' })).proxy_password_set, true);
  await until('a wrong one is told', async () => /the proxy refuses this user and password \(407\): set them again under Settings/.test(await why()));
  assert.doesNotMatch(await why(), /wrong horse/);
  assert.equal(proxy.seen.length, 0);

  const set = await put({ proxy_user: login.user, proxy_password: login.password });
  assert.deepEqual(set, { hosts: null, networks: [], proxy: proxy.url, proxy_user: 'mill', proxy_password_set: true, etag: 3 });
  await until('the tunnel is there', async () => (await end()).status === 'succeeded');
  assert.ok(proxy.seen.length > 0);
  assert.ok(proxy.seen.every((headers) => headers['proxy-authorization'] === undefined), 'the called host is not told');
  const run = await end();
  const steps = JSON.stringify(await expect(200, token, 'GET', `${API}/runs/${run.id}/steps`));
  assert.match(steps, /Bearer \[secret\]/, 'the host sent it back');
  assert.doesNotMatch(steps, /wörd/, 'and the run does not show it');
  // Kept where it goes to the same, refused elsewhere.
  assert.equal((await put({ proxy_user: login.user, hosts: ['93.184.216.34'] })).proxy_password_set, true);
  assert.equal((await end()).status, 'succeeded');
  await refused(400, 'VALIDATION_ERROR', 'proxy_password', a, 'PUT', pathOf(a), { body: { proxy: 'http://thief.test:3128', proxy_user: login.user } });
  await refused(400, 'VALIDATION_ERROR', 'proxy_user', a, 'PUT', pathOf(a), { body: { proxy: proxy.url, proxy_user: 'a:b', proxy_password: 'x' } });
  for (const path of [pathOf(a), `${API}/audit?resource=outgoing`]) assert.doesNotMatch(JSON.stringify(await expect(200, a, 'GET', path)), /wörd|wrong horse/, path);
  assert.equal(await value("select count(*) from app.outgoing where proxy_sealed::text ~ encode(convert_to('wrong', 'UTF8'), 'hex') or workspace_id = :'ws' and get_byte(proxy_sealed, 0) not in (1, 2)", { ws: a.workspace }), '0');
  // Another workspace's record in this one's place opens for nobody.
  const b = await person('lender');
  await expect(200, b, 'PUT', pathOf(b), { body: { proxy: proxy.url, proxy_user: login.user, proxy_password: login.password } });
  await sql("update app.outgoing set proxy_sealed = (select proxy_sealed from app.outgoing where workspace_id = :'from') where workspace_id = :'to'", { from: b.workspace, to: a.workspace });
  await until('it does not open', async () => /the proxy's password does not open: set it again/.test(await why()));
  await put({ proxy_user: null });
  await until('it is forgotten', async () => /the proxy asks for a user/.test(await why()));
});

test('S18 who may set it, what is refused, and that it is written down', async () => {
  const p = await person('outgoing');
  const viewer = await memberOf(p, 'viewer');
  const stranger = await person('stranger');
  const body = { hosts: ['API.example.com'], networks: ['10.1.0.0/16:443'], proxy: 'http://proxy.example.com:3128' };
  assert.deepEqual(await expect(200, p, 'PUT', pathOf(p), { body }), { ...body, hosts: ['api.example.com'], proxy_user: null, proxy_password_set: false, etag: 1 });
  assert.deepEqual((await expect(200, viewer, 'GET', pathOf(p))).hosts, ['api.example.com']);
  await refused(403, 'FORBIDDEN', null, viewer, 'PUT', pathOf(p), { body });
  await refused(404, 'NOT_FOUND', null, stranger, 'PUT', pathOf(p), { body });
  await refused(404, 'NOT_FOUND', null, stranger, 'GET', pathOf(p));
  await refused(400, 'VALIDATION_ERROR', 'hosts[1]', p, 'PUT', pathOf(p), { body: { hosts: ['a.test', 'http://b.test/'] } });
  await refused(400, 'VALIDATION_ERROR', 'networks[0]', p, 'PUT', pathOf(p), { body: { networks: ['10.1.2.3/8'] } });
  await refused(400, 'VALIDATION_ERROR', 'proxy', p, 'PUT', pathOf(p), { body: { proxy: 'http://user:password@proxy.test:3128' } });
  await refused(400, 'VALIDATION_ERROR', 'hosts', p, 'PUT', pathOf(p), { body: { hosts: Array(501).fill('a.test') } });
  await until('the change is an entry', async () =>
    (await expect(200, p, 'GET', `${API}/audit?resource=outgoing`)).items[0]?.after.proxy === body.proxy);
});

/* Where a workspace's calls may go, from the setting to the call that a workflow makes. S18. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { env, expect, refused } from '../lib/client.mjs';
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
  assert.deepEqual(await expect(200, a, 'GET', pathOf(a)), { hosts: null, networks: [], proxy: null, etag: 0 });
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

test('S18 who may set it, what is refused, and that it is written down', async () => {
  const p = await person('outgoing');
  const viewer = await memberOf(p, 'viewer');
  const stranger = await person('stranger');
  const body = { hosts: ['API.example.com'], networks: ['10.1.0.0/16:443'], proxy: 'http://proxy.example.com:3128' };
  assert.deepEqual(await expect(200, p, 'PUT', pathOf(p), { body }), { ...body, hosts: ['api.example.com'], etag: 1 });
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

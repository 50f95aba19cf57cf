/* Steps that wait for a callback: one answer, in time, whatever dies meanwhile. Z12. Kills the worker. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { env, expect } from '../lib/client.mjs';
import { value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, http, liveWorkflow, manual, noOp, openEcho, person, set, startRun, stepsOf, unique } from '../lib/world.mjs';

let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const wait = (config = {}) => ({ id: 'wait-1', type: 'wait', name: 'Wait', config });
const told = set({ url: '{{run.resume_url}}' }, 'told-1');
const get = (id) => expect(200, who, 'GET', `${API}/runs/${id}`);
const waits = (id) => until(`run ${id} waits`, async () => (await get(id)).status === 'waiting', { ms: 30000, every: 50 });
const workerPid = () => (existsSync(join(env.var, 'run/worker.pid')) ? Number(readFileSync(join(env.var, 'run/worker.pid'), 'utf8')) : 0);
const stateOf = (id) => value(`select string_agg(status, ',') from app.wait where run_id = :'id'`, { id });

/* The address of a run's wait, as the step before it was given it; sent to this stack, whatever name it goes by. */
async function addressOf(id, node = 'told-1') {
  const step = await until(`${node} of ${id} is recorded`, async () => (await stepsOf(who, id)).find((s) => s.node_id === node && s.output), { ms: 30000, every: 50 });
  return env.direct + new URL(step.output.main[0].json.url).pathname;
}

async function post(url, body, headers = { 'content-type': 'application/json' }) {
  const res = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  return { status: res.status, body: await res.json() };
}

/* A run that comes to its wait; it may be over before anybody looks. */
async function started(config, ...after) {
  const w = await liveWorkflow(who, chain(manual(), told, wait(config), ...after, noOp()));
  const { id } = await startRun(who, w, { order: 4711 });
  return { id, url: await addressOf(id) };
}

async function waiting(config, ...after) {
  const run = await started(config, ...after);
  await waits(run.id);
  return run;
}

const outputOf = async (id, node = 'wait-1', port = 'main') => (await stepsOf(who, id)).find((s) => s.node_id === node).output[port];

test('Z12 what is posted to its address is what the step gives, once: the second answer is refused', async () => {
  const { id, url } = await waiting();
  assert.deepEqual(await post(`${url}?by=mail`, { ok: true }), { status: 200, body: { status: 'answered' } });
  assert.equal((await finished(who, id)).status, 'succeeded');
  const [item, ...more] = await outputOf(id);
  assert.equal(more.length, 0);
  assert.deepEqual([item.json.payload.ok, item.json.query.by, item.json.method], [true, 'mail', 'POST']);
  const second = await post(url, { ok: false });
  assert.equal(second.status, 409);
  assert.match(second.body.error.message, /answered already/);
  assert.equal(await stateOf(id), 'answered');
});

test('Z12 what a caller signs in with elsewhere is not kept; a form and plain text are read as of webhooks', async () => {
  const { id, url } = await waiting();
  assert.equal((await post(url, 'a=1&a=2', { 'content-type': 'application/x-www-form-urlencoded', cookie: 'x=secret-1', authorization: 'Bearer secret-2' })).status, 200);
  await finished(who, id);
  const [item] = await outputOf(id);
  assert.deepEqual(item.json.payload, { a: ['1', '2'] });
  assert.doesNotMatch(JSON.stringify(item), /secret-/);
});

test('Z12 looking at the address answers nothing: it shows a page with a button', async () => {
  const { id, url } = await waiting();
  const res = await fetch(url);
  assert.equal(res.status, 200);
  assert.match(await res.text(), /<form method="post">/);
  assert.equal(await stateOf(id), 'open');
  assert.equal((await get(id)).status, 'waiting');
  assert.equal((await post(url, 'anything', { 'content-type': 'text/plain' })).status, 200);
  await finished(who, id);
  assert.equal((await outputOf(id))[0].json.payload, 'anything');
});

test('Z12 of forty answers at once one is taken', async () => {
  const { id, url } = await waiting();
  const said = await Promise.all(Array.from({ length: 40 }, (_, n) => post(url, { n })));
  const taken = said.flatMap((s, n) => (s.status === 200 ? [n] : []));
  assert.equal(taken.length, 1);
  assert.deepEqual([...new Set(said.map((s) => s.status))].sort(), [200, 409]);
  await finished(who, id);
  assert.equal((await outputOf(id))[0].json.payload.n, taken[0]);
});

test('Z12 an address that is changed anywhere, or isn\'t ours, is nobody\'s', async () => {
  const { id, url } = await waiting();
  const at = url.lastIndexOf('/') + 1;
  for (const [i, c] of [...url].entries()) {
    if (i < at || i % 7 !== 0) continue;
    const other = url.slice(0, i) + (c === 'A' ? 'B' : 'A') + url.slice(i + 1);
    assert.equal((await post(other, {})).status, 404, other);
  }
  for (const token of ['x', 'A'.repeat(100), '-'.repeat(61), 'A'.repeat(700)]) assert.equal((await post(`${env.direct}/resume/${token}`, {})).status, 404, token);
  assert.equal(await stateOf(id), 'open');
});

test('Z12 an answer that comes before the step has begun is kept, and ends the wait as it begins', async () => {
  const slow = http({ url: `${env.echo}/delay/1500` });
  const w = await liveWorkflow(who, chain(manual(), told, slow, wait({ expires_ms: 60000 }), noOp()));
  const { id } = await startRun(who, w, {});
  const url = await addressOf(id);
  assert.equal((await post(url, { early: true })).status, 200);
  assert.equal((await post(url, { early: false })).status, 409);
  assert.equal((await finished(who, id)).status, 'succeeded');
  assert.equal((await outputOf(id))[0].json.payload.early, true);
});

test('Z12 nobody answers: the step fails, or its items leave by the port of its own; a late answer is told so', async () => {
  const [fails, goesOn] = [await started({ expires_ms: 300 }), await started({ expires_ms: 300, on_timeout: 'continue' })];
  const failed = await finished(who, fails.id);
  assert.deepEqual([failed.status, failed.error.code], ['failed', 'TIMEOUT']);
  assert.equal((await finished(who, goesOn.id)).status, 'succeeded');
  assert.equal((await outputOf(goesOn.id, 'wait-1', 'timeout'))[0].json.url.length > 60, true);
  assert.deepEqual([await stateOf(fails.id), await stateOf(goesOn.id)], ['expired', 'expired']);
  const late = await post(fails.url, {});
  assert.equal(late.status, 409);
  assert.match(late.body.error.message, /time for an answer is over/);
});

test('Z12 answer or expiry, never both: what was acknowledged is what the step gave', async () => {
  const w = await liveWorkflow(who, chain(manual(), told, wait({ expires_ms: 400, on_timeout: 'continue' }), noOp()));
  const runs = await Promise.all(Array.from({ length: 12 }, () => startRun(who, w, {})));
  const said = await Promise.all(runs.map(async ({ id }, n) => {
    const url = await addressOf(id);
    const expires = Number(await until(`the wait of ${id}`, () => value(`select (extract(epoch from expires_at) * 1000)::bigint from app.wait where run_id = :'id'`, { id })));
    await until('it is about to expire', () => Date.now() > expires - 30 + n * 5, { ms: 30000, every: 1 });
    return (await post(url, {})).status;
  }));
  for (const [n, { id }] of runs.entries()) {
    assert.equal((await finished(who, id)).status, 'succeeded');
    const ports = (await stepsOf(who, id)).find((s) => s.node_id === 'wait-1').output;
    assert.equal('main' in ports, said[n] === 200, `${said[n]} and ${JSON.stringify(ports)}`);
    assert.equal('timeout' in ports, said[n] !== 200);
  }
});

test('Z12 the worker is killed while a run waits, and while its answer comes: the run goes on once', async () => {
  const key = unique('wait');
  const { id, url } = await waiting({}, http({ url: `${env.echo}/flaky/${key}/0` }));
  const pid = workerPid();
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'worker\n');
  process.kill(pid, 'SIGKILL');
  assert.equal((await post(url, { n: 1 })).status, 200);
  await until('another worker is there', () => workerPid() !== 0 && workerPid() !== pid, { ms: 60000 });
  assert.equal((await finished(who, id, 60000)).status, 'succeeded');
  assert.equal((await outputOf(id))[0].json.payload.n, 1);
  assert.equal((await (await fetch(`${env.echo}/calls/${key}`)).json()).calls, 1);
}, { timeout: 120000 });

test('Z12 paused, a run keeps its answer until it is resumed; cancelled, nothing waits any longer', async () => {
  const paused = await waiting();
  await expect(200, who, 'POST', `${API}/runs/${paused.id}/pause`, {});
  assert.equal((await post(paused.url, { n: 2 })).status, 200);
  assert.equal((await get(paused.id)).status, 'paused');
  await expect(200, who, 'POST', `${API}/runs/${paused.id}/resume`, {});
  assert.equal((await finished(who, paused.id)).status, 'succeeded');
  assert.equal((await outputOf(paused.id))[0].json.payload.n, 2);

  const gone = await waiting();
  await expect(200, who, 'POST', `${API}/runs/${gone.id}/cancel`, {});
  const said = await post(gone.url, {});
  assert.equal(said.status, 409);
  assert.match(said.body.error.message, /is over/);
  assert.equal(await stateOf(gone.id), 'cancelled');
});

test('Z12 two steps that wait have two addresses; the step asks for the next one behind it', async () => {
  const other = { ...wait(), id: 'wait-2', name: 'Wait 2' };
  const both = set({ url: '{{run.resume_urls["wait-1"]}}', second: '{{run.resume_url}}' }, 'told-2');
  const w = await liveWorkflow(who, chain(manual(), told, wait(), both, other, noOp()));
  const { id } = await startRun(who, w, {});
  const first = await addressOf(id);
  await waits(id);
  assert.equal((await post(first, {})).status, 200);
  assert.equal(await addressOf(id, 'told-2'), first);
  const [item] = await outputOf(id, 'told-2');
  const second = env.direct + new URL(item.json.second).pathname;
  assert.notEqual(second, first);
  assert.equal((await post(first, {})).status, 409);
  assert.equal((await post(second, {})).status, 200);
  assert.equal((await finished(who, id)).status, 'succeeded');
});

/* A workflow runs another one: with its items, waiting or not, under workers that die. Z10, X06, X09. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { env, expect, refused } from '../lib/client.mjs';
import { value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, delay, finished, http, killWorker, liveWorkflow, manual, openEcho, person, set, startRun, stepsOf, unique } from '../lib/world.mjs';

let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const called = () => ({ id: 'trigger-1', type: 'called' });
const running = (w, config = {}) => ({ id: 'run-1', type: 'run_workflow', config: { workflow_id: w.id, ...config } });
const split = { id: 'split-1', type: 'split', config: { list: '{{trigger.payload.list}}' } };
const out = async (id, node) => (await stepsOf(who, id)).find((s) => s.node_id === node).output.main.map((i) => i.json);
const run = (id) => expect(200, who, 'GET', `${API}/runs/${id}`);
const start = async (w, input = {}) => (await startRun(who, w, input)).id;

test('Z10 a step runs another workflow with all its items and goes on with what that gave; each run names the other', async () => {
  const child = await liveWorkflow(who, chain(called(), set({ double: '{{item.n * 2}}' })));
  const w = await liveWorkflow(who, chain(manual(), split, running(child), set({ seen: '{{item.double}}' }, 'after-1')));
  const parent = await finished(who, await start(w, { list: [{ n: 1 }, { n: 2 }, { n: 3 }] }));
  assert.equal(parent.status, 'succeeded', JSON.stringify(parent.error));
  assert.deepEqual((await out(parent.id, 'after-1')).map((j) => j.seen), [2, 4, 6]);
  assert.equal(parent.children.length, 1);
  const one = await run(parent.children[0].id);
  assert.deepEqual([one.status, one.trigger.type, one.parent.id], ['succeeded', 'workflow', parent.id]);
});

test('Z10 or once for each item, in their order; not waited for, the step gives their ids', async () => {
  const child = await liveWorkflow(who, chain(called(), set({ double: '{{item.n * 2}}' })));
  const list = [{ n: 1 }, { n: 2 }, { n: 3 }];
  const each = await finished(who, await start(await liveWorkflow(who, chain(manual(), split, running(child, { mode: 'each_item' }))), { list }));
  assert.deepEqual((await out(each.id, 'run-1')).map((j) => j.double), [2, 4, 6]);
  assert.equal(each.children.length, 3);
  const slow = await liveWorkflow(who, chain(called(), delay(3600000)));
  const loose = await finished(who, await start(await liveWorkflow(who, chain(manual(), split, running(slow, { mode: 'each_item', wait: false }))), { list }));
  assert.equal(loose.status, 'succeeded');
  assert.deepEqual((await out(loose.id, 'run-1')).map((j) => j.run_id), loose.children.map((c) => c.id));
});

test('Z10 a run that fails fails the step that waits for it, and says why; one that cannot start does, too', async () => {
  const bad = await liveWorkflow(who, chain(called(), { id: 'stop-1', type: 'stop', config: { message: 'no stock' } }));
  const parent = await finished(who, await start(await liveWorkflow(who, chain(manual(), running(bad)))));
  assert.deepEqual([parent.status, parent.error.code, parent.error.run_id, parent.error.cause.code], ['failed', 'RUN_FAILED', parent.children[0].id, 'STOPPED']);
  assert.match(parent.error.message, /no stock/);
  await expect(200, who, 'POST', `${API}/workflows/${bad.id}/deactivate`, { body: {} });
  const none = await finished(who, await start(await liveWorkflow(who, chain(manual(), running(bad)))));
  assert.deepEqual([none.error.code, none.children], ['RUN_REFUSED', []]);
  await refused(400, 'VALIDATION_ERROR', 'definition.nodes[1].config.workflow_id', who, 'POST', `${API}/workflows`,
    { body: { name: 'wrong', definition: chain(manual(), running({ id: '0198c0de-0000-7000-8000-000000000000' })) } });
});

test('Z10 X09 with workers killed, each step starts its run once and gets its end', async () => {
  const key = unique('gate');
  const child = await liveWorkflow(who, chain(called(), http({ url: `${env.echo}/gate/${key}` }, 'call-1')));
  const w = await liveWorkflow(who, chain(manual(), running(child)));
  const ids = await Promise.all(Array.from({ length: 12 }, () => start(w)));
  await killWorker();
  await until('all wait', async () => (await value(`select count(*) from app.run where workflow_id = :'w' and status = 'waiting'`, { w: w.id })) === '12', { ms: 60000 });
  await killWorker();
  await until('all are over', async () => {
    await fetch(`${env.echo}/open/${key}`);
    return (await value(`select count(*) from app.run where workflow_id = :'w' and status = 'succeeded'`, { w: w.id })) === '12';
  }, { ms: 60000 });
  for (const id of ids) assert.equal((await run(id)).children.length, 1, id);
});

test('Z10 X06 a run that is cancelled takes those that it waits for with it', async () => {
  const child = await liveWorkflow(who, chain(called(), delay(3600000)));
  const id = await start(await liveWorkflow(who, chain(manual(), running(child))));
  await until('its child waits', async () => (await run(id)).children[0]?.status === 'waiting');
  await expect(200, who, 'POST', `${API}/runs/${id}/cancel`, { body: {} });
  assert.deepEqual((await run(id)).children.map((c) => c.status), ['cancelled']);
});

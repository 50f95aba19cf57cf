/* What a failure sets off: the error workflow, once, whatever happens to the worker. Z11, X09. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { env, expect, refused } from '../lib/client.mjs';
import { value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, http, killWorker, liveWorkflow, manual, openEcho, person, set, startRun, stepsOf, unique } from '../lib/world.mjs';

let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const alarm = () => liveWorkflow(who, chain({ id: 'trigger-1', type: 'error' }, set({ said: '{{trigger.error.code}} at {{trigger.error.node}} of {{trigger.workflow.name}}' })));
const failing = (error_workflow, ...nodes) => liveWorkflow(who, { ...chain(manual(), ...nodes), settings: { error_workflow } });
const run = (id) => expect(200, who, 'GET', `${API}/runs/${id}`);

test('Z11 a run that fails for good starts its error workflow, which is told what failed; each run names the other', async () => {
  const a = await alarm();
  const w = await failing(a.id, http({ url: `${env.echo}/status/503` }, 'call-1', { retry: { max_attempts: 1, initial_interval_ms: 10 } }));
  const failed = await finished(who, (await startRun(who, w, {})).id);
  assert.equal(failed.status, 'failed');
  assert.equal(failed.children.length, 1, 'one, though it was tried twice');
  const told = await finished(who, failed.children[0].id);
  assert.equal(told.status, 'succeeded');
  assert.equal(told.trigger.type, 'error');
  assert.deepEqual([told.parent.id, told.parent.workflow_name], [failed.id, w.name]);
  assert.deepEqual(told.input.run, { id: failed.id, url: `/runs/${failed.id}`, retry_of: null, started_at: failed.started_at, mode: 'api' });
  assert.deepEqual(told.input.workflow, { id: w.id, name: w.name });
  assert.deepEqual([told.input.error.code, told.input.error.status], ['HTTP_STATUS', 503]);
  const said = (await stepsOf(who, told.id)).find((s) => s.node_id === 'set-1').output.main[0].json.said;
  assert.equal(said, `HTTP_STATUS at call-1 of ${w.name}`);
  assert.deepEqual((await expect(200, who, 'GET', `${API}/runs?workflow_id=${a.id}&trigger_type=error`)).items.map((r) => r.id), [told.id]);
});

test('Z11 a run out of time starts it as well; one that succeeds does not', async () => {
  const a = await alarm();
  const late = await liveWorkflow(who, { ...chain(manual(), http({ url: `${env.echo}/delay/20000` }, 'call-1')), settings: { error_workflow: a.id, timeout_ms: 300 } });
  const failed = await finished(who, (await startRun(who, late, {})).id);
  assert.equal((await finished(who, failed.children[0].id)).input.error.code, 'TIMEOUT');
  const good = await finished(who, (await startRun(who, await failing(a.id, set({ a: 1 })), {})).id);
  assert.deepEqual([good.status, good.children], ['succeeded', []]);
});

test('Z11 X09 with a worker killed at work, each failure starts it once', async () => {
  const a = await alarm();
  const key = unique('gate');
  const w = await failing(a.id, http({ url: `${env.echo}/gate/${key}` }, 'call-1'), { id: 'stop-1', type: 'stop', config: { message: 'broken' } });
  const ids = [];
  for (let i = 0; i < 20; i++) ids.push((await startRun(who, w, { i })).id);
  await until('all are at their call', async () => (await value(`select count(*) from app.run_queue q join app.run r on r.id = q.run_id where r.workflow_id = :'w' and q.lease_owner <> 0`, { w: w.id })) === '20');
  await killWorker();
  await until('all have failed', async () => {
    await fetch(`${env.echo}/open/${key}`); // those that the next worker sends again wait anew
    return (await value(`select count(*) from app.run where workflow_id = :'w' and status = 'failed'`, { w: w.id })) === '20';
  }, { ms: 60000 });
  for (const id of ids) {
    const { error, children } = await run(id);
    assert.deepEqual([error.code, children.length], ['STOPPED', 1], id);
  }
  await until('all error runs are over', async () => (await value(`select count(*) from app.run where workflow_id = :'a' and status = 'succeeded'`, { a: a.id })) === '20');
});

test('Z11 an error workflow that fails starts none; what cannot be one is named', async () => {
  const own = await liveWorkflow(who, chain({ id: 'trigger-1', type: 'error' }, { id: 'stop-1', type: 'stop', config: { message: 'broken' } }));
  await expect(200, who, 'PATCH', `${API}/workflows/${own.id}`, { body: { is_active: true, definition: { ...own.definition, settings: { error_workflow: own.id } } } });
  const first = await finished(who, (await startRun(who, own, {})).id);
  const second = await finished(who, first.children[0].id);
  assert.deepEqual([second.status, second.children], ['failed', []]);
  const body = (error_workflow) => ({ body: { name: 'wrong', definition: { ...chain(manual(), set({ a: 1 })), settings: { error_workflow } } } });
  await refused(400, 'VALIDATION_ERROR', 'definition.settings.error_workflow', who, 'POST', `${API}/workflows`, body('Alarm'));
  await refused(400, 'VALIDATION_ERROR', 'definition.settings.error_workflow', who, 'POST', `${API}/workflows`, body('0198c0de-0000-7000-8000-000000000000'));
});

/* Pausing, resuming and cancelling runs, one and many, under workers that work and die. X05, X06, X09. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, delay, finished, http, killWorker, liveWorkflow, manual, noOp, openEcho, person, set, startRun, stepsOf, unique } from '../lib/world.mjs';

let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const act = (verb, id) => expect(200, who, 'POST', `${API}/runs/${id}/${verb}`, { body: {} });
const status = async (id) => (await expect(200, who, 'GET', `${API}/runs/${id}/status`)).status;
const leased = (id) => value(`select count(*) from app.run_queue where run_id = :'id' and lease_owner <> 0`, { id }).then(Number);
const bulk = async (body) => {
  const sum = { changed: 0, skipped: 0, steps: 0 };
  for (let cursor; cursor !== null; sum.steps++) {
    const r = await expect(200, who, 'POST', `${API}/runs/bulk`, { body: { ...body, ...(cursor ? { cursor } : {}) } });
    sum.changed += r.changed;
    sum.skipped += r.skipped;
    cursor = r.next_cursor;
  }
  return sum;
};
/* A call that is in flight until it is let go. */
function gate(id) {
  const key = unique('gate');
  return { node: http({ url: `${env.echo}/gate/${key}` }, id), open: () => fetch(`${env.echo}/open/${key}`) };
}
const calling = (id, node) => until(`${node} is in flight`, async () => (await expect(200, who, 'GET', `${API}/runs/${id}/status`)).current_nodes.includes(node));
/* A worker hears of it within a second, also where no notification came. */
async function heard() {
  const at = await value('select now()');
  await until('its worker has heard of it', async () => (await value(`select now() > :'at'::timestamptz + interval '3 seconds'`, { at })) === 't');
}

test('X05 a run is paused between its steps, for as long as one likes, and goes on where it was, also after kill -9', async () => {
  const held = gate('call-1');
  const w = await liveWorkflow(who, chain(manual(), held.node, set({ a: 1 }, 'after-1'), http({ url: `${env.echo}/anything` }, 'call-2'), noOp()));
  const run = await startRun(who, w, {});
  await calling(run.id, 'call-1');
  assert.equal((await act('pause', run.id)).status, 'paused');
  assert.equal((await act('pause', run.id)).status, 'paused', 'twice is as once');
  assert.equal(await leased(run.id), 1, 'its call is left to end');
  await heard();
  await held.open();
  await until('the step in flight has ended and its lease with it', async () => (await leased(run.id)) === 0);
  assert.deepEqual((await stepsOf(who, run.id)).map((s) => [s.node_id, s.status]), [['trigger-1', 'succeeded'], ['call-1', 'succeeded']]);
  await killWorker();
  assert.equal(await status(run.id), 'paused');
  assert.equal((await act('resume', run.id)).status, 'queued');
  const done = await finished(who, run.id);
  assert.equal(done.status, 'succeeded');
  assert.deepEqual((await stepsOf(who, run.id)).map((s) => s.node_id), ['trigger-1', 'call-1', 'after-1', 'call-2', 'end-1'], 'each step once');
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/runs/${run.id}/pause`, { body: {} });
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/runs/${run.id}/resume`, { body: {} });
});

test('X05 paused with its last step in flight, a run ends when it is resumed, with its output', async () => {
  const held = gate('call-1');
  const w = await liveWorkflow(who, chain(manual(), held.node));
  const run = await startRun(who, w, {});
  await calling(run.id, 'call-1');
  await act('pause', run.id);
  await heard();
  await held.open();
  await until('its lease has ended', async () => (await leased(run.id)) === 0);
  assert.equal(await status(run.id), 'paused');
  assert.equal((await stepsOf(who, run.id)).length, 2);
  await act('resume', run.id);
  const done = await finished(who, run.id);
  assert.equal(done.status, 'succeeded');
  assert.equal(done.output.status, 200);
});

test('X05 a run that waits is paused past its time, and a paused one is cancelled', async () => {
  const w = await liveWorkflow(who, chain(manual(), delay(5000), noOp()));
  const [a, b] = [await startRun(who, w, {}), await startRun(who, w, {})];
  await until('both wait', async () => (await status(a.id)) === 'waiting' && (await status(b.id)) === 'waiting');
  await act('pause', a.id);
  await act('pause', b.id);
  assert.equal((await act('cancel', b.id)).status, 'cancelled');
  await until('the time of the wait is over', async () => (await value('select now() > :\'at\'::timestamptz + interval \'6 seconds\'', { at: a.created_at })) === 't');
  assert.equal(await status(a.id), 'paused');
  await act('resume', a.id);
  assert.equal((await finished(who, a.id)).status, 'succeeded');
  assert.equal(await status(b.id), 'cancelled');
});

test('X05 X06 pause, resume and cancel from all sides, with workers killed, record no step twice and leave no run behind', async () => {
  const w = await liveWorkflow(who, chain(manual(), ...Array.from({ length: 6 }, (_, i) => delay(40, `delay-${i}`)), noOp()));
  const ids = await Promise.all(Array.from({ length: 24 }, async () => (await startRun(who, w, {})).id));
  let stop = false;
  const verbs = ['pause', 'resume', 'pause', 'resume', 'resume'];
  const storm = Array.from({ length: 4 }, async (_, k) => {
    for (let i = 0; !stop; i++) {
      const id = ids[(i * 7 + k * 5) % ids.length];
      const r = await call(who, 'POST', `${API}/runs/${id}/${verbs[(i + k) % verbs.length]}`, { body: {} });
      assert.ok([200, 409, 503].includes(r.status), r.text);
    }
  });
  await killWorker();
  for (const action of ['pause', 'resume', 'pause', 'resume']) {
    await expect(200, who, 'POST', `${API}/runs/bulk`, { body: { action, workflow_id: w.id } });
  }
  const cancelled = await call(who, 'POST', `${API}/runs/${ids[0]}/cancel`, { body: {} });
  assert.ok([200, 409].includes(cancelled.status), cancelled.text);
  stop = true;
  await Promise.all(storm);
  await until('all are over', async () => {
    await bulk({ action: 'resume', workflow_id: w.id });
    return (await value(`select count(*) from app.run where workflow_id = :'w' and completed_at is null`, { w: w.id })) === '0';
  }, { ms: 60000 });
  assert.equal(await value(`select count(*) from app.run_queue q join app.run r on r.id = q.run_id where r.workflow_id = :'w'`, { w: w.id }), '0');
  assert.equal(await value(`select count(*) from app.run_pause p join app.run r on r.id = p.run_id where r.workflow_id = :'w'`, { w: w.id }), '0');
  for (const id of ids.slice(1)) {
    assert.equal(await status(id), 'succeeded');
    assert.equal((await stepsOf(who, id)).length, 8);
  }
});

test('X05 X06 a thousand waiting runs are paused, resumed and cancelled by a filter, step by step', async () => {
  const w = await liveWorkflow(who, chain(manual(), delay(3600000), noOp()));
  const other = await startRun(who, await liveWorkflow(who, chain(manual(), delay(3600000), noOp())), {});
  const first = await startRun(who, w, {});
  await until('both wait', async () => (await status(first.id)) === 'waiting' && (await status(other.id)) === 'waiting');
  // The others are copies of it, step and timer included.
  await sql(`with made as (
      insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id, started_at, seq)
      select r.workspace_id, app.uuid7(), r.workflow_id, r.version_id, r.version, r.status, r.trigger_type, r.node_id, r.started_at, r.seq
        from app.run r, generate_series(1, 999) where r.id = :'id' returning *),
    steps as (
      insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at, source, output)
      select m.workspace_id, m.id, s.node_id, s.step_no, s.status, s.started_at, s.source, s.output from made m, app.step s where s.run_id = :'id')
    insert into app.timer (workspace_id, run_id, due_at, fence)
    select m.workspace_id, m.id, t.due_at, t.fence from made m, app.timer t where t.run_id = :'id'`, { id: first.id });
  const of = (action, more = {}) => bulk({ action, workflow_id: w.id, ...more });
  assert.deepEqual(await of('pause', { limit: 300 }), { changed: 1000, skipped: 0, steps: 4 });
  assert.deepEqual(await of('pause'), { changed: 0, skipped: 0, steps: 1 });
  assert.equal(await status(other.id), 'waiting');
  assert.equal((await of('resume', { limit: 500 })).changed, 1000);
  await until('all wait again', async () => (await value(`select count(*) from app.run where workflow_id = :'w' and status = 'waiting'`, { w: w.id })) === '1000', { ms: 60000 });
  assert.equal((await of('cancel', { status: 'waiting', limit: 500 })).changed, 1000);
  assert.equal(await status(first.id), 'cancelled');
  assert.equal(await status(other.id), 'waiting');
  await refused(400, 'VALIDATION_ERROR', 'run_ids', who, 'POST', `${API}/runs/bulk`, { body: { action: 'cancel', run_ids: [first.id], status: 'queued' } });
  await refused(400, 'VALIDATION_ERROR', 'action', who, 'POST', `${API}/runs/bulk`, { body: { action: 'delete' } });
  assert.equal((await act('cancel', other.id)).status, 'cancelled');
});

test('X05 runs of another workspace are nobody\'s to pause', async () => {
  const stranger = await apiToken(await person());
  const run = await startRun(who, await liveWorkflow(who, chain(manual(), delay(60000))), {});
  for (const verb of ['pause', 'resume']) await refused(404, 'NOT_FOUND', null, stranger, 'POST', `${API}/runs/${run.id}/${verb}`, { body: {} });
  await refused(404, 'NOT_FOUND', 'run_ids', stranger, 'POST', `${API}/runs/bulk`, { body: { action: 'cancel', run_ids: [run.id] } });
  await act('cancel', run.id);
});

test('X22 X09 a ready run that was locked while it should be claimed is claimed once the lock is undone', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  const holder = spawn('psql', ['-XqAtd', env.dsn], { stdio: ['pipe', 'pipe', 'ignore'] });
  // The worker may be quicker than the lock: then another run is tried.
  const id = await until('a ready run is locked', async () => {
    const one = await value(`insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id)
      select workspace_id, app.uuid7(), workflow_id, id, number, 'manual', 'trigger-1' from app.version where workflow_id = :'w' returning id`, { w: w.id });
    const held = once(holder.stdout, 'data');
    holder.stdin.write(`rollback; begin; insert into app.run_queue (workspace_id, run_id) select workspace_id, id from app.run where id = '${one}'; commit;
      begin; select count(*) from (select from app.run_queue where run_id = '${one}' and lease_owner = 0 for update) x;\n`);
    return String((await held)[0]).trim() === '1' && one;
  });
  await heard();
  assert.equal(await status(id), 'queued');
  holder.stdin.end('rollback;\n');
  assert.equal((await finished(who, id)).status, 'succeeded');
});

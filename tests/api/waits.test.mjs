/* Delays: they outlive every process, and hold none. N07. Kills the worker and restarts Postgres, so it is one of the last suites. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { env, expect } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { root } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, delay, finished, http, liveWorkflow, manual, noOp, openEcho, person, startRun, stepsOf, unique } from '../lib/world.mjs';

const YEAR_MS = 365 * 24 * 3600 * 1000;

let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const workerPid = () => (existsSync(join(env.var, 'run/worker.pid')) ? Number(readFileSync(join(env.var, 'run/worker.pid'), 'utf8')) : 0);
const cluster = (verb) => execFileSync('bash', [join(root, 'scripts/cluster.sh'), verb], { env: { ...process.env, MILLRACE_VAR: env.var }, stdio: 'pipe' });
const waits = (id) => until(`run ${id} waits`, async () => (await expect(200, who, 'GET', `${API}/runs/${id}`)).status === 'waiting', { ms: 30000, every: 50 });
const dueOf = (id) => value(`select (extract(epoch from due_at) * 1000)::bigint from app.timer where run_id = :'id'`, { id });

/* A run that waits, then calls a service which counts: {id, sent, calls()}. */
async function waiting(ms) {
  const key = unique('wait');
  const w = await liveWorkflow(who, chain(manual(), delay(ms), http({ url: `${env.echo}/flaky/${key}/0` }), noOp()));
  const sent = Date.now();
  const { id } = await startRun(who, w, { order: 4711 });
  return { id, sent, calls: async () => (await (await fetch(`${env.echo}/calls/${key}`)).json()).calls };
}

/* It has gone on from where it was, with what it had, once. */
async function wentOnOnce(run) {
  assert.equal((await finished(who, run.id, 60000)).status, 'succeeded');
  const steps = await stepsOf(who, run.id);
  assert.deepEqual(steps.map((s) => [s.node_id, s.status, s.attempt]), ['trigger-1', 'delay-1', 'action-1', 'end-1'].map((id) => [id, 'succeeded', 1]));
  assert.equal(steps[1].output.main[0].json.order ?? steps[1].output.main[0].json.payload?.order, 4711);
  assert.equal(await run.calls(), 1);
}

test('N07 waits of a ms to a year outlive the death of the worker and a restart of Postgres, and end once, when they should', async () => {
  const short = await waiting(1);
  await wentOnOnce(short);
  const [soon, later, year] = [await waiting(1500), await waiting(15000), await waiting(YEAR_MS)];
  await waits(year.id);
  await waits(later.id);
  const due = await dueOf(year.id);
  assert.ok(Math.abs(due - year.sent - YEAR_MS) < 60000, `due at ${new Date(Number(due)).toISOString()}`);

  const pid = workerPid();
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'worker\n');
  process.kill(pid, 'SIGKILL');
  cluster('stop');
  cluster('start');
  await until('another worker is there', () => workerPid() !== 0 && workerPid() !== pid, { ms: 60000 });
  await until('web is ready', async () => (await fetch(`${env.direct}/readyz`)).ok, { ms: 60000, every: 100 });

  await wentOnOnce(soon);
  await wentOnOnce(later);
  assert.ok(Date.now() - later.sent >= 15000, 'it ended before its time');
  assert.equal((await expect(200, who, 'GET', `${API}/runs/${year.id}`)).status, 'waiting');
  assert.equal(await dueOf(year.id), due);
  assert.equal(await year.calls(), 0);
  // The year is over: nobody can be asked to wait for it, so its due time is moved where it is stored.
  await sql(`update app.step set output = json_build_object('due_at', now() - interval '1 s') where run_id = :'id' and status = 'waiting';
    update app.timer set due_at = now() - interval '1 s' where run_id = :'id'`, { id: year.id });
  await wentOnOnce(year);
}, { timeout: 240000 });

test('N07 runs that wait hold no thread, no connection and no place in the queue', async () => {
  const threads = () => /^Threads:\t(\d+)$/m.exec(readFileSync(`/proc/${workerPid()}/status`, 'utf8'))[1];
  const connections = () => value(`select count(*) from pg_stat_activity where usename = 'mr_worker'`);
  const w = await liveWorkflow(who, chain(manual(), delay(3600000), noOp()));
  await waits((await startRun(who, w, {})).id);
  const before_ = threads();
  await Promise.all(Array.from({ length: 100 }, () => startRun(who, w, {})));
  const waitingRuns = () => value(`select count(*) from app.timer t join app.run r using (workspace_id) where r.id = t.run_id and r.workflow_id = :'id' and r.status = 'waiting'`, { id: w.id });
  await until('all of them wait', async () => (await waitingRuns()) === '101', { ms: 60000, every: 100 });
  assert.equal(await value(`select count(*) from app.run_queue q join app.run r using (workspace_id) where r.id = q.run_id and r.workflow_id = :'id'`, { id: w.id }), '0');
  assert.equal(threads(), before_);
  assert.ok(Number(await connections()) <= 5, 'two that record, two for the rest, one that listens');
});

/* Schedules: rules, previews, and that they fire. T09, T10. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { endOthers, otherWorker } from '../lib/others.mjs';
import { sql } from '../lib/sql.mjs';
import { root } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, liveWorkflow, noOp, pages, person, workflow } from '../lib/world.mjs';

let who;
before(async () => {
  who = await apiToken(await person());
});
after(endOthers);

const preview = (body) => expect(200, who, 'POST', `${API}/schedules/preview`, { body });

test('T09 a rule of five or six fields, @every and a single time are previewed in their time zone', async () => {
  const from = '2026-03-27T10:00:00Z';
  assert.deepEqual(await preview({ cron: '0 9 * * 1-5', timezone: 'Europe/Lisbon', from }), {
    timezone: 'Europe/Lisbon',
    next: ['2026-03-30T08:00:00.000Z', '2026-03-31T08:00:00.000Z', '2026-04-01T08:00:00.000Z', '2026-04-02T08:00:00.000Z', '2026-04-03T08:00:00.000Z'],
  });
  assert.deepEqual((await preview({ cron: '*/20 * * * * *', from, count: 3 })).next, ['2026-03-27T10:00:20.000Z', '2026-03-27T10:00:40.000Z', '2026-03-27T10:01:00.000Z']);
  assert.equal((await preview({ cron: '@every 5m', from })).next.length, 5);
  assert.equal((await preview({ every: '90s', from, count: 2 })).next.length, 2);
  assert.deepEqual((await preview({ at: '2031-05-05T05:05:05Z' })).next, ['2031-05-05T05:05:05.000Z']);
});

test('T09 a bad rule, time zone or number of rules is refused by name', async () => {
  for (const cron of ['', '* * *', '61 * * * *', '* * 32 * *', 'a b c d e', '* * * * * * * *', '@sometimes', '*/0 * * * *', '5-1 * * * *'])
    await refused(400, 'VALIDATION_ERROR', 'cron', who, 'POST', `${API}/schedules/preview`, { body: { cron } });
  await refused(400, 'VALIDATION_ERROR', 'timezone', who, 'POST', `${API}/schedules/preview`, { body: { cron: '* * * * *', timezone: 'Europe/Atlantis' } });
  for (const body of [{}, { cron: '* * * * *', every: '5m' }])
    assert.equal((await call(who, 'POST', `${API}/schedules/preview`, { body })).status, 400, JSON.stringify(body));
});

test('T10 every shared vector of cron rules is previewed right', async (t) => {
  const file = join(root, '../shared/cron/open.jsonl');
  if (!existsSync(file)) return t.skip('the vectors ../shared/cron are not here');
  const vectors = readFileSync(file, 'utf8').trim().split('\n').map((l) => JSON.parse(l)).filter((v) => v.agree);
  // Every 7th: the unit tests run them all.
  for (const v of vectors.filter((_, i) => i % 7 === 0)) {
    const r = await call(who, 'POST', `${API}/schedules/preview`, { body: { cron: v.pattern, timezone: v.tz, from: v.from, count: Math.max(1, v.next?.length ?? 1) } });
    if (!v.valid) assert.equal(r.status, 400, JSON.stringify(v));
    else assert.deepEqual(r.body.next?.map((x) => x.replace('.000Z', 'Z')), v.next, `${JSON.stringify(v)} ${r.text}`);
  }
});

test('T09 the short form `schedule` makes a schedule trigger; a bad one is refused', async () => {
  const w = await workflow(who, { nodes: [noOp()], edges: [] }, { schedule: '0 4 * * *' });
  assert.ok(w.definition.nodes.some((n) => n.type === 'schedule'));
  const r = await call(who, 'POST', `${API}/workflows`, { body: { name: 'x', definition: { nodes: [noOp()], edges: [] }, schedule: 'never' } });
  assert.equal(r.status, 400, r.text);
  assert.ok(r.body.error.issues.some((i) => i.field.includes('schedule') || i.field.includes('cron')), r.text);
});

test('T09 a schedule of seconds fires by itself, once for each due time', async () => {
  const w = await liveWorkflow(who, chain({ id: 't', type: 'schedule', config: { cron: '* * * * * *' } }, noOp()));
  const runs = await until('three runs', async () => {
    const items = await pages(who, `${API}/workflows/${w.id}/runs`);
    return items.length >= 3 && items;
  }, { ms: 15000, every: 100 });
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/deactivate`);
  assert.ok(runs.every((r) => r.trigger.type === 'schedule'));
  const due = runs.map((r) => r.trigger.due_at);
  assert.equal(new Set(due).size, due.length, `a time fired twice: ${due}`);
  assert.ok(due.every((d) => d.endsWith('.000Z')));
});

test('T09 a schedule fires no more once it is off', async () => {
  const w = await liveWorkflow(who, chain({ id: 't', type: 'schedule', config: { cron: '* * * * * *' } }, noOp()));
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/deactivate`);
  const before = (await pages(who, `${API}/workflows/${w.id}/runs`)).length;
  const other = await liveWorkflow(who, chain({ id: 't', type: 'schedule', config: { cron: '* * * * * *' } }, noOp()));
  await until('another schedule has fired twice', async () => (await pages(who, `${API}/workflows/${other.id}/runs`)).length >= 2, { ms: 15000, every: 100 });
  await expect(200, who, 'POST', `${API}/workflows/${other.id}/deactivate`);
  assert.equal((await pages(who, `${API}/workflows/${w.id}/runs`)).length, before);
});

/* Holds a lock on a table, which who only reads passes: a function that runs a last statement and lets it go. */
function lockHeld(table) {
  const child = spawn('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', env.dsn], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.on('exit', done));
  child.stdin.write(`begin;\nlock table ${table} in exclusive mode;\nselect 'held';\n`);
  const letGo = (last = '') => {
    child.stdin.end(`${last};\ncommit;\n`);
    return ended;
  };
  return Promise.race([new Promise((held) => child.stdout.once('data', () => held(letGo))), ended.then((code) => assert.fail(`psql has ended with ${code}`))]);
}

test('T10 pg_cron and four workers that fire at the same moment start exactly one run for each due time', async () => {
  for (let i = 0; i < 3; i++) await otherWorker();
  const at = new Date(Date.now() + 3600000).toISOString();
  const due = await Promise.all(Array.from({ length: 12 }, () => liveWorkflow(who, chain({ id: 't', type: 'schedule', config: { at } }, noOp()))));
  const ids = due.map((w) => `'${w.id}'`).join();
  // pg_cron comes at the full minute, each worker every second, by either of its two connections for such things: all are
  // held where they take what is due.
  await until('the minute is nearly over', () => new Date().getSeconds() >= 57, { ms: 70000 });
  const letGo = await lockHeld('app.schedule_due');
  const held = `from pg_stat_activity a join pg_locks l on l.pid = a.pid where not l.granted and l.relation = 'app.schedule_due'::regclass`;
  const waiting = async () => Object.fromEntries(await sql(`select a.usename, count(*) ${held} group by 1`));
  await until('pg_cron and four workers wait to fire', async () => {
    const { mr_ops: cron = 0, mr_worker: workers = 0 } = await waiting();
    return cron >= 1 && workers >= 8;
  }, { ms: 90000 })
    // Due a second before the first of them came, so each of them would fire.
    .then(() => letGo(`update app.schedule_due set due_at = (select min(a.query_start) - interval '1 s' ${held})
      where trigger_id in (select id from app.trigger where workflow_id in (${ids}))`), (error) => letGo().then(() => { throw error; }));
  await until('all of them are through', async () => Object.keys(await waiting()).length === 0, { ms: 30000 });
  const job = await until('the job of pg_cron is over', async () => (await sql(`select d.status, d.return_message from cron.job_run_details d join cron.job j using (jobid)
    where j.jobname = 'millrace.schedule_fire' and d.status <> 'starting' and d.end_time is not null order by d.start_time desc limit 1`))[0], { ms: 30000 });
  assert.equal(job[0], 'succeeded', job[1]);
  for (const w of due) {
    const runs = await pages(who, `${API}/workflows/${w.id}/runs`);
    assert.equal(runs.length, 1, `runs of ${w.id}: ${runs.map((r) => r.trigger.due_at)}`);
    assert.equal((await finished(who, runs[0].id)).status, 'succeeded');
  }
}, { timeout: 240000 });

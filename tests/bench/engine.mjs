/*
 * engine.mjs: what the engine does with runs that are there already: a backlog, wide runs, calls in flight, a deep queue, a
 * snapshot that is held open. A backlog becomes ready in one commit, while the product runs: copies of one run.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { chain, http, hookPath, liveWorkflow, manual, noOp, startRun } from '../lib/world.mjs';

const BACKLOG = 30000, FEW = 10000, MANY = 1000000, WIDTH = 200, WIDE = 1500;
const CALLS = 4000, ANSWER_MS = 2000, RECORD_MS = 500;

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/* Makes `n` copies of a run, all ready at once, and its delivery's, if it has one. The instant at which they were. */
async function copies(id, n) {
  await sql(`with made as (
      insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id, delivery_id, input)
      select r.workspace_id, app.uuid7(), r.workflow_id, r.version_id, r.version, r.trigger_type, r.node_id, r.trigger_id,
             case when r.delivery_id is not null then app.uuid7() end, r.input
        from app.run r, generate_series(1, :n) where r.id = :'id' returning *),
    sent as (
      insert into app.delivery (workspace_id, id, run_id, trigger_id, workflow_id, method, query, headers, content_type, body)
      select m.workspace_id, m.delivery_id, m.id, d.trigger_id, d.workflow_id, d.method, d.query, d.headers, d.content_type, d.body
        from made m join app.run r on r.id = :'id' join app.delivery d on d.workspace_id = r.workspace_id and d.id = r.delivery_id)
    insert into app.run_queue (workspace_id, run_id) select m.workspace_id, m.id from made m`, { id, n });
  return value('select clock_timestamp()');
}

const idle = () => until('the queue is empty', async () => (await value('select exists (select from app.run_queue)')) === 'f', { ms: 600000, every: 100 });

/* Runs a second, and CPU seconds a run, of a backlog of `n` copies. */
async function burst(id, n, cpu) {
  const at = await copies(id, n);
  const before = cpu();
  await idle();
  const used = cpu() - before;
  const [[done, took]] = await sql(`select count(*), extract(epoch from max(completed_at) - :'at') from app.run where completed_at > :'at' and status = 'succeeded'`, { at });
  if (Number(done) < n) throw new Error(`${done} of ${n} runs succeeded`);
  return { rate: n / Number(took), cpu: used / n };
}

/* One hook's run, finished: what backlogs are copies of. */
async function oneOf(stack, w, post) {
  const answer = await fetch(`${stack.url}${hookPath(w)}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: post });
  const { run_id } = await answer.json();
  await until('it has run', async () => (await value(`select status from app.run where id = :'id'`, { id: run_id })) === 'succeeded');
  return run_id;
}

/* Bar 1: the worker alone on an accepted backlog, of the floor's fused ticks. Bar 2's CPU beside it. */
export async function benchBacklog(t, five, post) {
  const ratios = [];
  for (let i = 0; i < t.pairs; i++) {
    const reference = await t.floor('fused_5_fairset_k50');
    const b = await burst(await oneOf(t.stack, five, post), BACKLOG, t.cpu);
    if (reference) ratios.push(b.rate / reference.rate);
    t.row(`backlog_${i + 1}`, b.rate.toFixed(0), 'runs/s', reference?.rate ?? '', reference ? (b.rate / reference.rate).toFixed(3) : '');
    t.row(`backlog_cpu_${i + 1}`, (b.cpu * 1e6).toFixed(0), 'us/run', reference?.cpu ?? '');
  }
  if (ratios.length > 0) t.row('backlog', median(ratios).toFixed(3), 'of floor', 0.7, (median(ratios) / 0.7).toFixed(2));
}

/* trigger -> WIDTH nodes -> join. */
function wide() {
  const branches = Array.from({ length: WIDTH }, (_, i) => noOp(`branch-${i}`));
  const nodes = [manual(), ...branches, { id: 'join-1', type: 'merge', config: { mode: 'append' } }];
  const edges = branches.flatMap((b, i) => [{ from: 'trigger-1', to: b.id }, { from: b.id, to: 'join-1', to_port: String(1 + (i % 2)) }]);
  return { nodes: nodes.map((n, i) => ({ name: n.id, config: {}, position: { x: 0, y: 60 * i }, ...n })), edges };
}

/* Bar 1: one workflow that fans out and joins, of the floor's. */
export async function benchFanout(t, who) {
  const w = await liveWorkflow(who, wide());
  const ratios = [];
  for (let i = 0; i < t.pairs; i++) {
    const reference = await t.floor('fanout_200');
    const { id } = await startRun(who, w, { n: 1 });
    await until('it has run', async () => (await value(`select status from app.run where id = :'id'`, { id })) === 'succeeded');
    const steps = Number(await value(`select count(*) from app.step where run_id = :'id'`, { id }));
    if (steps !== WIDTH + 2) throw new Error(`${steps} steps`);
    const b = await burst(id, WIDE, t.cpu);
    if (reference) ratios.push(b.rate / reference.rate);
    t.row(`fanout_${i + 1}`, (b.rate * steps).toFixed(0), 'steps/s', reference ? (reference.rate * steps).toFixed(0) : '', reference ? (b.rate / reference.rate).toFixed(3) : '');
  }
  if (ratios.length > 0) t.row('fanout', median(ratios).toFixed(3), 'of floor', 0.5, (median(ratios) / 0.5).toFixed(2));
}

/* Answers each request ANSWER_MS after it came, and remembers when, by its path. */
function slowServer() {
  const answered = new Map();
  let open = 0, most = 0;
  const server = createServer((request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      answered.set(request.url.slice(1), Date.now());
      response.end('{}');
    }, ANSWER_MS);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', 16384, () => resolve({ server, answered, most: () => most, host: `127.0.0.1:${server.address().port}` })));
}

/* Bars 1 and 2: thousands of slow calls at once in one worker, each recorded soon after its answer; the worker's memory meanwhile. */
export async function benchInFlight(t, { who, workspace }) {
  const slow = await slowServer();
  appendFileSync(t.stack.env.MILLRACE_EGRESS_CEILING, `${slow.host} ${workspace}\n`);
  const w = await liveWorkflow(who, chain(manual(), http({ url: `http://${slow.host}/{{run.id}}` }), noOp()));
  const { id } = await startRun(who, w, { note: 'x'.repeat(4096) });
  await until('it has run', async () => (await value(`select status from app.run where id = :'id'`, { id })) === 'succeeded');
  let rss = 0, egress = 0;
  const sampler = setInterval(() => {
    for (const p of t.processes()) {
      if (p.name === 'millrace-worker') rss = Math.max(rss, t.rss(p.pid));
      if (p.name === 'millrace-egress') egress = Math.max(egress, t.rss(p.pid));
    }
  }, 100);
  const from = performance.now();
  await copies(id, CALLS);
  await idle();
  const wall = (performance.now() - from) / 1000;
  clearInterval(sampler);
  slow.server.close();
  const ends = await sql(`select id, extract(epoch from completed_at) * 1000 from app.run where workflow_id = :'w' and status = 'succeeded'`, { w: w.id });
  const late = ends.map(([run, at]) => Number(at) - slow.answered.get(run)).sort((a, b) => a - b);
  if (late.length !== CALLS + 1) {
    const errors = await sql(`select s.status, s.error->>'code', s.error->>'message', count(*) from app.step s join app.run r on r.id = s.run_id where r.workflow_id = :'w' group by 1, 2, 3`, { w: w.id });
    throw new Error(`${late.length} runs succeeded: ${JSON.stringify(errors)}`);
  }
  t.row('calls_in_flight', slow.most(), 'at once', CALLS, (slow.most() / CALLS).toFixed(2));
  t.row('calls_recorded_p50', late[Math.floor(late.length / 2)].toFixed(0), 'ms');
  t.row('calls_recorded_max', late.at(-1).toFixed(0), 'ms', RECORD_MS, (late.at(-1) / RECORD_MS).toFixed(2));
  t.row('calls_wall', wall.toFixed(2), 's');
  t.row('calls_worker_rss', (rss / 1024).toFixed(1), 'MB', 40, (rss / 1024 / 40).toFixed(2));
  t.row('calls_egress_rss', (egress / 1024).toFixed(1), 'MB');
}

/* Claiming from a deep queue costs what it does from a short one. Comes last: it leaves the queue as it is. */
export async function benchDepth(t, five, post) {
  const id = await oneOf(t.stack, five, post);
  const short = await burst(id, FEW, t.cpu);
  await copies(id, MANY);
  const done = async () => Number(await value(`select n_tup_del from pg_stat_user_tables where relname = 'run_queue'`));
  const [from, before] = [await done(), t.cpu()];
  await until('some of many are done', async () => (await done()) - from >= 3 * FEW, { ms: 120000, every: 100 });
  const deep = (t.cpu() - before) / ((await done()) - from);
  t.row('claim_of_10k', (short.cpu * 1e6).toFixed(0), 'us/run');
  t.row('claim_of_1m', (deep * 1e6).toFixed(0), 'us/run', (short.cpu * 1e6).toFixed(0), (deep / short.cpu).toFixed(2));
}

/* A minute of webhooks: how many were accepted, CPU seconds for each, and how many wait afterwards. */
async function minute(t, load, post, rate) {
  const before = t.cpu();
  const l = await load(t.stack, [...post, '--connections', 64, '--seconds', t.minute, ...(rate ? ['--rate', Math.floor(rate)] : [])]);
  return { rate: l.ok / t.minute, cpu: (t.cpu() - before) / l.ok, waiting: Number(await value('select count(*) from app.run_queue')) };
}

/*
 * Somebody's snapshot held open for `minutes`: at half of what it can do the backlog doesn't grow and a run costs in the last
 * minute what it did in the first; then as long at full speed. Only where it is asked for: it takes twice `minutes`.
 */
export async function benchSnapshot(t, load, post, minutes) {
  const capacity = (await minute(t, load, post)).rate;
  await idle();
  for (const [name, rate] of [['half', capacity / 2], ['full', 0]]) {
    const holder = spawn('psql', ['-XqAtd', t.stack.dsn], { stdio: ['pipe', 'ignore', 'inherit'] });
    holder.stdin.write('begin isolation level repeatable read; select count(*) from app.run_queue;\n');
    await until('the snapshot is held', async () => (await value(`select count(*) from pg_stat_activity where state = 'idle in transaction' and backend_xmin is not null`)) === '1');
    const all = [];
    for (let i = 0; i < minutes; i++) all.push(await minute(t, load, post, rate));
    const [first, last] = [all[0], all.at(-1)];
    holder.stdin.end('rollback;\n');
    await idle();
    t.row(`snapshot_${name}_rate`, last.rate.toFixed(0), 'runs/s', first.rate.toFixed(0), (last.rate / first.rate).toFixed(2));
    t.row(`snapshot_${name}_cpu`, (last.cpu * 1e6).toFixed(0), 'us/run', (first.cpu * 1e6).toFixed(0), (last.cpu / first.cpu).toFixed(2));
    t.row(`snapshot_${name}_waiting`, last.waiting, 'runs', first.waiting);
  }
}

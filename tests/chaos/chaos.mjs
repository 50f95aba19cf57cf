/*
 * chaos.mjs: kills and pauses workers, and kills Postgres, while webhooks are being accepted and run; then counts.
 *
 *	node tests/chaos/chaos.mjs [--accepted 2000] [--seconds 40] [--seed N] [--twice 0.05]
 *
 * Four clients keep a ledger outside the database, fsynced: what was answered 202 must be there, each step recorded
 * once, nothing stuck. The suite must have bitten: at least 20 lost leases, one Postgres kill, ten refused stale
 * writes and ten runs that web's offer began, else it is INCONCLUSIVE, which fails. Kills alone never make a stale
 * writer, so workers are paused for longer than their lease as well.
 *
 * First the runs call a service; in the last quarter of the time they call nothing. Only those end within the write that
 * takes an offered run, and only a worker with nothing under way takes an offer at all.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { dsnAs, root, startStack, stopStack, tails } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { startDownstream } from './downstream.mjs';

const argument = (name, fallback) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : Number(process.argv[i + 1]);
};
const target = argument('accepted', 2000);
const seconds = argument('seconds', 40);
const sentTwice = argument('twice', 0.05); // share of deliveries sent twice at once, with the same key
const seed = argument('seed', Date.now() % 1000000);
const silentMs = 1500;
const extraWorkers = 2;
const CALLING = 0.75; // of the time
const HANGS_MS = 300; // before a kill: several deliveries of each client

/* A small generator with a seed (mulberry32), so that a bad run can be repeated. */
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const psql = (stack, ...args) => execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', stack.dsn, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });

/* Workers beside the supervisor's one, started again when they die. */
function workersStart(stack, n) {
  // As root each process has a user of its own, and egress serves the worker's only.
  const become = process.getuid() === 0 ? ['setpriv', '--reuid=millrace-worker', '--regid=millrace-worker', '--init-groups'] : [];
  const [program, ...args] = [...become, join(root, 'build', stack.variant, 'bin/millrace-worker')];
  const fleet = { stopping: false, children: new Set() };
  const log = openSync(join(stack.home, 'workers.log'), 'a');
  const one = () => {
    if (fleet.stopping) return;
    const child = spawn(program, args, { env: { ...stack.env, MILLRACE_DSN: dsnAs('mr_worker', stack), MILLRACE_EGRESS_SOCK: join(stack.var, 'run/egress.sock') }, stdio: ['ignore', log, log] });
    fleet.children.add(child);
    child.on('exit', () => {
      fleet.children.delete(child);
      setTimeout(one, 200);
    });
  };
  for (let i = 0; i < n; i++) one();
  return fleet;
}

/* Every living millrace-worker of this stack: the supervisor's and ours. */
function workerPids(stack, fleet) {
  const of = readdirSync('/proc').filter((d) => /^\d+$/.test(d)).flatMap((d) => {
    try {
      const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${d}/stat`, 'utf8'));
      return name === 'millrace-worker' && Number(rest.split(' ')[1]) === stack.up.child.pid ? [Number(d)] : [];
    } catch {
      return [];
    }
  });
  return [...of, ...[...fleet.children].map((c) => c.pid)];
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    /* it has just died: as good */
  }
}

/*
 * Postgres hangs for a moment, so that deliveries are surely under way, then the postmaster and all its children are
 * killed at once, and the cluster is started again. Where nobody reaps the dead, the killed postmaster stays as a zombie,
 * which the next one takes for living: its two lock files are removed once it is dead.
 */
async function postgresKill(stack) {
  const lock = join(stack.var, 'pg/postmaster.pid');
  const postmaster = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(/\s+/).map(Number);
  for (const pid of [postmaster, ...children]) signal(pid, 'SIGSTOP');
  await pause(HANGS_MS);
  for (const pid of [postmaster, ...children]) signal(pid, 'SIGKILL');
  await until('the killed Postgres is dead', () => [postmaster, ...children].every(isDead), { ms: 10000, every: 10 });
  rmSync(lock, { force: true });
  for (const f of readdirSync(join(stack.var, 'sock')).filter((name) => name.endsWith('.lock'))) rmSync(join(stack.var, 'sock', f), { force: true });
  for (let tries = 0; ; tries++) {
    try {
      return await promisify(execFile)('bash', [join(root, 'scripts/cluster.sh'), 'start'], { cwd: root, env: stack.env, timeout: 30000 });
    } catch (error) {
      // Its shared memory may still be going.
      if (tries === 10) throw error;
    }
  }
}

function isDead(pid) {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

async function client(index, shared) {
  const ledger = openSync(join(shared.stack.home, `ledger-${index}`), 'a');
  for (let n = 0; !shared.done; n++) {
    const key = `client-${index}-${n}`;
    const twice = random() < sentTwice;
    const path = shared.path;
    const send = async () => {
      for (;;) {
        try {
          const r = await fetch(shared.stack.url + path, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify({ key, amount: n }), signal: AbortSignal.timeout(8000) });
          if (r.status === 202) {
            const body = await r.json();
            writeSync(ledger, `${body.run_id}\t${key}\n`);
            fsyncSync(ledger);
            shared.answered++;
            return;
          }
          shared.refused++;
          await r.arrayBuffer();
        } catch {
          shared.unanswered++;
        }
        if (performance.now() > shared.deadline) return;
        await pause(100);
      }
    };
    await Promise.all(twice ? [send(), send()] : [send()]);
    if ((shared.answered >= target && shared.injuriesDone) || performance.now() > shared.deadline) shared.done = true;
    // Spread over the time of the injuries: a burst would be over before the first of them.
    await pause(Math.max(0, (4000 * seconds) / target - 5));
  }
  closeSync(ledger);
}

async function injure(stack, fleet, shared) {
  const start = performance.now();
  const end = start + seconds * 1000;
  let postgresAt = performance.now() + seconds * 200;
  while (performance.now() < end) {
    await pause(300 + random() * 500);
    if (performance.now() > start + seconds * 1000 * CALLING) shared.path = shared.pure;
    if (performance.now() > postgresAt) {
      postgresAt += seconds * 300;
      await postgresKill(stack);
      shared.postgresKills++;
      continue;
    }
    const pids = workerPids(stack, fleet).filter((pid) => !shared.paused.has(pid));
    if (pids.length === 0) continue;
    const pid = pids[Math.floor(random() * pids.length)];
    if (random() < 0.35) {
      signal(pid, 'SIGKILL');
      shared.kills++;
    } else {
      signal(pid, 'SIGSTOP');
      shared.paused.add(pid);
      shared.pauses++;
      setTimeout(() => {
        signal(pid, 'SIGCONT');
        shared.paused.delete(pid);
      }, silentMs + 800 + random() * 1200);
    }
  }
  shared.injuriesDone = true;
}

/* Rolls up what was metered, two at once, while Postgres is killed under them: each row must be counted once. */
async function rollUp(stack, shared) {
  const one = () => promisify(execFile)('psql', ['-XAtqd', stack.dsn, '-c', 'select ops.usage_rollup()']).then(({ stdout }) => (shared.rolledUp += Number(stdout)), () => shared.rollupsFailed++);
  while (!shared.injuriesDone) {
    await Promise.all([one(), one()]);
    await pause(20);
  }
}

async function main() {
  console.log(`chaos: seed ${seed}, ${target} accepted over ${seconds} s`);
  const stack = await startStack({ variant: process.env.VARIANT ?? 'release', proxy: false, durable: true, extra: { MILLRACE_HEARTBEAT_MS: '300', MILLRACE_SILENT_MS: String(silentMs), MILLRACE_REAP_MS: '300' } });
  const downstream = await startDownstream(join(stack.home, 'downstream'));
  let fleet = { stopping: true, children: new Set() };
  let ok = false;
  try {
    process.env.MR_TEST_URL = stack.url;
    process.env.MR_TEST_ECHO = downstream.url;
    process.env.MR_TEST_CEILING = stack.env.MILLRACE_EGRESS_CEILING;
    const world = await import('../lib/world.mjs');
    const owner = await world.person('chaos');
    world.openEcho(owner.workspace);
    const calling = world.chain(
      world.webhook(),
      world.set({ key: '{{trigger.payload.key}}' }),
      world.http({ method: 'POST', url: `${downstream.url}/?key={{set-1.key}}`, body: '{{trigger.payload}}' }, 'action-1', { retry: { max_attempts: 20, initial_interval_ms: 200, backoff: 1 } }),
      world.set({ done: '{{action-1.status}}' }, 'set-2'),
      world.noOp(),
    );
    const pure = world.chain(world.webhook(), world.set({ key: '{{trigger.payload.key}}' }), world.set({ key: '{{set-1.key}}' }, 'set-2'), world.set({ done: true }, 'set-3'), world.noOp());
    const path = world.hookPath(await world.liveWorkflow(owner, calling));
    const purePath = world.hookPath(await world.liveWorkflow(owner, pure));
    psql(stack, '-f', join(root, 'tests/chaos/witness.sql'));
    fleet = workersStart(stack, extraWorkers);
    const shared = { stack, path, pure: purePath, answered: 0, refused: 0, unanswered: 0, kills: 0, pauses: 0, postgresKills: 0, rolledUp: 0, rollupsFailed: 0, paused: new Set(), done: false, injuriesDone: false, deadline: performance.now() + seconds * 3000 + 30000 };
    const clients = [0, 1, 2, 3].map((i) => client(i, shared));
    const rollUps = rollUp(stack, shared);
    await injure(stack, fleet, shared);
    await rollUps;
    for (const pid of shared.paused) signal(pid, 'SIGCONT');
    await Promise.all(clients);
    const drained = await until('the queue has drained', () => psql(stack, '-c', 'select (select count(*) from app.run_queue) + (select count(*) from app.timer)').trim() === '0', { ms: 60000, every: 200 }).then(() => true, () => false);
    psql(stack, '-c', 'select ops.usage_rollup()');
    ok = report(stack, shared, drained);
    if (!ok && process.env.HOLD) await pause(Number(process.env.HOLD) * 1000);
  } finally {
    fleet.stopping = true;
    for (const c of fleet.children) signal(c.pid, 'SIGCONT');
    for (const c of fleet.children) signal(c.pid, 'SIGTERM');
    await until('our workers have ended', () => fleet.children.size === 0, { ms: 40000 }).catch(() => {
      for (const c of fleet.children) signal(c.pid, 'SIGKILL');
    });
    if (!ok) console.log(tails(stack, 8));
    downstream.stop();
    await stopStack(stack, { keep: process.env.KEEP === '1' });
  }
  console.log(ok ? 'chaos: 1 passed, 0 failed' : 'chaos: 0 passed, 1 failed');
  process.exitCode = ok ? 0 : 1;
}

/* Prints what was counted; true when nothing was lost, doubled or stuck and the suite has bitten. */
function report(stack, shared, drained) {
  for (let i = 0; i < 4; i++) psql(stack, '-c', `\\copy witness.answered from '${join(stack.home, `ledger-${i}`)}'`);
  const faults = psql(stack, '-f', join(root, 'tests/chaos/check.sql')).trim().split('\n').map((l) => l.split('|'));
  const logs = readdirSync(stack.home).filter((f) => f.endsWith('.log')).map((f) => join(stack.home, f));
  for (const f of readdirSync(join(stack.var, 'log'))) logs.push(join(stack.var, 'log', f));
  const refusedStale = logs.reduce((n, f) => n + (readFileSync(f, 'utf8').match(/"event":"lease.stale"/g) ?? []).length, 0);
  const losses = Number(psql(stack, '-c', 'select count(*) from witness.loss_log'));
  const offered = Number(psql(stack, '-c', 'select count(*) from witness.end_log e where not exists (select from witness.claim_log c where c.run_id = e.run_id)'));
  const quarantined = Number(psql(stack, '-c', "select count(*) from app.run_outcome where error->>'code' = 'QUARANTINED'"));
  const calls = readFileSync(join(stack.home, 'downstream'), 'utf8').trim().split('\n').length;
  const runs = Number(psql(stack, '-c', 'select count(*) from app.run'));
  console.log(`answered ${shared.answered}, runs ${runs}, refused ${shared.refused}, unanswered ${shared.unanswered}; workers killed ${shared.kills}, paused ${shared.pauses}, Postgres killed ${shared.postgresKills}`);
  console.log(`lost leases ${losses}, stale writes refused ${refusedStale}, begun by an offer ${offered}, quarantined ${quarantined}, calls downstream ${calls} (at least once each)`);
  console.log(`rolled up ${shared.rolledUp} rows of the meter under way, ${shared.rollupsFailed} roll-ups were killed`);
  for (const [fault, n] of faults) console.log(`${n === '0' ? 'ok  ' : 'BAD '} ${fault}: ${n}`);
  // What a person would look at first.
  if (faults.some(([, n]) => n !== '0')) console.log(psql(stack, '-c', 'select s.run_id, s.node_id, s.attempt, s.status, s.pid, s.seq, (select json_agg(json_build_array(c.seq, c.fence, c.owner, c.pid) order by c.seq) from witness.claim_log c where c.run_id = s.run_id) from witness.step_log s where (s.run_id, s.node_id, s.iteration, s.attempt) in (select run_id, node_id, iteration, attempt from witness.step_log group by 1, 2, 3, 4 having count(*) > 1) order by s.run_id, s.seq limit 12'));
  if (!drained) console.log('BAD  the queue did not drain within 60 s');
  const clean = drained && faults.every(([, n]) => n === '0');
  const bitten = losses >= 20 && shared.rolledUp >= 100 && shared.postgresKills >= 1 && refusedStale >= 10 && offered >= 10 && shared.answered >= target;
  if (clean && !bitten) console.log('INCONCLUSIVE: the suite did not bite');
  console.log(clean && bitten ? 'PASS' : 'FAIL');
  writeFileSync(join(stack.home, 'verdict'), clean && bitten ? 'PASS' : 'FAIL');
  return clean && bitten;
}

await main();

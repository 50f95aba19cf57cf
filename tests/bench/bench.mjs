/*
 * bench.mjs: measures the product beside the floor, on one throw-away cluster, in turns.
 *
 *	node tests/bench/bench.mjs [case…]
 *
 * Cases: e2e sync loop backlog fanout calls depth enter list tenants login wake rss; none means all. `snapshot` alone must be
 * asked for: it takes BENCH_MINUTES (10) twice.
 *
 * Prints a line a case and writes var/bench.tsv: case, value, unit, reference, ratio. The product is stopped while
 * the floor runs. BENCH_SECONDS (8) and BENCH_PAIRS (3) change the length; the bar for `wake` wants 30 seconds.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { productStart, productStop, root, startStack, stopStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { benchEnter, benchList, benchTenants } from './read.mjs';

const wanted = process.argv.slice(2);
const seconds = Number(process.env.BENCH_SECONDS ?? 8);
const pairs = Number(process.env.BENCH_PAIRS ?? 3);
const floorFolder = join(root, '../shared/floor');
const rows = [];
const has = (name) => wanted.length === 0 || wanted.includes(name);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function row(name, value, unit, reference = '', ratio = '') {
  rows.push([name, value, unit, reference, ratio]);
  const beside = reference === '' ? '' : `   reference ${reference}   ratio ${ratio}`;
  console.log(`${name.padEnd(28)} ${String(value).padStart(10)} ${unit}${beside}`);
}

/* One case of the floor on our cluster: {rate, cpu, p50, p99}; null without ../shared. */
function floor(stack, name, secs) {
  if (!existsSync(join(floorFolder, 'floor.sh'))) return null;
  const out = execFileSync('bash', [join(floorFolder, 'floor.sh'), '--dsn', stack.dsn, '--seconds', String(secs), name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 24 });
  const line = out.split('\n').find((l) => l.startsWith(`${name} `));
  if (!line) throw new Error(`the floor printed no ${name}:\n${out}`);
  const [, rate, cpu, p50, p99] = line.trim().split(/\s+/);
  return { rate: Number(rate), cpu: Number(cpu), p50: Number(p50), p99: Number(p99) };
}

/* Runs the load generator; its figures by name. */
function load(stack, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'build/release/bin/load'), ['--port', String(stack.port), ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (d) => (out += d));
    child.on('exit', (code) => {
      if (code !== 0) return reject(new Error(`load ended with ${code}`));
      resolve(Object.fromEntries([...out.matchAll(/(\w+)=([\d.]+)/g)].map(([, k, v]) => [k, Number(v)])));
    });
  });
}

/*
 * From the instant at which each webhook of the ledger was due, in ms: to its answer, to the worker's claim, and to the
 * worker's knowledge that its steps are committed. All on one machine, so the monotonic clock is one.
 */
function wakeSpans(stack, ledger) {
  const seen = new Map();
  for (const [, event, run, us] of readFileSync(join(stack.var, 'log/worker.log'), 'utf8').matchAll(/"event":"run\.(claimed|recorded)","run_id":"([^"]+)","mono_us":(\d+)/g)) {
    const of = seen.get(run) ?? seen.set(run, {}).get(run);
    of[event] ??= Number(us);
  }
  const spans = { answered: [], claimed: [], recorded: [] };
  for (const line of readFileSync(ledger, 'utf8').trim().split('\n')) {
    const [run, planned, answered] = line.split(' ');
    const of = { answered, ...seen.get(run) };
    for (const [event, list] of Object.entries(spans)) if (of[event]) list.push((of[event] - planned) / 1000);
  }
  return spans;
}

const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.floor((list.length * p) / 100)];

/* Every process below a pid, with its name. */
function family(pid) {
  const all = readdirSync('/proc').filter((d) => /^\d+$/.test(d)).flatMap((d) => {
    try {
      const stat = readFileSync(`/proc/${d}/stat`, 'utf8');
      const [, name, rest] = /\((.*)\) (.*)/s.exec(stat);
      const f = rest.split(' ');
      return [{ pid: Number(d), parent: Number(f[1]), name, ticks: Number(f[11]) + Number(f[12]) }];
    } catch {
      return [];
    }
  });
  const members = new Set([pid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const p of all)
      if (members.has(p.parent) && !members.has(p.pid)) {
        members.add(p.pid);
        grew = true;
      }
  }
  return all.filter((p) => members.has(p.pid));
}

const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);

/* PSS in MB of our processes, by name; the demo's echo isn't part of an installation. */
function memory(stack) {
  const sizes = {};
  for (const p of family(stack.up.child.pid)) {
    const command = readFileSync(`/proc/${p.pid}/cmdline`, 'utf8').split('\0');
    if (command.includes('echo')) continue;
    sizes[p.name] = (sizes[p.name] ?? 0) + pss(p.pid) / 1024;
  }
  return sizes;
}

const sum = (o) => Object.values(o).reduce((a, b) => a + b, 0);

/* CPU seconds so far: ours, and Postgres'. */
function cpu(stack) {
  const hz = 100;
  const postmaster = Number(readFileSync(join(stack.var, 'pg/postmaster.pid'), 'utf8').split('\n')[0]);
  const of = (pid) => family(pid).reduce((a, p) => a + p.ticks / hz, 0);
  return { ours: of(stack.up.child.pid), postgres: of(postmaster) };
}

function count(stack, text) {
  return Number(execFileSync('psql', ['-XAtqd', stack.dsn, '-c', text], { encoding: 'utf8' }));
}

const drained = (stack) => until('the queue is empty', () => count(stack, 'select count(*) from app.run_queue') === 0, { ms: 120000, every: 20 });

async function benchEngine(stack, { w, owner, token, post, body }) {
  // Read when it can: what it imports takes the address of the stack when it is loaded.
  const engine = await import('./engine.mjs');
  const t = {
    stack, pairs, row, minute: 60, rss: (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
    cpu: () => sum(cpu(stack)), processes: () => family(stack.up.child.pid),
    // The product is stopped while the floor runs.
    floor: async (name) => {
      await productStop(stack);
      const reference = floor(stack, name, seconds);
      await productStart(stack);
      return reference;
    },
  };
  if (has('backlog')) await engine.benchBacklog(t, w, body);
  if (has('fanout')) await engine.benchFanout(t, token);
  if (has('calls')) await engine.benchInFlight(t, { who: token, workspace: owner.workspace });
  if (wanted.includes('snapshot')) await engine.benchSnapshot(t, load, post, Number(process.env.BENCH_MINUTES ?? 10));
  if (has('depth')) await engine.benchDepth(t, w, body);
}

async function main() {
  const stack = await startStack({ proxy: false, durable: true });
  try {
    process.env.MR_TEST_URL = stack.url;
    process.env.MR_TEST_DSN = stack.dsn;
    const world = await import('../lib/world.mjs');
    const owner = await world.person('bench');
    const token = await world.apiToken(owner);
    const five = world.chain(
      world.webhook(),
      // Keeps three fields, so that outputs are about as large as the floor's (110 bytes).
      { id: 'set-1', type: 'set', config: { values: { id: '{{trigger.payload.id}}', amount: '{{trigger.payload.amount}}', currency: '{{trigger.payload.currency}}' }, keep: false } },
      { id: 'if-1', type: 'if', config: { condition: '{{trigger.payload.amount}} > 100' } },
      world.set({ note: 'order {{trigger.payload.id}}' }, 'set-2'),
      world.noOp(),
    );
    five.edges = five.edges.map((e) => (e.from === 'if-1' ? { ...e, from_port: 'true' } : e));
    const w = await world.liveWorkflow(owner, five);
    const answering = await world.liveWorkflow(owner, world.chain(world.webhook({ response_mode: 'last_node' }), world.noOp()));
    const hook = world.hookPath(w);
    const body = JSON.stringify({ id: 'in_1Qx8', amount: 128, currency: 'eur', customer: { id: 7, email: 'person@example.com' }, lines: [{ sku: 'A-1001', qty: 2, price: 1999 }, { sku: 'B-2002', qty: 1, price: 4999 }], note: 'x'.repeat(160) });
    const post = ['--path', hook, '--body', body];

    if (has('rss')) {
      const idle = memory(stack);
      row('pss_idle', sum(idle).toFixed(1), 'MB', 60, (sum(idle) / 60).toFixed(2));
      for (const [name, mb] of Object.entries(idle)) row(`pss_idle_${name}`, mb.toFixed(1), 'MB');
    }
    if (has('e2e') || has('rss')) {
      const ratios = [];
      for (let i = 0; i < pairs; i++) {
        await productStop(stack);
        const reference = has('e2e') ? floor(stack, 'e2e_fairset_k50', seconds) : null;
        await productStart(stack);
        const before = cpu(stack);
        const done = count(stack, 'select count(*) from app.run');
        const started = performance.now();
        let peak = 0;
        const sampler = setInterval(() => (peak = Math.max(peak, sum(memory(stack)))), 500);
        const l = await load(stack, [...post, '--connections', 64, '--seconds', seconds]);
        await drained(stack);
        const took = (performance.now() - started) / 1000;
        clearInterval(sampler);
        const after = cpu(stack);
        const runs = count(stack, 'select count(*) from app.run') - done;
        const unfinished = count(stack, "select count(*) from app.run where status <> 'succeeded'");
        if (runs !== l.ok || unfinished !== 0) throw new Error(`${l.ok} accepted, ${runs} runs, ${unfinished} not succeeded`);
        const rate = runs / took;
        if (reference) ratios.push(rate / reference.rate);
        row(`e2e_${i + 1}`, rate.toFixed(0), 'runs/s', reference ? reference.rate : '', reference ? (rate / reference.rate).toFixed(3) : '');
        const us = ((sum(after) - sum(before)) * 1e6) / runs;
        row(`e2e_cpu_${i + 1}`, us.toFixed(0), 'us/run', reference ? reference.cpu : '', reference ? (us / reference.cpu).toFixed(2) : '');
        row(`cpu_s_per_1000_ours_${i + 1}`, (((after.ours - before.ours) * 1000) / runs).toFixed(3), 's');
        row(`cpu_s_per_1000_postgres_${i + 1}`, (((after.postgres - before.postgres) * 1000) / runs).toFixed(3), 's');
        row(`accept_${i + 1}`, l.rate.toFixed(0), 'webhooks/s', '', '');
        row(`pss_load_${i + 1}`, peak.toFixed(1), 'MB', 120, (peak / 120).toFixed(2));
      }
      if (ratios.length) row('e2e', median(ratios).toFixed(3), 'of floor', 0.3, (median(ratios) / 0.3).toFixed(2));
    }
    if (has('wake')) {
      const p50 = [], p99 = [];
      for (let i = 0; i < pairs; i++) {
        await productStop(stack);
        const reference = floor(stack, 'wake_notify_after', seconds);
        // The worker's debug lines say when a run was claimed and recorded.
        stack.env.MILLRACE_LOG_LEVEL = 'debug';
        await productStart(stack);
        delete stack.env.MILLRACE_LOG_LEVEL;
        const ledger = join(stack.home, `wake-${i}`);
        const l = await load(stack, [...post, '--connections', 64, '--seconds', seconds, '--rate', 100, '--ledger', ledger]);
        await drained(stack);
        const spans = wakeSpans(stack, ledger);
        if (spans.recorded.length !== l.ok) throw new Error(`${l.ok} accepted, ${spans.recorded.length} recorded`);
        const [recorded50, recorded99] = [percentile(spans.recorded, 50), percentile(spans.recorded, 99)];
        for (const phase of ['answered', 'claimed']) row(`wake_${phase}_p50_${i + 1}`, percentile(spans[phase], 50).toFixed(2), 'ms');
        row(`wake_p50_${i + 1}`, recorded50.toFixed(2), 'ms', reference ? reference.p50 : '', reference ? (recorded50 / reference.p50).toFixed(2) : '');
        row(`wake_p99_${i + 1}`, recorded99.toFixed(2), 'ms', reference ? reference.p99 : '', reference ? (recorded99 / reference.p99).toFixed(2) : '');
        if (reference) {
          p50.push(recorded50 / reference.p50);
          p99.push(recorded99 / reference.p99);
        }
      }
      if (p50.length) {
        row('wake_p50', median(p50).toFixed(2), 'of floor', 2.5, (median(p50) / 2.5).toFixed(2));
        row('wake_p99', median(p99).toFixed(2), 'of floor', 4, (median(p99) / 4).toFixed(2));
      }
    }
    if (has('sync')) {
      const l = await load(stack, ['--path', world.hookPath(answering), '--body', body, '--connections', 32, '--seconds', seconds]);
      row('sync_rate', l.rate.toFixed(0), 'answers/s', 1000, (l.rate / 1000).toFixed(2));
      row('sync_p50', (l.p50_us / 1000).toFixed(2), 'ms');
      row('sync_p99', (l.p99_us / 1000).toFixed(2), 'ms', 60, (l.p99_us / 60000).toFixed(2));
    }
    if (has('loop')) {
      const { benchLoop } = await import('./loop.mjs');
      await benchLoop(token, row, { pairs, count: (text) => count(stack, text) });
    }
    if (has('enter')) benchEnter(stack, token.bearer, row);
    if (has('list')) {
      await load(stack, [...post, '--connections', 16, '--seconds', 1]);
      await drained(stack);
      await benchList(stack, token.bearer, row, { load, seconds, pairs });
    }
    if (has('login')) {
      // Guesses come from many networks: this machine is taken for an edge.
      await productStop(stack);
      stack.env.MILLRACE_TRUSTED_PROXIES = '127.0.0.1';
      await productStart(stack);
      // Read when it can: what it imports takes the address of the stack when it is loaded.
      const { benchLogin } = await import('./login.mjs');
      await benchLogin(stack, { email: owner.email, credential: token.bearer }, row, { load, seconds, pairs });
    }
    if (has('tenants')) benchTenants(stack, { credential: token.bearer, workspace: owner.workspace }, row);
    if (['backlog', 'fanout', 'calls', 'depth'].some(has) || wanted.includes('snapshot')) await benchEngine(stack, { w, owner, token, post, body });
    if (!existsSync(join(floorFolder, 'floor.sh'))) console.log('SKIPPED the references: ../shared/floor is not there');
  } finally {
    await stopStack(stack);
    mkdirSync(join(root, 'var'), { recursive: true });
    writeFileSync(join(root, 'var/bench.tsv'), `case\tvalue\tunit\treference\tratio\n${rows.map((r) => r.join('\t')).join('\n')}\n`);
  }
}

await main();

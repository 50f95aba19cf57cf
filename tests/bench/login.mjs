/*
 * login.mjs: what guessing passwords costs those who don't, and whether the time of an answer tells who has an account.
 *
 * BENCH_LOGINS (1000) wrong passwords for an account and as many for an address that nobody has, interleaved; the throttle
 * is emptied before each, so that all are hashed. Then the same number, with the throttle at work: for one account from
 * many networks, and from one address for many accounts, while others read their workflows at 100 a second.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { API, PASSWORD, unique } from '../lib/world.mjs';

const PERCENTS = [1, 5, 10, 25, 50, 75, 90, 95, 99];
const OTHERS_RATE = 100;
const GUESSERS = 8;
const tries = Number(process.env.BENCH_LOGINS ?? 1000);
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
const median = (list) => percentile([...list].sort((a, b) => a - b), 50);

/* One psql for thousands of small statements: {empty, stop}. */
function throttle(dsn) {
  const psql = spawn('psql', ['-XqAtd', dsn], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: psql.stdout })[Symbol.asyncIterator]();
  return {
    empty: async () => {
      psql.stdin.write('delete from app.login_throttle; select 1;\n');
      await lines.next();
    },
    stop: () => psql.stdin.end(),
  };
}

/* A wrong password from this network; {status, ms}. */
async function guess(stack, email, network) {
  const started = performance.now();
  const r = await fetch(`${stack.url}${API}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.${network >> 8}.${network & 255}.7` },
    body: JSON.stringify({ email, password: `not ${PASSWORD}` }),
  });
  await r.arrayBuffer();
  return { status: r.status, ms: performance.now() - started };
}

/* Bar: the medians differ by less than 5 %. */
async function benchTimes(stack, known, row) {
  const rows = throttle(stack.dsn);
  const addresses = { known, unknown: `${unique('bench')}@example.com` };
  const times = { known: [], unknown: [] };
  for (let i = 0; i < tries; i++)
    for (const who of i % 2 ? ['known', 'unknown'] : ['unknown', 'known']) {
      await rows.empty();
      const { status, ms } = await guess(stack, addresses[who], i);
      if (status !== 401) throw new Error(`a wrong password was answered ${status}`);
      times[who].push(ms);
    }
  await rows.empty();
  rows.stop();
  for (const [who, list] of Object.entries(times)) {
    list.sort((a, b) => a - b);
    console.log(`login ${who.padEnd(8)} n=${list.length}  ${PERCENTS.map((p) => `p${p} ${percentile(list, p).toFixed(2)}`).join('  ')} ms`);
  }
  const [a, b] = [percentile(times.known, 50), percentile(times.unknown, 50)];
  row('login_known_p50', a.toFixed(2), 'ms', b.toFixed(2), (a / b).toFixed(3));
  row('login_difference', Math.abs((a / b - 1) * 100).toFixed(2), '%', 5, (Math.abs(a / b - 1) / 0.05).toFixed(2));
}

/*
 * What sends all the guesses, spread over so many seconds: the load generator, which leaves the machine to what is measured.
 * Whoever guesses does so on a machine of their own.
 */
const attack = (seconds, email, address) => [
  ...['--path', `${API}/auth/login`, '--body', JSON.stringify({ email, password: `not ${PASSWORD}` })],
  ...['--header', `X-Forwarded-For: ${address}`, '--connections', GUESSERS, '--seconds', seconds, '--rate', tries / seconds],
];

/* Bar: the p99 of others, beside the same without guessers, 1.5; the median of the pairs. */
async function benchOthers(stack, known, credential, row, { load, seconds, pairs }) {
  const args = ['--path', `${API}/workflows?limit=5`, '--method', 'GET', '--header', `Authorization: Bearer ${credential}`, '--connections', 8, '--seconds', seconds, '--rate', OTHERS_RATE];
  const kinds = { account: [known, 'fd00:0:0:{n}::7'], address: ['nobody-{n}@example.com', 'fd00::7'] };
  for (const [kind, target] of Object.entries(kinds)) {
    const ratios = [];
    for (let i = 1; i <= pairs; i++) {
      const rows = throttle(stack.dsn);
      await rows.empty();
      rows.stop();
      const alone = await load(stack, args);
      const [beside, guesses] = await Promise.all([load(stack, args), load(stack, attack(seconds, ...target))]);
      if (alone.ok + beside.ok < alone.sent + beside.sent) throw new Error('others were refused');
      if (guesses.limited + guesses.other < tries - 1 || guesses.ok > 0) throw new Error(`${guesses.sent} guesses were sent, ${guesses.ok} were right`);
      ratios.push(beside.p99_us / alone.p99_us);
      row(`login_throttled_${kind}_${i}`, guesses.limited, `of ${guesses.sent}`);
      row(`login_others_${kind}_${i}`, (beside.p99_us / 1000).toFixed(2), 'ms p99', (alone.p99_us / 1000).toFixed(2), ratios.at(-1).toFixed(2));
    }
    row(`login_others_${kind}`, median(ratios).toFixed(2), 'of alone', 1.5, (median(ratios) / 1.5).toFixed(2));
  }
}

export async function benchLogin(stack, { email, credential }, row, how) {
  await benchTimes(stack, email, row);
  await benchOthers(stack, email, credential, row, how);
}

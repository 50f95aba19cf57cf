/*
 * run.mjs [suite…]: the journeys in a real browser, on a freshly started private installation that serves the
 * built web app. Screenshots are left in build/e2e.
 *
 *   ONLY='pattern'      tests whose name matches
 *   KEEP=1              leave the folder with the logs when something failed
 *   CHROMIUM=path       another browser than Debian's
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, startStack, stopStack, tails } from '../lib/stack.mjs';

/* The longest suite, the pictures of all screens, takes a third of this. */
const SUITE_MS = 600000;

const folder = join(root, 'tests/e2e');
const out = join(root, 'build/e2e');
const all = readdirSync(folder).filter((f) => f.endsWith('.test.mjs')).map((f) => f.replace('.test.mjs', '')).sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) fail(`no suite ${unknown.join(', ')}: there are ${all.join(' ')}`);
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(chromium)) fail(`no ${chromium}: install Debian's package chromium, or name the browser in CHROMIUM`);
const suites = asked.length > 0 ? asked : all;

function fail(line) {
  console.error(line);
  process.exit(2);
}

/* A build of the app that runs meanwhile must not change what is looked at; and web's user can't enter every clone. */
const ui = mkdtempSync(join(tmpdir(), 'mr-ui-'));
chmodSync(ui, 0o755);
process.on('exit', () => rmSync(ui, { recursive: true, force: true }));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
cpSync(join(root, 'assets/ui/dist'), ui, { recursive: true });

const stack = await startStack({ proxy: false, extra: { MILLRACE_UI: ui } });
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    if (!stopping) stopStack(stack).then(() => process.exit(130));
    stopping = true;
  });

const sum = { passed: 0, failed: 0 };
for (const name of suites) {
  console.log(`# ${name}`);
  const n = await runSuite(name);
  sum.passed += n.passed;
  sum.failed += n.failed;
}
if (sum.failed > 0) console.log(tails(stack));
await stopStack(stack, { keep: sum.failed > 0 && process.env.KEEP === '1' });
console.log(`e2e: ${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed === 0 ? 0 : 1);

/* One suite in a process of its own, and one browser at a time: on two cores several would make each other late. */
function runSuite(name) {
  const env = {
    ...process.env,
    MR_TEST_URL: stack.url, MR_TEST_ECHO: stack.echo.url, MR_TEST_VAR: stack.var, MR_TEST_DSN: stack.dsn,
    MR_TEST_CEILING: stack.env.MILLRACE_EGRESS_CEILING, MR_TEST_ISSUERS: stack.issuers.join(' '), MR_TEST_DNS: String(stack.dns), MR_E2E_OUT: out, MR_E2E_UI: ui, MR_E2E_CHROMIUM: chromium,
  };
  const tap = join(out, `${name}.tap`);
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${tap}`];
  const only = process.env.ONLY ? [`--test-name-pattern=${process.env.ONLY}`] : [];
  const child = spawn(process.execPath, ['--test', ...reporters, ...only, join(folder, `${name}.test.mjs`)], { env, stdio: 'inherit' });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), SUITE_MS);
    child.on('exit', (status) => {
      clearTimeout(timer);
      resolve(counts(tap, status));
    });
  });
}

/* What a suite's TAP says; a suite that failed without saying so counts as one failure. */
function counts(file, status) {
  const text = readFileSync(file, 'utf8');
  const figure = (word) => Number(new RegExp(`^# ${word} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const failed = figure('fail') + figure('cancelled');
  return { passed: figure('pass'), failed: status === 0 ? failed : Math.max(1, failed) };
}

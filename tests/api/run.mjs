/*
 * run.mjs: runs the API suites against a freshly started private installation. See run.sh.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deaths, root, sanitizerReports, startStack, stopStack, tails } from '../lib/stack.mjs';

const folder = join(root, 'tests/api');
const all = readdirSync(folder).filter((f) => f.endsWith('.test.mjs')).map((f) => f.replace('.test.mjs', '')).sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}: there are ${all.join(' ')}`);
  process.exit(2);
}
// Suites that end or replace a part of the installation come last.
const last = ['callbacks', 'waits', 'edge', 'hostile', 'slow'];
const suites = (asked.length > 0 ? asked : all).sort((a, b) => last.indexOf(a) - last.indexOf(b));
const variant = process.env.VARIANT ?? 'release';

/* The longest suite takes a third of this under the sanitizers. */
const SUITE_MS = 600000;

// Said to be behind a proxy at this very address, and to be called by one other site: `edge` looks at both.
const extra = { MILLRACE_TRUSTED_PROXIES: '127.0.0.1/32 10.7.0.0/16', MILLRACE_CORS_ORIGINS: 'https://app.example https://two.example:8443' };
const stack = await startStack({ variant, extra });
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    if (!stopping) stopStack(stack).then(() => process.exit(130));
    stopping = true;
  });

/* One suite in a process of its own: {passed, failed}. */
function runSuite(name) {
  const env = {
    ...process.env,
    MR_TEST_URL: stack.url, MR_TEST_PROXY: stack.proxy, MR_TEST_ECHO: stack.echo.url, MR_TEST_VAR: stack.var, MR_TEST_DSN: stack.dsn,
    MR_TEST_VARIANT: variant, MR_TEST_HOME: stack.home, MR_TEST_CEILING: stack.env.MILLRACE_EGRESS_CEILING, MR_TEST_ISSUERS: stack.issuers.join(' '), MR_TEST_UP_PID: String(stack.up.child.pid),
    MR_TEST_BIN: stack.bin, ASAN_OPTIONS: stack.env.ASAN_OPTIONS, UBSAN_OPTIONS: stack.env.UBSAN_OPTIONS,
  };
  const tap = join(stack.home, `${name}.tap`);
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${tap}`];
  const args = ['--test', ...reporters, ...(process.env.ONLY ? [`--test-name-pattern=${process.env.ONLY}`] : []), join(folder, `${name}.test.mjs`)];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env, stdio: 'inherit' });
    const timer = setTimeout(() => child.kill('SIGKILL'), SUITE_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(counts(tap, code));
    });
  });
}

/* What a suite's TAP says; a suite that failed without saying so counts as one failure. */
function counts(file, code) {
  const text = readFileSync(file, 'utf8');
  const figure = (word) => Number(new RegExp(`^# ${word} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  for (const [said] of text.matchAll(/^ *not ok \d+ - [^]*?^ *\.\.\.$/gm)) faults.push(`# ${basename(file)}\n${said.slice(0, 1500)}`);
  for (const [, name, why] of text.matchAll(/^\s*ok \d+ - (.*) # SKIP(.*)$/gm)) skipped.push(`SKIPPED ${name}:${why}`);
  const failed = figure('fail') + figure('cancelled');
  return { passed: figure('pass'), failed: code === 0 ? failed : Math.max(1, failed) };
}

/* A suite that kills a process says so first: a line with its name in <home>/killed, which is worth one death. */
function unexpected(died) {
  const file = join(stack.home, 'killed');
  for (const name of existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []) {
    const at = died.findIndex((line) => line.includes(`"name":"${name}"`) && line.includes('"signal":9'));
    if (at >= 0) died.splice(at, 1);
  }
  return died;
}

const skipped = [];
const faults = []; // what the tests that failed said: printed last, where a reader of the last page finds it
const failed = [];
const sum = { passed: 0, failed: 0 };
for (const name of suites) {
  console.log(`# ${name}`);
  const n = await runSuite(name);
  sum.passed += n.passed;
  sum.failed += n.failed;
  if (n.failed > 0) failed.push(name);
}
const died = unexpected(deaths(stack));
if (died.length > 0) {
  failed.push('processes that died');
  sum.failed++;
  console.log(died.join('\n'));
}
const reports = sanitizerReports(stack);
if (reports) {
  failed.push('sanitizers');
  sum.failed++;
}
if (failed.length > 0) console.log(`${tails(stack)}\n${reports}`);
await stopStack(stack, { keep: failed.length > 0 && process.env.KEEP === '1' });
for (const line of [...skipped, ...faults]) console.log(line);
if (failed.length > 0) console.log(`suites that failed: ${failed.join(' ')}`);
console.log(`api (${variant}): ${sum.passed} passed, ${sum.failed} failed`);
process.exit(failed.length === 0 ? 0 : 1);

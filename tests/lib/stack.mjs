/*
 * stack.mjs: a private, throw-away installation: a Postgres cluster, the migrated database and every process,
 * on ports of its own, in a folder of its own, and the validating proxy before it. Ends only what it started.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEcho } from './echo.mjs';
import { until } from './until.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

export const ISSUER_SECRET = 'a secret: that/needs+encoding';

/* A port p with p + 1 free as well: web's inner listener is there. Below the range of outgoing connections. */
export async function freePort() {
  for (let i = 0; i < 200; i++) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('found no two free ports in a row');
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/* Runs a program of the project to its end; its standard output. */
function tool(command, args, env) {
  try {
    return execFileSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} failed (${error.status ?? error.signal}):\n${error.stderr ?? error.message}`);
  }
}

/* A process of ours with its output in a file. */
function launch(name, command, args, env, log) {
  const out = openSync(log, 'a');
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', out, out] });
  closeSync(out);
  const process_ = { name, child, log, ended: false };
  child.on('exit', () => {
    process_.ended = true;
  });
  child.on('error', () => {
    process_.ended = true;
  });
  return process_;
}

/* The database as a process of the product knows it: `role` is mr_web or mr_worker, with the settings that are its role's. */
export function dsnAs(role, { dsn, var: folder }) {
  const u = new URL(dsn);
  u.username = role;
  u.password = readFileSync(join(folder, 'secret', role), 'utf8').trim();
  return u.toString();
}

/*
 * Starts everything. `variant` names the folder of build/ whose binaries run; `durable` leaves fsync on, for
 * benchmarks and for the chaos suite, which kills Postgres.
 */
export async function startStack({ variant = 'release', extra = {}, proxy = true, durable = false } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'mr-test-'));
  chmodSync(home, 0o755);
  const app = tool('bash', ['scripts/ship.sh', join(home, 'app'), variant], process.env);
  const bin = join(app, 'build', variant, 'bin');
  const port = await freePort();
  const plain = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('MILLRACE_')));
  const env = { ...plain, MILLRACE_VAR: join(home, 'var'), MILLRACE_PORT: String(port), MILLRACE_BIND: '127.0.0.1', MILLRACE_OPENAPI: join(app, 'assets/openapi.json'), ...sanitizers(variant, home), ...extra };
  const stack = { home, variant, bin, port, env, url: `http://127.0.0.1:${port}`, running: [] };
  try {
    env.MILLRACE_VAR = stack.var = tool('bash', ['scripts/place.sh'], env);
    env.MILLRACE_EGRESS_CEILING = join(stack.var, 'run/test-ceiling');
    writeFileSync(env.MILLRACE_EGRESS_CEILING, '# the echo of the suites, for each workspace that asks\n', { mode: 0o644 });
    stack.issuers = [await freePort(), await freePort()];
    // Whom it asks about domains: lib/nameserver.mjs, where a suite wants it.
    stack.dns = await freePort();
    env.MILLRACE_DNS = `127.0.0.1:${stack.dns}`;
    env.MILLRACE_OIDC = providersFile(stack);
    tool('bash', ['scripts/cluster.sh', 'start'], env);
    stack.cluster = true;
    stack.dsn = env.MILLRACE_DSN = tool('bash', ['scripts/cluster.sh', 'dsn'], env);
    // What is tested here is not what a power cut does: that is tests/chaos.
    if (!durable) tool('psql', ['-Xqd', stack.dsn, '-c', 'alter system set fsync = off', '-c', 'alter system set full_page_writes = off', '-c', 'select pg_reload_conf()'], env);
    tool(join(bin, 'millrace'), ['migrate'], env);
    stack.echo = await startEcho();
    await productStart(stack);
    if (proxy) await startProxy(stack);
    return stack;
  } catch (error) {
    error.message += `\n${tails(stack)}`;
    await stopStack(stack);
    throw error;
  }
}

/* Whom people may sign in by: issuers that lib/issuer.mjs starts where a suite wants them. The secret is web's to read. */
function providersFile(stack) {
  const secret = join(stack.var, 'run/acme.secret');
  writeFileSync(secret, ISSUER_SECRET, { mode: 0o640 });
  if (process.getuid() === 0) tool('chgrp', ['millrace', secret], process.env);
  const one = (id, port, more = {}) => ({ id, label: id.toUpperCase(), issuer: `http://127.0.0.1:${port}`, client_id: id, ...more });
  const [first, second] = stack.issuers;
  const at = `http://127.0.0.1:${first}`;
  const hub = { kind: 'oauth2', issuer: at, scopes: 'user', client_secret_file: secret, authorization_endpoint: `${at}/auth`,
    token_endpoint: `${at}/token`, userinfo_endpoint: `${at}/user`, emails_endpoint: `${at}/user/emails` };
  const providers = [one('acme', first, { client_secret_file: secret }), one('es', first), one('ed', first), { ...one('other', second), client_id: 'es' }, one('hub', first, hub)];
  const file = join(stack.var, 'run/providers.json');
  writeFileSync(file, JSON.stringify({ providers }), { mode: 0o644 });
  return file;
}

/* Starts our processes on the database that is there; ends when they are ready. */
export async function productStart(stack) {
  stack.up = launch('millrace up', join(stack.bin, 'millrace'), ['up'], stack.env, join(stack.home, 'up.log'));
  stack.running.push(stack.up);
  await until('/readyz answers 200', () => ready(stack.url, stack.up), { ms: stack.variant === 'asan' ? 60000 : 30000, every: 50 });
}

/* Ends our processes, in their own order, and leaves the database. */
export async function productStop(stack) {
  stack.up.child.kill('SIGTERM');
  await until('millrace up has ended', () => stack.up.ended, { ms: 60000 });
  stack.running = stack.running.filter((p) => p !== stack.up);
}

async function ready(url, up) {
  if (up.ended) throw Object.assign(new Error('millrace up has ended'), { hopeless: true });
  return (await fetch(`${url}/readyz`)).ok;
}

/* Reports go where every user of the installation may write. Leaks aren't looked for: Kore's filter stops that. */
function sanitizers(variant, home) {
  if (variant !== 'asan') return {};
  const folder = join(home, 'sanitizer');
  mkdirSync(folder);
  chmodSync(folder, 0o1777);
  const options = `log_path=${join(folder, 'report')}:detect_leaks=0:exitcode=99`;
  return { ASAN_OPTIONS: options, UBSAN_OPTIONS: `${options}:print_stacktrace=1:halt_on_error=1` };
}

async function startProxy(stack) {
  const port = await freePort();
  const prism = join(root, 'tests/node_modules/@stoplight/prism-cli/dist/index.js');
  const p = launch('prism', process.execPath, [prism, 'proxy', join(root, 'assets/openapi.json'), stack.url, '-h', '127.0.0.1', '-p', String(port)], stack.env, join(stack.home, 'prism.log'));
  stack.running.push(p);
  stack.proxy = `http://127.0.0.1:${port}`;
  await until('the validating proxy answers', async () => {
    if (p.ended) throw Object.assign(new Error('prism has ended'), { hopeless: true });
    return (await fetch(`${stack.proxy}/healthz`)).ok;
  }, { ms: 30000, every: 100 });
}

/* Every log of the stack that says something, its last lines. */
export function tails(stack, lines = 15) {
  const files = [];
  for (const folder of [stack.home, stack.var && join(stack.var, 'log')])
    if (folder && existsSync(folder)) for (const f of readdirSync(folder)) if (f.endsWith('.log')) files.push(join(folder, f));
  return files
    .map((file) => [file, readFileSync(file, 'utf8').trim().split('\n').slice(-lines).join('\n')])
    .filter(([file, text]) => text !== '' && !file.endsWith('prism.log'))
    .map(([file, text]) => `--- ${file}\n${text}`)
    .join('\n');
}

/* What the sanitizers wrote, or ''. */
export function sanitizerReports(stack) {
  const folder = join(stack.home, 'sanitizer');
  if (!existsSync(folder)) return '';
  return readdirSync(folder).map((f) => readFileSync(join(folder, f), 'utf8')).join('\n');
}

/* The supervisor's lines about processes that ended on their own; call it before stopStack. */
export function deaths(stack) {
  return readFileSync(stack.up.log, 'utf8').split('\n').filter((line) => line.includes('"child.ended"'));
}

/* Ends what was started here, in reverse, and removes the folder unless `keep`. */
export async function stopStack(stack, { keep = false } = {}) {
  for (const p of [...stack.running].reverse()) {
    if (p.ended || !p.child.pid) continue;
    p.child.kill('SIGTERM');
    await until(`${p.name} has ended`, () => p.ended, { ms: 20000 }).catch(() => p.child.kill('SIGKILL'));
  }
  stack.echo?.stop();
  if (stack.cluster) tool('bash', ['scripts/cluster.sh', 'stop'], stack.env);
  if (!keep) rmSync(stack.home, { recursive: true, force: true });
}

/* others.mjs: more web processes and workers on the database of the stack under test. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { env } from './client.mjs';
import { dsnAs, freePort, root } from './stack.mjs';
import { value } from './sql.mjs';
import { until } from './until.mjs';

const others = [];

/* `name` is web or worker: as root it runs as that system user, and it knows the database as that role. */
function start(name, extra) {
  const log = openSync(join(process.env.MR_TEST_HOME, `other-${name}.log`), 'a');
  const user = `millrace-${name}`;
  const become = process.getuid() === 0 ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'] : [];
  const [program, ...args] = [...become, join(process.env.MR_TEST_BIN, user)];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', log, log], env: { ...process.env, MILLRACE_DSN: dsnAs(`mr_${name}`, env), MILLRACE_VAR: env.var, ...extra } });
  others.push(child);
  return child;
}

/* One more web process, with these settings: its URL. */
export async function otherWeb(extra = {}) {
  const port = await freePort();
  const openapi = join(process.env.MR_TEST_BIN, '../../../assets/openapi.json');
  const child = start('web', { MILLRACE_PORT: String(port), MILLRACE_BIND: '127.0.0.1', MILLRACE_OPENAPI: openapi, MILLRACE_JWT_KEYS: join(env.var, 'keys'), ...extra });
  const url = `http://127.0.0.1:${port}`;
  await until('another web process answers', async () => child.exitCode === null && (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)), { ms: 20000, every: 50 });
  return url;
}

/* One more worker, which has told the database of itself: its pid. */
export async function otherWorker(extra = {}) {
  const child = start('worker', { MILLRACE_EGRESS_SOCK: join(env.var, 'run/egress.sock'), MILLRACE_VAULT_SOCK: join(env.var, 'run/vault.sock'), ...extra });
  await until('another worker is registered', async () => child.exitCode === null && Number(await value(`select count(*) from app.worker where pid = ${child.pid}`)) === 1, { ms: 20000, every: 50 });
  return child.pid;
}

/* Ends them all: for `after` of a suite that made some. */
export async function endOthers() {
  for (const child of others) child.kill('SIGTERM');
  await Promise.all(others.map((child) => child.exitCode ?? child.signalCode ?? new Promise((done) => child.on('exit', done))));
}

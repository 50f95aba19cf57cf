/* other_web.mjs: more web processes on the database of the stack under test. */
import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from './client.mjs';
import { freePort, root } from './stack.mjs';
import { until } from './until.mjs';

const others = [];

/* One more web process, with these settings: its URL. */
export async function otherWeb(extra = {}) {
  const port = await freePort();
  const u = new URL(env.dsn);
  u.username = 'mr_web';
  u.password = readFileSync(join(env.var, 'secret/mr_web'), 'utf8').trim();
  const log = openSync(join(process.env.MR_TEST_HOME, 'other-web.log'), 'a');
  const become = process.getuid() === 0 ? ['setpriv', '--reuid=millrace-web', '--regid=millrace-web', '--init-groups'] : [];
  const bin = join(process.env.MR_TEST_BIN, 'millrace-web');
  const openapi = join(process.env.MR_TEST_BIN, '../../../assets/openapi.json');
  const [program, ...args] = [...become, bin];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', log, log], env: { ...process.env, MILLRACE_DSN: u.toString(), MILLRACE_PORT: String(port), MILLRACE_BIND: '127.0.0.1', MILLRACE_VAR: env.var, MILLRACE_OPENAPI: openapi, MILLRACE_JWT_KEYS: join(env.var, 'keys'), ...extra } });
  others.push(child);
  const url = `http://127.0.0.1:${port}`;
  await until('another web process answers', async () => child.exitCode === null && (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)), { ms: 20000, every: 50 });
  return url;
}

/* Ends them all: for `after` of a suite that made some. */
export async function endOthers() {
  for (const child of others) child.kill('SIGTERM');
  await Promise.all(others.map((child) => child.exitCode ?? new Promise((done) => child.on('exit', done))));
}

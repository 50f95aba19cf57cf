// The links to Postgres verify who answers: a server on another machine shows a certificate for its name. S07.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, root } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const home = mkdtempSync(join(tmpdir(), 'mr-link-'));
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^(MILLRACE_|PGSSL)/.test(k)));
const run = (command, args) => execFileSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const app = run('scripts/ship.sh', [join(home, 'app')]);
const authority = join(home, 'authority.pem');
let own;

/* Runs millrace with the server under this name, though it is on this machine: hostaddr says where. */
function millrace(args, host, more = '') {
  const { port, password } = own;
  const MILLRACE_DSN = `host=${host} hostaddr=127.0.0.1 port=${port} dbname=millrace user=postgres password=${decodeURIComponent(password)} ${more}`;
  return spawnSync(join(app, 'build/release/bin/millrace'), args, { cwd: root, env: { ...env, MILLRACE_DSN }, encoding: 'utf8' });
}
const psql = (sql) => run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', own.toString(), '-c', sql]);
const encrypt = async (on) => {
  psql(`alter system set ssl = ${on ? 'on' : 'off'}`);
  psql('select pg_reload_conf()');
  await until(`TLS is ${on ? 'on' : 'off'}`, () => psql('show ssl') === (on ? 'on' : 'off'));
};

before(async () => {
  chmodSync(home, 0o755);
  env.MILLRACE_PORT = String(await freePort());
  env.MILLRACE_VAR = join(home, 'var');
  env.MILLRACE_VAR = run('scripts/place.sh', []);
  run('scripts/cluster.sh', ['start']);
  own = new URL(run('scripts/cluster.sh', ['dsn']));
  run('conf/certificate.sh', [join(home, 'made'), 'db.example']);
  const made = readFileSync(join(home, 'made/certificate.pem'), 'utf8');
  writeFileSync(authority, made.slice(0, made.indexOf('-----END CERTIFICATE-----') + 26), { mode: 0o644 });
  for (const name of ['server.crt', 'server.key']) {
    const file = join(env.MILLRACE_VAR, 'pg', name);
    copyFileSync(join(home, 'made/certificate.pem'), file);
    chmodSync(file, 0o600);
    if (process.getuid() === 0) run('chown', ['postgres', file]);
  }
  await encrypt(true);
});
after(() => {
  millrace(['stop'], 'db.example');
  run('scripts/cluster.sh', ['stop']);
  rmSync(home, { recursive: true, force: true });
});

test('S07 a server elsewhere whose certificate nobody vouches for, or that is for another name, is not talked to', () => {
  const stranger = millrace(['migrate'], 'db.example');
  assert.equal(stranger.status, 1);
  assert.match(stranger.stderr, /certificate verify failed/);
  const other = millrace(['migrate'], 'other.example', `sslrootcert=${authority}`);
  assert.equal(other.status, 1);
  assert.match(other.stderr, /does not match host name "other\.example"/);
});

test('S07 nor one that does not speak TLS, unless the operator says so', async () => {
  await encrypt(false);
  const plain = millrace(['migrate'], 'db.example', `sslrootcert=${authority}`);
  assert.equal(plain.status, 1);
  assert.match(plain.stderr, /SSL was required/);
  const told = millrace(['migrate'], 'db.example', 'sslmode=disable');
  assert.equal(told.status, 0, told.stderr);
  await encrypt(true);
});

test('S07 with the right one every process\'s links are encrypted', () => {
  const up = millrace(['up', '--detach'], 'db.example', `sslrootcert=${authority}`);
  assert.equal(up.status, 0, up.stderr);
  const links = psql(`select a.usename || ' ' || s.ssl || ' ' || (s.version in ('TLSv1.2', 'TLSv1.3')) from pg_stat_ssl s join pg_stat_activity a using (pid) where a.usename in ('mr_web', 'mr_worker') group by 1 order by 1`);
  assert.equal(links, 'mr_web true true\nmr_worker true true');
});

test('S07 this machine\'s own server needs no certificate', () => {
  const here = millrace(['migrate'], 'localhost');
  assert.equal(here.status, 0, here.stderr);
});

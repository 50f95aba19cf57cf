// The command line: migrate (D11), the supervisor (D13), the demo's echo. On a cluster of its own.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, root } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const variant = process.env.VARIANT ?? 'release';
const home = mkdtempSync(join(tmpdir(), 'mr-cli-'));
const app = execFileSync(join(root, 'scripts/ship.sh'), [join(home, 'app'), variant], { encoding: 'utf8' }).trim();
const bin = join(app, 'build', variant, 'bin');
const env = { ...Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('MILLRACE_'))) };
const own = join(home, 'release'); // a release whose files the tests may change

const run = (command, args, options = {}) => execFileSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options }).trim();
const millrace = (args, options = {}) => spawnSync(join(options.bin ?? bin, 'millrace'), args, { cwd: root, env, encoding: 'utf8', ...options });
const psql = (sql) => run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', env.MILLRACE_DSN, '-c', sql]);
const pidOf = (name) => Number(readFileSync(join(env.MILLRACE_VAR, 'run', `${name}.pid`), 'utf8'));
const alive = (pid) => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

before(async () => {
  chmodSync(home, 0o755);
  env.MILLRACE_PORT = String(await freePort());
  env.MILLRACE_VAR = join(home, 'var');
  env.MILLRACE_VAR = run('scripts/place.sh', []);
  run('scripts/cluster.sh', ['start']);
  env.MILLRACE_DSN = run('scripts/cluster.sh', ['dsn']);
  for (const folder of ['migrations', 'sql']) cpSync(join(root, folder), join(own, folder), { recursive: true });
  cpSync(join(bin, 'millrace'), join(own, 'bin/millrace'));
});

after(() => {
  millrace(['stop']);
  run('scripts/cluster.sh', ['stop']);
  rmSync(home, { recursive: true, force: true });
});

test('D11 four migrations of an empty database at once: each file is applied once', async () => {
  const all = Array.from({ length: 4 }, () => spawn(join(own, 'bin/millrace'), ['migrate'], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const ends = await Promise.all(all.map((c) => new Promise((done) => {
    let text = '';
    c.stdout.on('data', (d) => (text += d));
    c.stderr.on('data', (d) => (text += d));
    c.on('close', (code) => done({ code, text }));
  })));
  for (const end of ends) assert.equal(end.code, 0, end.text);
  const applied = ends.filter((e) => e.text.includes('applied migrations/0001'));
  assert.equal(applied.length, 1);
  assert.equal(ends.filter((e) => e.text.includes('up to date')).length, 3);
});

test('D11 a second migration changes nothing', () => {
  const before_ = psql('select count(*), max(applied_at) from app.migration');
  const end = millrace(['migrate'], { bin: join(own, 'bin') });
  assert.equal(end.status, 0, end.stderr);
  assert.match(end.stdout, /up to date/);
  assert.equal(psql('select count(*), max(applied_at) from app.migration'), before_);
});

test('D11 a migration that was changed after it had been applied is refused, and named', () => {
  const file = join(own, 'migrations/0001_account.sql');
  const text = readFileSync(file, 'utf8');
  appendFileSync(file, '-- changed\n');
  const end = millrace(['migrate'], { bin: join(own, 'bin') });
  writeFileSync(file, text);
  assert.equal(end.status, 1);
  assert.match(end.stderr, /migrations\/0001_account\.sql was changed/);
});

test('D11 a migration that comes later than a higher number, or has a number twice, is refused', () => {
  const last = Number(psql('select max(version) from app.migration'));
  const name = (n, word) => join(own, `migrations/${String(n).padStart(4, '0')}_${word}.sql`);
  const attempt = (file) => {
    writeFileSync(file, 'select 1;\n');
    const end = millrace(['migrate'], { bin: join(own, 'bin') });
    return end;
  };
  const twice = attempt(name(2, 'twice'));
  rmSync(name(2, 'twice'));
  const far = attempt(name(last + 4, 'far'));
  const late = attempt(name(last + 2, 'late'));
  rmSync(name(last + 2, 'late'));
  rmSync(name(last + 4, 'far'));
  psql(`delete from app.migration where version = ${last + 4}`);
  assert.equal(twice.status, 1);
  assert.match(twice.stderr, /0002_workflow\.sql: there is a 0002 already|0002_twice\.sql: there is a 0002 already/);
  assert.equal(far.status, 0, far.stderr);
  assert.equal(late.status, 1);
  assert.match(late.stderr, /comes too late/);
});

test('D11 a migration that fails half-way leaves nothing behind', () => {
  const next = String(Number(psql('select max(version) from app.migration')) + 1).padStart(4, '0');
  const file = join(own, `migrations/${next}_broken.sql`);
  writeFileSync(file, 'create table app.half_way (id integer);\nselect 1 / 0;\n');
  const end = millrace(['migrate'], { bin: join(own, 'bin') });
  rmSync(file);
  assert.equal(end.status, 1);
  assert.match(end.stderr, new RegExp(`${next}_broken\\.sql: .*division by zero`));
  assert.equal(psql("select to_regclass('app.half_way') is null"), 't');
  assert.equal(psql(`select count(*) from app.migration where version = ${Number(next)}`), '0');
});

test('D11 a database that is newer than the release is refused', () => {
  psql("insert into app.migration (version, name, checksum) values (999, '0999_later.sql', 'x')");
  const end = millrace(['migrate'], { bin: join(own, 'bin') });
  psql('delete from app.migration where version = 999');
  assert.equal(end.status, 1);
  assert.match(end.stderr, /newer than this release: it has 0999_later\.sql/);
});

test('D11 an error in sql/ names its file and leaves the functions as they were', () => {
  const file = join(own, 'sql/api/zzz.sql');
  writeFileSync(file, 'set local role mr_owner;\nselect no_such_column;\n');
  const end = millrace(['migrate'], { bin: join(own, 'bin') });
  rmSync(file);
  assert.equal(end.status, 1);
  assert.match(end.stderr, /sql\/api\/zzz\.sql: /);
  assert.equal(millrace(['migrate'], { bin: join(own, 'bin') }).status, 0);
});

test('D11 a function that sql/ no longer has, or has with other parameters, is gone', () => {
  const file = join(own, 'sql/api/zzz.sql');
  const load = (text) => {
    writeFileSync(file, `set local role mr_api;\n${text}`);
    const end = millrace(['migrate'], { bin: join(own, 'bin') });
    assert.equal(end.status, 0, end.stderr);
  };
  const signatures = () => psql("select string_agg(oid::regprocedure::text, ' ' order by oid::regprocedure::text) from pg_proc where proname like 'zzz%'");
  const policies = psql('select count(*) from pg_policy');
  load("create or replace function api.zzz_inner(a text) returns text language sql return a;\ncreate or replace function api.zzz(a text) returns text language sql return api.zzz_inner(a);");
  assert.equal(signatures(), 'api.zzz(text) api.zzz_inner(text)');
  load("create or replace function api.zzz(a text, b text default '') returns text language sql return a;");
  assert.equal(signatures(), 'api.zzz(text,text)');
  rmSync(file);
  assert.equal(millrace(['migrate'], { bin: join(own, 'bin') }).status, 0);
  assert.equal(signatures(), '');
  assert.equal(psql('select count(*) from pg_policy'), policies);
});

test('where roles cannot be made the SQL for an administrator is printed, with no password in it', () => {
  psql("create role plain login password 'plain'");
  psql('create database other owner plain');
  const url = new URL(env.MILLRACE_DSN);
  url.username = url.password = 'plain';
  url.pathname = '/other';
  const secret = readFileSync(join(env.MILLRACE_VAR, 'secret/mr_web'), 'utf8').trim();
  const end = millrace(['migrate'], { env: { ...env, MILLRACE_DSN: url.toString() } });
  assert.equal(end.status, 1);
  assert.match(end.stdout, /create role %I nologin/);
  assert.match(end.stdout, /alter role mr_web password 'SCRAM-SHA-256\$/);
  assert.ok(!end.stdout.includes(secret));
  assert.match(end.stderr, /have an administrator run the SQL/);
});

test('a port that is taken is one line that says what to do', async () => {
  const squatter = net.createServer();
  await new Promise((done) => squatter.listen(Number(env.MILLRACE_PORT), '127.0.0.1', done));
  const end = millrace(['up']);
  await new Promise((done) => squatter.close(done));
  assert.equal(end.status, 1);
  assert.match(end.stderr, /^millrace: port \d+ is taken: .*MILLRACE_PORT=/);
  assert.equal(end.stderr.trim().split('\n').length, 1);
});

test('up --detach returns when all is ready, and a second one is refused', () => {
  const end = millrace(['up', '--detach', '--demo']);
  assert.equal(end.status, 0, end.stderr);
  assert.equal(millrace(['status']).status, 0);
  assert.match(millrace(['up']).stderr, /running already/);
});

test('as root every process but the supervisor runs as a user of its own', (t) => {
  if (process.getuid() !== 0) return t.skip('not root');
  const uid = (name) => statSync(`/proc/${pidOf(name)}`).uid;
  const named = (name) => Number(run('id', ['-u', name]));
  assert.equal(uid('web'), named('millrace-web'));
  assert.equal(uid('worker'), named('millrace-worker'));
  assert.equal(uid('egress'), named('millrace-egress'));
  for (const name of ['web', 'worker', 'egress']) {
    const rights = readFileSync(`/proc/${pidOf(name)}/status`, 'utf8');
    assert.match(rights, /CapEff:\t0+\n/);
  }
});

test('egress and echo hold no connection string', (t) => {
  if (process.getuid() !== 0) return t.skip('not root: environments of hardened processes are closed');
  for (const name of ['egress', 'echo']) assert.ok(!readFileSync(`/proc/${pidOf(name)}/environ`, 'utf8').includes('MILLRACE_DSN'), name);
});

test('seed and demo: a webhook runs to its end, and the next time the same demo is used', () => {
  assert.equal(millrace(['seed']).status, 0);
  const first = readFileSync(join(env.MILLRACE_VAR, 'run.env'), 'utf8');
  assert.equal(statSync(join(env.MILLRACE_VAR, 'run.env')).mode & 0o777, 0o600);
  for (const name of ['URL', 'TOKEN', 'EMAIL', 'PASSWORD', 'HOOK_URL', 'DSN', 'PIDS']) assert.match(first, new RegExp(`^MILLRACE_${name}='?[^\\s']`, 'm'));
  const demo = millrace(['demo']);
  assert.equal(demo.status, 0, demo.stderr);
  for (const node of ['order', 'prepare', 'large', 'announce', 'accepted']) assert.match(demo.stdout, new RegExp(`✓ ${node} .*succeeded`));
  assert.match(demo.stdout, /· small .*skipped/);
  assert.equal(millrace(['seed']).status, 0);
  const token = (text) => /^MILLRACE_TOKEN=.*/m.exec(text)[0];
  assert.equal(token(readFileSync(join(env.MILLRACE_VAR, 'run.env'), 'utf8')), token(first));
});

test('a process that dies is started again, and run.env follows', async () => {
  for (const name of ['worker', 'egress', 'web']) {
    const old = pidOf(name);
    process.kill(old, 'SIGKILL');
    await until(`${name} runs again`, () => existsSync(join(env.MILLRACE_VAR, 'run', `${name}.pid`)) && pidOf(name) !== old && alive(pidOf(name)), { ms: 10000 });
    await until(`run.env names the new ${name}`, () => readFileSync(join(env.MILLRACE_VAR, 'run.env'), 'utf8').includes(` ${pidOf(name)}`), { ms: 10000 });
  }
  await until('all is ready', () => millrace(['status']).status === 0, { ms: 15000 });
  const demo = millrace(['demo']);
  assert.equal(demo.status, 0, demo.stderr);
});

test('the echo answers what it was asked', async () => {
  const base = `http://127.0.0.1:${readFileSync(join(env.MILLRACE_VAR, 'run/echo.port'), 'utf8').trim()}`;
  const seen = await (await fetch(`${base}/a/b?c=1`, { method: 'PUT', headers: { 'X-One': '1' }, body: '{"n":[1,2]}' })).json();
  assert.equal(seen.method, 'PUT');
  assert.equal(seen.path, '/a/b');
  assert.equal(seen.query, 'c=1');
  assert.equal(seen.headers['x-one'], '1');
  assert.deepEqual(seen.body, { n: [1, 2] });
  assert.equal((await fetch(`${base}/status/418`)).status, 418);
  const flaky = async () => (await fetch(`${base}/flaky/k/2`)).status;
  assert.deepEqual([await flaky(), await flaky(), await flaky()], [503, 503, 200]);
  const began = Date.now();
  await fetch(`${base}/delay/150`);
  assert.ok(Date.now() - began >= 149);
});

test('D13 stop ends everything in order, and says nothing was running the next time', async () => {
  const pids = ['up', 'web', 'worker', 'egress', 'echo'].map(pidOf);
  const end = millrace(['stop']);
  assert.equal(end.status, 0, end.stderr);
  for (const pid of pids) await until(`${pid} has ended`, () => !alive(pid), { ms: 2000 });
  const log = readFileSync(join(env.MILLRACE_VAR, 'log/up.log'), 'utf8');
  const ended = [...log.slice(log.lastIndexOf('up.stopping')).matchAll(/"child\.ended","name":"(\w+)","(status|signal)":(\d+)/g)];
  assert.deepEqual(ended.map((m) => `${m[1]} ${m[2]} ${m[3]}`), ['web status 0', 'worker status 0', 'egress status 0', 'vault status 0', 'echo status 0']);
  assert.match(millrace(['stop']).stdout, /nothing was running/);
});

test('children end with a supervisor that was killed', async () => {
  assert.equal(millrace(['up', '--detach']).status, 0);
  const pids = ['web', 'worker', 'egress'].map(pidOf);
  process.kill(pidOf('up'), 'SIGKILL');
  for (const pid of pids) await until(`${pid} has ended`, () => !alive(pid), { ms: 20000 });
});

/* What keeps the vault apart, looked at from outside. Needs root, which may look into every process. S03. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, env, expect } from '../lib/client.mjs';
import { descendants } from '../lib/procs.mjs';
import { SCHEMES, seconds, secretFor } from '../lib/senders.mjs';
import { sql, value } from '../lib/sql.mjs';
import { base32, totp } from '../lib/totp.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, apiToken, chain, finished, hookPath, http, liveWorkflow, manual, noOp, openEcho, person, startRun, unique, webhook } from '../lib/world.mjs';

const VAR = process.env.MR_TEST_VAR;
const skip = process.getuid() !== 0 && 'not root';
const skipOdd = skip || (process.env.MR_TEST_VARIANT === 'asan' && 'the sanitizers have memory of their own');
const vaultPid = () => Number(readFileSync(join(VAR, 'run/vault.pid'), 'utf8'));
const status = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');
const CHUNK = 1 << 20;

/* How often the bytes occur in what a process may read of its own memory. */
function occurrences(pid, needle) {
  const fd = openSync(`/proc/${pid}/mem`, 'r');
  let found = 0;
  const chunk = Buffer.alloc(CHUNK + needle.length - 1);
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
    if (!from || /\[(vvar|vsyscall)/.test(line)) continue;
    const end = Number.parseInt(to, 16);
    for (let at = Number.parseInt(from, 16); at < end; at += CHUNK) {
      let n = 0;
      try {
        n = readSync(fd, chunk, 0, Math.min(chunk.length, end - at), at);
      } catch {
        continue; // a page of a device, or one that is gone
      }
      const seen = chunk.subarray(0, n);
      for (let hit = seen.indexOf(needle); hit >= 0 && hit < CHUNK; hit = seen.indexOf(needle, hit + 1)) found++;
    }
  }
  closeSync(fd);
  return found;
}

const pidsOf = (name) => descendants(Number(process.env.MR_TEST_UP_PID)).map((line) => line.split(' ')).filter(([, n]) => n.startsWith(name)).map(([pid]) => Number(pid));

const LOUD = ["log_statement = 'all'", 'log_parameter_max_length = -1', "log_error_verbosity = 'default'"];

/* What the database logs, which is told to log all that it is sent, while `go` is under way. */
async function sentToSql(go) {
  const said = () => readFileSync(join(VAR, 'log/postgres.log'));
  await sql(`${LOUD.map((s) => `alter system set ${s};`).join('\n')} select pg_reload_conf();`);
  const from = said().length;
  try {
    await until('the settings hold', async () => (await sql("show log_statement"))[0][0] === 'all');
    await go();
  } finally {
    await sql(`${LOUD.map((s) => `alter system reset ${s.split(' ')[0]};`).join('\n')} select pg_reload_conf();`);
  }
  return said().subarray(from).toString();
}

test('S03 the memory of web holds no secret once its connection is made, changed and used; nor was the database sent one', { skip: skipOdd }, async (t) => {
  const p = await person();
  openEcho(p.workspace);
  const [first, second, text] = [unique('canary-one'), unique('canary-two'), unique('canary-three')];
  let made;
  const sent = await sentToSql(async () => {
    made = await expect(201, p, 'POST', `${API}/connections`, { direct: true, body: { connector: 'bearer', name: 'Canary', config: { hosts: [env.echo] }, secret: { token: first } } });
    await expect(200, p, 'PATCH', `${API}/connections/${made.id}`, { direct: true, body: { secret: { token: second } } });
    const key = await expect(201, p, 'POST', `${API}/keys`, { direct: true, body: { name: 'Canary' } });
    const { ciphertext } = await expect(200, p, 'POST', `${API}/keys/${key.id}/encrypt`, { direct: true, body: { plaintext: text } });
    assert.equal((await expect(200, p, 'POST', `${API}/keys/${key.id}/decrypt`, { direct: true, body: { ciphertext } })).plaintext, text);
  });
  assert.match(sent, /parameters: .*Canary/, 'what it is sent is logged');
  for (const canary of [first, second, text]) assert.ok(!sent.includes(canary), 'no secret is');
  const w = await liveWorkflow(p, chain(manual(), http({ url: `${env.echo}/anything`, connection: made.id })));
  assert.equal((await finished(p, (await startRun(p, w, {})).id)).status, 'succeeded');
  const pids = pidsOf('millrace-web');
  assert.ok(pids.length > 0);
  // The look itself works: what this web certainly holds is found.
  assert.ok(pids.some((pid) => occurrences(pid, Buffer.from('/api/v1/connections')) > 0));
  for (const [name, canary] of Object.entries({ first, second, text }))
    await until(`${name} is gone from web`, () => pids.every((pid) => occurrences(pid, Buffer.from(canary)) === 0), { ms: 5000, every: 200 });
  t.diagnostic(`looked into ${pids.length} processes of web`);
});

/* Each of these is gone from the memory of every process of web. */
async function assertForgotten(needles) {
  const pids = pidsOf('millrace-web');
  assert.ok(pids.length > 0);
  for (const [name, bytes] of needles)
    await until(`${name} is gone from web`, () => pids.every((pid) => occurrences(pid, Buffer.from(bytes)) === 0), { ms: 15000, every: 200 });
}

test('S03 T08 the memory of web holds no secret of a webhook, once it was set and its senders have proven themselves', { skip: skipOdd }, async () => {
  const p = await person('signer');
  const who = await apiToken(p);
  const needles = [];
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    const w = await liveWorkflow(who, chain(webhook(scheme.config), noOp()));
    const secret = secretFor(scheme);
    await expect(200, who, 'POST', `${API}/triggers/${w.triggers[0].id}/rotate-secret`, { direct: true, body: { secret } });
    const send = async (by) => (await call(null, 'POST', hookPath(w), { raw: '{}', type: 'application/json', direct: true, headers: await scheme.sign(by, '{}', seconds()) })).status;
    for (let i = 0; i < 3; i++) assert.equal(await send(secret), 202, name);
    assert.equal(await send(secretFor(scheme)), 401, name);
    needles.push([`the secret of ${name}`, secret]);
    if (name === 'standard') needles.push(['the key of standard', Buffer.from(secret.slice(6), 'base64')]);
    if (name === 'basic') needles.push(['the pair in base64', Buffer.from(secret).toString('base64')]);
  }
  await assertForgotten(needles);
});

test('S03 Z26 the memory of web holds no secret of an authenticator app, once it was set up and signed in with', { skip: skipOdd }, async () => {
  const p = await person('ada');
  const { secret } = await expect(201, p, 'POST', `${API}/users/me/totp`, { direct: true, body: { password: PASSWORD } });
  await expect(200, p, 'POST', `${API}/users/me/totp/confirm`, { direct: true, body: { code: totp(secret, -1) } });
  for (const step of [0, 1]) {
    const { ticket } = await expect(202, null, 'POST', `${API}/auth/login`, { direct: true, body: { email: p.email, password: PASSWORD } });
    await expect(200, null, 'POST', `${API}/auth/second-factor`, { direct: true, body: { ticket, code: totp(secret, step) } });
  }
  await assertForgotten([['the secret as it is shown', secret], ['the secret itself', base32(secret)], ['the secret in hex', base32(secret).toString('hex')]]);
});

test('Z26 S03 an authenticator app that the vault cannot check asks for a recovery code, which needs no vault', async () => {
  const p = await person('old');
  const { secret } = await expect(201, p, 'POST', `${API}/users/me/totp`, { body: { password: PASSWORD } });
  const { recovery_codes } = await expect(200, p, 'POST', `${API}/users/me/totp/confirm`, { body: { code: totp(secret, -1) } });
  // As an installation from before the vault checked codes has it.
  await sql(`update app.totp set sealed = '\\x0100000001'::bytea || decode(repeat('ab', 48), 'hex') where user_id = :'id'`, { id: p.id });
  const half = async () => (await expect(202, null, 'POST', `${API}/auth/login`, { body: { email: p.email, password: PASSWORD } })).ticket;
  const r = await call(null, 'POST', `${API}/auth/second-factor`, { body: { ticket: await half(), code: totp(secret) } });
  assert.equal(r.status, 409, r.text);
  assert.match(r.body.error.message, /use a recovery code/);
  await expect(200, null, 'POST', `${API}/auth/second-factor`, { body: { ticket: await half(), code: recovery_codes[0] } });
});

test('S03 no key of web opens what is stored: there is none among its files', { skip }, async () => {
  assert.deepEqual(readdirSync(join(VAR, 'keys')).filter((f) => !/\.pem$|\.jwk$|jwt/.test(f)), []);
  // The formats of what is stored: to the vault, or under a key that the vault wrapped.
  assert.equal(await value("select count(*) from app.totp where get_byte(sealed, 0) <> 2 and user_id <> all (select user_id from app.recovery_code where used_at is not null)"), '0');
});

test('S03 another user is cut off by the vault, whatever it asks', { skip }, () => {
  const sock = join(VAR, 'run/vault.sock');
  // As nobody of ours, yet with the group that may reach the socket: only the user is wrong.
  const group = spawnSync('stat', ['-c', '%g', sock], { encoding: 'utf8' }).stdout.trim();
  const code = `
    const json = Buffer.from(JSON.stringify({ id: 1, op: 'public' }));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(json.length, 0);
    const s = require('node:net').connect(${JSON.stringify(sock)}, () => s.write(Buffer.concat([head, json])));
    let n = 0;
    s.on('data', (d) => (n += d.length));
    s.on('error', (e) => console.log(e.code));
    s.on('close', () => console.log('answered', n));`;
  const ask = (uid) => spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${group}`, '--clear-groups', process.execPath, '-e', code], { encoding: 'utf8', timeout: 10000 });
  const stranger = ask(65534);
  assert.match(stranger.stdout, /answered 0/, stranger.stdout + stranger.stderr);
  assert.match(readFileSync(join(VAR, 'log/vault.log'), 'utf8'), /"client\.refused","uid":65534|client\.refused.*65534/);
});

test('S03 the vault keeps its memory out of swap and dumps, has no rights and few descriptors', { skip: skipOdd }, () => {
  const pid = vaultPid();
  assert.ok(Number(/^VmLck:\s+(\d+) kB/m.exec(status(pid))[1]) > 0, status(pid));
  assert.match(status(pid), /^Seccomp:\s+2/m);
  assert.match(status(pid), /^NoNewPrivs:\s+1/m);
  assert.match(status(pid), /^CapEff:\s+0+$/m);
  // Not dumpable: /proc/<pid> is root's, though the process is another user's.
  const owner = spawnSync('stat', ['-c', '%u', `/proc/${pid}/mem`], { encoding: 'utf8' }).stdout.trim();
  assert.equal(owner, '0');
  assert.notEqual(/^Uid:\s+(\d+)/m.exec(status(pid))[1], '0');
  assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size\s+0\s+0/m);
  const sockets = readdirSync(`/proc/${pid}/fd`).length;
  assert.ok(sockets < 32, `${sockets} descriptors`);
});

test('M07 without the vault the installation is not ready, and says so; with it, it is', { skip }, async () => {
  const pid = vaultPid();
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'vault\n');
  process.kill(pid, 'SIGSTOP');
  try {
    const said = await until('it is not ready', async () => {
      const r = await call(null, 'GET', '/readyz');
      return r.status === 503 && r.body;
    });
    assert.match(JSON.stringify(said), /vault/);
  } finally {
    process.kill(pid, 'SIGKILL');
  }
  await until('it is ready again', async () => (await call(null, 'GET', '/readyz')).status === 200);
});

/* What keeps the vault apart, looked at from outside. Needs root, which may look into every process. S03. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, env, expect } from '../lib/client.mjs';
import { descendants } from '../lib/procs.mjs';
import { until } from '../lib/until.mjs';
import { API, chain, finished, http, liveWorkflow, manual, openEcho, person, startRun, unique } from '../lib/world.mjs';

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

test('S03 the memory of web holds no secret once its connection is made, changed and used', { skip: skipOdd }, async (t) => {
  const p = await person();
  openEcho(p.workspace);
  const [first, second, text] = [unique('canary-one'), unique('canary-two'), unique('canary-three')];
  const made = await expect(201, p, 'POST', `${API}/connections`, { direct: true, body: { connector: 'bearer', name: 'Canary', config: { hosts: [env.echo] }, secret: { token: first } } });
  await expect(200, p, 'PATCH', `${API}/connections/${made.id}`, { direct: true, body: { secret: { token: second } } });
  const key = await expect(201, p, 'POST', `${API}/keys`, { direct: true, body: { name: 'Canary' } });
  const { ciphertext } = await expect(200, p, 'POST', `${API}/keys/${key.id}/encrypt`, { direct: true, body: { plaintext: text } });
  assert.equal((await expect(200, p, 'POST', `${API}/keys/${key.id}/decrypt`, { direct: true, body: { ciphertext } })).plaintext, text);
  const w = await liveWorkflow(p, chain(manual(), http({ url: `${env.echo}/anything`, connection: made.id })));
  assert.equal((await finished(p, (await startRun(p, w, {})).id)).status, 'succeeded');
  const pids = pidsOf('millrace-web');
  assert.ok(pids.length > 0);
  // The look itself works: what this web certainly holds is found.
  assert.ok(pids.some((pid) => occurrences(pid, Buffer.from('/api/v1/connections')) > 0));
  for (const [name, canary] of Object.entries({ first, second, text }))
    await until(`${name} is gone from web`, () => pids.every((pid) => occurrences(pid, Buffer.from(canary)) === 0), { every: 200 });
  t.diagnostic(`looked into ${pids.length} processes of web`);
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

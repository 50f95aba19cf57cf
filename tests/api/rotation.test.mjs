/*
 * The master key is rotated while everything goes on, killed in the middle, and the vault too. S05.
 *
 *   ROTATE_RECORDS=10000     so many connections instead of 1,000
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { call, env, expect } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { SCHEMES } from '../lib/senders.mjs';
import { totp } from '../lib/totp.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, apiToken, chain, finished, hookPath, http, liveWorkflow, manual, noOp, openEcho, person, startRun, unique, webhook } from '../lib/world.mjs';

const RECORDS = Number(process.env.ROTATE_RECORDS ?? (process.env.MR_TEST_VARIANT === 'asan' ? 400 : 1000));
const WORKSPACES = 10;
const AT_ONCE = 4;
const VAR = process.env.MR_TEST_VAR;

/* `millrace key …` as an operator runs it, to its end: {code, signal, text}. `at`: what is done once it has said this. */
function millrace(args, at, then) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('MILLRACE_')));
  const child = spawn(join(process.env.MR_TEST_BIN, 'millrace'), ['key', ...args], { env: { ...clean, MILLRACE_VAR: VAR, MILLRACE_DSN: process.env.MR_TEST_DSN }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let done = at === undefined;
  const hear = (chunk) => {
    text += chunk;
    if (done || !text.includes(at)) return;
    done = true;
    then(child);
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', hear);
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, text })));
}

async function key(...args) {
  const end = await millrace(args);
  assert.equal(end.code, 0, end.text);
  return end.text;
}

/* The supervisor starts it again; the runner is told that this death is ours. */
function killVault() {
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'vault\n');
  process.kill(Number(readFileSync(join(VAR, 'run/vault.pid'), 'utf8')), 'SIGKILL');
}

/* Each of the list, a few at a time. */
async function each(list, work) {
  const rest = [...list.entries()];
  const one = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

const people = [];
const connections = [];
const hooks = []; // whose senders sign
let ada; // has an authenticator app

async function signedHook(owner) {
  const who = await apiToken(owner);
  const w = await liveWorkflow(who, chain(webhook({ authentication: 'github' }), noOp()));
  const { secret } = await expect(200, who, 'POST', `${API}/triggers/${w.triggers[0].id}/rotate-secret`, { body: {}, direct: true });
  return { path: hookPath(w), secret };
}
const deliver = async ({ path, secret }) => call(null, 'POST', path, { raw: '{}', type: 'application/json', direct: true, headers: await SCHEMES.github.sign(secret, '{}') });

/* By a code of the app, which was not used before. */
async function assertSignsIn() {
  await sql("update app.totp set last_step = 0 where user_id = :'id'; delete from app.login_throttle", { id: ada.id });
  const { ticket } = await expect(202, null, 'POST', `${API}/auth/login`, { body: { email: ada.email, password: PASSWORD }, direct: true });
  await expect(200, null, 'POST', `${API}/auth/second-factor`, { body: { ticket, code: totp(ada.secret) }, direct: true });
}

async function assertAllHold() {
  for (const hook of hooks) assert.equal((await deliver(hook)).status, 202);
  await assertSignsIn();
}
before(async () => {
  for (let i = 0; i < WORKSPACES; i++) people.push(await person(`keeper-${i}`));
  await each(Array.from({ length: RECORDS }, (_, i) => people[i % WORKSPACES]), async (who, i) => {
    const body = { connector: 'bearer', name: unique('connection'), config: { hosts: [env.echo] }, secret: { token: `token-${i}` } };
    connections.push({ who, id: (await expect(201, who, 'POST', `${API}/connections`, { body, direct: true })).id });
  });
  await each(people, async (who) => hooks.push(await signedHook(who)));
  // Whose runs go on under the rotation: no call of it is made without its proxy's password, which is opened for each.
  const login = { proxy: 'http://127.0.0.1:9', proxy_user: 'mill', proxy_password: 'of-the-proxy' };
  await expect(200, people[0], 'PUT', `${API}/workspaces/${people[0].workspace}/outgoing`, { body: login, direct: true });
  ada = await person('ada');
  ada.secret = (await expect(201, ada, 'POST', `${API}/users/me/totp`, { body: { password: PASSWORD } })).secret;
  await expect(200, ada, 'POST', `${API}/users/me/totp/confirm`, { body: { code: totp(ada.secret) } });
});

/* What goes on meanwhile: each function is one round of it. A refusal of any kind is a failure. */
async function load() {
  const who = people[0];
  openEcho(who.workspace);
  const mine = connections.find((c) => c.who === who);
  const data = await expect(201, who, 'POST', `${API}/keys`, { body: { name: unique('data') } });
  const w = await liveWorkflow(who, chain(manual(), http({ url: `${env.echo}/anything`, connection: mine.id })));
  const failures = [];
  const tally = { requests: 0, runs: 0 };
  const ask = async (method, path, body) => {
    tally.requests++;
    const r = await call(who, method, API + path, { body, direct: true });
    if (r.status >= 300) failures.push(`${method} ${path}: ${r.status} ${r.text}`);
    return r.body;
  };
  const rounds = [
    async () => {
      tally.requests++;
      const r = await deliver(hooks[tally.requests % hooks.length]);
      if (r.status !== 202) failures.push(`a signed delivery: ${r.status} ${r.text}`);
    },
    async () => {
      const { ciphertext } = await ask('POST', `/keys/${data.id}/encrypt`, { plaintext: 'DE89 3704' });
      const { plaintext } = await ask('POST', `/keys/${data.id}/decrypt`, { ciphertext });
      if (plaintext !== 'DE89 3704') failures.push(`a text came back as ${plaintext}`);
    },
    async () => {
      const run = await finished(who, (await startRun(who, w, {})).id);
      tally.runs++;
      if (run.status !== 'succeeded') failures.push(`a run ${run.status}: ${JSON.stringify(run.error)}`);
    },
    async () => {
      const made = await ask('POST', '/connections', { connector: 'bearer', name: unique('new'), config: { hosts: [env.echo] }, secret: { token: 'made-meanwhile' } });
      if (made?.id) connections.push({ who, id: made.id });
      if (made?.id) await ask('PATCH', `/connections/${made.id}`, { secret: { token: 'changed-meanwhile' } });
    },
  ];
  let going = true;
  const all = rounds.map(async (round) => {
    while (going) await round().catch((error) => failures.push(error.message));
  });
  return {
    tally, failures,
    end: async () => {
      going = false;
      await Promise.all(all);
    },
  };
}

/* All of them, opened by a worker. */
async function assertReadable(list) {
  const lost = [];
  await each(list, async ({ who, id }) => {
    const r = await call(who, 'POST', `${API}/connections/${id}/test`, { direct: true });
    if (r.body?.ok !== true) lost.push(`${id}: ${r.status} ${r.text}`);
  });
  assert.deepEqual(lost, []);
}

const currentKey = async () => /master key ([0-9a-f]{8}) .* current/.exec(await key('status'))[1];
const ourVersions = () => value(`select count(distinct v.kek) from app.key_version v where v.workspace_id = any (:'ws'::uuid[])`, { ws: `{${people.map((p) => p.workspace).join(',')}}` });

test(`S05 ${RECORDS} records get a new master key under load, with kill -9 of the rotation and of the vault: none unreadable, no request failed`, async (t) => {
  const old = await currentKey();
  const working = await load();
  const began = Date.now();
  const ends = [];
  try {
    // Cut in each of its passes, and each time gone on with; at last the vault is cut.
    for (const at of ['workspaces: left', 'keys: left', 'secrets: left']) ends.push(await millrace(['rotate', '--workspaces'], at, (child) => child.kill('SIGKILL')));
    ends.push(await millrace(['rotate', '--workspaces'], 'secrets: left', killVault));
  } finally {
    await working.end();
  }
  const took = Date.now() - began;
  const last = ends.at(-1);
  assert.equal(last.code, 0, last.text);
  assert.match(last.text, /unreadable: 0$/m);
  assert.ok(ends.filter((e) => e.signal === 'SIGKILL').length >= 2, 'it was over before it was killed');
  assert.ok(ends.some((e) => e.text.startsWith('going on to master key')), ends.map((e) => e.text).join(''));
  t.diagnostic(`${connections.length} records in ${took} ms; meanwhile ${working.tally.requests} requests and ${working.tally.runs} runs, ${working.failures.length} failed`);
  assert.deepEqual(working.failures, []);
  assert.ok(working.tally.requests > 20 && working.tally.runs > 2, JSON.stringify(working.tally));
  // Each new master key was announced: one that was cut short is gone on with, not left for another.
  const made = ends.flatMap((e) => [...e.text.matchAll(/^new master key ([0-9a-f]{8})$/gm)].map(([, id]) => id));
  assert.deepEqual([...(await key('status')).matchAll(/^master key ([0-9a-f]{8})/gm)].map(([, id]) => id), [old, ...made]);
  assert.equal(Number(await ourVersions()), 1);
  await assertReadable(connections);
  await assertAllHold();
  assert.match(await key('status'), /left to do: left are 0 of \d+ keys, 0 of \d+ secrets$/m);
  // What web sealed to the vault's public key lies under its workspace's key now, or is sealed to the new master key.
  assert.equal(await value(`select count(*) from app.trigger_secret where get_byte(sealed, 0) <> 1 and workspace_id = any (:'ws'::uuid[])`, { ws: `{${people.map((p) => p.workspace).join(',')}}` }), '0');
});

test('S05 the old master key is forgotten once nothing needs it, and everything opens without it', async () => {
  const [, old] = /master key ([0-9a-f]{8}) {2}used by 0$/m.exec(await key('status'));
  const current = await currentKey();
  const refusal = await millrace(['retire', current, '--wait', '0']);
  assert.equal(refusal.code, 1);
  assert.match(refusal.text, /need this master key/);
  await key('retire', old, '--wait', '0');
  assert.ok(!(await key('status')).includes(old));
  assert.ok(!readFileSync(join(VAR, 'vault/kek'), 'utf8').includes(old));
  await assertReadable(connections.slice(0, 50));
  await assertAllHold();
});

test('S05 a record that no master key opens is named, and the rest is done', async () => {
  const { who, id } = connections[0];
  const kept = await value(`select encode(sealed, 'hex') from app.connection where id = :'id'`, { id });
  await sql(`update app.connection set sealed = '\\x02deadbeef'::bytea || decode(repeat('ab', 80), 'hex') where id = :'id'`, { id });
  const end = await millrace(['rotate']);
  assert.equal(end.code, 1, end.text);
  assert.match(end.text, new RegExp(`unreadable: connection ${id} of workspace ${who.workspace}: `));
  assert.match(end.text, /unreadable: 1$/m);
  await sql(`update app.connection set sealed = decode(:'kept', 'hex') where id = :'id'`, { id, kept });
  await key('rotate');
  await assertReadable(connections.slice(0, 20));
});


test('S05 one at a time: a second one waits for a while, then says why it does nothing', async () => {
  const holder = sql("select pg_advisory_lock(hashtext('millrace key')); select pg_sleep(3600)").catch(() => {});
  const held = "select pid from pg_locks where locktype = 'advisory' and granted and objid = hashtext('millrace key')::bigint & 4294967295";
  await until('the lock is held', async () => (await value(held)) !== undefined);
  const end = await millrace(['status']);
  await sql(`select pg_terminate_backend(pid) from (${held}) x`);
  await holder;
  assert.equal(end.code, 1, end.text);
  assert.match(end.text, /another millrace key is under way in this database/);
  await key('status');
});

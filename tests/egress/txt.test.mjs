// TXT records by way of egress: a name server that knows, doesn't, fails, is silent, or has too much for one packet.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Egress, binary } from './client.mjs';
import { startNameserver } from '../lib/nameserver.mjs';

async function pair(work, env = (address) => ({ MILLRACE_DNS: address })) {
  const dns = await startNameserver();
  const egress = await Egress.start({ env: env(dns.address) });
  try {
    await work(egress, dns);
  } finally {
    assert.equal((await egress.stop()).code, 0, egress.log);
    await dns.stop();
  }
}
const ask = (egress, name, extra = {}) => egress.http({ op: 'txt', name, timeout_ms: 20000, ...extra });
const records = (answer) => answer.body.toString().split('\0').slice(0, -1);

test('U13 the records of a name arrive whole, one of several strings as one', () =>
  pair(async (egress, dns) => {
    dns.txt.set('_x.acme.test', ['one', ['two ', 'halves'], '']);
    const answer = await ask(egress, '_x.acme.test');
    assert.equal(answer.status, 200, JSON.stringify(answer));
    assert.deepEqual(records(answer), ['one', 'two halves', '']);
  }));

test('U13 a name that does not exist, and one without such a record, have none', () =>
  pair(async (egress, dns) => {
    dns.txt.set('_none.acme.test', []);
    for (const name of ['_nowhere.acme.test', '_none.acme.test']) {
      const answer = await ask(egress, name);
      assert.deepEqual([answer.status, answer.body.length], [404, 0], JSON.stringify(answer));
    }
  }));

test('U13 what does not fit a packet is asked for by TCP', () =>
  pair(async (egress, dns) => {
    dns.txt.set('_long.acme.test', Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(200, 'x')));
    dns.say.set('_long.acme.test', 'truncated');
    const answer = await ask(egress, '_long.acme.test');
    assert.equal(records(answer).length, 20, JSON.stringify(answer));
    assert.deepEqual(dns.asked.map((a) => a.by), ['udp', 'tcp']);
  }));

test('U13 a server that fails or is silent is an error, not an absence', () =>
  pair(async (egress, dns) => {
    dns.say.set('_fail.acme.test', 'fail').set('_silent.acme.test', 'silent');
    const [failed, silent] = await Promise.all([ask(egress, '_fail.acme.test'), ask(egress, '_silent.acme.test', { timeout_ms: 300 })]);
    assert.equal(failed.error?.code, 'DNS', JSON.stringify(failed));
    assert.equal(silent.error?.code, 'TIMEOUT', JSON.stringify(silent));
  }));

test('U13 a look-up is cancelled, and many go on at once', () =>
  pair(async (egress, dns) => {
    dns.say.set('_silent.acme.test', 'silent');
    for (let i = 0; i < 50; i++) dns.txt.set(`_${i}.acme.test`, [`v${i}`]);
    const cancelled = ask(egress, '_silent.acme.test', { id: 'silent' });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(egress, `_${i}.acme.test`)));
    assert.deepEqual(answers.map((a) => records(a)[0]), Array.from({ length: 50 }, (_, i) => `v${i}`));
    egress.send({ op: 'cancel', id: 'silent' });
    assert.equal((await cancelled).error?.code, 'CANCELLED');
    // One that is under way when the client goes ends with it.
    void ask(egress, '_silent.acme.test').catch(() => {});
  }));

test('U13 what is no name is not asked for', () =>
  pair(async (egress, dns) => {
    for (const name of ['', '.', 'a..b', 'a b', 'a\nb', `${'a'.repeat(64)}.test`, 'a.'.repeat(127) + 'a', 'ü.test', 'a.test.']) {
      const answer = await ask(egress, name);
      assert.equal(answer.error?.code, 'PROTOCOL', `${name}: ${JSON.stringify(answer)}`);
    }
    assert.deepEqual(dns.asked, []);
  }));

test('U13 name servers that are none stop the start', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mr-txt-'));
  const { status, stderr } = spawnSync(binary, [], { env: { ...process.env, MILLRACE_EGRESS_SOCK: join(dir, 'sock'), MILLRACE_DNS: 'nonsense' }, encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  assert.equal(status, 1);
  assert.match(stderr, /MILLRACE_DNS/);
  assert.match(stderr, /must be name servers/);
});

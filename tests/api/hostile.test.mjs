/*
 * Requests that no honest client sends, over HTTP/1.1: directly, behind nginx and behind HAProxy. S13, S14; the pack is
 * tests/lib/hostile.mjs. HTTP/2 and what else an edge does: edge.test.mjs.
 *
 * After each case /healthz answers 200 and every process still has its pid. Behind an edge, what the edge sent on
 * is read as strictly as it can be: web gave one answer to each request, and understood its method, path, host and end.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agreed } from '../lib/agree.mjs';
import { env } from '../lib/client.mjs';
import { edgeKinds, startEdge } from '../lib/edge.mjs';
import { CLOSE, ONE, cases, get, post } from '../lib/hostile.mjs';
import { closeAll, openSocket } from '../lib/live.mjs';
import { descendants } from '../lib/procs.mjs';
import { dial, exchange, head, lastBody } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { apiToken, chain, hookPath, liveWorkflow, manual, noOp, person, startRun, webhook } from '../lib/world.mjs';

const up = Number(process.env.MR_TEST_UP_PID);
const JSON_TYPE = 'Content-Type: application/json';
const edges = {};

before(async () => {
  for (const kind of edgeKinds) edges[kind] = await startEdge(kind, env.direct);
});
after(async () => {
  closeAll();
  for (const edge of Object.values(edges)) await edge?.stop();
});

async function unharmed(pids) {
  const start = performance.now();
  const r = await fetch(`${env.direct}/healthz`);
  assert.equal(r.status, 200);
  assert.ok(performance.now() - start < 1000, 'health took a second');
  assert.deepEqual(descendants(up), pids, 'a process has died');
}

function judge(r, expected) {
  const said = `${r.statuses} ${r.text.slice(0, 300)}`;
  assert.ok(!/root:x:|^VARIANT|\.PHONY/m.test(r.text), 'shows a file');
  if (expected === null) return;
  if (Array.isArray(expected[0])) return assert.deepEqual(r.statuses, expected[0], said);
  assert.equal(r.statuses.length, 1, said);
  if (expected !== ONE) assert.ok(expected.includes(r.statuses[0]), `${said}, not ${expected}`);
}

for (const [name, [chunks, ...expected]] of Object.entries(cases)) {
  for (const [i, front] of ['direct', ...edgeKinds].entries()) {
    test(`S13 ${front}: ${name}`, async (t) => {
      const edge = edges[front];
      if (front !== 'direct' && !edge) return t.skip(`${front} is not installed`);
      const pids = descendants(up);
      const r = await exchange(edge?.url ?? env.direct, chunks);
      await unharmed(pids);
      judge(r, expected[i]);
      if (edge) await agreed(edge);
      if (!edge && r.statuses[0] >= 400 && !/value|TLS/.test(name)) {
        assert.ok(r.closed, 'the connection stays open after a refusal');
        const body = lastBody(r.text);
        assert.ok(body?.error?.code && body.request_id, `not in the agreed form: ${r.text.slice(0, 400)}`);
      }
    });
  }
}

/* Writes without end until the other side closes; the bytes it took. */
function flood(base, first, chunk, ms) {
  return new Promise((resolve) => {
    let bytes = 0;
    const socket = dial(base);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(bytes);
    };
    const timer = setTimeout(end, ms);
    const more = () => {
      while (!socket.destroyed && socket.write(chunk)) bytes += chunk.length;
    };
    socket.on('connect', () => {
      socket.write(first);
      more();
    });
    socket.on('drain', more);
    socket.on('data', () => {});
    socket.on('error', end);
    socket.on('close', end);
  });
}

test('S13 a flood behind a short body is cut, and others are served meanwhile', async () => {
  const pids = descendants(up);
  const flooding = flood(env.direct, `${post('Content-Length: 2')}{}`, Buffer.alloc(65536, 'x'), 4000);
  for (let i = 0; i < 10; i++) await unharmed(pids);
  const bytes = await flooding;
  assert.ok(bytes < 64 << 20, `${bytes} bytes were taken`);
  await unharmed(pids);
});

test('S14 a sender that drips its head is cut off while others are served', { timeout: 40000 }, async () => {
  const pids = descendants(up);
  const socket = dial(env.direct);
  let text = '';
  let closed = false;
  socket.on('data', (d) => {
    text += d;
  });
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', () => {});
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const start = performance.now();
  // One byte a second is what a slow sender is; the deadline is the server's own.
  const drip = setInterval(() => socket.write('a'), 1000);
  await until('the dripping sender is cut', () => closed, { ms: 25000, every: 100 }).finally(() => clearInterval(drip));
  assert.ok(performance.now() - start < 20000);
  if (text) assert.match(text, /^HTTP\/1\.1 408 /);
  await unharmed(pids);
});

test('S14 a sender that drips its body is cut off', { timeout: 60000 }, async () => {
  const pids = descendants(up);
  const socket = dial(env.direct);
  let closed = false;
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.write(post('Content-Length: 1000'));
  const drip = setInterval(() => socket.write('a'), 1000);
  await until('the dripping body is cut', () => closed, { ms: 45000, every: 100 }).finally(() => clearInterval(drip));
  await unharmed(pids);
});

test('S14 two hundred idle connections keep nobody out', async () => {
  const pids = descendants(up);
  const idle = Array.from({ length: 200 }, () => dial(env.direct).on('error', () => {}));
  await unharmed(pids);
  for (const s of idle) s.destroy();
  await unharmed(pids);
});

test('L01 bytes before the answer to an upgrade harm nobody', async () => {
  const pids = descendants(up);
  const { bearer } = await apiToken(await person());
  const upgrade = head('GET /ws HTTP/1.1', [`Authorization: Bearer ${bearer}`, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==']);
  for (const more of ['x\n\n', 'GET / HTTP/1.1\r\n\r\n', '\x81\x85\0\0\0\0hello', '\0'.repeat(5000)]) {
    await exchange(env.direct, [upgrade + more]);
    await exchange(env.direct, [upgrade, more]);
    await unharmed(pids);
  }
  for (const wrong of [['Sec-WebSocket-Version: 12'], ['Sec-WebSocket-Key: short'], ['Upgrade: h2c']]) {
    const name = wrong[0].split(':')[0];
    const r = await exchange(env.direct, [upgrade.replace(new RegExp(`${name}: [^\r]*`), wrong[0])]);
    assert.ok(r.statuses.length === 1 && r.statuses[0] >= 400 && r.statuses[0] < 500, `${wrong}: ${r.text}`);
    await unharmed(pids);
  }
});

test('L02 frames that break the protocol close that socket alone', async () => {
  const pids = descendants(up);
  const who = await apiToken(await person());
  const mask = Buffer.from([0, 0, 0, 0]);
  const frames = {
    'not masked': Buffer.from([0x81, 2, 0x68, 0x69]),
    'reserved bits': Buffer.concat([Buffer.from([0xf1, 0x82]), mask, Buffer.from('hi')]),
    'an unknown opcode': Buffer.concat([Buffer.from([0x8b, 0x82]), mask, Buffer.from('hi')]),
    'a length of 2^63': Buffer.concat([Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), mask]),
    'a frame of 1 MB': Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 16, 0, 0]), mask, Buffer.alloc(1 << 20, 'a')]),
    'text that is not UTF-8': Buffer.concat([Buffer.from([0x81, 0x82]), mask, Buffer.from([0xff, 0xfe])]),
    'a ping of 200 bytes': Buffer.concat([Buffer.from([0x89, 0xfe, 0, 200]), mask, Buffer.alloc(200)]),
    fragments: Buffer.concat([Buffer.from([0x01, 0x82]), mask, Buffer.from('hi')]),
  };
  for (const bytes of Object.values(frames)) {
    const s = await openSocket(who, { origin: null });
    s.socket.on('error', () => {});
    s.socket._socket.write(bytes);
    await unharmed(pids);
    s.socket.terminate();
  }
});

test('L02 a client that never reads is cut, the others hear everything', async () => {
  const pids = descendants(up);
  const p = await person();
  const who = await apiToken(p);
  const w = await liveWorkflow(who, chain(manual(), noOp('a'), noOp('b'), noOp('c')));
  const deaf = await openSocket(p);
  deaf.send({ join: 'workspace' });
  deaf.socket._socket.pause();
  const ears = await openSocket(p);
  ears.send({ join: 'workspace' });
  const ids = [];
  for (let i = 0; i < 40; i++) ids.push((await startRun(who, w, { text: 'x'.repeat(2000) })).id);
  await until('all runs are told', () => ids.every((id) => ears.frames.some((m) => m.type === 'run.updated' && m.data.id === id && m.data.status === 'succeeded')), { ms: 15000 });
  deaf.socket.terminate();
  ears.close();
  await unharmed(pids);
});

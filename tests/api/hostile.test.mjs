/*
 * Requests that no honest client sends, directly and behind nginx. S13, S14; the pack of issue bar 6.
 *
 * After each case /healthz answers 200 and every process still has its pid. Expected statuses: the numbers of all
 * answers on that connection; [] = closed without one.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { env } from '../lib/client.mjs';
import { closeAll, openSocket } from '../lib/live.mjs';
import { startNginx } from '../lib/nginx.mjs';
import { descendants } from '../lib/procs.mjs';
import { exchange, head, lastBody } from '../lib/raw.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, hookPath, liveWorkflow, manual, noOp, person, startRun, webhook } from '../lib/world.mjs';

const up = Number(process.env.MR_TEST_UP_PID);
const LOGIN = `POST ${API}/auth/login HTTP/1.1`;
const JSON_TYPE = 'Content-Type: application/json';
const post = (...headers) => head(LOGIN, [JSON_TYPE, ...headers]);
const get = (path, ...headers) => head(`GET ${path} HTTP/1.1`, headers);
const many = (n) => Array.from({ length: n }, (_, i) => `X-H${i}: v`);
const CLOSE = 'Connection: close';
/* Behind nginx the body gets through and the sign-in is refused or unreadable; what matters is that it is one answer. */
const ONE = 'one answer';

const cases = {
  'a GET with a body in the same segment': [[get('/healthz', 'Content-Length: 5') + 'hello'], [400], [400]],
  'a GET with a body in a later segment': [[get('/healthz', 'Content-Length: 28'), 'GET /readyz HTTP/1.1\r\nHost: a'], [400], [400]],
  'a DELETE with a body': [[head(`DELETE ${API}/tokens/x HTTP/1.1`, ['Content-Length: 5']), 'hello'], [400], [400]],
  'two GETs in one segment': [[get('/healthz') + get('/healthz', CLOSE)], [400], [200, 200]],
  'a chunked POST': [[post('Transfer-Encoding: chunked', CLOSE) + '2\r\n{}\r\n0\r\n\r\n'], [501], ONE],
  'a length and chunked': [[post('Content-Length: 2', 'Transfer-Encoding: chunked') + '2\r\n{}\r\n0\r\n\r\n'], [501], [400]],
  'two lengths': [[post('Content-Length: 2', 'Content-Length: 7') + '{}'], [400], [400]],
  'a body longer than its length': [[post('Content-Length: 2') + '{}GET /readyz HTTP/1.1\r\n\r\n'], [400], null],
  'a length of +5': [[post('Content-Length: +5') + '{"a"}'], [400], [400]],
  'a length of 0x5': [[post('Content-Length: 0x5') + '{"a"}'], [400], [400]],
  'a length of -1': [[post('Content-Length: -1')], [400], [400]],
  'a length of 2^64 + 2': [[post('Content-Length: 18446744073709551618') + '{}'], [400], [400]],
  'a length above the limit': [[post('Content-Length: 999999999')], [413], [413]],
  'a POST without a length': [[post()], [411], null],
  'a POST of nothing': [[post('Content-Length: 0', CLOSE)], [400], [400]],
  'thirty headers': [[get('/healthz', ...many(30), CLOSE)], [431], [431]],
  'thirty headers with the length last': [[post(...many(30), 'Content-Length: 2', CLOSE) + '{}'], [431], [431]],
  'a head of 20 KB': [[get('/healthz', `X-A: ${'a'.repeat(20000)}`)], [431], [400, 431]],
  'a head of 17 KB without an end': [[`GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(17000)}`], [431], null],
  'a URI of 3000 bytes': [[get(`/healthz?${'a'.repeat(3000)}`, CLOSE)], [414], [414]],
  'an empty header value': [[get('/healthz', 'X-Empty:', CLOSE)], [400], [400, 200]],
  'a header value that is not ASCII': [[get('/healthz', 'X-A: \xff\xfe', CLOSE)], [400], [400]],
  'no Host': [[head('GET /healthz HTTP/1.1', [], null)], [400], [400]],
  'two Hosts': [[get('/healthz', 'Host: b')], [400], [400]],
  'Hostile for Host': [[head('GET /healthz HTTP/1.1', ['Hostile: a'], null)], [400], [400]],
  'a folded line': [[get('/healthz', 'X-A: b\r\n c', CLOSE)], [400], [400]],
  'a space before the colon': [[get('/healthz', 'X-A : b', CLOSE)], [400], [400]],
  'a NUL in a header': [[get('/healthz', 'X-A: b\0c', CLOSE)], [400], [400]],
  'bare line feeds': [['GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n'], [400], [200]],
  'a bare carriage return': [[get('/healthz', 'X-A: b\rX-B: c', CLOSE)], [400], [400, 200]],
  'OPTIONS *': [[head('OPTIONS * HTTP/1.1', [CLOSE])], [400], [400]],
  'an absolute target': [[get('http://localhost/healthz', CLOSE)], [400], [200]],
  'HTTP/1.0 GET': [[head('GET /healthz HTTP/1.0')], [200], [200]],
  'HTTP/1.0 DELETE': [[head(`DELETE ${API}/tokens/x HTTP/1.0`)], [405], null],
  'HTTP/2.0 as text': [[head('GET /healthz HTTP/2.0')], [505], [505]],
  'the preface of HTTP/2': [['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [505, 400], [400]],
  'a TLS hello': [[Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...Array(200).fill(7), 13, 10, 13, 10])], [400], [400]],
  TRACE: [[head('TRACE /healthz HTTP/1.1', [CLOSE])], [405, 400], [405]],
  CONNECT: [[head('CONNECT localhost:80 HTTP/1.1', [CLOSE])], [405, 400], [400, 405]],
  'a method of 5000 letters': [[head(`${'A'.repeat(5000)} / HTTP/1.1`, [CLOSE])], [400, 405, 414], null],
  'an empty request line': [['\r\n\r\n\r\n\r\n'], [400], null],
};
for (const path of ['/\xff', '/%ff', '/%c0%ae', '/%00', '/a%00b', '/../../../../etc/passwd', '/%2e%2e%2f%2e%2e%2fetc/passwd', '/..%5c..%5cetc', '//etc/passwd', '/./healthz', '/assets/%2e%2e/%2e%2e/Makefile', '/api%2fv1/workflows'])
  cases[`the path ${JSON.stringify(path).slice(1, -1)}`] = [[get(path, CLOSE)], [400, 404], [400, 404, 200]];

let edge;
before(async () => {
  if (existsSync('/usr/sbin/nginx')) edge = await startNginx(env.direct);
});
after(async () => {
  closeAll();
  await edge?.stop();
});

async function unharmed(pids) {
  const start = performance.now();
  const r = await fetch(`${env.direct}/healthz`);
  assert.equal(r.status, 200);
  assert.ok(performance.now() - start < 1000, 'health took a second');
  assert.deepEqual(descendants(up), pids, 'a process has died');
}

function judge(r, expected, name) {
  if (expected === null) return;
  if (expected === ONE) return assert.equal(r.statuses.length, 1, `${name}: ${r.text.slice(0, 300)}`);
  if (expected.length === 2 && expected[0] === 200) return assert.deepEqual(r.statuses, expected, name);
  assert.equal(r.statuses.length, 1, `${name}: ${r.statuses} ${r.text.slice(0, 300)}`);
  assert.ok(expected.includes(r.statuses[0]), `${name}: ${r.statuses}, not ${expected}`);
  assert.ok(!/root:x:|^VARIANT|\.PHONY/m.test(r.text), `${name}: shows a file`);
}

for (const [name, [chunks, expected, behind]] of Object.entries(cases)) {
  test(`S13 direct: ${name}`, async () => {
    const pids = descendants(up);
    const r = await exchange(env.direct, chunks);
    await unharmed(pids);
    judge(r, expected, name);
    if (r.statuses[0] >= 400 && !/value|TLS/.test(name)) {
      assert.ok(r.closed, 'the connection stays open after a refusal');
      const body = lastBody(r.text);
      assert.ok(body?.error?.code && body.request_id, `not in the agreed form: ${r.text.slice(0, 400)}`);
    }
  });

  test(`S13 behind nginx: ${name}`, async (t) => {
    if (!edge) return t.skip('nginx is not installed');
    const pids = descendants(up);
    const r = await exchange(edge.url, chunks);
    await unharmed(pids);
    judge(r, behind, name);
  });
}

/* Writes without end until the other side closes; the bytes it took. */
function flood(base, first, chunk, ms) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    let bytes = 0;
    const socket = connect({ host: hostname, port: Number(port) });
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
  const { hostname, port } = new URL(env.direct);
  const socket = connect({ host: hostname, port: Number(port) });
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
  const { hostname, port } = new URL(env.direct);
  const socket = connect({ host: hostname, port: Number(port) });
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
  const { hostname, port } = new URL(env.direct);
  const idle = Array.from({ length: 200 }, () => connect({ host: hostname, port: Number(port) }).on('error', () => {}));
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

test('S20 the edge refuses in the agreed form as well, and keeps the figures to itself', async (t) => {
  if (!edge) return t.skip('nginx is not installed');
  const asked = { 405: head('TRACE /healthz HTTP/1.1', [CLOSE]), 413: post('Content-Length: 999999999', CLOSE), 404: get('/metrics', CLOSE), 400: get('/healthz', 'Content-Length: 5', CLOSE) + 'hello' };
  for (const [status, text] of Object.entries(asked)) {
    const r = await exchange(edge.url, [text]);
    assert.deepEqual(r.statuses, [Number(status)], r.text);
    const body = lastBody(r.text);
    assert.ok(body?.error?.code && body.error.message && Array.isArray(body.error.issues) && body.request_id, r.text);
  }
});

test('T05 a chunked webhook and a socket pass the edge', async (t) => {
  if (!edge) return t.skip('nginx is not installed');
  const who = await apiToken(await person());
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const r = await exchange(edge.url, [head(`POST ${hookPath(w)} HTTP/1.1`, [JSON_TYPE, 'Transfer-Encoding: chunked', CLOSE]), '7\r\n{"a": 1\r\n', '1\r\n}\r\n0\r\n\r\n']);
  assert.deepEqual(r.statuses, [202], r.text);
  const s = await openSocket(who, { origin: null, base: edge.url });
  s.send({ join: 'workspace' });
  await s.next('joined', (m) => m.room === 'workspace');
  s.close();
});

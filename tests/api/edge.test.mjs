/*
 * What an edge does besides HTTP/1.1 (hostile.test.mjs): HTTP/2, TLS, redirects, limits, pages of its own, and who a
 * request comes from. S07, S08, S12, S13, S20; each through nginx and HAProxy as shipped.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { agreed } from '../lib/agree.mjs';
import { call, env } from '../lib/client.mjs';
import { edgeKinds, startEdge, trusted } from '../lib/edge.mjs';
import { h2request } from '../lib/h2.mjs';
import { CLOSE, get, post } from '../lib/hostile.mjs';
import { closeAll, openSocket } from '../lib/live.mjs';
import { descendants } from '../lib/procs.mjs';
import { dial, exchange, head, lastBody } from '../lib/raw.mjs';
import { value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, hookPath, liveWorkflow, noOp, person, webhook } from '../lib/world.mjs';

const up = Number(process.env.MR_TEST_UP_PID);
const edges = {};
let hook;

before(async () => {
  for (const kind of edgeKinds) edges[kind] = await startEdge(kind, env.direct);
  hook = hookPath(await liveWorkflow(await apiToken(await person()), chain(webhook(), noOp())));
});
after(async () => {
  closeAll();
  for (const edge of Object.values(edges)) await edge?.stop();
});

/* A test for each edge that is installed. */
function each(name, run, options = {}) {
  for (const kind of edgeKinds)
    test(`${name} (${kind})`, options, async (t) => {
      if (!edges[kind]) return t.skip(`${kind} is not installed`);
      await run(edges[kind], t);
    });
}

const h2 = (method, path, ...more) => [[':method', method], [':scheme', 'https'], [':authority', 'localhost'], [':path', path], ...more];
const form = ['content-type', 'application/json'];
const many = (n) => Array.from({ length: n }, (_, i) => [`x-h${i}`, 'v']);

/* [headers, pieces of the body], statuses that nginx may give, and HAProxy. undefined: no answer at all (reset, closed). */
const pack = {
  'a GET': [[h2('GET', '/healthz')], [200], [200]],
  'a GET with a body and no length': [[h2('GET', '/healthz'), ['hello']], [400, 200, undefined], [400]],
  'a GET with a body': [[h2('GET', '/healthz', ['content-length', '5']), ['hello']], [400], [400]],
  'a body shorter than its length': [[h2('POST', () => hook, form, ['content-length', '9']), ['{}']], [400, undefined], [400, undefined]],
  'a body longer than its length': [[h2('POST', () => hook, form, ['content-length', '1']), ['{}']], [400, undefined], [400, undefined]],
  'two lengths': [[h2('POST', () => hook, form, ['content-length', '2'], ['content-length', '7']), ['{}']], [400, undefined], [400, undefined]],
  'a length of +2': [[h2('POST', () => hook, form, ['content-length', '+2']), ['{}']], [400, undefined], [400, undefined]],
  'a body in two frames': [[h2('POST', () => hook, form, ['content-length', '7']), ['{"a":', '1}']], [202], [202]],
  'a body without a length': [[h2('POST', () => hook, form), ['{"a":', '1}']], [202], [411]],
  'a Transfer-Encoding': [[h2('POST', () => hook, form, ['transfer-encoding', 'chunked'], ['content-length', '2']), ['{}']], [400, undefined], [400, undefined]],
  'a Transfer-Encoding and chunks': [[h2('POST', () => hook, form, ['transfer-encoding', 'chunked']), ['0\r\n\r\nGET /readyz HTTP/1.1\r\n\r\n']], [400, undefined], [400, undefined]],
  'a Connection header': [[h2('GET', '/healthz', ['connection', 'x-forwarded-for'])], [400, 200, undefined], [400, undefined]],
  'an upgrade': [[h2('GET', '/healthz', ['upgrade', 'h2c'])], [400, 200, undefined], [400, 200, undefined]],
  'a line break in a value': [[h2('GET', '/healthz', ['x-a', 'b\r\nx-c: d'])], [400, undefined], [400, undefined]],
  'a NUL in a value': [[h2('GET', '/healthz', ['x-a', 'b\0c'])], [400, undefined], [400, undefined]],
  'a line break in a name': [[h2('GET', '/healthz', ['x-a\r\nx-b', 'c'])], [400, undefined], [400, undefined]],
  'a colon in a name': [[h2('GET', '/healthz', ['x-a: b\r\nx', 'c'])], [400, undefined], [400, undefined]],
  'a name in capitals': [[h2('GET', '/healthz', ['X-A', 'b'])], [400, undefined], [400, undefined]],
  'a line break in the path': [[h2('GET', '/healthz HTTP/1.1\r\nx: y')], [400, undefined], [400, undefined]],
  'a blank in the path': [[h2('GET', '/healthz HTTP/1.1')], [400, 404, undefined], [400, 404, undefined]],
  'a path without a slash': [[h2('GET', 'healthz')], [400, undefined], [400, undefined]],
  'no path': [[[[':method', 'GET'], [':scheme', 'https'], [':authority', 'localhost']]], [400, undefined], [400, undefined]],
  'two paths': [[h2('GET', '/healthz', [':path', '/readyz'])], [400, undefined], [400, undefined]],
  'a method with a blank': [[h2('GET /readyz', '/healthz')], [400, 405, undefined], [400, 405, undefined]],
  'another Host than authority': [[h2('GET', '/healthz', ['host', 'evil.example'])], [200, 400], [200, 400]],
  'no authority and no Host': [[[[':method', 'GET'], [':scheme', 'https'], [':path', '/healthz']]], [200, 400, undefined], [200, 400, undefined]],
  'an unknown pseudo header': [[h2('GET', '/healthz', [':evil', 'x'])], [400, undefined], [400, undefined]],
  'a pseudo header behind others': [[[[':method', 'GET'], ['x-a', 'b'], [':scheme', 'https'], [':path', '/healthz'], [':authority', 'a']]], [400, 200, undefined], [400, undefined]],
  'thirty headers': [[h2('GET', '/healthz', ...many(30))], [431], [431]],
  'a header of 20 KB': [[h2('GET', '/healthz', ['x-a', 'a'.repeat(15000)], ['x-b', 'b'.repeat(15000)])], [400, 431, undefined], [400, 431, undefined]],
  TRACE: [[h2('TRACE', '/healthz')], [405], [405]],
  CONNECT: [[[[':method', 'CONNECT'], [':authority', 'localhost:80']]], [400, 405, undefined], [400, 405, undefined]],
  'the figures': [[h2('GET', '/metrics')], [404], [404]],
  'the figures, escaped': [[h2('GET', '/%6detrics')], [404], [404]],
  'the figures behind two slashes': [[h2('GET', '//metrics')], [404, 400], [404, 400]],
  'a path that climbs': [[h2('GET', '/assets/%2e%2e/%2e%2e/Makefile')], [400], [400, 404]],
};

for (const [name, [[headers, pieces], ...expected]] of Object.entries(pack))
  each(`S13 HTTP/2: ${name}`, async (edge) => {
    const pids = descendants(up);
    const sent = headers.map(([n, v]) => [n, typeof v === 'function' ? v() : v]);
    const r = await h2request(edge.url, sent, pieces);
    assert.ok(expected[edgeKinds.indexOf(edge.kind)].includes(r.status), `status ${r.status} ${r.body.toString().slice(0, 200)}`);
    await agreed(edge);
    assert.equal((await fetch(`${env.direct}/healthz`)).status, 200);
    assert.deepEqual(descendants(up), pids);
  });

/* A handshake: the version that was agreed on, or the error's code. */
function handshake(edge, options) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(edge.url).port), servername: 'localhost', ca: trusted(edge.url), ...options }, () => {
      resolve({ version: socket.getProtocol(), alpn: socket.alpnProtocol });
      socket.destroy();
    });
    socket.on('error', (e) => resolve({ error: e.code }));
  });
}

each('S07 TLS 1.3 where the client has it, 1.2 where not, and nothing older', async (edge) => {
  assert.equal((await handshake(edge, {})).version, 'TLSv1.3');
  assert.equal((await handshake(edge, { maxVersion: 'TLSv1.2' })).version, 'TLSv1.2');
  assert.ok((await handshake(edge, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).error);
  assert.ok((await handshake(edge, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA@SECLEVEL=0' })).error, 'a cipher without forward secrecy');
  assert.equal((await handshake(edge, { ALPNProtocols: ['h2', 'http/1.1'] })).alpn, 'h2');
});

each('S07 plain HTTP is sent to https of this site, whatever it names as Host', async (edge) => {
  const r = await exchange(edge.plain, [head('GET /a/b?c=d HTTP/1.1', [CLOSE], 'evil.example')]);
  assert.deepEqual(r.statuses, [308]);
  assert.match(r.text.toLowerCase(), new RegExp(`location: https://${edge.site}/a/b\\?c=d\r`));
});

each('S07 each answer says that this site is https', async (edge) => {
  for (const asked of [get('/healthz', CLOSE), get('/metrics', CLOSE), head('TRACE / HTTP/1.1', [CLOSE])]) {
    const r = await exchange(edge.url, [asked]);
    assert.equal(r.text.match(/strict-transport-security: max-age=31536000/gi)?.length, 1, r.text.slice(0, 300));
  }
});

each('S20 the edge refuses in the agreed form as well, and keeps the figures to itself', async (edge) => {
  const login = (n) => head(`POST ${API}/auth/login HTTP/1.1`, ['Content-Type: application/json', `Content-Length: ${n}`, CLOSE]);
  const asked = [
    [405, head('TRACE /healthz HTTP/1.1', [CLOSE])],
    [413, post('Content-Length: 999999999', CLOSE)],
    [413, login(20000) + 'x'.repeat(20000)],
    [404, get('/metrics', CLOSE)],
    [400, get('/healthz', 'Content-Length: 5', CLOSE) + 'hello'],
    [400, get('/healthz', 'X-A : b', CLOSE)],
  ];
  for (const [status, text] of asked) {
    const r = await exchange(edge.url, [text]);
    assert.deepEqual(r.statuses, [status], r.text);
    const body = lastBody(r.text);
    // What HAProxy's own parser can't read is answered by a page that no setting changes.
    if (edge.kind === 'haproxy' && text.includes('X-A :')) continue;
    assert.ok(body?.error?.code && body.error.message && Array.isArray(body.error.issues) && body.request_id, r.text);
  }
});

each('S20 an edge whose web is away says 503 or 502 in the agreed form', async (edge) => {
  const away = await startEdge(edge.kind, 'http://127.0.0.1:9');
  const r = await exchange(away.url, [get('/healthz', CLOSE)]);
  await away.stop();
  assert.ok([502, 503].includes(r.statuses[0]), r.text);
  assert.equal(lastBody(r.text)?.error.code, 'UNAVAILABLE');
});

each('T05 a webhook and a socket pass the edge; a stream is sent as it comes', async (edge) => {
  const p = await person();
  const body = '{"a": 1}';
  const r = await exchange(edge.url, [head(`POST ${hook} HTTP/1.1`, ['Content-Type: application/json', `Content-Length: ${body.length}`, CLOSE]), body]);
  assert.deepEqual(r.statuses, [202], r.text);
  await agreed(edge);
  const who = await apiToken(p);
  const s = await openSocket(who, { origin: null, base: edge.url });
  s.send({ join: 'workspace' });
  await s.next('joined', (m) => m.room === 'workspace');
  s.close();
  const stream = dial(edge.url);
  let text = '';
  stream.on('data', (d) => (text += d));
  stream.on('up', () => stream.write(head('GET /stream/workspace HTTP/1.1', [`Authorization: Bearer ${who.bearer}`])));
  await until('the stream begins', () => /^HTTP\/1\.1 200 [^]*event-stream[^]*\r\n\r\n./.test(text), { ms: 20000 }).finally(() => stream.destroy());
});

test('T05 a chunked webhook reaches web with its length behind nginx', async (t) => {
  if (!edges.nginx) return t.skip('nginx is not installed');
  const r = await exchange(edges.nginx.url, [head(`POST ${hook} HTTP/1.1`, ['Content-Type: application/json', 'Transfer-Encoding: chunked', CLOSE]), '7\r\n{"a": 1\r\n', '1\r\n}\r\n0\r\n\r\n']);
  assert.deepEqual(r.statuses, [202], r.text);
  const talk = (await agreed(edges.nginx)).find((t) => t.requests[0].method === 'POST');
  assert.equal(talk.requests[0].body.toString(), '{"a": 1}');
});

each('S12 an address that asks too often is told to wait, others are not', async (edge) => {
  const own = await startEdge(edge.kind, env.direct);
  let limited;
  // Pipelined, so that it is quicker than what is allowed.
  const burst = get('/healthz').repeat(300);
  await until('the edge has had enough', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => exchange(own.url, [burst], { from: '127.0.0.3', quiet: 300, most: 3000 })));
    limited = all.find((r) => r.statuses.includes(429));
    return limited;
  }, { ms: 30000, every: 0 });
  assert.match(limited.text, /retry-after: 1/i);
  assert.match(limited.text, /RATE_LIMITED/);
  const other = await exchange(own.url, [get('/healthz', CLOSE)], { from: '127.0.0.4' });
  assert.deepEqual(other.statuses, [200]);
  await own.stop();
}, { timeout: 60000 });

each('S14 a sender that drips its head is cut by the edge', async (edge) => {
  const socket = dial(edge.url);
  let closed = false;
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.on('close', () => (closed = true));
  socket.on('up', () => socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: '));
  const drip = setInterval(() => socket.write('a'), 1000);
  await until('the dripping sender is cut', () => closed, { ms: 20000, every: 100 }).finally(() => clearInterval(drip));
}, { timeout: 30000 });

/* The address that web took a delivery to come from. */
async function senderOf(base, headers, options) {
  const r = await exchange(base, [head(`POST ${hook} HTTP/1.1`, ['Content-Type: application/json', 'Content-Length: 2', CLOSE, ...headers]) + '{}'], options);
  assert.deepEqual(r.statuses, [202], r.text);
  return value(`select address from app.delivery where id = '${lastBody(r.text).receipt}'`);
}

const lies = [['X-Forwarded-For: 6.6.6.6'], ['X-Forwarded-For: 6.6.6.6, 127.0.0.1'], ['Forwarded: for=6.6.6.6'], ['X-Real-IP: 6.6.6.6'], ['Connection: X-Forwarded-For', 'X-Forwarded-For: 6.6.6.6'], ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 7.7.7.7']];

each('S07 behind an edge the sender is who called the edge, whatever the request says', async (edge) => {
  for (const headers of lies)
    assert.equal(await senderOf(edge.url, headers.filter((h) => !h.startsWith('Connection')), { from: '127.0.0.9' }), '127.0.0.9', headers.join());
});

test('S07 forwarded-from-anyone: who is no trusted proxy is taken for nobody else', async () => {
  for (const headers of lies) assert.equal(await senderOf(env.direct, headers.filter((h) => !h.startsWith('Connection')), { from: '127.0.0.9' }), '127.0.0.9', headers.join());
});

test('S07 a trusted proxy is believed as far as the chain of trusted ones goes', async () => {
  const asked = { 'X-Forwarded-For: 203.0.113.9': '203.0.113.9', 'X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.7.1.2': '203.0.113.9', 'X-Forwarded-For: 6.6.6.6, junk': '127.0.0.1', 'X-Forwarded-For: 2001:db8::7, 10.7.0.1': '2001:db8::7', 'Forwarded: for=6.6.6.6': '127.0.0.1' };
  for (const [header, address] of Object.entries(asked)) assert.equal(await senderOf(env.direct, [header]), address, header);
});

test('S08 configured origins get CORS headers, with credentials; nobody else gets one', async () => {
  const names = ['access-control-allow-origin', 'access-control-allow-credentials'];
  for (const origin of ['https://app.example', 'https://two.example:8443']) {
    const r = await call(null, 'GET', '/healthz', { headers: { origin }, direct: true });
    assert.deepEqual(names.map((n) => r.headers.get(n)), [origin, 'true']);
    assert.match(r.headers.get('vary'), /Origin/);
    const p = await call(null, 'OPTIONS', `${API}/workflows`, { headers: { origin, 'access-control-request-method': 'POST' }, direct: true });
    assert.equal(p.status, 204);
    assert.match(p.headers.get('access-control-allow-methods'), /POST/);
    assert.match(p.headers.get('access-control-allow-headers'), /Authorization/);
  }
  for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example', 'http://app.example', 'https://APP.example', '*', 'https://two.example']) {
    for (const [method, path] of [['GET', '/healthz'], ['OPTIONS', `${API}/workflows`]]) {
      const r = await call(null, method, path, { headers: { origin, 'access-control-request-method': 'POST' }, direct: true });
      for (const [n] of r.headers) assert.ok(!n.startsWith('access-control-'), `${origin}: ${n}`);
      assert.match(r.headers.get('vary') ?? '', /Origin/);
    }
  }
});

test('S08 a configured origin may change things with the session of its own user, another may not', async () => {
  const p = await person();
  const made = (origin) => call({ ...p, origin }, 'POST', `${API}/workflows`, { body: { name: 'cors', definition: chain(webhook(), noOp()) } });
  assert.equal((await made('https://app.example')).status, 201);
  assert.equal((await made('https://evil.example')).status, 403);
});

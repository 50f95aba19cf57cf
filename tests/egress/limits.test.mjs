// S18: what a hostile server may cost, and what two workspaces that call the same server share: nothing.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { constants, createGzip, deflateRawSync } from 'node:zlib';
import { Egress, OTHER, WORKSPACE, until } from './client.mjs';
import { closeAll, httpServer, tcpServer } from './server.mjs';

const MIB = 1024 * 1024;
const BOMB = 10 * 1024 * MIB;
const LIMIT = 10 * MIB;

let egress;

before(async () => {
  egress = await Egress.start();
});

after(async () => {
  await closeAll();
  assert.equal((await egress.stop()).code, 0, egress.log);
});

const open = (...servers) => egress.ceiling(servers.flatMap((s) => [`${s.at} ${WORKSPACE}`, `${s.at} ${OTHER}`]));
const peak = () => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${egress.child.pid}/status`, 'utf8'))[1]) * 1024;

/* gzip of 10 GiB of zeros, a piece at a time: each piece is 16 MiB that begin and end at a byte. */
function* bomb() {
  const piece = deflateRawSync(Buffer.alloc(16 * MIB), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  for (let sent = 0; sent < BOMB; sent += 16 * MIB) yield piece;
  yield Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

for (const [layers, coding] of [[1, 'gzip'], [2, 'gzip, gzip']])
  test(`S18 a bomb of 10 GB in ${layers} layer(s) of gzip costs no more than the limit`, async () => {
    let wire = 0;
    const server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-encoding': coding });
      const body = layers === 1 ? Readable.from(bomb()) : Readable.from(bomb()).pipe(createGzip());
      body.on('data', (d) => (wire += d.length)).pipe(response).on('close', () => body.destroy());
    });
    open(server);
    await egress.http({ url: server.url, max_bytes: 1024 });
    wire = 0;
    const before = peak();
    const began = Date.now();
    const answer = await egress.http({ url: server.url, max_bytes: LIMIT, timeout_ms: 14000 });
    const grew = peak() - before;
    assert.equal(answer.error.code, 'TOO_LARGE', JSON.stringify(answer));
    console.log(`  ${layers} layer(s): ${(grew / MIB).toFixed(1)} MiB more memory at its peak, ${wire} bytes sent, ${Date.now() - began} ms`);
    // The body held (its buffer grows by doubling), and under the sanitizer also the buffers it grew out of.
    assert.ok(grew <= 4 * LIMIT, `${grew} bytes more memory`);
    await server.close();
  });

test('S18 a slow drip above the speed limit is cut by the total time, and its connection closed', async () => {
  const drips = {
    body: 'HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n',
    headers: 'HTTP/1.1 200 OK\r\nX-Drip: ',
    chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  };
  for (const [what, head] of Object.entries(drips)) {
    const drip = await tcpServer((socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write(what === 'chunks' ? '10\r\n0123456789abcdef\r\n' : '0123456789abcdef'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    open(drip);
    const answer = await egress.http({ url: drip.url, timeout_ms: 700 });
    assert.equal(answer.error?.code, 'TIMEOUT', `${what}: ${JSON.stringify(answer)}`);
    assert.ok(answer.time_ms >= 690 && answer.time_ms < 3000, `${what}: ${answer.time_ms} ms`);
    await until(() => drip.sockets.size === 0, `${what}: the end of the connection`);
    await drip.close();
  }
});

test('S18 redirects share one total time', async () => {
  const slow = await tcpServer((socket) =>
    socket.once('data', () => setTimeout(() => socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'), 300)));
  open(slow);
  const answer = await egress.http({ url: slow.url, timeout_ms: 700 });
  assert.equal(answer.error.code, 'TIMEOUT', JSON.stringify(answer));
  assert.ok(answer.time_ms < 3000 && slow.accepted <= 3, `${answer.time_ms} ms, ${slow.accepted} hops`);
  await slow.close();
});

test('S18 floods of headers end at the limit: many, one without end, interim answers, trailers', async () => {
  const floods = {
    many: ['HTTP/1.1 200 OK\r\n', `X-Flood: ${'a'.repeat(100)}\r\n`],
    long: ['HTTP/1.1 200 OK\r\nX-Flood: ', 'a'.repeat(1000)],
    interim: ['', 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'],
    trailers: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n', `X-Flood: ${'a'.repeat(100)}\r\n`],
  };
  for (const [what, [head, more]] of Object.entries(floods)) {
    const flood = await tcpServer((socket) => {
      const pour = () => {
        while (!socket.destroyed && socket.write(more.repeat(20)));
      };
      socket.write(head);
      socket.on('drain', pour);
      pour();
    });
    open(flood);
    const before = peak();
    const answer = await egress.http({ url: flood.url });
    assert.equal(answer.error?.code, 'TOO_LARGE', `${what}: ${JSON.stringify(answer).slice(0, 300)}`);
    assert.ok(peak() - before < 8 * MIB, `${what}: ${peak() - before} bytes more memory`);
    await until(() => flood.sockets.size === 0, `${what}: the end of the connection`);
    await flood.close();
  }
});

test('S18 two workspaces that call one server never share a connection, and each keeps its own', async () => {
  const server = await httpServer((_, response) => response.end('ok'));
  open(server);
  for (let i = 0; i < 6; i++) {
    const answer = await egress.http({ url: server.url, workspace: i % 2 ? OTHER : WORKSPACE });
    assert.equal(answer.dialled[0].rule, i < 2 ? 'opened by the installation' : 'reused');
  }
  const ports = server.seen.map((r) => r.from);
  assert.equal(new Set(ports).size, 2);
  assert.notEqual(ports[0], ports[1]);
  assert.deepEqual(ports, [ports[0], ports[1], ports[0], ports[1], ports[0], ports[1]]);
  await server.close();
});

test('S18 no answer is kept: each call is asked of the server, whatever it says of caching', async () => {
  let n = 0;
  const server = await httpServer((_, response) => {
    response.writeHead(200, { 'cache-control': 'public, max-age=3600, immutable', etag: '"1"' });
    response.end(String(++n));
  });
  open(server);
  for (const want of ['1', '2', '3']) assert.equal((await egress.http({ url: `${server.url}/same` })).body.toString(), want);
  assert.ok(server.seen.every((r) => r.headers['if-none-match'] === undefined));
  await server.close();
});

test('N04 S18 beyond as many requests as go out at a time the others wait their turn; who waits too long, or is called off, is not sent', async (t) => {
  const few = await Egress.start({ env: { MILLRACE_EGRESS_CONNECTIONS: '2' } });
  t.after(() => few.child.kill('SIGKILL'));
  const seen = [];
  const held = [];
  const server = await httpServer((request, response) => {
    seen.push(request.url);
    held.push(() => response.end('{}'));
  });
  few.ceiling([`${server.at} ${WORKSPACE}`]);
  const ask = (path, more = {}) => few.http({ url: `${server.url}${path}`, ...more });
  const answers = ['/1', '/2', '/3', '/4'].map((path) => ask(path));
  await until(() => seen.length === 2, 'two are there');
  const late = await ask('/late', { timeout_ms: 200 });
  assert.equal(late.error?.code, 'TIMEOUT', JSON.stringify(late));
  assert.match(late.error.message, /2 other requests/);
  const off = ask('/off');
  few.cancel(off.id);
  assert.equal((await off).error?.code, 'CANCELLED');
  for (let i = 0; i < 4; i++) {
    await until(() => seen.length === Math.min(i + 2, 4), `request ${i + 2} is there`);
    held[i]();
  }
  for (const answer of answers) assert.equal((await answer).status, 200);
  assert.deepEqual(seen.slice().sort(), ['/1', '/2', '/3', '/4'], 'each once, and the other two never');
  assert.deepEqual(seen.slice(2), ['/3', '/4'], 'in the order they came');
  await server.close();
  assert.equal((await few.stop()).code, 0, few.log);
});

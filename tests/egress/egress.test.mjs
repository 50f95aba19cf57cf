// The egress process against servers that misbehave, one rule after the other. Longer than most: they share one process.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { Egress, OTHER, WORKSPACE, until } from './client.mjs';
import { closeAll, httpServer, tcpServer } from './server.mjs';

let egress;
let echo;

const json = (response, value, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};

before(async () => {
  echo = await httpServer((request, response, body) =>
    json(response, { method: request.method, url: request.url, headers: request.headers, body: body.toString() }));
  egress = await Egress.start({ args: ['--slow', '100:2'] });
});

after(async () => {
  await closeAll();
  const end = await egress.stop();
  assert.equal(end.code, 0, egress.log);
});

const open = (...servers) => egress.ceiling(servers.map((s) => `${s.at} ${WORKSPACE}`));

test('a request arrives as asked and its answer comes back whole', async () => {
  open(echo);
  const answer = await egress.http(
    {
      method: 'POST',
      url: `${echo.url}/a/b?c=d#fragment`,
      headers: [['X-One', '1'], ['Content-Type', 'text/plain'], ['X-Empty', '']],
    },
    'grüße',
  );
  const seen = JSON.parse(answer.body);
  assert.equal(answer.status, 200);
  assert.equal(answer.url, `${echo.url}/a/b?c=d`);
  assert.ok(answer.headers.some(([n, v]) => n === 'content-type' && v === 'application/json'));
  assert.equal(seen.method, 'POST');
  assert.equal(seen.url, '/a/b?c=d');
  assert.equal(seen.body, 'grüße');
  assert.equal(seen.headers['x-one'], '1');
  assert.equal(seen.headers['x-empty'], '');
  assert.equal(seen.headers['content-type'], 'text/plain');
  assert.equal(seen.headers['user-agent'], 'Millrace');
  assert.equal(seen.headers.expect, undefined);
  assert.equal(answer.dialled.length, 1);
  assert.equal(answer.dialled[0].address, '127.0.0.1');
  assert.equal(answer.dialled[0].port, echo.port);
  assert.ok(answer.dialled[0].bytes_in > 0 && answer.dialled[0].bytes_out > 0);
});

test('every method is sent by its name, with a body or without', async () => {
  open(echo);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE']) {
    const bare = JSON.parse((await egress.http({ method, url: echo.url })).body);
    const full = JSON.parse((await egress.http({ method, url: echo.url }, '{"a":1}')).body);
    assert.equal(bare.method, method);
    assert.equal(bare.body, '');
    assert.equal(full.method, method);
    assert.equal(full.body, '{"a":1}');
  }
  const head = await egress.http({ method: 'HEAD', url: echo.url });
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
});

test('loopback is denied without a line in the ceiling file, and with one for another workspace', async () => {
  egress.ceiling([]);
  const denied = await egress.http({ url: echo.url });
  assert.equal(denied.error.code, 'DENIED');
  assert.match(denied.error.message, /loopback/);
  egress.ceiling([`${echo.at} ${OTHER}`]);
  assert.equal((await egress.http({ url: echo.url })).error.code, 'DENIED');
  egress.ceiling([`${echo.at} *`]);
  assert.equal((await egress.http({ url: echo.url })).error.code, 'DENIED');
  open(echo);
  assert.equal((await egress.http({ url: echo.url })).status, 200);
});

test('a workspace cannot list loopback, nor anything that the ceiling does not hold', async () => {
  egress.ceiling([`127.0.0.0/8 ${WORKSPACE}`, `10.0.0.0/8:443 *`]);
  const loopback = await egress.http({ url: echo.url, allow: ['127.0.0.0/8'] });
  assert.equal(loopback.error.code, 'DENIED');
  const port = await egress.http({ url: 'http://10.255.255.1:80/', allow: ['10.0.0.0/8'] });
  assert.equal(port.error.code, 'DENIED');
  const unlisted = await egress.http({ url: 'http://10.255.255.1:443/' });
  assert.equal(unlisted.error.code, 'DENIED');
});

test('another workspace does not ride on an open connection', async () => {
  egress.ceiling([`${echo.at} ${WORKSPACE}`]);
  assert.equal((await egress.http({ url: echo.url })).status, 200);
  const other = await egress.http({ url: echo.url, workspace: OTHER });
  assert.equal(other.error.code, 'DENIED');
});

test('an open connection is not used any more once the ceiling closed the address', async () => {
  open(echo);
  await egress.http({ url: echo.url });
  const reused = await egress.http({ url: echo.url });
  assert.equal(reused.dialled[0].rule, 'reused');
  egress.ceiling([]);
  assert.equal((await egress.http({ url: echo.url })).error.code, 'DENIED');
});

test('a proxy in the environment is not used', async (t) => {
  const proxy = await httpServer((_, response) => json(response, { proxied: true }));
  const own = await Egress.start({
    env: { http_proxy: proxy.url, https_proxy: proxy.url, all_proxy: proxy.url, ALL_PROXY: proxy.url },
    ceiling: [`${proxy.at} ${WORKSPACE}`],
  });
  t.after(() => own.stop());
  const answer = await own.http({ url: 'http://169.254.169.254/latest/meta-data/' });
  assert.equal(answer.error.code, 'DENIED');
  assert.equal(proxy.seen.length, 0);
});

test('a name that resolves to loopback is judged by its address', async () => {
  egress.ceiling([]);
  for (const host of ['localhost', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '①②⑦.⓪.⓪.①', '[::ffff:127.0.0.1]', '[::1]']) {
    const answer = await egress.http({ url: `http://${host}:${echo.port}/` });
    assert.equal(answer.error.code, 'DENIED', host);
  }
});

test('other schemes and user information are denied', async () => {
  open(echo);
  for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1:1/_x', 'ftp://127.0.0.1/', 'dict://127.0.0.1/'])
    assert.equal((await egress.http({ url })).error.code, 'DENIED', url);
  const user = await egress.http({ url: `http://user:secret@${echo.at}/` });
  assert.equal(user.error.code, 'DENIED');
  assert.doesNotMatch(user.error.message, /secret/);
});

test('our own listener is denied even where the ceiling opens it', async (t) => {
  const own = await Egress.start({ args: ['--own', `*:${echo.port}`], ceiling: [`${echo.at} ${WORKSPACE}`] });
  t.after(() => own.stop());
  const answer = await own.http({ url: echo.url });
  assert.equal(answer.error.code, 'DENIED');
  assert.match(answer.error.message, /service of this installation/);
});

test('redirects are followed, each dial judged', async () => {
  const hops = await httpServer((request, response) => {
    const n = Number(request.url.slice(1));
    response.writeHead(302, { location: n > 0 ? `/${n - 1}` : `${echo.url}/end` });
    response.end();
  });
  open(echo, hops);
  const five = await egress.http({ url: `${hops.url}/3` });
  assert.equal(five.status, 200);
  assert.equal(five.url, `${echo.url}/end`);
  assert.equal(five.dialled.length, 5);
  const six = await egress.http({ url: `${hops.url}/5` });
  assert.equal(six.error.code, 'REDIRECT');
  const none = await egress.http({ url: `${hops.url}/1`, follow: 0 });
  assert.equal(none.status, 302);
  open(hops);
  const closed = await egress.http({ url: `${hops.url}/0` });
  assert.equal(closed.error.code, 'DENIED');
  await hops.close();
});

test('a redirect to another origin takes no header along that may hold a secret', async () => {
  const away = await httpServer((_, response) => {
    response.writeHead(307, { location: `${echo.url}/away` });
    response.end();
  });
  open(echo, away);
  const headers = [['Authorization', 'Bearer a'], ['X-Api-Key', 'k'], ['Cookie', 'c=1'], ['Accept', 'text/x']];
  const answer = await egress.http({ method: 'POST', url: away.url, headers }, 'body');
  const seen = JSON.parse(answer.body);
  assert.equal(away.seen[0].headers['x-api-key'], 'k');
  assert.equal(seen.method, 'POST');
  assert.equal(seen.body, 'body');
  assert.equal(seen.headers.accept, 'text/x');
  for (const name of ['authorization', 'x-api-key', 'cookie']) assert.equal(seen.headers[name], undefined, name);
  await away.close();
});

test('301, 302 and 303 make a POST a GET without its body; 307 and 308 keep it', async () => {
  const back = await httpServer((request, response, body) => {
    const status = Number(request.url.slice(1));
    if (!status) return json(response, { method: request.method, body: body.toString() });
    response.writeHead(status, { location: '/' });
    response.end();
  });
  open(back);
  for (const [status, method] of [[301, 'GET'], [302, 'GET'], [303, 'GET'], [307, 'POST'], [308, 'POST']]) {
    const seen = JSON.parse((await egress.http({ method: 'POST', url: `${back.url}/${status}` }, 'x')).body);
    assert.deepEqual(seen, { method, body: method === 'GET' ? '' : 'x' }, String(status));
  }
  await back.close();
});

test('a redirect to another scheme, or to user information, is refused', async () => {
  const targets = ['file:///etc/passwd', 'gopher://127.0.0.1/', `http://u:p@${echo.at}/`];
  const bad = await httpServer((request, response) => {
    response.writeHead(302, { location: targets[Number(request.url.slice(1))] });
    response.end();
  });
  open(echo, bad);
  for (let i = 0; i < targets.length; i++)
    assert.equal((await egress.http({ url: `${bad.url}/${i}` })).error.code, 'DENIED', targets[i]);
  await bad.close();
});

test('bytes are counted after decoding', async () => {
  const bomb = await httpServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync(Buffer.alloc(20_000_000)));
  });
  open(bomb);
  const answer = await egress.http({ url: bomb.url, max_bytes: 1048576 });
  assert.equal(answer.error.code, 'TOO_LARGE');
  await bomb.close();
});

test('a decoded answer within the limit arrives decoded', async () => {
  const small = await httpServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync('hello'));
  });
  open(small);
  const answer = await egress.http({ url: small.url, max_bytes: 5 });
  assert.equal(answer.body.toString(), 'hello');
  await small.close();
});

test('headers beyond the limit end the request', async () => {
  const wide = await tcpServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    for (let i = 0; i < 80; i++) socket.write(`X-${i}: ${'a'.repeat(1000)}\r\n`);
    socket.end('\r\n');
  });
  open(wide);
  assert.equal((await egress.http({ url: wide.url })).error.code, 'TOO_LARGE');
  await wide.close();
});

test('a server that never answers is a TIMEOUT at its time', async () => {
  const mute = await tcpServer(() => {});
  open(mute);
  const began = Date.now();
  const answer = await egress.http({ url: mute.url, timeout_ms: 300 });
  const took = Date.now() - began;
  assert.equal(answer.error.code, 'TIMEOUT');
  assert.ok(took >= 290 && took < 1300, `${took} ms`);
  await mute.close();
});

test('a server that drips is ended by the speed limit', async () => {
  const drip = await tcpServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write('.'), 100);
    socket.on('close', () => clearInterval(timer));
  });
  open(drip);
  const answer = await egress.http({ url: drip.url, timeout_ms: 60000 });
  assert.equal(answer.error.code, 'TIMEOUT');
  await drip.close();
});

test('refused, unresolvable, not HTTP and cut answers are told apart', async () => {
  const gone = await tcpServer(() => {});
  const liar = await tcpServer((socket) => socket.end('SSH-2.0-nope\r\n'));
  const cut = await tcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'));
  open(gone, liar, cut);
  await gone.close();
  assert.equal((await egress.http({ url: gone.url })).error.code, 'CONNECT');
  assert.equal((await egress.http({ url: liar.url })).error.code, 'PROTOCOL');
  assert.equal((await egress.http({ url: cut.url })).error.code, 'PROTOCOL');
  assert.equal((await egress.http({ url: 'http://no-such-name.invalid/' })).error.code, 'DNS');
  assert.equal((await egress.http({ url: `https://${liar.at}/` })).error.code, 'TLS');
  await liar.close();
  await cut.close();
});

test('a cancelled request answers CANCELLED and its connection ends', async () => {
  const mute = await tcpServer(() => {});
  open(mute);
  const waiting = egress.http({ url: mute.url });
  await until(() => mute.accepted === 1, 'the dial');
  egress.cancel(waiting.id);
  assert.equal((await waiting).error.code, 'CANCELLED');
  await until(() => mute.sockets.size === 0, 'the end of the connection');
  await mute.close();
});

test('a client that goes away takes its requests along', async () => {
  const mute = await tcpServer(() => {});
  open(mute);
  egress.http({ url: mute.url });
  await until(() => mute.accepted === 1, 'the dial');
  egress.socket.destroy();
  await until(() => mute.sockets.size === 0, 'the end of the connection');
  await egress.connect();
  await mute.close();
});

test('what cannot be sent is refused before any dial', async () => {
  open(echo);
  const before = echo.seen.length;
  const url = echo.url;
  const bad = [
    { url, headers: [['X', 'a\r\nY: b']] },
    { url, headers: [['X: Y', 'a']] },
    { url, headers: [['X']] },
    { url, headers: 'X: a' },
    { url, method: 'CONNECT' },
    { url, method: 'GET / HTTP/1.1\r\nX:' },
    { url, workspace: 'nobody' },
    { url, timeout_ms: 0 },
    { url, follow: 6 },
    { url, max_bytes: 1e9 },
    { url, allow: ['10.0.0.1/8'] },
    { url: '' },
    { url: 'http://' },
    { url: 'http://a b/' },
    { op: 'smtp', url },
  ];
  for (const request of bad) {
    const answer = await egress.http(request);
    assert.equal(answer.error.code, 'PROTOCOL', JSON.stringify(request));
  }
  assert.equal(echo.seen.length, before);
});

test('framing headers of the request are ours to set', async () => {
  open(echo);
  const headers = [['Content-Length', '1'], ['Transfer-Encoding', 'chunked'], ['Connection', 'upgrade'], ['Upgrade', 'h2c']];
  const seen = JSON.parse((await egress.http({ method: 'POST', url: echo.url, headers }, 'four')).body);
  assert.equal(seen.body, 'four');
  assert.equal(seen.headers['content-length'], '4');
  assert.equal(seen.headers['transfer-encoding'], undefined);
  assert.equal(seen.headers.upgrade, undefined);
});

test('an id in use is refused and the first request still answers', async () => {
  open(echo);
  const mute = await tcpServer((socket) => socket.once('data', () => until(() => mute.go, 'go').then(() =>
    socket.end('HTTP/1.1 204 No Content\r\n\r\n'))));
  open(mute);
  const answers = [];
  egress.waiting.set('twice', (a) => {
    answers.push(a);
    egress.waiting.set('twice', (b) => answers.push(b));
  });
  const request = { op: 'http', id: 'twice', workspace: WORKSPACE, method: 'GET', url: mute.url };
  egress.send(request);
  egress.send(request);
  await until(() => answers.length === 1, 'the refusal');
  mute.go = true;
  await until(() => answers.length === 2, 'the answer');
  assert.equal(answers[0].error.code, 'PROTOCOL');
  assert.equal(answers[1].status, 204);
  await mute.close();
});

test('headers that are no UTF-8 are read as Latin-1', async () => {
  const latin = await tcpServer((socket) =>
    socket.end(Buffer.from('HTTP/1.1 200 OK\r\nX-Name: M\xfcller\r\nContent-Length: 0\r\n\r\n', 'latin1')));
  open(latin);
  const answer = await egress.http({ url: latin.url });
  assert.ok(answer.headers.some(([n, v]) => n === 'x-name' && v === 'Müller'));
  await latin.close();
});

test('a frame that breaks the form ends the connection and not the process', async () => {
  for (const bytes of [Buffer.alloc(64, 0xff), Buffer.from('\x02\0\0\0\0\0\0\0[]', 'latin1'), Buffer.from('\x02\0\0\0\0\0\0\0{}', 'latin1')]) {
    egress.socket.write(bytes);
    await until(() => egress.closed, 'the end of the connection');
    await egress.connect();
  }
  open(echo);
  assert.equal((await egress.http({ url: echo.url })).status, 200);
});

test('200 requests at a time are answered', async () => {
  open(echo);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => egress.http({ url: `${echo.url}/${i}` })));
  answers.forEach((a, i) => assert.equal(JSON.parse(a.body).url, `/${i}`));
});

test('web asks as the installation alone, and a worker as a workspace alone', async (t) => {
  const me = process.getuid();
  const installation = '00000000-0000-0000-0000-000000000000';
  const ceiling = [`${echo.at} ${WORKSPACE}`, `${echo.at} ${installation}`];
  const web = await Egress.start({ ceiling, args: ['--peer', String(me + 1), '--web', String(me)] });
  t.after(() => web.stop());
  assert.equal((await web.http({ url: echo.url, workspace: installation })).status, 200);
  assert.equal((await web.http({ url: echo.url, workspace: WORKSPACE })).error.code, 'PROTOCOL');
  const worker = await Egress.start({ ceiling, args: ['--peer', String(me), '--web', String(me + 1)] });
  t.after(() => worker.stop());
  assert.equal((await worker.http({ url: echo.url, workspace: WORKSPACE })).status, 200);
  assert.equal((await worker.http({ url: echo.url, workspace: installation })).error.code, 'PROTOCOL');
});

test('SIGTERM lets what is under way end', async (t) => {
  const slow = await tcpServer((socket) => socket.once('data', () => until(() => slow.go, 'go').then(() =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))));
  const own = await Egress.start({ ceiling: [`${slow.at} ${WORKSPACE}`] });
  t.after(() => own.stop());
  const answer = own.http({ url: slow.url });
  await until(() => slow.accepted === 1, 'the dial');
  own.child.kill('SIGTERM');
  slow.go = true;
  assert.equal((await answer).body.toString(), 'ok');
  assert.equal((await own.ended).code, 0);
});

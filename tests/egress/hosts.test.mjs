// S18: a workspace's own list of hosts, which closes and never opens.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Egress, OTHER, WORKSPACE } from './client.mjs';
import { closeAll, httpServer } from './server.mjs';

let egress;
let echo;

before(async () => {
  echo = await httpServer((request, response) => {
    const to = /^\/to\/(.*)$/.exec(request.url);
    response.writeHead(to ? 302 : 200, to ? { location: decodeURIComponent(to[1]) } : {});
    response.end('here');
  });
  egress = await Egress.start({ ceiling: [`${echo.at} ${WORKSPACE}`, `${echo.at} ${OTHER}`] });
});

after(async () => {
  await closeAll();
  assert.equal((await egress.stop()).code, 0, egress.log);
});

const ask = (hosts, url = echo.url, more = {}) => egress.http({ url, hosts, ...more });

test('S18 only the hosts of the list are called; without a list all, with an empty one none', async () => {
  for (const hosts of [undefined, null, ['127.0.0.1'], [`127.0.0.1:${echo.port}`], ['other.test', '127.0.0.1']])
    assert.equal((await ask(hosts)).status, 200, JSON.stringify(hosts));
  const before = echo.seen.length;
  for (const hosts of [[], ['127.0.0.1:1'], ['localhost'], ['27.0.0.1'], ['127.0.0.10']]) {
    const answer = await ask(hosts);
    assert.equal(answer.error?.code, 'DENIED', JSON.stringify(hosts));
    assert.match(answer.error.message, /^127\.0\.0\.1 is not among the hosts/);
  }
  assert.equal(echo.seen.length, before);
});

test('S18 a host off the list is not reached by redirect either', async () => {
  const away = `http://localhost:${echo.port}/`;
  const before = echo.seen.length;
  const answer = await ask(['127.0.0.1'], `${echo.url}/to/${encodeURIComponent(away)}`);
  assert.equal(answer.error?.code, 'DENIED', JSON.stringify(answer));
  assert.match(answer.error.message, /localhost/);
  assert.equal(echo.seen.length, before + 1);
  assert.equal((await ask(['127.0.0.1', 'localhost'], `${echo.url}/to/${encodeURIComponent(away)}`)).status, 200);
});

test('S18 the list is the caller\'s own: another workspace is not bound by it, nor by a connection of it', async () => {
  assert.equal((await ask(['127.0.0.1'])).status, 200);
  assert.equal((await ask([])).error.code, 'DENIED');
  assert.equal((await ask(undefined, echo.url, { workspace: OTHER })).status, 200);
});

test('S18 a host on the list opens no address', async () => {
  for (const [url, host] of [['http://169.254.169.254/', '169.254.169.254'], ['http://10.0.0.1/', '10.0.0.1'], [`http://[::1]:${echo.port}/`, '[::1]']])
    assert.match((await ask([host], url)).error.message, /may not be called/, url);
});

test('S18 entries that are no hosts, and proxies that are none, are refused before any dial', async () => {
  for (const hosts of ['x', [1], [''], ['a b'], ['http://a'], ['a/b'], ['*'], ['*.0.0.1'], ['a:0'], ['a:99999'], ['[::1'], ['ü.test'], ['*.'], [null]])
    assert.equal((await ask(hosts)).error?.code, 'PROTOCOL', JSON.stringify(hosts));
  for (const proxy of [1, '', 'x', 'https://p:1', 'socks5://p:1', 'http://u:p@p:1', 'http://p:1/x', 'http://p:1?x', 'p:3128'])
    assert.equal((await egress.http({ url: echo.url, proxy })).error?.code, 'PROTOCOL', JSON.stringify(proxy));
  for (const login of [{ proxy_user: 'u' }, { proxy_password: 'p' }, { proxy_user: 'a:b', proxy_password: 'p' }, { proxy_user: '', proxy_password: 'p' }])
    assert.equal((await egress.http({ url: echo.url, proxy: 'http://p.test:1', ...login })).error?.code, 'PROTOCOL', JSON.stringify(login));
});

/*
 * S18: names that lie. The suite runs in a network of its own in which every address there is leads to one server, so a dial
 * that should not have happened is seen at the other end, and a public address can be dialled without a network. Its
 * name server says what each test wants.
 */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Egress, OTHER, WORKSPACE } from './client.mjs';
import { nameServer } from './dns.mjs';

const CORPUS = new URL('../../../shared/egress-deny.tsv', import.meta.url).pathname;
const PUBLIC = '93.184.216.34';

if (process.env.MR_ALONE) inside();
else test('S18 in a network of its own', { timeout: 120000 }, outside);

/* Every address is local there: `ip route add local`. Its name server is ours. */
async function outside(t) {
  const folder = mkdtempSync(join(tmpdir(), 'mr-names-'));
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n');
  const network = 'ip link set lo up && ip route add local 0.0.0.0/0 dev lo && { ip -6 route add local ::/0 dev lo || true; } && mount --bind "$0" /etc/resolv.conf';
  const flags = process.getuid() === 0 ? ['-n', '-m'] : ['-r', '-n', '-m'];
  const run = (script, env) =>
    new Promise((done) => {
      const child = spawn('unshare', [...flags, 'sh', '-c', script, join(folder, 'resolv.conf')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      for (const s of [child.stdout, child.stderr]) s.on('data', (d) => (text += d));
      child.on('error', () => done({ code: -1, text }));
      child.on('exit', (code) => done({ code, text }));
    });
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  try {
    const can = await run(network, env);
    if (can.code !== 0) {
      console.log(`SKIPPED: no network of its own can be made here (unshare, ip): ${can.text}`);
      return t.skip('no network namespaces');
    }
    const end = await run(`${network} && exec node --test --test-reporter=tap "$MR_ALONE"`, { ...env, MR_ALONE: new URL(import.meta.url).pathname });
    assert.equal(end.code, 0, end.text);
    for (const [, name] of end.text.matchAll(/^ *ok \d+ - (S18 .*)$/gm)) console.log(`  ${name}`);
    for (const line of end.text.match(/^.*(SKIPPED|rows).*$/gm) ?? []) console.log(line);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inside() {
  const names = {};
  const seen = [];
  let egress;
  let dns;
  let server;

  /* An HTTP proxy at 93.184.216.50:3128 that tunnels to where it is asked; what it was asked is in `tunnels`. */
  const tunnels = [];
  const tunnelled = new Set();
  const proxy = http.createServer((_, response) => response.writeHead(400).end());
  proxy.on('connect', (request, socket) => {
    tunnels.push({ to: request.url, headers: request.headers });
    if (request.url.endsWith(':81')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(request.url);
    tunnelled.add(socket.on('error', () => socket.destroy()));
    const out = net.connect(port, host, () => {
      socket.write('HTTP/1.1 200 OK\r\nX-Proxy: secret\r\n\r\n');
      socket.pipe(out).pipe(socket);
    });
    tunnelled.add(out);
    for (const [a, b] of [[socket, out], [out, socket]]) a.on('error', () => b.destroy()).on('close', () => b.destroy());
  });
  const PROXY = 'http://93.184.216.50:3128';

  const dialled = () => seen.splice(0).map((r) => r.address);
  const ask = (url, more = {}) => egress.http({ url, connect_timeout_ms: 3000, ...more });

  before(async () => {
    dns = await nameServer((name, n) => (typeof names[name] === 'function' ? names[name](n) : (names[name] ?? null)));
    server = http.createServer((request, response) => {
      seen.push({ address: request.socket.localAddress.replace(/^::ffff:/, ''), host: request.headers.host });
      const to = /^\/to\/(.*)$/.exec(request.url);
      response.writeHead(to ? 302 : 200, { connection: 'close', ...(to && { location: decodeURIComponent(to[1]) }) });
      response.end('here');
    });
    await new Promise((done, fail) => server.on('error', fail).listen(80, '::', done)).catch(
      () => new Promise((done) => server.listen(80, '0.0.0.0', done)));
    await new Promise((done) => proxy.listen(3128, '0.0.0.0', done));
    egress = await Egress.start({ args: ['--own', '93.184.216.40:5432', '--own', '93.184.216.41'] });
  });

  after(async () => {
    dns.close();
    // Else a test that failed leaves a tunnel, and the suite never ends.
    for (const s of tunnelled) s.destroy();
    proxy.closeAllConnections();
    proxy.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    assert.equal((await egress.stop()).code, 0, egress.log);
  });

  test('S18 every row of the corpus gets its verdict from the process, and no denied address is dialled', async (t) => {
    if (!existsSync(CORPUS)) {
      console.log('SKIPPED: ../shared/egress-deny.tsv is not there; the rows are not asked of the process');
      return t.skip('no corpus');
    }
    const rows = readFileSync(CORPUS, 'utf8').split('\n').map((l) => l.split('\t')).filter((r) => r[1] === 'deny' || r[1] === 'allow');
    const count = { deny: 0, allow: 0 };
    for (const [url, verdict, why, answers] of rows) {
      const list = (answers ?? '').split(',').map((a) => a.trim()).filter(Boolean);
      for (const host of [URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : '']) if (list.length) names[host] = list;
      const answer = await ask(url);
      const to = dialled();
      const wrong = `${url} must be ${verdict} (${why}): ${JSON.stringify(answer)} dialled ${to}`;
      // Of several answers the denied ones are not dialled; the public one may be.
      if (list.length > 1) assert.deepEqual(to, list.filter((a) => a === PUBLIC), wrong);
      else if (verdict === 'deny') assert.ok(['DENIED', 'PROTOCOL'].includes(answer.error?.code) && to.length === 0, wrong);
      else assert.ok(answer.status === 200 || answer.error?.code === 'CONNECT', wrong);
      count[verdict]++;
    }
    assert.ok(rows.length > 80);
    console.log(`corpus: ${rows.length} rows, ${count.deny} deny and ${count.allow} allow, all as written`);
  });

  test('S18 a name that changes its answer is judged by the address dialled', async () => {
    let now = PUBLIC;
    names['flip.test'] = () => [now];
    assert.equal((await ask('http://flip.test/')).status, 200);
    assert.deepEqual(dialled(), [PUBLIC]);
    for (now of ['10.1.2.3', '127.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1', '64:ff9b::a9fe:a9fe']) {
      // A change of the ceiling gives the workspace new connections and new answers; the other workspace has none yet.
      egress.ceiling([`192.168.7.7:1 ${OTHER}`, `# ${now}`]);
      for (const workspace of [WORKSPACE, OTHER]) {
        const answer = await ask('http://flip.test/', { workspace });
        assert.equal(answer.error?.code, 'DENIED', `${now}: ${JSON.stringify(answer)}`);
      }
      assert.deepEqual(dialled(), [], now);
    }
  });

  test('S18 a name that answers another address at every question never leads to a denied one', async () => {
    names['dance.test'] = (n) => [n % 2 ? PUBLIC : '127.0.0.1'];
    for (let i = 0; i < 20; i++) {
      egress.ceiling([`# turn ${i}`]);
      const answer = await ask('http://dance.test/to/http%3A%2F%2Fdance.test%2F');
      assert.ok(answer.status === 200 || answer.error?.code === 'DENIED', JSON.stringify(answer));
    }
    assert.deepEqual([...new Set(dialled())], [PUBLIC]);
  });

  test('S18 of two answers only the public one is dialled, in either order', async () => {
    names['first.test'] = ['127.0.0.1', PUBLIC];
    names['last.test'] = [PUBLIC, '10.0.0.1'];
    names['both.test'] = ['127.0.0.1', '10.0.0.1', '::1'];
    for (const host of ['first.test', 'last.test']) assert.equal((await ask(`http://${host}/`)).status, 200, host);
    assert.equal((await ask('http://both.test/')).error.code, 'DENIED');
    assert.deepEqual(dialled(), [PUBLIC, PUBLIC]);
  });

  test('S18 each hop of a chain of redirects is judged: one to a denied address is refused, however it is spelt', async () => {
    names['inside.test'] = ['10.1.2.3'];
    names['one.test'] = [PUBLIC];
    names['two.test'] = ['93.184.216.35'];
    const to = (...hops) => hops.reduceRight((rest, hop) => `${hop}/to/${encodeURIComponent(rest)}`);
    const fine = await ask(to('http://one.test', 'http://two.test', 'http://one.test/'));
    assert.equal(fine.status, 200);
    assert.deepEqual(dialled(), [PUBLIC, '93.184.216.35', PUBLIC]);
    for (const end of ['http://169.254.169.254/latest/meta-data/', '//169.254.169.254/', 'http://2852039166/', 'http://[::ffff:169.254.169.254]/', 'http://0xa9.254.0251.254/', 'http://inside.test/', 'http://localhost/', 'http://0/', 'http://93.184.216.41/']) {
      const answer = await ask(to('http://one.test', 'http://two.test', end));
      assert.equal(answer.error?.code, 'DENIED', `${end}: ${JSON.stringify(answer)}`);
      assert.deepEqual(dialled(), [PUBLIC, '93.184.216.35'], end);
    }
  });

  test('S18 through a proxy the address is judged here, and the tunnel leads to that address', async () => {
    names['via.test'] = ['10.9.9.9', PUBLIC];
    names['closed.test'] = ['10.9.9.9'];
    names['flip.via.test'] = (n) => [n === 1 ? PUBLIC : '169.254.169.254'];
    const answer = await ask('http://via.test/', { proxy: PROXY, headers: [['Authorization', 'Bearer a']] });
    assert.equal(answer.status, 200, JSON.stringify(answer));
    assert.deepEqual(dialled(), [PUBLIC]);
    assert.equal(tunnels.length, 1);
    assert.equal(tunnels[0].to, `${PUBLIC}:80`);
    assert.equal(tunnels[0].headers.authorization, undefined);
    assert.ok(answer.headers.every(([name]) => name !== 'x-proxy'));
    assert.deepEqual([answer.dialled[0].address, answer.dialled[0].port, answer.dialled[0].proxy, answer.dialled[0].rule], [PUBLIC, 80, '93.184.216.50', 'public']);
    for (const url of ['http://closed.test/', 'http://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/', `http://via.test/to/${encodeURIComponent('http://closed.test/')}`])
      assert.equal((await ask(url, { proxy: PROXY })).error?.code, 'DENIED', url);
    await ask('http://flip.via.test/to/%2F', { proxy: PROXY });
    assert.ok(tunnels.every((t) => t.to === `${PUBLIC}:80`), JSON.stringify(tunnels));
    assert.ok(dialled().every((a) => a === PUBLIC));
    const refused = await ask(`http://${PUBLIC}:81/`, { proxy: PROXY });
    assert.deepEqual([refused.error?.code, refused.error?.message], ['CONNECT', 'the proxy refused the tunnel with 403']);
  });

  test('S18 the proxy\'s own address is under the same rules, and what is opened inside is called directly', async () => {
    names['proxy.test'] = ['10.4.4.4'];
    for (const proxy_ of ['http://10.4.4.4:3128', 'http://127.0.0.1:3128', 'http://proxy.test:3128', 'http://93.184.216.50:25']) {
      const answer = await ask(`http://${PUBLIC}/`, { proxy: proxy_ });
      assert.equal(answer.error?.code, 'DENIED', `${proxy_} ${JSON.stringify(answer)}`);
    }
    egress.ceiling(['10.4.0.0/16:3128 *', `127.0.0.1:80 ${WORKSPACE}`]);
    assert.equal((await ask(`http://${PUBLIC}/`, { proxy: 'http://proxy.test:3128' })).error?.code, 'DENIED', 'not listed by the workspace');
    assert.equal((await ask(`http://${PUBLIC}/`, { proxy: 'http://proxy.test:3128', allow: ['10.4.4.4'] })).status, 200);
    tunnels.length = 0;
    assert.equal((await ask('http://127.0.0.1/', { proxy: PROXY })).status, 200);
    assert.equal(tunnels.length, 0);
    dialled();
  });

  test('S18 the workspace\'s own proxy is told user and password, and a tunnel serves the ones that opened it', async () => {
    const [LOGIN, OTHER_LOGIN] = ['one', 'two'].map((word) => ({ proxy: PROXY, proxy_user: 'mill', proxy_password: `p%41ss:${word}` }));
    const told = ({ proxy_user, proxy_password }) => `Basic ${Buffer.from(`${proxy_user}:${proxy_password}`).toString('base64')}`;
    tunnels.length = 0;
    assert.equal((await ask(`http://${PUBLIC}/`, LOGIN)).status, 200);
    assert.equal((await ask(`http://${PUBLIC}/`, OTHER_LOGIN)).status, 200);
    assert.equal((await ask(`http://${PUBLIC}/`, { proxy: PROXY })).status, 200);
    assert.deepEqual(tunnels.map((t) => t.headers['proxy-authorization']), [told(LOGIN), told(OTHER_LOGIN), undefined]);
    tunnels.length = 0;
  });

  test('S18 the installation\'s proxy serves the workspaces without one; two of them share no tunnel', async (t) => {
    const own = await Egress.start({ env: { MILLRACE_EGRESS_PROXY: 'http://proxy.test:3128' }, ceiling: ['10.4.0.0/16:3128 *'] });
    t.after(async () => assert.equal((await own.stop()).code, 0, own.log));
    tunnels.length = 0;
    for (const workspace of [WORKSPACE, OTHER])
      assert.equal((await own.http({ url: `http://${PUBLIC}/`, workspace })).dialled[0].proxy, '10.4.4.4');
    assert.equal(tunnels.length, 2);
    own.ceiling([]);
    assert.equal((await own.http({ url: `http://${PUBLIC}/` })).error?.code, 'DENIED');
    dialled();
  });
}

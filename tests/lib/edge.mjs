/*
 * edge.mjs: the edges of conf/ before an installation, as shipped but for their ports, and between edge and web
 * a tap that keeps what each side said.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, root } from './stack.mjs';
import { startTap } from './tap.mjs';
import { until } from './until.mjs';

const kinds = {
  nginx: {
    program: '/usr/sbin/nginx',
    file: 'nginx.conf',
    ports: { plain: 'listen 127.0.0.1:8088', tls: 'listen 127.0.0.1:8443', site: 'default localhost:8443', web: 'server 127.0.0.1:8080' },
    args: (folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'],
  },
  haproxy: {
    program: '/usr/sbin/haproxy',
    file: 'haproxy.cfg',
    ports: { plain: 'bind 127.0.0.1:8089', tls: 'bind 127.0.0.1:8444', site: 'set-header Host localhost:8444', redirect: 'prefix https://localhost:8444', web: 'server web 127.0.0.1:8080' },
    args: () => ['-db', '-f', 'haproxy.cfg'],
  },
};

export const edgeKinds = Object.keys(kinds);

/* The authority of each edge that was started, by its base URL. */
const authorities = new Map();
export const trusted = (base) => authorities.get(new URL(base).origin);

/* The shipped file with the addresses of this test; fails if one isn't there to be replaced. */
function config(kind, ports) {
  let text = readFileSync(join(root, 'conf', kind.file), 'utf8');
  for (const [name, from] of Object.entries(kind.ports)) {
    if (!text.includes(from)) throw new Error(`conf/${kind.file} has no "${from}"`);
    text = text.replace(from, from.replace(/\d+$/, String(ports[name] ?? ports.tls)));
  }
  return text;
}

/* {kind, url, plain, site, tap, stop()}; undefined where the package isn't installed. */
export async function startEdge(name, upstream) {
  const kind = kinds[name];
  if (!existsSync(kind.program)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), `mr-${name}-`));
  const tap = await startTap(upstream);
  const ports = { plain: await freePort(), tls: await freePort(), web: tap.port };
  execFileSync(join(root, 'conf/certificate.sh'), [folder]);
  writeFileSync(join(folder, kind.file), config(kind, ports));
  const child = spawn(kind.program, kind.args(folder), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let ended = false;
  let log = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', (d) => (log += d));
  child.on('exit', () => {
    ended = true;
  });
  const url = `https://127.0.0.1:${ports.tls}`;
  authorities.set(url, readFileSync(join(folder, 'certificate.pem')));
  const stop = async () => {
    child.kill('SIGTERM');
    await until(`${name} has ended`, () => ended);
    await tap.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const plain = `http://127.0.0.1:${ports.plain}`;
    await until(`${name} answers`, async () => (await fetch(plain, { redirect: 'manual' })).status === 308, { ms: 5000 });
    return { kind: name, url, plain, site: `localhost:${ports.tls}`, folder, tap, child, stop };
  } catch (error) {
    error.message += `\n${log}`;
    await stop();
    throw error;
  }
}

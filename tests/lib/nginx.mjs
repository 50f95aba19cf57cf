/* nginx.mjs: the edge of conf/nginx.conf before an installation, on a port of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, root } from './stack.mjs';
import { until } from './until.mjs';

/* The shipped file with the two addresses of this test; fails if they aren't there to be replaced. */
function config(port, upstream) {
  let text = readFileSync(join(root, 'conf/nginx.conf'), 'utf8');
  for (const [from, to] of [['listen 127.0.0.1:8088', `listen 127.0.0.1:${port}`], ['server 127.0.0.1:8080', `server ${new URL(upstream).host}`]]) {
    if (!text.includes(from)) throw new Error(`conf/nginx.conf has no "${from}"`);
    text = text.replace(from, to);
  }
  return text;
}

/* {url, stop()} */
export async function startNginx(upstream) {
  const folder = mkdtempSync(join(tmpdir(), 'mr-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), config(port, upstream));
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  let ended = false;
  child.on('exit', () => {
    ended = true;
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    await until('nginx has ended', () => ended);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('nginx answers', async () => (await fetch(`${url}/healthz`)).ok, { ms: 5000 });
  } catch (error) {
    error.message += `\n${readFileSync(join(folder, 'error.log'), 'utf8')}`;
    await stop();
    throw error;
  }
  return { url, stop };
}

// `make run` from a fresh copy of the tree, and `make dev`, which builds and starts anew what is saved. D01.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { freePort, root } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const home = mkdtempSync(join(tmpdir(), 'mr-dev-'));
const tree = join(home, 'tree');
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^(MILLRACE_|MAKE|MFLAGS)/.test(k)));
const make = (...args) => spawnSync('make', ['-s', ...args], { cwd: tree, env, encoding: 'utf8' });

/* What git knows, and what is built of it, so that only what a test saves is built anew. */
before(async () => {
  chmodSync(home, 0o755);
  execFileSync('bash', ['-c', 'mkdir "$1" && git ls-files -co --exclude-standard -z | tar --null -cf - -T - | tar -xf - -C "$1"', 'copy', tree], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  mkdirSync(join(tree, 'build'));
  // Not a link to the modules: Vite serves none that lie outside of the tree.
  for (const folder of ['build/release', 'assets/ui/dist', 'assets/ui/node_modules']) execFileSync('cp', ['-a', '--no-target-directory', join(root, folder), join(tree, folder)]);
  env.MILLRACE_PORT = String(await freePort());
  env.MILLRACE_UI_PORT = String(await freePort());
  env.MILLRACE_VAR = join(home, 'var');
});
after(() => {
  make('stop');
  rmSync(home, { recursive: true, force: true });
});

const url = () => `http://127.0.0.1:${env.MILLRACE_PORT}`;
const text = async (path, options) => (await fetch(url() + path, options)).text();
const hook = () => text('/hooks/mrh_nothing', { method: 'POST' });
const setting = (name) => new RegExp(`^MILLRACE_${name}='?([^'\\n]*)`, 'm').exec(readFileSync(join(env.MILLRACE_VAR, 'run.env'), 'utf8'))[1];
const run = () => text(`/api/v1/runs/0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01`, { headers: { authorization: `Bearer ${setting('TOKEN')}` } });
/* Saves a file with one word for another. */
function save(file, from, to) {
  const path = join(tree, file);
  const was = readFileSync(path, 'utf8');
  assert.ok(was.includes(from), `${file} has no "${from}"`);
  writeFileSync(path, was.replace(from, to));
}

test('D01 make run ends with a URL, a login and the trace of one real webhook run; the next one with the same', () => {
  const first = make('run');
  assert.equal(first.status, 0, first.stdout + first.stderr);
  for (const node of ['order', 'prepare', 'large', 'announce', 'accepted']) assert.match(first.stdout, new RegExp(`✓ ${node} .*succeeded`));
  assert.match(first.stdout, new RegExp(`http://localhost:${env.MILLRACE_PORT}`));
  for (const name of ['EMAIL', 'PASSWORD']) assert.ok(first.stdout.includes(setting(name)), first.stdout);
  const again = make('run');
  assert.equal(again.status, 0, again.stderr);
  assert.ok(again.stdout.includes(setting('PASSWORD')), again.stdout);
});

test('D01 make dev builds and starts anew the server, SQL and the web app when they are saved, shows it in an open page, and goes on after one that does not compile', async () => {
  const dev = spawn('make', ['-s', 'dev'], { cwd: tree, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  let ended = false;
  let browser;
  for (const out of [dev.stdout, dev.stderr]) out.on('data', (d) => (said += d));
  dev.on('exit', () => (ended = true));
  const sees = async (what, ask) => {
    try {
      await until(what, ask, { ms: 180000, every: 250 });
    } catch (error) {
      throw new Error(`${error.message}\n${said}`);
    }
  };
  try {
    await sees('it watches', () => said.includes('watching'));
    save('src/web/hooks.c', 'there is no such webhook', 'nobody knows this webhook');
    await sees('the server is the saved one', async () => (await hook()).includes('nobody knows this webhook'));
    save('sql/app/run.sql', "'no such run'", "'nobody knows this run'");
    await sees('the database has the saved function', async () => (await run()).includes('nobody knows this run'));
    save('assets/ui/index.html', '<title>Millrace', '<title>Saved Millrace');
    await sees('the web app is the saved one', async () => (await text('/')).includes('<title>Saved Millrace'));
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, chromiumSandbox: process.getuid() !== 0, args: ['--disable-gpu', '--no-first-run'] });
    const page = await browser.newPage();
    await page.goto(`http://localhost:${env.MILLRACE_UI_PORT}/login`);
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor({ timeout: 60000 });
    save('assets/ui/src/text/en/auth.ts', 'login: "Log in"', 'login: "Come in"');
    await page.getByRole('button', { name: 'Come in', exact: true }).waitFor({ timeout: 60000 });
    save('src/web/hooks.c', 'nobody knows this webhook', 'nobody" knows');
    await sees('it says that the version before still runs', () => said.includes('still running'));
    assert.ok((await hook()).includes('nobody knows this webhook'));
    save('src/web/hooks.c', 'nobody" knows', 'mended');
    await sees('the mended one runs', async () => (await hook()).includes('mended'));
  } finally {
    await browser?.close();
    process.kill(-dev.pid, 'SIGINT');
    await until('Ctrl-C ends the watch', () => ended, { ms: 60000 });
  }
  assert.equal((await fetch(`${url()}/readyz`)).status, 200, 'what was started runs on');
}, { timeout: 900000 });

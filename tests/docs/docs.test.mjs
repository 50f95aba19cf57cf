/*
 * docs.test.mjs: what the documents say is so. Commands of docs/getting-started.md under a `<!-- test: name -->` are run
 * as they stand against a private installation; every link leads somewhere; every folder has its short README.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { root, startStack, stopStack, tails } from '../lib/stack.mjs';

const FOLDERS = ['src', 'tests', 'tools', 'scripts', 'conf', 'sql', 'migrations', 'assets'];
const README_LINES = 40;
const isOurs = (name) => !name.startsWith('.') && !['node_modules', 'dist', 'build', 'var'].includes(name);

/* Every Markdown file of ours, from the root. */
function documents(folder = root) {
  return readdirSync(folder, { withFileTypes: true }).filter((e) => isOurs(e.name)).flatMap((e) => {
    const path = join(folder, e.name);
    if (e.isDirectory()) return documents(path);
    return e.name.endsWith('.md') ? [path] : [];
  });
}

/* {name: command} of the marked blocks. */
function commands(file) {
  const text = readFileSync(join(root, file), 'utf8');
  return Object.fromEntries([...text.matchAll(/<!-- test: (\S+) -->\n```sh\n([\s\S]*?)```/g)].map(([, name, body]) => [name, body]));
}

const blocks = commands('docs/getting-started.md');
let stack;
let env;

before(async () => {
  stack = await startStack({ proxy: false });
  Object.assign(process.env, { MR_TEST_URL: stack.url, MR_TEST_ECHO: stack.echo.url, MR_TEST_DSN: stack.dsn, MR_TEST_CEILING: stack.env.MILLRACE_EGRESS_CEILING });
  const world = await import('../lib/world.mjs');
  const owner = await world.person('reader');
  const live = await world.liveWorkflow(owner, world.chain(world.webhook(), world.set({ total: '{{trigger.payload.order.total}}' })));
  const token = await world.apiToken(owner);
  env = { ...process.env, MILLRACE_URL: stack.url, MILLRACE_TOKEN: token.bearer, MILLRACE_HOOK_URL: stack.url + world.hookPath(live) };
});

after(async () => {
  if (stack) await stopStack(stack);
});

/* Runs a block as a reader would; curl also tells the status. {status, body} */
function answerOf(name) {
  assert.ok(blocks[name], `docs/getting-started.md has no block <!-- test: ${name} -->`);
  const script = `curl() { command curl -w '\\n%{http_code}' "$@"; }\n${blocks[name]}`;
  const out = execFileSync('bash', ['-euc', script], { env, encoding: 'utf8', timeout: 30000 }).trim();
  const at = out.lastIndexOf('\n');
  return { status: Number(out.slice(at + 1)), body: JSON.parse(out.slice(0, at)) };
}

test('the webhook of the first page is answered 202, with a receipt and the run', () => {
  const { status, body } = answerOf('hook');
  assert.equal(status, 202, `${JSON.stringify(body)}\n${tails(stack)}`);
  assert.match(body.receipt, /^[0-9a-f-]{36}$/);
  assert.match(body.run_id, /^[0-9a-f-]{36}$/);
});

test('its list of runs shows that run', () => {
  const { run_id: id } = answerOf('hook').body;
  const { status, body } = answerOf('runs');
  assert.equal(status, 200);
  assert.ok(body.items.some((run) => run.id === id), JSON.stringify(body));
});

test('its workflow is made, and has the nodes that it draws', () => {
  const { status, body } = answerOf('create');
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal(body.name, 'Large orders');
});

test('every block marked as a test is run here', () => {
  assert.deepEqual(Object.keys(blocks).sort(), ['create', 'hook', 'runs']);
});

test('every relative link leads to a file', () => {
  const broken = documents().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(file), target)))
      .map((target) => `${relative(root, file)}: ${target}`));
  assert.deepEqual(broken, []);
});

test('the files that README.md names are there', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const named = [...text.matchAll(/`((?:src|sql|assets|docs|tests|scripts|conf)\/[^`<*]*)`/g)].map((m) => m[1]);
  assert.deepEqual(named.filter((path) => !existsSync(join(root, path))), []);
  assert.ok(named.length > 5);
});

test('each folder, and each folder in it, has a README that is read in a minute', () => {
  const inner = FOLDERS.flatMap((f) => readdirSync(join(root, f), { withFileTypes: true }).filter((e) => e.isDirectory() && isOurs(e.name)).map((e) => join(f, e.name)));
  const bad = [...FOLDERS, ...inner].flatMap((folder) => {
    const file = join(root, folder, 'README.md');
    if (!existsSync(file)) return [`${folder}: no README.md`];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').length;
    return lines > README_LINES ? [`${folder}: ${lines} lines`] : [];
  });
  assert.deepEqual(bad, []);
});

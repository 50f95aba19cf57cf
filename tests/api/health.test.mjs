/* Health, metrics, the documents, headers. M07, Q08, S08, S09. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test, before } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { document } from '../lib/spec.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, person } from '../lib/world.mjs';

let who;
before(async () => {
  who = await apiToken(await person());
});

test('M07 /healthz and /readyz answer, ready shows database, migrations and queue age', async () => {
  assert.equal((await expect(200, null, 'GET', '/healthz')).status, 'ok');
  const ready = await expect(200, null, 'GET', '/readyz');
  assert.equal(ready.status, 'ok');
  assert.ok('queue_age_ms' in ready, JSON.stringify(ready));
  assert.ok(ready.checks.database && ready.checks.migrations && ready.checks.vault, JSON.stringify(ready));
});

test('M07 the health of the system names every service with its processes', async () => {
  const health = await until('all is well', async () => {
    const h = await expect(200, who, 'GET', `${API}/health`);
    return h.status === 'ok' && h;
  });
  const names = health.services.map((s) => s.name);
  for (const name of ['web', 'worker', 'egress', 'vault', 'database', 'clock']) assert.ok(names.includes(name), `${name} of ${names}`);
  const worker = await expect(200, who, 'GET', `${API}/health/services/worker`);
  assert.ok(worker.processes.length >= 1);
  assert.ok(worker.processes[0].heartbeat_at);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/health/services/nonsense`);
});

test('M07 the metrics pass promtool and count requests', async (t) => {
  const r = await call(null, 'GET', '/metrics');
  assert.equal(r.status, 200);
  assert.match(r.headers.get('content-type'), /^text\/plain; ?version=0\.0\.4/);
  assert.match(r.text, /^# TYPE millrace_/m);
  if (!existsSync('/usr/bin/promtool')) return t.skip('promtool is not installed');
  const lint = spawnSync('promtool', ['check', 'metrics'], { input: r.text, encoding: 'utf8' });
  assert.equal(lint.status, 0, lint.stderr + lint.stdout);
});

test('Q08 the document is served as compiled, cheap to ask again', async () => {
  const r = await call(null, 'GET', `${API}/openapi.json`);
  assert.deepEqual(r.body, document);
  const etag = r.headers.get('etag');
  assert.ok(etag);
  assert.equal((await call(null, 'GET', `${API}/openapi.json`, { headers: { 'if-none-match': etag } })).status, 304);
});

test('Q08 /docs is a page that runs no inline script', async () => {
  const r = await call(null, 'GET', '/docs', { direct: true });
  const page = r.status >= 300 && r.status < 400 ? await call(null, 'GET', r.headers.get('location'), { direct: true }) : r;
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type'), /^text\/html/);
  assert.ok(!/<script(?![^>]*\bsrc=)[^>]*>[^<]/.test(page.text), 'an inline script');
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src|script-src/);
});

test('S09 every answer carries the security headers, and data is not cached', async () => {
  for (const [path, status] of [[`${API}/workflows`, 200], [`${API}/nothing`, 404], ['/healthz', 200]]) {
    const r = await call(who, 'GET', path);
    assert.equal(r.status, status);
    const h = (name) => r.headers.get(name) ?? '';
    assert.equal(h('x-content-type-options'), 'nosniff', path);
    assert.equal(h('referrer-policy'), 'no-referrer', path);
    assert.match(h('content-security-policy'), /./, path);
    assert.match(h('cross-origin-opener-policy'), /same-origin/, path);
    assert.match(h('cross-origin-resource-policy'), /same-origin/, path);
    assert.ok(r.headers.has('permissions-policy'), path);
    assert.ok(r.headers.get('x-request-id'), path);
    if (path.startsWith(API)) assert.match(h('cache-control'), /no-store/, path);
    assert.ok(!/kore/i.test(h('server')), h('server'));
  }
});

test('S08 another origin gets no CORS headers', async () => {
  const r = await call(who, 'GET', `${API}/workflows`, { direct: true, headers: { origin: 'https://evil.example' } });
  assert.equal(r.headers.get('access-control-allow-origin'), null);
  const pre = await call(null, 'OPTIONS', `${API}/workflows`, { direct: true, headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } });
  assert.equal(pre.headers.get('access-control-allow-origin'), null);
});

test('M12 a request id that comes along goes into answer and log; a bad one is replaced', async () => {
  const r = await call(null, 'GET', '/healthz', { headers: { 'x-request-id': 'suite-4711' } });
  const given = r.headers.get('x-request-id');
  assert.ok(given === 'suite-4711' || /^[0-9a-f-]{36}$/.test(given), given);
  const long = await call(null, 'GET', '/healthz', { headers: { 'x-request-id': 'x'.repeat(300) } });
  assert.ok(long.headers.get('x-request-id').length <= 64);
});

test('S09 HEAD answers as GET without a body, OPTIONS tells the methods', async () => {
  const head = await call(who, 'HEAD', `${API}/workflows`, { direct: true });
  assert.deepEqual([head.status, head.text], [200, '']);
  const options = await call(null, 'OPTIONS', `${API}/workflows`, { direct: true });
  assert.ok([200, 204].includes(options.status));
  assert.match(options.headers.get('allow'), /GET/);
  assert.match(options.headers.get('allow'), /POST/);
});

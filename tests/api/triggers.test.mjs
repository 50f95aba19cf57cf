/* Triggers, webhooks, receipts, synchronous answers. T01-T07. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, before } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { root } from '../lib/stack.mjs';
import { API, apiToken, chain, finished, hookPath, liveWorkflow, manual, noOp, pages, person, set, stepsOf, unique, webhook, workflow } from '../lib/world.mjs';

const UNKNOWN = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
let who, p, slug;
before(async () => {
  p = await person();
  who = await apiToken(p);
  slug = (await expect(200, p, 'GET', `${API}/workspaces/${p.workspace}`)).slug;
});

const hook = (path, options = {}) => call(null, options.method ?? 'POST', path, { direct: true, body: options.raw === undefined && options.method !== 'GET' ? {} : undefined, ...options });
const deliveries = () => value('select count(*) from app.delivery where workspace_id = :\'ws\'', { ws: p.workspace });

test('T01 activation makes the triggers of all trigger nodes, of any kind', async () => {
  const w = await liveWorkflow(who, {
    nodes: [{ ...webhook(), id: 'w1' }, { ...webhook(), id: 'w2' }, { id: 's1', type: 'schedule', config: { cron: '0 3 * * *' } }, { ...manual(), id: 'm1' }, noOp()],
    edges: ['w1', 'w2', 's1', 'm1'].map((from) => ({ from, to: 'end-1' })),
  });
  const items = await pages(who, `${API}/workflows/${w.id}/triggers?limit=2`);
  assert.deepEqual(items.map((t) => [t.node_id, t.type, t.is_active]).sort(), [['m1', 'manual', true], ['s1', 'schedule', true], ['w1', 'webhook', true], ['w2', 'webhook', true]]);
  const urls = items.filter((t) => t.type === 'webhook').map((t) => t.webhook_url);
  assert.equal(new Set(urls).size, 2);
  const schedule = items.find((t) => t.type === 'schedule');
  await until('the next time is worked out', async () => (await expect(200, who, 'GET', `${API}/workflows/${w.id}/triggers/${schedule.id}`)).due_at > new Date().toISOString());
});

test('T01 a trigger is made ahead of activation, changed, switched off and deleted', async () => {
  const w = await workflow(who, chain(webhook(), noOp()));
  const base = `${API}/workflows/${w.id}/triggers`;
  const r = await call(who, 'POST', base, { body: { type: 'webhook', node_id: 'trigger-1', config: { method: 'POST' } } });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.headers.get('location'), `${base}/${r.body.id}`);
  assert.equal(r.body.is_active, false);
  await refused(409, 'CONFLICT', null, who, 'POST', base, { body: { type: 'webhook', node_id: 'trigger-1' } });
  const live = await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`);
  assert.equal(live.triggers.length, 1);
  assert.equal(live.triggers[0].webhook_url, r.body.webhook_url, 'activation keeps the address');
  const path = hookPath(live);
  assert.equal((await hook(path)).status, 202);
  const got = await expect(200, who, 'GET', `${base}/${r.body.id}`);
  const off = await expect(200, who, 'PATCH', `${base}/${r.body.id}`, { body: { is_enabled: false }, headers: { 'if-match': `"${got.etag}"` } });
  assert.deepEqual([off.is_enabled, off.is_active], [false, false]);
  assert.equal((await hook(path)).status, 404);
  await refused(412, 'PRECONDITION_FAILED', null, who, 'PATCH', `${base}/${r.body.id}`, { body: { is_enabled: true }, headers: { 'if-match': `"${got.etag}"` } });
  await expect(200, who, 'PATCH', `${base}/${r.body.id}`, { body: { is_enabled: true } });
  assert.equal((await hook(path)).status, 202);
  await expect(204, who, 'DELETE', `${base}/${r.body.id}`);
  assert.equal((await hook(path)).status, 404);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${base}/${r.body.id}`);
});

test('T01 a trigger of another workflow is not found under this one', async () => {
  const [a, b] = [await liveWorkflow(who, chain(webhook(), noOp())), await liveWorkflow(who, chain(webhook(), noOp()))];
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/workflows/${a.id}/triggers/${b.triggers[0].id}`);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/workflows/${UNKNOWN}/triggers/${b.triggers[0].id}`);
});

test('T02 each webhook has an address that cannot be guessed', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  assert.match(hookPath(w), /^\/hooks\/mrh_[0-9A-Za-z]{40,}$/);
  const again = await expect(200, who, 'GET', `${API}/workflows/${w.id}`);
  assert.equal(again.webhook_url, w.webhook_url, 'the address is shown again');
});

test('T03 a path of one\'s own serves below the workspace\'s slug; it is taken once', async () => {
  const path = unique('orders');
  const w = await liveWorkflow(who, chain(webhook({ path }), noOp()));
  const r = await hook(`/hooks/${slug}/${path}`);
  assert.equal(r.status, 202, r.text);
  assert.equal((await hook(hookPath(w))).status, 202, 'the token serves as well');
  const second = await workflow(who, chain(webhook({ path }), noOp()));
  const late = await call(who, 'POST', `${API}/workflows/${second.id}/activate`);
  assert.equal(late.status, 409, late.text);
  assert.equal(late.body.error.code, 'CONFLICT');
  assert.equal((await hook(`/hooks/${slug}/nothing-here`)).status, 404);
  assert.equal((await hook(`/hooks/no-such-workspace/${path}`)).status, 404);
});

test('T04 other methods are a 405 with Allow, unknown tokens and sleeping workflows a 404; nothing is stored', async () => {
  const w = await liveWorkflow(who, chain(webhook({ method: 'PUT' }), noOp()));
  const path = hookPath(w);
  const count = await deliveries();
  const r = await hook(path, { method: 'POST' });
  assert.equal(r.status, 405, r.text);
  assert.match(r.headers.get('allow'), /PUT/);
  assert.equal(r.body.error.code, 'METHOD_NOT_ALLOWED');
  for (const wrong of [`/hooks/mrh_${'A'.repeat(49)}`, `${path}x`, `${path.slice(0, -1)}`, path.toLowerCase(), '/hooks/mrh_', '/hooks/'])
    assert.equal((await hook(wrong, { method: 'PUT' })).status, 404, wrong);
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/deactivate`);
  assert.equal((await hook(path, { method: 'PUT' })).status, 404);
  assert.equal(await deliveries(), count, 'a refused delivery was stored');
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`);
  assert.equal((await hook(path, { method: 'PUT' })).status, 202);
});

test('T05 a delivery is acknowledged by its commit alone: one that fails at the commit is refused, and nothing is kept', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const send = () => hook(hookPath(w));
  assert.equal((await send()).status, 202);
  // Every statement of the transaction succeeds; what it is deferred for does not.
  await sql(`create function app.test_no_commit() returns trigger language plpgsql as 'begin raise exception using errcode = ''58030'', message = ''no commit''; end';
    create constraint trigger test_no_commit after insert on app.run deferrable initially deferred
      for each row when (new.workflow_id = '${w.id}') execute function app.test_no_commit()`);
  try {
    const r = await send();
    assert.ok(r.status >= 500, `${r.status}`);
    assert.equal(r.body.run_id, undefined);
  } finally {
    await sql('drop function app.test_no_commit() cascade');
  }
  assert.equal((await send()).status, 202);
  assert.equal(await value(`select count(*) from app.run where workflow_id = :'id'`, { id: w.id }), '2');
});

test('T05 an accepted webhook is answered by its receipt, and is stored by then', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const raw = '{"order": 4711,  "spaces":"kept"}';
  const r = await call(null, 'POST', hookPath(w), { raw, type: 'application/json', direct: true });
  assert.equal(r.status, 202, r.text);
  assert.deepEqual(Object.keys(r.body).sort(), ['receipt', 'received_at', 'run_id', 'sha256']);
  assert.equal(r.body.sha256, createHash('sha256').update(raw).digest('hex'));
  const stored = await value(`select convert_from(body, 'UTF8') from app.delivery where id = :'id'`, { id: r.body.receipt });
  assert.equal(stored, raw);
  const run = await finished(who, r.body.run_id);
  assert.equal(run.trigger.type, 'webhook');
  assert.equal(run.trigger.delivery_id, r.body.receipt);
});

for (const name of ['Idempotency-Key', 'webhook-id', 'X-GitHub-Delivery']) {
  test(`T05 a delivery with the ${name} of an earlier one gets the same receipt and starts nothing`, async () => {
    const w = await liveWorkflow(who, chain(webhook(), noOp()));
    const headers = { [name]: unique('key') };
    const both = await Promise.all([1, 2, 3].map(() => hook(hookPath(w), { headers })));
    assert.deepEqual(both.map((r) => r.status), [202, 202, 202], both.map((r) => r.text).join());
    const late = await hook(hookPath(w), { headers });
    assert.equal(late.body.duplicate, true);
    assert.equal(new Set([...both, late].map((r) => r.body.receipt)).size, 1);
    assert.equal(new Set([...both, late].map((r) => r.body.run_id)).size, 1);
    assert.equal((await pages(who, `${API}/workflows/${w.id}/runs`)).length, 1);
  });
}

test('T05 equal bodies without a key are two deliveries', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const [a, b] = [await hook(hookPath(w)), await hook(hookPath(w))];
  assert.notEqual(a.body.run_id, b.body.run_id);
});

/* The output of the trigger of a delivery's run. */
async function received(w, options) {
  const r = await hook(hookPath(w) + (options.query ?? ''), options);
  assert.equal(r.status, 202, r.text);
  await finished(who, r.body.run_id);
  return (await stepsOf(who, r.body.run_id))[0].output.main[0];
}

test('T06 JSON, form, text and binary bodies are readable, with headers, query and method', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const json = await received(w, { raw: '{"a":{"b":[1,2.5,"drei",null,true]}}', type: 'application/json', query: '?x=1&y=two', headers: { 'x-mark': 'M' } });
  assert.deepEqual(json.json.payload, { a: { b: [1, 2.5, 'drei', null, true] } });
  assert.equal(json.json.headers['x-mark'], 'M');
  assert.deepEqual(json.json.query, { x: '1', y: 'two' });
  assert.equal(json.json.method, 'POST');
  const form = await received(w, { raw: 'a=1&b=two+words&b=again', type: 'application/x-www-form-urlencoded' });
  assert.deepEqual(form.json.payload, { a: '1', b: ['two words', 'again'] });
  const text = await received(w, { raw: 'plain words, ünïcode', type: 'text/plain; charset=utf-8' });
  assert.equal(text.json.payload, 'plain words, ünïcode');
  const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
  const binary = await received(w, { raw: bytes, type: 'application/octet-stream' });
  assert.equal(binary.json.payload, null);
  assert.deepEqual(Buffer.from(binary.binary.data.data, 'base64'), bytes);
});

test('T06 a multipart body gives fields and files', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const raw = Buffer.concat([
    Buffer.from('--B\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue\r\n--B\r\nContent-Disposition: form-data; name="doc"; filename="a.bin"\r\nContent-Type: application/x-thing\r\n\r\n'),
    Buffer.from([1, 2, 0, 3]),
    Buffer.from('\r\n--B--\r\n'),
  ]);
  const item = await received(w, { raw, type: 'multipart/form-data; boundary=B' });
  assert.equal(item.json.payload.field, 'value');
  assert.deepEqual(Buffer.from(item.binary.doc.data, 'base64'), Buffer.from([1, 2, 0, 3]));
  assert.equal(item.binary.doc.file_name, 'a.bin');
});

test('T06 a body that is not the JSON it says is kept as text', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const item = await received(w, { raw: '{"broken": ', type: 'application/json' });
  assert.equal(item.json.payload, '{"broken": ');
});

test('T06 every payload of the collection goes through unchanged', async (t) => {
  const folder = join(root, '../shared/webhooks');
  if (!existsSync(join(folder, 'index.json'))) return t.skip('the collection ../shared/webhooks is not here');
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const path = hookPath(w);
  const names = (await import('node:fs')).readdirSync(folder).filter((f) => f.endsWith('.json') && f !== 'index.json');
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    const whole = JSON.parse(text);
    const r = await call(null, 'POST', path, { raw: text, type: 'application/json', direct: true });
    assert.equal(r.status, 202, `${name}: ${r.text}`);
    await finished(who, r.body.run_id);
    assert.deepEqual((await stepsOf(who, r.body.run_id))[0].output.main[0].json.payload, whole, name);
  }
});

test('T05 a synchronous trigger answers what the workflow responds', async () => {
  const w = await liveWorkflow(who, chain(webhook({ response_mode: 'respond' }), { id: 'r', type: 'respond', config: { status: 201, headers: { 'x-made': 'yes' }, body: { hello: '{{trigger.payload.name}}' } } }, noOp()));
  const r = await hook(hookPath(w), { body: { name: 'Ines' } });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.headers.get('x-made'), 'yes');
  assert.deepEqual(r.body, { hello: 'Ines' });
});

test('T05 a synchronous trigger can answer with the last node\'s output', async () => {
  const w = await liveWorkflow(who, chain(webhook({ response_mode: 'last_node' }), set({ sum: '{{trigger.payload.n}}' })));
  const r = await hook(hookPath(w), { body: { n: 42 } });
  assert.equal(r.status, 200, r.text);
  assert.match(r.text, /"sum": ?42/);
});

test('T05 a synchronous workflow that takes too long leaves the sender a receipt, and goes on', async () => {
  const w = await liveWorkflow(who, chain(webhook({ response_mode: 'respond', response_timeout_ms: 300 }), { id: 'd', type: 'delay', config: { duration_ms: 1500 } }, { id: 'r', type: 'respond', config: { body: 1 } }));
  const start = performance.now();
  const r = await hook(hookPath(w));
  assert.equal(r.status, 202, r.text);
  assert.ok(performance.now() - start < 1400, 'the limit was not kept');
  assert.equal((await finished(who, r.body.run_id)).status, 'succeeded');
});

test('T05 a synchronous workflow that fails is a 500 in the agreed form that shows no inner detail', async () => {
  const w = await liveWorkflow(who, chain(webhook({ response_mode: 'respond' }), { id: 'stop-1', type: 'stop', config: { message: 'inner words' } }));
  const r = await hook(hookPath(w));
  assert.equal(r.status, 500, r.text);
  assert.ok(r.body.error && !r.text.includes('inner words'), r.text);
});

test('T05 fifty senders at once all get a receipt of their own, and every run ends', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const all = await Promise.all(Array.from({ length: 50 }, (_, n) => hook(hookPath(w), { body: { n } })));
  assert.deepEqual(all.map((r) => r.status), Array(50).fill(202));
  assert.equal(new Set(all.map((r) => r.body.run_id)).size, 50);
  await until('all 50 have succeeded', async () => (await expect(200, who, 'GET', `${API}/workflows/${w.id}`)).statistics.succeeded === 50, { ms: 20000, every: 100 });
});

test('T07 execute takes the body as payload, by API token or by the webhook\'s own', async () => {
  const w = await liveWorkflow(who, chain(webhook(), set({ got: '{{trigger.payload.a}}' })));
  const only = await apiToken(p, ['runs:create']);
  const r = await call(only, 'POST', `${API}/workflows/${w.id}/execute`, { body: { a: 'b' } });
  assert.equal(r.status, 202, r.text);
  const run = await finished(who, r.body.id);
  assert.deepEqual(run.input, { a: 'b' });
  assert.match(JSON.stringify(run.output), /"got":"b"/);
  const secret = hookPath(w).split('/').pop();
  const other = await call({ bearer: secret }, 'POST', `${API}/workflows/${w.id}/execute`, { body: { a: 1 } });
  assert.equal(other.status, 202, other.text);
  const elsewhere = await liveWorkflow(who, chain(webhook(), noOp()));
  const wrong = await call({ bearer: secret }, 'POST', `${API}/workflows/${elsewhere.id}/execute`, { body: {} });
  assert.ok([401, 404].includes(wrong.status), wrong.text);
  assert.equal((await call({ bearer: secret }, 'GET', `${API}/workflows/${w.id}`)).status, 401, 'a hook token is good for execute alone');
  const reader = await apiToken(p, ['run:read']);
  const said = await refused(403, 'FORBIDDEN', null, reader, 'POST', `${API}/workflows/${w.id}/execute`, { body: {} });
  assert.match(said.error.message, /run:write/);
});

test('T07 any JSON is a payload', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  for (const payload of [[1, 2], 'text', 7, true, null, {}]) {
    const r = await call(who, 'POST', `${API}/workflows/${w.id}/execute`, { raw: JSON.stringify(payload), type: 'application/json', direct: true });
    assert.equal(r.status, 202, `${JSON.stringify(payload)}: ${r.text}`);
    assert.deepEqual(r.body.input, payload);
  }
});

test('N02 a webhook node keeps to its method, path, authentication and response mode; its output is the request', async () => {
  const path = unique('orders');
  const config = { method: 'PUT', path, authentication: 'header', signature_header: 'x-shop-secret', response_mode: 'last_node' };
  const w = await liveWorkflow(who, chain(webhook(config), set({ said: '{{trigger.payload.order}} by {{trigger.method}}' })));
  const [trigger] = w.triggers;
  const { secret } = await expect(200, who, 'POST', `${API}/triggers/${trigger.id}/rotate-secret`, { body: {} });
  const send = (method, headers) => hook(`/hooks/${slug}/${path}?page=2`, { method, headers, body: { order: 'A-1' } });
  assert.equal((await send('POST', { 'x-shop-secret': secret })).status, 405);
  assert.equal((await send('PUT', {})).status, 401);
  const r = await send('PUT', { 'x-shop-secret': secret, 'x-mark': 'M' });
  assert.equal(r.status, 200, r.text);
  assert.match(r.text, /"said": ?"A-1 by PUT"/);
  const [run] = await pages(who, `${API}/workflows/${w.id}/runs`);
  const { json } = (await stepsOf(who, run.id))[0].output.main[0];
  assert.deepEqual([json.method, json.payload, json.query, json.headers['x-mark']], ['PUT', { order: 'A-1' }, { page: '2' }, 'M']);
  const bad = await call(who, 'POST', `${API}/workflows`, { body: { name: 'x', definition: chain(webhook({ method: 'FETCH' }), noOp()) } });
  assert.equal(bad.status, 400, bad.text);
  assert.ok(bad.body.error.issues.some((i) => i.field === 'definition.nodes[0].config.method'), bad.text);
});

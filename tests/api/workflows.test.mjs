/* Workflows, their definitions and versions. W01-W14. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, before } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { value } from '../lib/sql.mjs';
import { root } from '../lib/stack.mjs';
import {
  API, apiToken, chain, delay, finished, hookPath, http, liveWorkflow, manual, noOp, openEcho, pages, person, set, startRun, unique, webhook, workflow,
} from '../lib/world.mjs';

const UNKNOWN = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = { ...(await apiToken(p)), person: p };
});

const simple = () => chain(webhook(), set({ seen: true }), noOp());

test('W01 a new workflow is a draft with version 1', async () => {
  const body = { name: 'Order intake', description: 'All orders', definition: simple(), tags: ['orders', 'eu'], metadata: { team: 7 } };
  const r = await call(who, 'POST', `${API}/workflows`, { body });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.headers.get('location'), `${API}/workflows/${r.body.id}`);
  assert.equal(r.headers.get('etag'), `"${r.body.etag}"`);
  const { state, is_active, draft_version, live_version, name, description, tags, metadata } = r.body;
  assert.deepEqual(
    { state, is_active, draft_version, live_version, name, description, tags, metadata },
    { state: 'draft', is_active: false, draft_version: 1, live_version: null, name: body.name, description: body.description, tags: body.tags, metadata: body.metadata },
  );
});

test('W01 a missing or too long name and a missing definition are refused by name', async () => {
  await refused(400, 'VALIDATION_ERROR', 'name', who, 'POST', `${API}/workflows`, { body: { definition: simple() } });
  await refused(400, 'VALIDATION_ERROR', 'name', who, 'POST', `${API}/workflows`, { body: { name: '', definition: simple() } });
  await refused(400, 'VALIDATION_ERROR', 'name', who, 'POST', `${API}/workflows`, { body: { name: 'x'.repeat(256), definition: simple() } });
  await expect(201, who, 'POST', `${API}/workflows`, { body: { name: 'é'.repeat(255), definition: simple() } });
  await refused(400, 'VALIDATION_ERROR', 'definition', who, 'POST', `${API}/workflows`, { body: { name: 'x' } });
});

test('W02 a workflow is read whole', async () => {
  const made = await workflow(who, simple());
  const got = await expect(200, who, 'GET', `${API}/workflows/${made.id}`);
  assert.equal(got.created_by, who.person.id);
  assert.deepEqual(got.definition, made.definition);
  assert.deepEqual(got.statistics, { runs: 0, succeeded: 0, failed: 0, last_run_at: null, last_status: null });
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/workflows/${UNKNOWN}`);
});

test('W02 statistics count the runs', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  const run = await finished(who, (await startRun(who, w, {})).id);
  const { statistics } = await expect(200, who, 'GET', `${API}/workflows/${w.id}`);
  assert.equal(statistics.runs, 1);
  assert.equal(statistics.succeeded, 1);
  assert.equal(statistics.last_status, run.status);
});

test('W03 the list filters by state, tag, words, maker, activity and time', async () => {
  const p = await person();
  const me = { ...(await apiToken(p)) };
  const word = unique('needle');
  const a = await workflow(me, simple(), { name: `${word} first`, tags: ['red'] });
  const b = await liveWorkflow(me, simple(), { description: `has ${word.toUpperCase()} inside` });
  const c = await workflow(me, simple(), { tags: ['red', 'blue'] });
  const ids = async (query) => (await expect(200, me, 'GET', `${API}/workflows?${query}`)).items.map((w) => w.id);
  assert.deepEqual(await ids('state=active'), [b.id]);
  assert.deepEqual(await ids('active=true'), [b.id]);
  assert.deepEqual(await ids('active=false&sort=created_at'), [a.id, c.id]);
  assert.deepEqual(await ids('tag=red&sort=created_at'), [a.id, c.id]);
  assert.deepEqual(await ids('tag=red&tag=blue').catch(() => [c.id]), [c.id], 'a repeated filter is refused or narrows');
  assert.deepEqual(await ids(`q=${word}&sort=created_at`), [a.id, b.id]);
  assert.deepEqual((await ids(`created_by=${p.id}`)).length, 3);
  assert.deepEqual(await ids(`created_by=${UNKNOWN}`), []);
  assert.deepEqual(await ids(`from=${b.created_at}&sort=created_at`), [b.id, c.id]);
  assert.deepEqual(await ids(`to=${b.created_at}`), [a.id]);
  assert.deepEqual(await ids('q=%25'), [], 'a percent sign is a character');
});

test('W03 every order pages through all rows once, also while rows are added', async () => {
  const me = await apiToken(await person());
  for (const name of ['delta', 'alpha', 'echo', 'bravo', 'charlie', 'alpha', 'alpha']) await workflow(me, simple(), { name });
  for (const sort of ['name', '-name', 'created_at', '-created_at', 'updated_at', '-updated_at']) {
    const seen = [];
    let cursor = '';
    do {
      const page = await expect(200, me, 'GET', `${API}/workflows?limit=3&sort=${sort}${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items);
      if (sort === '-created_at') await workflow(me, simple(), { name: 'added meanwhile' });
      cursor = page.next_cursor;
    } while (cursor);
    const ids = seen.filter((w) => w.name !== 'added meanwhile').map((w) => w.id);
    assert.equal(new Set(ids).size, ids.length, `${sort}: a row came twice`);
    assert.equal(ids.length, 7, `${sort}: rows are missing`);
    const key = sort.replace('-', '');
    const values = seen.map((w) => w[key]);
    const sorted = [...values].sort();
    assert.deepEqual(values, sort.startsWith('-') ? sorted.reverse() : sorted, `${sort}: not in order`);
  }
});

test('W03 a cursor that nobody gave is refused', async () => {
  for (const cursor of ['abc', 'e30', Buffer.from('["x"]').toString('base64url')])
    await refused(400, 'VALIDATION_ERROR', 'cursor', who, 'GET', `${API}/workflows?cursor=${cursor}`);
});

test('W03 a cursor is good for the list, the order and the person it was given to', async () => {
  for (let i = 0; i < 2; i++) await workflow(who, simple());
  const { next_cursor } = await expect(200, who, 'GET', `${API}/workflows?limit=1&sort=created_at`);
  await expect(200, who, 'GET', `${API}/workflows?sort=created_at&cursor=${next_cursor}`);
  const altered = Buffer.from(next_cursor, 'base64url');
  altered[altered.length - 4] ^= 1;
  for (const [by, path] of [
    [who, `/workflows?sort=-created_at&cursor=${next_cursor}`],
    [who, `/runs?cursor=${next_cursor}`],
    [who, `/workflows?sort=created_at&cursor=${altered.toString('base64url')}`],
    [await apiToken(await person()), `/workflows?sort=created_at&cursor=${next_cursor}`],
  ])
    await refused(400, 'VALIDATION_ERROR', 'cursor', by, 'GET', API + path);
});

test('W04 a changed definition becomes a new draft version, an unchanged one does not', async () => {
  const w = await workflow(who, simple());
  const renamed = await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { name: 'Renamed' } });
  assert.equal(renamed.draft_version, 1);
  assert.equal(renamed.name, 'Renamed');
  const same = await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: simple() } });
  assert.equal(same.draft_version, 1);
  const changed = await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(webhook(), noOp()) } });
  assert.equal(changed.draft_version, 2);
  assert.equal(changed.definition.nodes.length, 2);
});

test('W04 PUT replaces the whole: what is absent is cleared', async () => {
  const w = await workflow(who, simple(), { description: 'long', tags: ['a'], metadata: { a: 1 } });
  const put = await expect(200, who, 'PUT', `${API}/workflows/${w.id}`, { body: { name: 'New', definition: simple() } });
  assert.deepEqual([put.name, put.description, put.tags, put.metadata], ['New', '', [], {}]);
  await refused(400, 'VALIDATION_ERROR', 'name', who, 'PUT', `${API}/workflows/${w.id}`, { body: { definition: simple() } });
});

test('W04 a stale If-Match changes nothing', async () => {
  const w = await workflow(who, simple());
  const tag = { 'if-match': `"${w.etag}"` };
  await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { name: 'First' }, headers: tag });
  for (const method of ['PATCH', 'PUT'])
    await refused(412, 'PRECONDITION_FAILED', null, who, method, `${API}/workflows/${w.id}`, { body: { name: 'Late', definition: simple() }, headers: tag });
  await refused(412, 'PRECONDITION_FAILED', null, who, 'DELETE', `${API}/workflows/${w.id}`, { headers: tag });
  assert.equal((await expect(200, who, 'GET', `${API}/workflows/${w.id}`)).name, 'First');
});

test('W05 deleting stops the triggers and cancels what is queued; past runs stay', async () => {
  const w = await liveWorkflow(who, chain(webhook(), delay(60000), noOp()));
  const path = hookPath(w);
  const past = await startRun(who, w, { n: 1 });
  await expect(204, who, 'DELETE', `${API}/workflows/${w.id}`);
  await refused(404, 'NOT_FOUND', null, who, 'DELETE', `${API}/workflows/${w.id}`);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/workflows/${w.id}`);
  const r = await call(null, 'POST', path, { body: {}, direct: true });
  assert.equal(r.status, 404, r.text);
  const run = await finished(who, past.id);
  assert.equal(run.status, 'cancelled');
});

test('W06 validate tells all issues and stores nothing', async () => {
  const before = await value('select count(*) from app.workflow');
  const bad = { nodes: [{ id: 'a', type: 'nonsense', config: {} }, { id: 'a', type: 'http_request', config: { url: 'not a url' } }], edges: [{ from: 'a', to: 'nowhere' }] };
  const r = await expect(200, who, 'POST', `${API}/workflows/validate`, { body: { definition: bad } });
  assert.equal(r.valid, false);
  assert.ok(r.issues.length >= 4, JSON.stringify(r));
  const good = await expect(200, who, 'POST', `${API}/workflows/validate`, { body: { definition: simple() } });
  assert.deepEqual(good, { valid: true, issues: [] });
  assert.equal(await value('select count(*) from app.workflow'), before);
});

test('W06 create and update apply the same check, naming the fields', async () => {
  const bad = chain(webhook(), http({ url: 17 }), noOp());
  await refused(400, 'VALIDATION_ERROR', 'definition.nodes[1].config.url', who, 'POST', `${API}/workflows`, { body: { name: 'x', definition: bad } }).catch(() =>
    refused(400, 'VALIDATION_ERROR', 'nodes[1].config.url', who, 'POST', `${API}/workflows`, { body: { name: 'x', definition: bad } }));
  const w = await workflow(who, simple());
  const r = await call(who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: bad } });
  assert.equal(r.status, 400, r.text);
  assert.equal((await expect(200, who, 'GET', `${API}/workflows/${w.id}`)).draft_version, 1);
});

const defects = {
  'an unknown node type': [chain(webhook(), { id: 'x', type: 'moon_walk' }), /nodes\[1\]\.type/],
  'a missing config field': [chain(webhook(), { id: 'x', type: 'http_request', config: {} }), /nodes\[1\]\.config\.url/],
  'a badly typed config field': [chain(webhook(), http({ url: ['a'] })), /nodes\[1\]\.config\.url/],
  'a malformed URL': [chain(webhook(), http({ url: 'ht!tp://nowhere' })), /nodes\[1\]\.config\.url/],
  'a duplicate id': [{ nodes: [webhook(), { ...noOp('x') }, { ...noOp('x') }], edges: [{ from: 'trigger-1', to: 'x' }] }, /nodes\[2\]\.id/],
  'an edge to a missing node': [{ nodes: [webhook(), noOp('x')], edges: [{ from: 'trigger-1', to: 'x' }, { from: 'x', to: 'gone' }] }, /edges\[1\]\.to/],
  'an edge from a missing port': [{ nodes: [webhook(), noOp('x')], edges: [{ from: 'trigger-1', to: 'x', from_port: 'side' }] }, /edges\[0\]\.from_port/],
  'no trigger': [{ nodes: [noOp('x')], edges: [] }, /nodes/],
  'an unreachable node': [{ nodes: [webhook(), noOp('x'), noOp('island')], edges: [{ from: 'trigger-1', to: 'x' }] }, /nodes\[2\]/],
  'a cycle that nothing ends': [{ nodes: [webhook(), noOp('a'), noOp('b')], edges: [{ from: 'trigger-1', to: 'a' }, { from: 'a', to: 'b' }, { from: 'b', to: 'a' }] }, /nodes|edges/],
  'an unknown expression root': [chain(webhook(), set({ x: '{{nobody.knows}}' })), /nodes\[1\]\.config/],
  'a bad cron rule': [chain({ id: 't', type: 'schedule', config: { cron: '61 * * * *' } }, noOp()), /nodes\[0\]\.config\.cron/],
};
for (const [what, [definition, field]] of Object.entries(defects)) {
  test(`W07 validation finds ${what}`, async () => {
    const r = await expect(200, who, 'POST', `${API}/workflows/validate`, { body: { definition } });
    assert.ok(r.issues.some((i) => field.test(i.field)), `${field} is not named: ${JSON.stringify(r)}`);
  });
}

test('W08 the stored form is the one read back, whatever was sent', async () => {
  const definition = {
    ...chain(webhook(), { ...set({ a: '{{trigger.payload.a}}' }), notes: 'a note', validation: { type: 'object' }, timeout_ms: 1000, on_error: 'continue', retry: { max_attempts: 1 } }, noOp()),
    variables: { limit: { type: 'number', default: 5 } },
    settings: { timeout_ms: 60000, timezone: 'Europe/Lisbon' },
  };
  const made = await workflow(who, definition);
  const got = await expect(200, who, 'GET', `${API}/workflows/${made.id}`);
  assert.deepEqual(got.definition, made.definition);
  assert.deepEqual(got.definition.nodes[1].config, definition.nodes[1].config);
  assert.equal(got.definition.nodes[1].notes, 'a note');
  const again = await expect(200, who, 'PATCH', `${API}/workflows/${made.id}`, { body: { definition: got.definition } });
  assert.equal(again.draft_version, 1, 'reading and saving makes no new version');
});

test('W08 an input that does not meet a node\'s validation fails the step', async () => {
  const w = await liveWorkflow(who, chain(webhook(), { ...noOp('strict'), validation: { type: 'object', required: ['nobody_sends_this'] } }));
  const run = await finished(who, (await startRun(who, w, { a: 1 })).id);
  assert.equal(run.status, 'failed');
  assert.equal(run.error.node, 'strict');
});

test('W09 the sample definition of the second seed saves as it is, activates and runs to the end', async () => {
  const definition = {
    nodes: [
      { id: 'trigger-1', type: 'webhook', config: { path: unique('sample'), method: 'POST' } },
      { id: 'action-1', type: 'http_request', config: { url: `${env.echo}/status/200`, method: 'GET' } },
      { id: 'filter-1', type: 'filter', config: { condition: '{{action-1.status}} == 200', continue_on: true } },
    ],
    connections: [
      { source: 'trigger-1', target: 'action-1' },
      { source: 'action-1', target: 'filter-1' },
    ],
  };
  const w = await liveWorkflow(who, definition);
  assert.deepEqual(w.definition.edges.map((e) => [e.from, e.to]), [['trigger-1', 'action-1'], ['action-1', 'filter-1']]);
  const r = await call(null, 'POST', hookPath(w), { body: { order: 1 } });
  assert.equal(r.status, 202, r.text);
  const run = await finished(who, r.body.run_id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
});

test('W10 the parts of a definition may stand at the top level', async () => {
  const { nodes, edges } = simple();
  const made = await expect(201, who, 'POST', `${API}/workflows`, { body: { name: 'flat', nodes, edges, settings: { timeout_ms: 5000 } } });
  assert.equal(made.definition.nodes.length, 3);
  assert.equal(made.definition.settings.timeout_ms, 5000);
  const changed = await expect(200, who, 'PATCH', `${API}/workflows/${made.id}`, { body: { nodes: nodes.slice(0, 2), connections: [{ source: 'trigger-1', target: 'set-1' }] } });
  assert.equal(changed.draft_version, 2);
  const withTrigger = await expect(201, who, 'POST', `${API}/workflows`, { body: { name: 'triggers', triggers: [{ id: 't', type: 'manual' }], nodes: [noOp('x')], edges: [{ from: 't', to: 'x' }] } });
  assert.deepEqual(withTrigger.definition.nodes.map((n) => n.type).sort(), ['manual', 'no_op']);
});

test('W11 variables have defaults, can be overridden, and required ones are asked for', async () => {
  const definition = { ...chain(manual(), set({ limit: '{{vars.limit}}', name: '{{vars.name}}' }), noOp()), variables: { limit: { type: 'number', default: 5 }, name: { type: 'string', required: true } } };
  const w = await liveWorkflow(who, definition);
  await refused(400, 'VALIDATION_ERROR', 'variables.name', who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: {} } });
  await refused(400, 'VALIDATION_ERROR', 'variables.limit', who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { variables: { name: 'x', limit: 'many' } } });
  const run = await finished(who, (await startRun(who, w, {}, { variables: { name: 'Ines', limit: 7 } })).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  const status = await expect(200, who, 'GET', `${API}/runs/${run.id}/status`);
  assert.deepEqual(status.variables, { limit: 7, name: 'Ines' });
});

test('W12 activation makes a version live and arms its triggers; deactivation disarms them', async () => {
  const w = await workflow(who, simple());
  const live = await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`);
  assert.deepEqual([live.state, live.is_active, live.live_version], ['active', true, 1]);
  assert.ok(live.triggers.every((t) => t.is_active));
  const path = hookPath(live);
  assert.equal((await call(null, 'POST', path, { body: {} })).status, 202);
  const off = await expect(200, who, 'POST', `${API}/workflows/${w.id}/deactivate`);
  assert.deepEqual([off.state, off.is_active], ['paused', false]);
  assert.equal((await call(null, 'POST', path, { body: {} })).status, 404);
  const on = await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { is_active: true } });
  assert.equal(on.state, 'active');
  assert.equal(hookPath(on), path, 'the address stays the same');
  const again = await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { is_active: false } });
  assert.equal(again.is_active, false);
});

test('W12 any version can be made live; one that is not there is refused', async () => {
  const w = await workflow(who, simple());
  await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(webhook(), noOp()) } });
  const live = await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`, { body: { version: 1 } });
  assert.deepEqual([live.live_version, live.draft_version], [1, 2]);
  const r = await call(who, 'POST', `${API}/workflows/${w.id}/activate`, { body: { version: 99 } });
  assert.ok([400, 404].includes(r.status), r.text);
});

test('W12 an archived workflow takes nothing', async () => {
  const w = await liveWorkflow(who, simple());
  const path = hookPath(w);
  const off = await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { state: 'archived' } });
  assert.equal(off.state, 'archived');
  assert.equal((await call(null, 'POST', path, { body: {} })).status, 404);
});

test('W13 versions are listed newest first and never change', async () => {
  const w = await workflow(who, simple(), { note: 'first try' });
  await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(webhook(), noOp()), label: '1.1.0', note: 'shorter' } });
  const versions = await pages(who, `${API}/workflows/${w.id}/versions?limit=1`);
  assert.deepEqual(versions.map((v) => [v.number, v.label, v.note]), [[2, '1.1.0', 'shorter'], [1, '1.0.0', 'first try']]);
  assert.ok(versions.every((v) => v.created_by === who.person.id));
  const first = await expect(200, who, 'GET', `${API}/workflows/${w.id}/versions/1`);
  assert.equal(first.definition.nodes.length, 3);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/workflows/${w.id}/versions/3`);
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    await refused(405, 'METHOD_NOT_ALLOWED', null, who, method, `${API}/workflows/${w.id}/versions/1`, { body: method === 'DELETE' ? undefined : {} });
});

test('W14 a run stays on the version it was started on', async () => {
  const w = await liveWorkflow(who, chain(webhook(), delay(1000), set({ version: 'one' })));
  const started = await startRun(who, w, {});
  await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(webhook(), set({ version: 'two' })) } });
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`);
  const old = await finished(who, started.id);
  const young = await finished(who, (await startRun(who, w, {})).id);
  assert.deepEqual([old.version, young.version], [1, 2]);
  assert.match(JSON.stringify(old.output), /one/);
  assert.match(JSON.stringify(young.output), /two/);
});

test('N01 each node type tells its ports, its schema and an example that passes validation', async () => {
  const { items } = await expect(200, who, 'GET', `${API}/node-types`);
  const types = items.map((t) => t.type);
  for (const type of ['webhook', 'schedule', 'manual', 'http_request', 'set', 'if', 'filter', 'switch', 'merge', 'split', 'loop', 'delay', 'respond', 'stop', 'no_op']) assert.ok(types.includes(type), type);
  for (const t of items) {
    const node = { id: 'it', type: t.type, config: t.example };
    const definition = t.trigger ? { nodes: [node, noOp()], edges: [{ from: 'it', to: 'end-1' }] } : { nodes: [manual(), noOp('action-1'), node], edges: [{ from: 'trigger-1', to: 'action-1' }, { from: 'action-1', to: 'it', ...(t.ports.dynamic_in && { to_port: t.ports.in[0].name }) }] };
    // Examples read a node `action-1` before them.
    const r = await expect(200, who, 'POST', `${API}/workflows/validate`, { body: { definition } });
    const wrong = r.issues.filter((i) => i.severity === 'error' && i.field.includes('config'));
    assert.deepEqual(wrong, [], t.type);
  }
});

test('N01 the node types that the editor is tested with are those of the server', async () => {
  const { items } = await expect(200, who, 'GET', `${API}/node-types`);
  const file = join(root, 'assets/ui/src/forms/nodeTypes.fixture.json');
  if (process.env.WRITE) writeFileSync(file, JSON.stringify(items, null, 2));
  const fixture = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual(fixture.map((t) => t.type), items.map((t) => t.type), 'other types, or another order: make node-types');
  for (const [i, t] of items.entries()) assert.equal(JSON.stringify(fixture[i]), JSON.stringify(t), t.type);
});

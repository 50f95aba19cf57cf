/* Runs, steps, status, cancel, retry, logs of a run. X01-X17, L06-L08, N03-N10, T11. */
import assert from 'node:assert/strict';
import { test, before } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { until } from '../lib/until.mjs';
import {
  API, apiToken, chain, delay, finished, http, liveWorkflow, manual, memberOf, noOp, openEcho, pages, person, set, startRun, stepsOf, unique, workflow,
} from '../lib/world.mjs';

const UNKNOWN = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
let who, p;
before(async () => {
  p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

test('X01 a run is queued, durably, before the answer', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  for (const [path, body] of [[`${API}/workflows/${w.id}/runs`, { input: { a: 1 } }], [`${API}/runs`, { workflow_id: w.id, input: { a: 1 } }], [`${API}/runs`, { workflow_id: w.id, payload: { a: 1 } }]]) {
    const r = await call(who, 'POST', path, { body });
    assert.equal(r.status, 202, r.text);
    assert.equal(r.body.status, 'queued');
    assert.deepEqual(r.body.input, { a: 1 });
    assert.equal(r.headers.get('location'), `${API}/runs/${r.body.id}`);
    assert.equal((await finished(who, r.body.id)).status, 'succeeded');
  }
  await refused(404, 'NOT_FOUND', null, who, 'POST', `${API}/runs`, { body: { workflow_id: UNKNOWN } });
});

test('X01 the same Idempotency-Key starts one run', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  const headers = { 'idempotency-key': unique('key') };
  const first = await expect(202, who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: 1 }, headers });
  const again = await expect(202, who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: 1 }, headers });
  assert.equal(again.id, first.id);
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: 2 }, headers });
  assert.equal((await pages(who, `${API}/workflows/${w.id}/runs`)).length, 1);
});

test('X01 two requests with one key at the same moment start one run', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  const headers = { 'idempotency-key': unique('key') };
  const both = await Promise.all([1, 2, 3, 4].map(() => call(who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: 1 }, headers })));
  const ids = new Set(both.filter((r) => r.status === 202).map((r) => r.body.id));
  assert.equal(ids.size, 1, both.map((r) => r.status).join(' '));
  assert.ok(both.every((r) => [202, 409].includes(r.status)), both.map((r) => r.text).join('\n'));
  assert.equal((await pages(who, `${API}/workflows/${w.id}/runs`)).length, 1);
});

test('X02 T11 a run tells what started it, its data, its times and its error', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ doubled: '{{trigger.payload.n}}' })));
  const byToken = await finished(who, (await startRun(who, w, { n: 4 })).id);
  assert.equal(byToken.workflow_id, w.id);
  assert.equal(byToken.workflow_name, w.name);
  assert.equal(byToken.trigger.type, 'api');
  assert.equal(byToken.trigger.token_id, who.id);
  assert.deepEqual(byToken.input, { n: 4 });
  assert.match(JSON.stringify(byToken.output), /"doubled":4/);
  assert.equal(byToken.error, null);
  assert.ok(byToken.created_at <= byToken.started_at && byToken.started_at <= byToken.completed_at);
  assert.ok(byToken.metrics.steps >= 2);
  const byHand = await expect(202, p, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: { n: 1 } } });
  assert.equal(byHand.trigger.type, 'manual');
  assert.equal(byHand.trigger.user_id, p.id);
  const failing = await liveWorkflow(who, chain(manual(), { id: 'stop-1', type: 'stop', config: { message: 'enough' } }));
  const failed = await finished(who, (await startRun(who, failing, {})).id);
  assert.equal(failed.status, 'failed');
  assert.equal(failed.error.node, 'stop-1');
  assert.match(failed.error.message, /enough/);
});

test('X03 runs are listed newest first, filtered and paged', async () => {
  const me = await apiToken(await person());
  const good = await liveWorkflow(me, chain(manual(), noOp()), { name: unique('good') });
  const bad = await liveWorkflow(me, chain(manual(), { id: 'stop-1', type: 'stop', config: { message: 'no' } }));
  const ids = [];
  for (const w of [good, bad, good, good]) {
    const r = await startRun(me, w, {});
    ids.unshift(r.id);
    await finished(me, r.id);
  }
  const list = async (query) => (await pages(me, `${API}/runs?limit=2&${query}`)).map((r) => r.id);
  assert.deepEqual(await list(''), ids);
  assert.deepEqual(await list(`workflow_id=${bad.id}`), [ids[2]]);
  assert.deepEqual(await list('status=failed'), [ids[2]]);
  for (const spelt of ['succeeded', 'completed', 'success']) assert.deepEqual(await list(`status=${spelt}`), [ids[0], ids[1], ids[3]], spelt);
  assert.deepEqual(await list('status=failed,succeeded'), ids);
  assert.deepEqual(await list('status=pending'), []);
  assert.deepEqual(await list('status=queued,running,waiting'), []);
  assert.deepEqual(await list('trigger_type=api'), ids);
  assert.deepEqual(await list('trigger_type=webhook'), []);
  assert.deepEqual(await list(`q=${good.name}`), [ids[0], ids[1], ids[3]]);
  const third = await expect(200, me, 'GET', `${API}/runs/${ids[1]}`);
  assert.deepEqual(await list(`from=${third.created_at}`), [ids[0], ids[1]]);
  assert.deepEqual(await list(`to=${third.created_at}`), [ids[2], ids[3]]);
  assert.deepEqual((await pages(me, `${API}/workflows/${good.id}/runs?status=succeeded`)).map((r) => r.id), [ids[0], ids[1], ids[3]]);
  await refused(400, 'VALIDATION_ERROR', 'status', me, 'GET', `${API}/runs?status=finished`);
  await refused(404, 'NOT_FOUND', null, me, 'GET', `${API}/runs?workflow_id=${UNKNOWN}`);
});

test('X04 the status is true while the run goes on', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp('a'), delay(2500), noOp('b')));
  const { id } = await startRun(who, w, {});
  const waiting = await until('the run waits', async () => {
    const s = await expect(200, who, 'GET', `${API}/runs/${id}/status`);
    return s.status === 'waiting' && s;
  });
  assert.deepEqual(waiting.current_nodes, ['delay-1']);
  assert.ok(waiting.progress > 0 && waiting.progress < 1, String(waiting.progress));
  await finished(who, id);
  const over = await expect(200, who, 'GET', `${API}/runs/${id}/status`);
  assert.deepEqual([over.status, over.current_nodes, over.progress], ['succeeded', [], 1]);
});

test('X06 cancelling aborts what is in flight within 2 s; a finished run is a conflict', async () => {
  const w = await liveWorkflow(who, chain(manual(), http({ url: `${env.echo}/delay/30000` }), noOp()));
  const { id } = await startRun(who, w, {});
  await until('the call is in flight', async () => (await expect(200, who, 'GET', `${API}/runs/${id}/status`)).current_nodes.includes('action-1'));
  const start = performance.now();
  const run = await expect(200, who, 'POST', `${API}/runs/${id}/cancel`);
  assert.equal(run.status, 'cancelled');
  assert.ok(performance.now() - start < 2000);
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/runs/${id}/cancel`);
  assert.equal((await expect(200, who, 'GET', `${API}/runs/${id}`)).status, 'cancelled');
});

test('X06 a waiting run can be cancelled and does not wake', async () => {
  const w = await liveWorkflow(who, chain(manual(), delay(2500), noOp('never')));
  const { id } = await startRun(who, w, {});
  await until('it waits', async () => (await expect(200, who, 'GET', `${API}/runs/${id}`)).status === 'waiting');
  await expect(200, who, 'POST', `${API}/runs/${id}/cancel`);
  const other = await startRun(who, w, {});
  await finished(who, other.id);
  assert.ok(!(await stepsOf(who, id)).some((s) => s.node_id === 'never' && s.status === 'succeeded'));
});

test('X07 a retry from the failed step keeps what succeeded', async () => {
  const key = unique('flaky');
  const w = await liveWorkflow(who, chain(manual(), set({ at: '{{run.id}}' }, 'once'), http({ url: `${env.echo}/flaky/${key}/1?fail=404` }), noOp()));
  const first = await finished(who, (await startRun(who, w, { n: 1 })).id);
  assert.equal(first.status, 'failed');
  const r = await call(who, 'POST', `${API}/runs/${first.id}/retry`, { body: { from: 'failed' } });
  assert.equal(r.status, 202, r.text);
  assert.equal(r.body.retry_of, first.id);
  assert.notEqual(r.body.id, first.id);
  const second = await finished(who, r.body.id);
  assert.equal(second.status, 'succeeded', JSON.stringify(second.error));
  const output = (steps) => steps.find((s) => s.node_id === 'once').output;
  assert.deepEqual(output(await stepsOf(who, second.id)), output(await stepsOf(who, first.id)));
});

test('X07 a retry from the start does everything again; an unfinished run is a conflict', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ at: '{{run.id}}' }, 'once')));
  const first = await finished(who, (await startRun(who, w, { n: 1 })).id);
  const again = await expect(202, who, 'POST', `${API}/runs/${first.id}/retry`, { body: { from: 'start' } });
  assert.deepEqual(again.input, { n: 1 });
  const second = await finished(who, again.id);
  assert.match(JSON.stringify(second.output), new RegExp(second.id));
  const slow = await liveWorkflow(who, chain(manual(), delay(1000)));
  const open = await startRun(who, slow, {});
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/runs/${open.id}/retry`, { body: {} });
  await finished(who, open.id);
});

test('X11 two delays side by side take the time of one', async () => {
  const w = await liveWorkflow(who, {
    nodes: [manual(), delay(1000, 'left'), delay(1000, 'right'), { id: 'join', type: 'merge', config: {} }],
    edges: [{ from: 'trigger-1', to: 'left' }, { from: 'trigger-1', to: 'right' }, { from: 'left', to: 'join', to_port: '1' }, { from: 'right', to: 'join', to_port: '2' }],
  });
  const run = await finished(who, (await startRun(who, w, {})).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  assert.ok(run.duration_ms >= 1000 && run.duration_ms < 1900, `${run.duration_ms} ms`);
});

test('X12 only the nodes behind the taken port run; the others are recorded as skipped', async () => {
  const w = await liveWorkflow(who, {
    nodes: [manual(), { id: 'if-1', type: 'if', config: { condition: '{{trigger.payload.n}} > 3' } }, noOp('yes'), noOp('no'), noOp('behind-no')],
    edges: [{ from: 'trigger-1', to: 'if-1' }, { from: 'if-1', to: 'yes', from_port: 'true' }, { from: 'if-1', to: 'no', from_port: 'false' }, { from: 'no', to: 'behind-no' }],
  });
  const run = await finished(who, (await startRun(who, w, { n: 4 })).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  const status = Object.fromEntries((await stepsOf(who, run.id)).map((s) => [s.node_id, s.status]));
  assert.deepEqual(status, { 'trigger-1': 'succeeded', 'if-1': 'succeeded', yes: 'succeeded', no: 'skipped', 'behind-no': 'skipped' });
});

test('X13 X14 each step shows its input, its output and where they came from', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ a: '{{trigger.payload.n}}' }, 'first'), set({ b: '{{first.a}}' }, 'second')));
  const run = await finished(who, (await startRun(who, w, { n: 9 })).id);
  const steps = await pages(who, `${API}/runs/${run.id}/steps?limit=1`);
  assert.deepEqual(steps.map((s) => s.node_id), ['trigger-1', 'first', 'second']);
  const second = steps[2];
  assert.equal(second.attempt, 1);
  assert.equal(second.iteration, 0);
  assert.equal(second.input[0].json.a, 9);
  assert.equal(second.output.main[0].json.b, 9);
  assert.deepEqual(second.ports, { main: 1 });
  assert.equal(second.source[0].node, 'first');
  assert.ok(second.started_at <= second.completed_at);
  assert.ok(steps[0].step_no < steps[1].step_no && steps[1].step_no < steps[2].step_no);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/runs/${UNKNOWN}/steps`);
});

test('X13 payloads are hidden from who may not see them', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ secret: 'canary-7261' })));
  const run = await finished(who, (await startRun(who, w, { also: 'canary-7261' })).id);
  const viewer = await memberOf(p, 'viewer');
  for (const path of [`/runs/${run.id}`, `/runs/${run.id}/steps`, `/runs/${run.id}/status`, `/runs/${run.id}/logs`, `/logs/${run.id}`, '/runs']) {
    const r = await call(viewer, 'GET', API + path);
    assert.equal(r.status, 200, `${path} ${r.text}`);
    assert.ok(!r.text.includes('canary-7261'), `${path} shows the payload`);
  }
});

test('X15 a failing node is tried again after 1, 2 and 4 parts, then fails; each try is a step', async () => {
  const retry = { max_attempts: 3, initial_interval_ms: 60, backoff: 2, jitter: 0 };
  const w = await liveWorkflow(who, chain(manual(), http({ url: `${env.echo}/status/503` }, 'action-1', { retry }), noOp()));
  const run = await finished(who, (await startRun(who, w, {})).id);
  assert.equal(run.status, 'failed');
  const tries = (await stepsOf(who, run.id)).filter((s) => s.node_id === 'action-1');
  assert.deepEqual(tries.map((s) => [s.attempt, s.status]), [[1, 'failed'], [2, 'failed'], [3, 'failed'], [4, 'failed']]);
  const gaps = tries.slice(1).map((s, i) => new Date(s.started_at) - new Date(tries[i].completed_at));
  for (const [i, least] of [60, 120, 240].entries()) assert.ok(gaps[i] >= least - 5, `gap ${i + 1}: ${gaps[i]} ms`);
});

test('X15 retry_on and give_up_on say after which answers a step is tried again; what they cannot hold is named', async () => {
  const node = (status, retry) => http({ url: `${env.echo}/status/${status}` }, 'action-1', { retry: { max_attempts: 2, initial_interval_ms: 10, ...retry } });
  for (const [status, retry, tries] of [[404, { retry_on: [404] }, 3], [503, { retry_on: ['429', 'TIMEOUT'] }, 1], [503, { retry_on: ['5xx'], give_up_on: ['503'] }, 1]]) {
    const w = await liveWorkflow(who, chain(manual(), node(status, retry), noOp()));
    const run = await finished(who, (await startRun(who, w, {})).id);
    assert.equal(run.status, 'failed');
    assert.equal((await stepsOf(who, run.id)).filter((s) => s.node_id === 'action-1').length, tries, `${status} ${JSON.stringify(retry)}`);
  }
  await refused(400, 'VALIDATION_ERROR', 'definition.nodes[1].retry.give_up_on[0]', who, 'POST', `${API}/workflows`, { body: { name: 'wrong', definition: chain(manual(), node(503, { give_up_on: ['soon'] }), noOp()) } });
});

test('X16 on_error continue goes on with the error, port takes the error port, fail ends the run', async () => {
  const bad = (on_error) => http({ url: `${env.echo}/status/404` }, 'action-1', { on_error, retry: { max_attempts: 0 } });
  const on = await liveWorkflow(who, chain(manual(), bad('continue'), noOp('after')));
  const went = await finished(who, (await startRun(who, on, {})).id);
  assert.equal(went.status, 'succeeded', JSON.stringify(went.error));
  const after = (await stepsOf(who, went.id)).find((s) => s.node_id === 'after');
  assert.match(JSON.stringify(after.input), /error/);
  const port = await liveWorkflow(who, {
    nodes: [manual(), bad('port'), noOp('fine'), noOp('fallback')],
    edges: [{ from: 'trigger-1', to: 'action-1' }, { from: 'action-1', to: 'fine' }, { from: 'action-1', to: 'fallback', from_port: 'error' }],
  });
  const other = await finished(who, (await startRun(who, port, {})).id);
  assert.equal(other.status, 'succeeded', JSON.stringify(other.error));
  const status = Object.fromEntries((await stepsOf(who, other.id)).map((s) => [s.node_id, s.status]));
  assert.deepEqual([status.fine, status.fallback], ['skipped', 'succeeded']);
  const end = await liveWorkflow(who, chain(manual(), bad('fail'), noOp('after')));
  assert.equal((await finished(who, (await startRun(who, end, {})).id)).status, 'failed');
});

test('X17 a limit of time on a node and on the workflow ends them with TIMEOUT', async () => {
  const node = await liveWorkflow(who, chain(manual(), http({ url: `${env.echo}/delay/20000` }, 'action-1', { timeout_ms: 300, retry: { max_attempts: 0 } })));
  const first = await finished(who, (await startRun(who, node, {})).id);
  assert.deepEqual([first.status, first.error.code, first.error.node], ['failed', 'TIMEOUT', 'action-1']);
  assert.ok(first.duration_ms >= 300 && first.duration_ms < 1400, `${first.duration_ms} ms`);
  const whole = await liveWorkflow(who, { ...chain(manual(), delay(20000)), settings: { timeout_ms: 400 } });
  const second = await finished(who, (await startRun(who, whole, {})).id);
  assert.deepEqual([second.status, second.error.code], ['failed', 'TIMEOUT']);
  assert.ok(second.duration_ms >= 400 && second.duration_ms < 1500, `${second.duration_ms} ms`);
});

test('N03 N15 the answer of a call is read by later nodes, types kept', async () => {
  const w = await liveWorkflow(who, chain(
    manual(),
    http({ url: `${env.echo}/anything?x=1`, method: 'POST', headers: { 'x-mark': '{{trigger.payload.mark}}' }, body: { n: '{{trigger.payload.n}}' } }),
    set({ status: '{{action-1.status}}', echoed: '{{action-1.body}}' }),
  ));
  const run = await finished(who, (await startRun(who, w, { mark: 'm-1', n: 12 })).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  const last = (await stepsOf(who, run.id)).at(-1).output.main[0].json;
  assert.equal(last.status, 200);
  assert.deepEqual(JSON.parse(last.echoed.body), { n: 12 });
  assert.match(JSON.stringify(last.echoed), /m-1/);
});

test('N16 a wrong expression fails the step with its field and place', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ x: '{{trigger.payload.a.b + 1}}' })));
  const run = await finished(who, (await startRun(who, w, {})).id);
  assert.equal(run.status, 'failed');
  assert.equal(run.error.code, 'EXPRESSION_ERROR');
  const step = (await stepsOf(who, run.id)).find((s) => s.status === 'failed');
  assert.match(step.error.field, /values/);
});

test('S18 a workflow reaches no loopback address that the installation did not open', async () => {
  const outside = new URL(env.direct);
  for (const url of [`http://127.0.0.1:${outside.port}/healthz`, `http://localhost:${outside.port}/healthz`, `http://[::1]:${outside.port}/`, 'http://169.254.169.254/latest/meta-data/', 'http://2130706433/', 'http://0x7f.1/']) {
    const w = await liveWorkflow(who, chain(manual(), http({ url }, 'action-1', { retry: { max_attempts: 0 } })));
    const run = await finished(who, (await startRun(who, w, {})).id);
    assert.equal(run.status, 'failed', url);
    assert.equal(run.error.node, 'action-1');
  }
});

test('L06 L07 the log of a run is filtered and paged, and the whole run is one answer', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp('a'), { id: 'stop-1', type: 'stop', config: { message: 'broken pipe' } }));
  const run = await finished(who, (await startRun(who, w, {})).id);
  const lines = await pages(who, `${API}/runs/${run.id}/logs?limit=2`);
  assert.ok(lines.length >= 3, JSON.stringify(lines));
  assert.ok(lines.every((l) => l.run_id === run.id));
  const times = lines.map((l) => l.timestamp);
  assert.deepEqual(times, [...times].sort());
  const only = async (query) => (await expect(200, who, 'GET', `${API}/runs/${run.id}/logs?${query}`)).items;
  assert.ok((await only('level=error')).every((l) => l.level === 'error'));
  assert.ok((await only('level=error')).some((l) => l.node_id === 'stop-1'));
  assert.ok((await only('node_id=a')).every((l) => l.node_id === 'a'));
  assert.ok((await only('node_id=a')).length > 0);
  assert.ok((await only('q=broken%20pipe')).length > 0);
  assert.deepEqual(await only('q=no-such-words'), []);
  const all = await expect(200, who, 'GET', `${API}/logs/${run.id}`);
  assert.equal(all.run.id, run.id);
  assert.deepEqual(all.steps.map((s) => s.node_id), ['trigger-1', 'a', 'stop-1']);
  assert.ok(all.logs.length >= 3);
  const outcomes = await expect(200, who, 'GET', `${API}/workflows/${w.id}/logs`);
  assert.deepEqual(outcomes.items.map((r) => [r.id, r.status]), [[run.id, 'failed']]);
});

test('L08 an unchanged run is a 304', async () => {
  const w = await liveWorkflow(who, chain(manual(), noOp()));
  const run = await finished(who, (await startRun(who, w, {})).id);
  const first = await call(who, 'GET', `${API}/runs/${run.id}`);
  const etag = first.headers.get('etag');
  assert.ok(etag);
  const second = await call(who, 'GET', `${API}/runs/${run.id}`, { headers: { 'if-none-match': etag } });
  assert.deepEqual([second.status, second.text], [304, '']);
  assert.equal((await call(who, 'GET', `${API}/runs/${run.id}`, { headers: { 'if-none-match': '"0"' } })).status, 200);
});

test('W12 a workflow without a live version runs its draft by hand', async () => {
  const w = await workflow(who, chain(manual(), noOp()));
  const run = await finished(who, (await startRun(who, w, {})).id);
  assert.deepEqual([run.status, run.version], ['succeeded', 1]);
});

/* Node types, with what their own example needs besides: the service that is there, no wait, and the port that leads on. */
const EACH = {
  http_request: { config: () => ({ url: `${env.echo}/anything` }) }, delay: { config: () => ({ duration_ms: 1 }) }, filter: { config: () => ({ condition: '1 == 1' }) },
  switch: { config: () => ({ rules: [{ port: 'big', condition: '{{trigger.payload.total}} > 1000' }] }), port: 'big' }, if: { port: 'true' },
  respond: {}, set: {}, merge: {}, stop: {}, no_op: {},
};

test('N17 a node of each type is checked, resolved and executed; its result and a line of the log are kept, and the next one is freed', async () => {
  const { items } = await expect(200, who, 'GET', `${API}/node-types`);
  for (const [type, { config: more = () => ({}), port = 'main' }] of Object.entries(EACH)) {
    const config = { ...items.find((t) => t.type === type).example, ...more() };
    const wrong = await call(who, 'POST', `${API}/workflows`, { body: { name: 'x', definition: chain(manual(), { id: 'n', type, config: 7 }) } });
    assert.equal(wrong.status, 400, `${type}: ${wrong.text}`);
    assert.match(wrong.body.error.issues[0].field, /^definition\.nodes\[1\]\.config/, `${type}: ${wrong.text}`);
    const definition = chain(manual(), { id: 'n', type, config }, set({ after: '{{trigger.payload.id}}' }, 'next'));
    definition.edges[1].from_port = port;
    const w = await liveWorkflow(who, definition);
    const run = await finished(who, (await startRun(who, w, { id: 4711, total: 2000, sku: 'S-1' })).id);
    assert.equal(run.status, type === 'stop' ? 'failed' : 'succeeded', `${type}: ${JSON.stringify(run.error)}`);
    const steps = Object.fromEntries((await stepsOf(who, run.id)).map((s) => [s.node_id, s]));
    const own = steps.n;
    assert.equal(own.status, type === 'stop' ? 'failed' : 'succeeded', type);
    assert.ok(own.output !== null || own.error !== null, `${type} keeps no result`);
    assert.ok(!JSON.stringify([own.output, own.error]).includes('{{'), `${type}: ${JSON.stringify(own.output)}`);
    const lines = await pages(who, `${API}/runs/${run.id}/logs?node_id=n`);
    assert.deepEqual(lines.map((l) => [l.level, l.data.status]), [[type === 'stop' ? 'error' : 'info', own.status]], type);
    if (type === 'stop') assert.notEqual(steps.next?.status, 'succeeded');
    else assert.equal(steps.next?.output.main[0].json.after, 4711, `${type}: ${JSON.stringify(steps)}`);
  }
});

/* Versions tried over recorded runs: nothing is sent, and exactly the runs that would differ are told. O03. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { env, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, delay, finished, http, killWorker, liveWorkflow, manual, noOp, openEcho, pages, person, set, startRun, stepsOf, unique } from '../lib/world.mjs';

const RUNS = 1000;
let who;
before(async () => {
  const p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const replay = (w, body) => expect(202, who, 'POST', `${API}/workflows/${w.id}/replays`, { body });
const done = (r) => until(`replay ${r.id} is done`, async () => {
  const now = await expect(200, who, 'GET', `${API}/replays/${r.id}`);
  return now.is_done && now;
}, { ms: 120000, every: 50 });
const counts = ({ total, same, differs, skipped }) => ({ total, same, differs, skipped });
const told = (r, outcome) => pages(who, `${API}/replays/${r.id}/runs?limit=200${outcome ? `&outcome=${outcome}` : ''}`);
const change = async (w, definition) => (await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition } })).draft_version;

/* A call for each of two items in a loop, one of three ways, merged, and a sum that half of the runs make. */
function wide(key, sum) {
  const nodes = [
    manual(), { id: 'split-1', type: 'split', config: { list: '{{trigger.payload.list}}' } }, { id: 'loop-1', type: 'loop', config: {} },
    http({ url: `${env.echo}/anything/${key}/{{item.n}}`, method: 'POST', body: { n: '{{item.n}}' } }, 'call-1'),
    { id: 'switch-1', type: 'switch', config: { rules: [{ port: 'a', condition: '{{trigger.payload.n}} % 3 == 0' }, { port: 'b', condition: '{{trigger.payload.n}} % 3 == 1' }] } },
    set({ way: 'a' }, 'a-1'), set({ way: 'b' }, 'b-1'), set({ way: 'c' }, 'c-1'),
    { id: 'merge-1', type: 'merge', config: { mode: 'append', inputs: 3 } },
    { id: 'if-1', type: 'if', config: { condition: '{{trigger.payload.n}} > 500' } }, set({ sum }, 'sum-1'), noOp('small-1'),
  ];
  const edge = (from, to, from_port = 'main', to_port = 'main') => ({ from, to, from_port, to_port });
  return {
    nodes: nodes.map((n, i) => ({ name: n.id, config: {}, position: { x: 240 * i, y: 0 }, ...n })),
    edges: [
      edge('trigger-1', 'split-1'), edge('split-1', 'loop-1'), edge('loop-1', 'call-1', 'loop'), edge('call-1', 'loop-1'),
      edge('loop-1', 'switch-1', 'done'), edge('switch-1', 'a-1', 'a'), edge('switch-1', 'b-1', 'b'), edge('switch-1', 'c-1', 'default'),
      edge('a-1', 'merge-1', 'main', '1'), edge('b-1', 'merge-1', 'main', '2'), edge('c-1', 'merge-1', 'main', '3'),
      edge('merge-1', 'if-1'), edge('if-1', 'sum-1', 'true'), edge('if-1', 'small-1', 'false'),
    ],
  };
}

/* Queues runs 1 to n of a workflow at once; the engine runs them. Their ids, by number. */
async function ran(w, n) {
  await sql(`with v as (select * from app.version where workflow_id = :'w' and number = 1),
    made as (
      insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, input)
      select v.workspace_id, app.uuid7(), v.workflow_id, v.id, 1, 'manual', 'trigger-1',
             json_build_object('n', g, 'list', json_build_array(json_build_object('n', g), json_build_object('n', -g)))
        from v, generate_series(1, :n) g returning *)
    insert into app.run_queue (workspace_id, run_id) select m.workspace_id, m.id from made m`, { w: w.id, n: String(n) });
  await until('all have run', async () => (await value(`select count(*) from app.run where workflow_id = :'w' and completed_at is not null`, { w: w.id })) === String(n), { ms: 120000, every: 200 });
  const rows = await value(`select json_object_agg(input->>'n', id) from app.run where workflow_id = :'w' and status = 'succeeded'`, { w: w.id });
  return JSON.parse(rows);
}

test('O03 a thousand runs: their own version differs in none, one changed expression in exactly those that it touches, also after kill -9', async () => {
  const key = unique('wide');
  const w = await liveWorkflow(who, wide(key, '{{trigger.payload.n * 2}}'));
  const ids = await ran(w, RUNS);
  assert.equal(Object.keys(ids).length, RUNS);
  const recorded = () => value(`select array[(select count(*) from app.run r where r.workspace_id = w.workspace_id), (select count(*) from app.step s where s.workspace_id = w.workspace_id)]
    from app.workflow w where w.id = :'w'`, { w: w.id });
  const before = await recorded();
  const began = performance.now();
  const own = await done(await replay(w, { version: 1, limit: RUNS }));
  console.log(`# ${RUNS} runs tried over in ${Math.round(performance.now() - began)} ms`);
  assert.deepEqual(counts(own), { total: RUNS, same: RUNS, differs: 0, skipped: 0 });
  assert.deepEqual(await told(own), []);

  assert.equal(await change(w, wide(key, '{{trigger.payload.n * 3}}')), 2);
  const asked = await replay(w, { limit: RUNS });
  assert.equal(asked.version, 2);
  await until('it is under way', async () => (await expect(200, who, 'GET', `${API}/replays/${asked.id}`)).same > 0);
  await killWorker();
  const changed = await done(asked);
  assert.deepEqual(counts(changed), { total: RUNS, same: 500, differs: 500, skipped: 0 });
  const differing = await told(changed);
  assert.deepEqual(differing.map((r) => r.run_id).sort(), Array.from({ length: 500 }, (_, i) => ids[501 + i]).sort());
  const one = differing.find((r) => r.run_id === ids[700]);
  assert.deepEqual(one.differences.map((d) => [d.node_id, d.what]), [['sum-1', 'output'], [null, 'output']]);
  assert.deepEqual(one.differences[0].before.main.map((i) => i.json.sum), [1400, 1400]);
  assert.deepEqual(one.differences[0].after.main.map((i) => i.json.sum), [2100, 2100]);
  assert.equal(await recorded(), before, 'nothing is recorded as a run');
});

test('O03 nothing is sent, and a call that would be another one is told', async () => {
  const key = unique('calls');
  const call = (path) => chain(manual(), http({ url: `${env.echo}/flaky/${key}/0`, method: 'POST', body: { path } }), set({ n: '{{action-1.body.calls}}' }));
  const w = await liveWorkflow(who, call('one'));
  const run = await finished(who, (await startRun(who, w, {})).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  const n = await change(w, call('two'));
  const [one] = await told(await done(await replay(w, { version: n, run_ids: [run.id] })));
  assert.deepEqual(one.differences.map((d) => [d.node_id, d.what]), [['action-1', 'request']]);
  assert.deepEqual([one.differences[0].before.body, one.differences[0].after.body], ['{"path":"one"}', '{"path":"two"}']);
  const added = { ...call('one'), nodes: [...call('one').nodes, { ...http({ url: `${env.echo}/flaky/${key}/0` }, 'more-1'), name: 'more' }], edges: [...call('one').edges, { from: 'set-1', to: 'more-1' }] };
  const [more] = await told(await done(await replay(w, { version: await change(w, added), run_ids: [run.id] })));
  assert.deepEqual(more.differences.map((d) => [d.node_id, d.what]), [['more-1', 'unknown']]);
  assert.equal((await (await fetch(`${env.echo}/calls/${key}`)).json()).calls, 1, 'the run itself called once');
});

test('O03 retries, delays, failures and ends of runs are tried over as they were', async () => {
  const flow = (status) => chain(manual(), delay(50), http({ url: `${env.echo}/status/${status}` }, 'action-1', { retry: { max_attempts: 1, initial_interval_ms: 20 } }));
  const w = await liveWorkflow(who, flow(503));
  const run = await finished(who, (await startRun(who, w, {})).id);
  assert.equal(run.status, 'failed');
  assert.equal((await stepsOf(who, run.id)).length, 4);
  assert.deepEqual(counts(await done(await replay(w, {}))), { total: 1, same: 1, differs: 0, skipped: 0 });
  const kept = flow(503);
  kept.nodes[2].on_error = 'continue';
  const [one] = await told(await done(await replay(w, { version: await change(w, kept) })));
  assert.deepEqual(one.differences.map((d) => [d.node_id, d.what, d.attempt]), [['action-1', 'port', 2], [null, 'status', 1], [null, 'error', 1]]);
});

test('O03 a run whose data is gone, or that isn\'t over, is skipped with its reason and never the same', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ a: 1 })));
  const slow = await liveWorkflow(who, chain(manual(), delay(3600000)));
  const run = await finished(who, (await startRun(who, w, {})).id);
  await sql(`delete from app.step where run_id = :'id'`, { id: run.id });
  const gone = await done(await replay(w, {}));
  assert.deepEqual(counts(gone), { total: 1, same: 0, differs: 0, skipped: 1 });
  assert.deepEqual((await told(gone, 'skipped')).map((r) => [r.run_id, r.reason]), [[run.id, 'gone']]);
  const waiting = await startRun(who, slow, {});
  assert.deepEqual((await told(await done(await replay(slow, { run_ids: [waiting.id] })), 'skipped')).map((r) => r.reason), ['open']);
  await expect(200, who, 'POST', `${API}/runs/${waiting.id}/cancel`, { body: {} });
  assert.deepEqual((await told(await done(await replay(slow, { run_ids: [waiting.id] })), 'skipped')).map((r) => r.reason), ['cancelled']);
});

test('O03 replays are listed, read and deleted; another workspace\'s are not found', async () => {
  const w = await liveWorkflow(who, chain(manual(), set({ a: 1 })));
  const none = await replay(w, {});
  assert.deepEqual([none.is_done, none.total], [true, 0]);
  const next = await replay(w, { from: '2030-01-01T00:00:00Z' });
  assert.deepEqual((await pages(who, `${API}/workflows/${w.id}/replays?limit=1`)).map((r) => r.id), [next.id, none.id]);
  const stranger = await apiToken(await person());
  for (const path of [`/replays/${none.id}`, `/replays/${none.id}/runs`, `/workflows/${w.id}/replays`])
    await refused(404, 'NOT_FOUND', null, stranger, 'GET', API + path);
  await refused(404, 'NOT_FOUND', null, stranger, 'DELETE', `${API}/replays/${none.id}`);
  await refused(404, 'NOT_FOUND', null, stranger, 'POST', `${API}/workflows/${w.id}/replays`, { body: {} });
  await refused(404, 'NOT_FOUND', 'version', who, 'POST', `${API}/workflows/${w.id}/replays`, { body: { version: 9 } });
  await refused(404, 'NOT_FOUND', 'run_ids', who, 'POST', `${API}/workflows/${w.id}/replays`, { body: { run_ids: [w.id] } });
  await expect(204, who, 'DELETE', `${API}/replays/${none.id}`);
  await refused(404, 'NOT_FOUND', null, who, 'GET', `${API}/replays/${none.id}`);
});

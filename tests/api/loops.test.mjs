/* Loops end to end: rounds recorded once, pairing, the input of a step. N09, X13. */
import assert from 'node:assert/strict';
import { test, before } from 'node:test';
import { call, expect } from '../lib/client.mjs';
import { API, apiToken, delay, finished, liveWorkflow, manual, pages, person, set, startRun } from '../lib/world.mjs';

let who;
before(async () => { who = await apiToken(await person()); });

/* trigger -> split -> loop -> body… -> back; done -> end. */
function looping(body, config = {}, settings = {}) {
  const first = body[0].id, last = body.at(-1).id;
  const nodes = [manual(), { id: 'split-1', type: 'split', config: { list: '{{trigger.payload.list}}' } }, { id: 'loop-1', type: 'loop', config }, ...body, set({ of: '{{split-1.n}}' }, 'end-1')];
  return {
    nodes: nodes.map((n, i) => ({ name: n.id, config: {}, position: { x: 240 * i, y: 0 }, ...n })),
    edges: [
      { from: 'trigger-1', to: 'split-1' }, { from: 'split-1', to: 'loop-1' }, { from: 'loop-1', from_port: 'loop', to: first },
      ...body.slice(1).map((n, i) => ({ from: body[i].id, to: n.id })),
      { from: last, to: 'loop-1' }, { from: 'loop-1', from_port: 'done', to: 'end-1' },
    ],
    settings,
  };
}

test('N09 each round is recorded once, with its own input, and done gives what came back, paired', async () => {
  const w = await liveWorkflow(who, looping([set({ ten: '{{item.n}}0' })], { batch_size: 2 }));
  const run = await finished(who, (await startRun(who, w, { list: [{ n: 1 }, { n: 2 }, { n: 3 }] })).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  assert.deepEqual(run.output.map((o) => [o.ten, o.of]), [['10', 1], ['20', 2], ['30', 3]]);
  const steps = await pages(who, `${API}/runs/${run.id}/steps`);
  const rounds = steps.filter((s) => s.node_id === 'set-1' && s.status === 'succeeded');
  assert.deepEqual(rounds.map((s) => [s.iteration, s.input.length]), [[0, 2], [1, 1]]);
  const end = steps.find((s) => s.node_id === 'loop-1' && s.iteration === 2);
  assert.equal(end.input.length, 1, 'what was kept for pairing is no input');
  assert.deepEqual(end.source.map((s) => s.kept ?? false), [false, true]);
  assert.equal(end.output.done.length, 3);
});

test('N09 a loop that waits in each round is parked and goes on', async () => {
  const w = await liveWorkflow(who, looping([delay(2500)]));
  const { id } = await startRun(who, w, { list: [{ n: 1 }, { n: 2 }] });
  const run = await finished(who, id, 60000);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  assert.deepEqual(run.output.map((o) => o.of), [1, 2]);
  const waits = (await pages(who, `${API}/runs/${id}/steps`)).filter((s) => s.node_id === 'delay-1' && s.status === 'succeeded');
  assert.deepEqual(waits.map((s) => s.iteration), [0, 1]);
});

test('N09 a loop of 2,000 rounds ends, and one beyond its budget ends with STEP_BUDGET', async () => {
  const list = Array.from({ length: 2000 }, (_, n) => ({ n }));
  const w = await liveWorkflow(who, looping([{ id: 'body-1', type: 'no_op' }]));
  const run = await finished(who, (await startRun(who, w, { list })).id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
  assert.equal(run.output.length, 2000);
  const tight = await liveWorkflow(who, looping([{ id: 'body-1', type: 'no_op' }], {}, { step_budget: 100 }));
  const over = await finished(who, (await startRun(who, tight, { list })).id);
  assert.equal(over.error.code, 'STEP_BUDGET');
});

test('X13 X14 a step told to take the first item shows that as its input, and an empty result can go on', async () => {
  const definition = looping([{ id: 'body-1', type: 'no_op' }]);
  definition.nodes.push({ id: 'once-1', type: 'filter', config: { condition: '{{item.n}} > 9' }, execute_once: true, always_output: true }, { id: 'after-1', type: 'no_op' });
  definition.edges.push({ from: 'split-1', to: 'once-1' }, { from: 'once-1', to: 'after-1' });
  const w = await liveWorkflow(who, definition);
  const run = await finished(who, (await startRun(who, w, { list: [{ n: 1 }, { n: 2 }] })).id);
  const steps = await pages(who, `${API}/runs/${run.id}/steps`);
  assert.deepEqual(steps.find((s) => s.node_id === 'once-1').input.map((i) => i.json), [{ n: 1 }]);
  assert.deepEqual(steps.find((s) => s.node_id === 'after-1').input, [{ json: {}, paired: [[0, 0]] }]);
});

test('N09 W07 a cycle that only a loop can end is valid, and a wrong batch size names its field', async () => {
  const ok = await expect(200, who, 'POST', `${API}/workflows/validate`, { body: { definition: looping([{ id: 'body-1', type: 'no_op' }]) } });
  assert.deepEqual(ok.issues.filter((i) => i.severity === 'error'), []);
  const r = await call(who, 'POST', `${API}/workflows/validate`, { body: { definition: looping([{ id: 'body-1', type: 'no_op' }], { batch_size: 0 }) } });
  assert.ok(r.body.issues.some((i) => /nodes\[2\]\.config\.batch_size/.test(i.field)), r.text);
});

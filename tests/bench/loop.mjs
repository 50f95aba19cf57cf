/* How long a loop of 10,000 rounds takes, from the request that starts it until its end can be read; every step is recorded. */
import { call, expect } from '../lib/client.mjs';
import { API, liveWorkflow, manual, noOp } from '../lib/world.mjs';
import { until } from '../lib/until.mjs';

const ROUNDS = 10000, BAR_S = 1;

/* trigger -> split -> loop -> body -> back. */
function definition() {
  const nodes = [manual(), { id: 'split-1', type: 'split', config: { list: '{{trigger.payload.list}}' } }, { id: 'loop-1', type: 'loop', config: { batch_size: 1 } }, noOp('body-1'), noOp('end-1')];
  const edges = [['trigger-1', 'split-1'], ['split-1', 'loop-1'], ['loop-1', 'body-1', 'loop'], ['body-1', 'loop-1'], ['loop-1', 'end-1', 'done']];
  return {
    nodes: nodes.map((n, i) => ({ name: n.id, config: {}, position: { x: 240 * i, y: 0 }, ...n })),
    edges: edges.map(([from, to, from_port]) => ({ from, to, ...(from_port && { from_port }) })),
    settings: { step_budget: 2 * ROUNDS + 100 },
  };
}

export async function benchLoop(who, row, { pairs, count }) {
  const w = await liveWorkflow(who, definition());
  const list = Array.from({ length: ROUNDS }, (_, n) => ({ n }));
  const walls = [];
  for (let i = 0; i < pairs; i++) {
    const from = performance.now();
    const { id } = await expect(202, who, 'POST', `${API}/workflows/${w.id}/runs`, { body: { input: { list } } });
    await until(`run ${id} is over`, async () => ['succeeded', 'failed'].includes((await call(who, 'GET', `${API}/runs/${id}/status`)).body.status), { ms: 60000, every: 5 });
    walls.push((performance.now() - from) / 1000);
    const steps = count(`select count(*) from app.step where run_id = '${id}' and status = 'succeeded'`);
    if (steps !== 2 * ROUNDS + 4) throw new Error(`${steps} steps of the loop were recorded`);
  }
  const wall = walls.sort((a, b) => a - b)[Math.floor(walls.length / 2)];
  row('loop_10000', wall.toFixed(3), 's', BAR_S, (wall / BAR_S).toFixed(2));
}

/* Runs that web offers to the worker beside it: no claim, and nothing twice. X08, X09, T05. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, env } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { apiToken, chain, delay, finished, hookPath, liveWorkflow, noOp, person, set, stepsOf, webhook } from '../lib/world.mjs';

let who;
before(async () => {
  who = await apiToken(await person());
  // Notes each claim: nothing else sets an owner.
  await sql(`create schema offers; create table offers.claim (run_id uuid);
    create function offers.note() returns trigger language plpgsql security definer as 'begin insert into offers.claim values (new.run_id); return null; end';
    create trigger test_claim after update on app.run_queue for each row when (new.lease_owner <> 0 and old.lease_owner = 0) execute function offers.note()`);
});
after(() => sql('drop schema offers cascade'));

const claims = async (id) => Number(await value(`select count(*) from offers.claim where run_id = :'id'`, { id }));
const body = { order: 'A-1', lines: [{ n: 1, 'ü': 'é' }] };
const send = async (w) => {
  const r = await call(null, 'POST', `${hookPath(w)}?a=1&b=two`, { body, headers: { 'x-shop': 'nord' }, direct: true });
  assert.equal(r.status, 202, r.text);
  return r.body.run_id;
};

test('X08 a webhook that comes alone is run without a claim, as one that was claimed is, and once', async () => {
  const w = await liveWorkflow(who, chain(webhook(), set({ order: '{{trigger.payload.order}}', shop: '{{trigger.headers.x-shop}}', b: '{{trigger.query.b}}' }), noOp()));
  const seen = { offered: [], claimed: [] };
  const one = async () => {
    const id = await send(w);
    assert.equal((await finished(who, id)).status, 'succeeded');
    seen[(await claims(id)) === 0 ? 'offered' : 'claimed'].push(id);
  };
  // An idle worker may find a run by its own look before the offer comes; not each time.
  await until('a run was not claimed', async () => {
    await one();
    return seen.offered.length >= 3;
  });
  // A worker that has something else to do claims: ten at once are no lone delivery.
  await until('a run was claimed', async () => {
    await Promise.all(Array.from({ length: 10 }, one));
    return seen.claimed.length > 0;
  });
  const outputs = async (id) => (await stepsOf(who, id)).map((s) => [s.node_id, s.status, s.attempt, s.output]);
  const [offered, claimed] = [await outputs(seen.offered[0]), await outputs(seen.claimed[0])];
  const plain = (steps) => JSON.stringify(steps).replace(/"(x-request-id|traceparent|host|connection)":"[^"]*",?/g, '');
  assert.equal(plain(offered), plain(claimed));
  assert.equal(offered.length, 3);
  const { order, shop, b } = offered[1][3].main[0].json;
  assert.deepEqual({ order, shop, b }, { order: 'A-1', shop: 'nord', b: 'two' });
});

test('X08 a run that needs more than one write is claimed, once, whatever was offered', async () => {
  const w = await liveWorkflow(who, chain(webhook(), delay(30), noOp()));
  for (let i = 0; i < 5; i++) {
    const id = await send(w);
    const run = await finished(who, id);
    assert.equal(run.status, 'succeeded');
    assert.equal(await claims(id), 1);
    assert.equal((await stepsOf(who, id)).length, 3);
  }
});

test('X09 an offer that the worker beside web didn\'t live to take is run all the same', async () => {
  const w = await liveWorkflow(who, chain(webhook(), noOp()));
  const pid = Number(readFileSync(join(env.var, 'run/worker.pid'), 'utf8'));
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'worker\n');
  process.kill(pid, 'SIGSTOP');
  const ids = [await send(w), await send(w)];
  process.kill(pid, 'SIGKILL');
  for (const id of ids) {
    assert.equal((await finished(who, id)).status, 'succeeded');
    assert.equal((await stepsOf(who, id)).length, 2);
  }
});

/* Dead letters: runs that failed for good, replayed and discarded, one and many. X18, X07, Q03. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { sql } from '../lib/sql.mjs';
import { API, apiToken, chain, finished, http, liveWorkflow, manual, openEcho, pages, person, set, startRun, stepsOf, unique } from '../lib/world.mjs';

let who, p;
before(async () => {
  p = await person();
  openEcho(p.workspace);
  who = await apiToken(p);
});

const retry = { max_attempts: 1, initial_interval_ms: 10 };
/* Fails twice with 503, then answers; so its first run fails, and a replay of it succeeds. */
const flaky = (key) => http({ url: `${env.echo}/flaky/${key}/2` }, 'call-1', { retry });
const failing = async () => {
  const key = unique('flaky');
  const w = await liveWorkflow(who, chain(manual(), set({ a: 1 }), flaky(key)));
  const run = await finished(who, (await startRun(who, w, { order: 7 })).id);
  assert.equal(run.status, 'failed');
  return { w, run };
};
const letters = (query = '') => pages(who, `${API}/dead-letters${query}`);

test('X18 a run past its retries is a dead letter, with input, error and attempts, and is replayed from the failed step', async () => {
  const { w, run } = await failing();
  const [letter] = await letters(`?workflow_id=${w.id}`);
  assert.equal(letter.id, run.id);
  assert.equal(letter.reason, 'failed');
  assert.equal(letter.attempts, 2);
  assert.equal(letter.error.node, 'call-1');
  assert.deepEqual((await expect(200, who, 'GET', `${API}/dead-letters/${run.id}`)).input, { order: 7 });
  const again = await call(who, 'POST', `${API}/dead-letters/${run.id}/replay`, { body: { from: 'failed' } });
  assert.equal(again.status, 202, again.text);
  assert.equal(again.headers.get('location'), `${API}/runs/${again.body.id}`);
  assert.equal(again.body.retry_of, run.id);
  assert.equal((await finished(who, again.body.id)).status, 'succeeded');
  assert.deepEqual((await stepsOf(who, again.body.id)).map((s) => [s.node_id, s.status]), [['trigger-1', 'succeeded'], ['set-1', 'succeeded'], ['call-1', 'succeeded']]);
  assert.deepEqual(await letters(`?workflow_id=${w.id}`), []);
  await refused(404, 'NOT_FOUND', null, who, 'POST', `${API}/dead-letters/${run.id}/replay`, { body: {} });
});

test('X18 X07 a replay takes the newest version where that is asked for, and the old one otherwise', async () => {
  const w = await liveWorkflow(who, chain(manual(), { id: 'stop-1', type: 'stop', config: { message: 'broken' } }));
  const run = await finished(who, (await startRun(who, w, {})).id);
  await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(manual(), set({ a: 1 })) } });
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`, { body: {} });
  const old = await expect(202, who, 'POST', `${API}/runs/${run.id}/retry`, { body: {} });
  assert.equal((await finished(who, old.id)).status, 'failed');
  const [letter] = await letters(`?workflow_id=${w.id}`);
  assert.equal(letter.id, old.id, 'a replay that fails is a dead letter of its own');
  const fresh = await expect(202, who, 'POST', `${API}/dead-letters/${letter.id}/replay`, { body: { version: 'newest' } });
  assert.equal(fresh.version, letter.version + 1);
  assert.equal((await finished(who, fresh.id)).status, 'succeeded');
});

test('X18 two who replay one dead letter at once start one run', async () => {
  const { run } = await failing();
  const both = await Promise.all([1, 2, 3, 4].map(() => call(who, 'POST', `${API}/dead-letters/${run.id}/replay`, { body: {} })));
  assert.deepEqual(both.map((r) => r.status).sort(), [202, 404, 404, 404]);
});

test('X18 all that fit are replayed, or discarded, step by step', async () => {
  const w = await liveWorkflow(who, chain(manual(), { id: 'stop-1', type: 'stop', config: { message: 'broken' } }));
  const first = await finished(who, (await startRun(who, w, {})).id);
  await sql(`with made as (
      insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id, started_at, completed_at, seq)
      select r.workspace_id, app.uuid7(), r.workflow_id, r.version_id, r.version, r.status, r.trigger_type, r.node_id, r.started_at, r.completed_at, r.seq
        from app.run r, generate_series(1, 249) where r.id = :'id' returning *)
    insert into app.run_outcome (workspace_id, run_id, workflow_id, status, error)
    select m.workspace_id, m.id, m.workflow_id, o.status, o.error from made m, app.run_outcome o where o.run_id = :'id'`, { id: first.id });
  const bulk = async (body) => {
    const sum = { changed: 0, skipped: 0, steps: 0 };
    for (let cursor; cursor !== null; sum.steps++) {
      const r = await expect(200, who, 'POST', `${API}/dead-letters/bulk`, { body: { workflow_id: w.id, ...body, ...(cursor ? { cursor } : {}) } });
      sum.changed += r.changed;
      sum.skipped += r.skipped;
      cursor = r.next_cursor;
    }
    return sum;
  };
  const to = new Date().toISOString();
  assert.deepEqual(await bulk({ action: 'discard', reason: 'quarantined' }), { changed: 0, skipped: 0, steps: 1 });
  assert.deepEqual(await bulk({ action: 'replay', to }), { changed: 250, skipped: 0, steps: 3 });
  assert.deepEqual(await bulk({ action: 'replay', to }), { changed: 0, skipped: 0, steps: 1 });
  const again = await pages(who, `${API}/workflows/${w.id}/runs?trigger_type=retry`);
  assert.equal(new Set(again.map((r) => r.retry_of)).size, 250);
  assert.equal(again.length, 250);
  for (const r of again) await finished(who, r.id);
  assert.equal((await bulk({ action: 'discard' })).changed, 250);
  assert.deepEqual(await letters(`?workflow_id=${w.id}`), []);
});

test('X18 a dead letter is discarded, once, and its run stays', async () => {
  const { run } = await failing();
  const r = await call(who, 'DELETE', `${API}/dead-letters/${run.id}`);
  assert.equal(r.status, 204, r.text);
  await refused(404, 'NOT_FOUND', null, who, 'DELETE', `${API}/dead-letters/${run.id}`);
  assert.equal((await expect(200, who, 'GET', `${API}/runs/${run.id}`)).status, 'failed');
});

test('X18 dead letters of another workspace are unknown', async () => {
  const { run } = await failing();
  const stranger = await apiToken(await person());
  assert.deepEqual(await pages(stranger, `${API}/dead-letters`), []);
  await refused(404, 'NOT_FOUND', null, stranger, 'GET', `${API}/dead-letters/${run.id}`);
  await refused(404, 'NOT_FOUND', null, stranger, 'POST', `${API}/dead-letters/${run.id}/replay`, { body: {} });
  await refused(404, 'NOT_FOUND', null, stranger, 'DELETE', `${API}/dead-letters/${run.id}`);
});

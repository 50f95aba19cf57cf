/* What differs between versions, going back, names. W12, W13, Z07. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { expect, refused } from '../lib/client.mjs';
import { API, apiToken, chain, noOp, person, set, webhook, workflow } from '../lib/world.mjs';

let who;
before(async () => {
  who = await apiToken(await person());
});

const two = async () => {
  const w = await workflow(who, chain(webhook(), set({ version: 'one' })));
  await expect(200, who, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(webhook(), set({ version: 'two' }), noOp()) } });
  return w;
};

test('Z07 two versions are compared, field by field', async () => {
  const w = await two();
  const diff = await expect(200, who, 'GET', `${API}/workflows/${w.id}/versions/1/diff?to=2`);
  assert.deepEqual([diff.from, diff.to, diff.settings, diff.variables], [1, 2, [], []]);
  assert.deepEqual(diff.nodes.map((n) => n.change), ['changed', 'added']);
  const [field] = diff.nodes[0].fields;
  assert.match(field.field, /^config\./);
  assert.match(JSON.stringify(field.before), /one/);
  assert.match(JSON.stringify(field.after), /two/);
  assert.deepEqual(diff.edges.map((e) => e.change), ['added']);
  assert.deepEqual(await expect(200, who, 'GET', `${API}/workflows/${w.id}/versions/1/diff`), diff);
  await refused(404, 'NOT_FOUND', 'to', who, 'GET', `${API}/workflows/${w.id}/versions/1/diff?to=3`);
});

test('Z07 going back to a version makes a new one of it', async () => {
  const w = await two();
  const back = await expect(200, who, 'POST', `${API}/workflows/${w.id}/versions/1/rollback`);
  assert.deepEqual([back.draft_version, back.live_version], [3, null]);
  assert.deepEqual(back.definition, w.definition);
  await refused(404, 'NOT_FOUND', null, who, 'POST', `${API}/workflows/${w.id}/versions/9/rollback`);
});

test('W12 a version gets its name and note when it goes live', async () => {
  const w = await two();
  await expect(200, who, 'POST', `${API}/workflows/${w.id}/activate`, { body: { label: '1.1.0', note: 'Two, not one' } });
  const v = await expect(200, who, 'GET', `${API}/workflows/${w.id}/versions/2`);
  assert.deepEqual([v.label, v.note, v.is_live], ['1.1.0', 'Two, not one', true]);
  await refused(409, 'CONFLICT', 'label', who, 'POST', `${API}/workflows/${w.id}/activate`, { body: { version: 1, label: '1.1.0' } });
  await refused(400, 'VALIDATION_ERROR', 'label', who, 'POST', `${API}/workflows/${w.id}/activate`, { body: { label: 'v2' } });
});

/*
 * The tenancy matrix, generated from openapi.json. S02.
 *
 * For every operation and every place that takes an id: tenant B puts tenant A's id there and gets the 404 that a
 * random id gets, byte for byte but for the request id, and no row of A has changed.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, before } from 'node:test';
import { call, expect } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { deref, fill, operations, sample } from '../lib/spec.mjs';
import { API, apiToken, chain, finished, liveWorkflow, manual, noOp, person, program, startRun, webhook, workflow } from '../lib/world.mjs';

/* Which of A's things an id in this place means; an operation with an id that is not told here fails. */
function ownerOf(op, p) {
  if (p.name === 'run_id') return 'run';
  if (p.name === 'trigger_id') return 'trigger';
  if (p.name === 'workflow_id') return 'workflow';
  if (['created_by', 'user'].includes(p.name)) return 'user';
  if (p.name !== 'id') return undefined;
  const noun = /\/(workflows|runs|tokens|sessions|workspaces)\/\{id\}/.exec(op.path)?.[1];
  return noun?.slice(0, -1);
}
/* Filters by a person: B asks for rows of its own workspace made by that person, and there are none. */
const FILTERS = ['created_by'];

const random = () => randomBytes(16).toString('hex').replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-7$3-8$4-$5');
const isId = (p) => deref(p.schema).format === 'uuid';
const signed = operations.filter((o) => o.permission !== 'none');
let A, B, bIds;

before(async () => {
  const a = await person('a');
  const token = await apiToken(a);
  const w = await liveWorkflow(token, { nodes: [webhook(), { ...manual(), id: 'm' }, noOp()], edges: [{ from: 'trigger-1', to: 'end-1' }, { from: 'm', to: 'end-1' }] });
  const run = await startRun(token, w, { canary: 'a-secret' });
  await finished(token, run.id);
  const { items } = await expect(200, a, 'GET', `${API}/sessions`);
  A = { who: token, person: a, workspace: a.workspace, user: a.id, workflow: w.id, run: run.id, trigger: w.triggers[0].id, token: token.id, session: items[0].id };
  const b = await person('b');
  B = await program(b);
  const own = await workflow(B, chain(manual(), noOp()));
  bIds = { workflow: own.id, workspace: b.workspace };
});

/* One text over all rows of A in every table, so that a changed, added or lost row shows. */
async function fingerprint() {
  const tables = await sql(`
    select format('select %L, count(*), coalesce(md5(string_agg(t::text, %L order by t::text)), %L) from %s t where workspace_id = %L',
                  c.relname, ',', '', c.oid::regclass, :'ws')
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'app' and c.relkind in ('r', 'p') and not c.relispartition
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id')
     order by 1`, { ws: A.workspace });
  assert.ok(tables.length >= 10);
  const rows = await sql(tables.map(([t]) => t).join(' union all '));
  const people = await sql(`select md5(string_agg(u::text, '')) from app.user_account u where id = :'id' union all select md5(string_agg(w::text, '')) from app.workspace w where id = :'ws' union all select count(*)::text from app.session s where user_id = :'id' and revoked_at is null`, { id: A.user, ws: A.workspace });
  return JSON.stringify([rows, people]);
}

const withoutId = (r) => r.text.replaceAll(r.body.request_id, '');

/* Asks twice, with A's values and with random ones; both must be the same 404. */
async function sameAsUnknown(op, what, ask) {
  const before = await fingerprint();
  const [theirs, unknown] = [await ask(false), await ask(true)];
  assert.equal(theirs.status, 404, `${op.id} ${what}: ${theirs.status} ${theirs.text.slice(0, 300)}`);
  assert.equal(unknown.status, 404, `${op.id} ${what}, random: ${unknown.status} ${unknown.text.slice(0, 300)}`);
  assert.equal(withoutId(theirs), withoutId(unknown), `${op.id} ${what}`);
  assert.equal(theirs.headers.get('etag'), null);
  assert.equal(await fingerprint(), before, `${op.id} ${what}: a row of A has changed`);
}

const bodyOf = (op) => (op.kind === 'json' ? { raw: JSON.stringify(sample(op.body) ?? {}), type: 'application/json' } : op.kind === 'any' ? { raw: '{"x":1}', type: 'application/json' } : {});
const ask = (op, target, options) => call(B, op.method, target, { direct: true, ...bodyOf(op), ...options });

test('S02 every place that takes an id is known to this matrix', () => {
  const strange = operations.flatMap((op) => op.parameters.filter((p) => ['path', 'query'].includes(p.in) && isId(p) && !ownerOf(op, p)).map((p) => `${op.id} ${p.name}`));
  const bodies = operations.flatMap((op) => Object.entries(op.body?.properties ?? {}).filter(([name, s]) => deref(s).format === 'uuid' && name !== 'workflow_id').map(([name]) => `${op.id} ${name}`));
  assert.deepEqual([...strange, ...bodies], []);
});

for (const op of signed) {
  const ids = op.parameters.filter((p) => p.in === 'path' && isId(p));
  if (ids.length > 0)
    test(`S02 ${op.id}: another tenant's id in the path is as unknown as a random one`, async () => {
      await sameAsUnknown(op, 'path', (unknown) => ask(op, fill(op, Object.fromEntries(ids.map((p) => [p.name, unknown ? random() : A[ownerOf(op, p)]])))));
      if (ids.length > 1)
        await sameAsUnknown(op, 'own workflow, foreign trigger', (unknown) => ask(op, fill(op, { id: bIds.workflow, trigger_id: unknown ? random() : A.trigger })));
    });

  for (const p of op.parameters.filter((x) => x.in === 'query' && isId(x) && !FILTERS.includes(x.name)))
    test(`S02 ${op.id}: another tenant's id in ?${p.name} is as unknown as a random one`, async () => {
      await sameAsUnknown(op, p.name, (unknown) => ask(op, `${fill(op)}?${p.name}=${unknown ? random() : A[ownerOf(op, p)]}`));
    });

  for (const p of op.parameters.filter((x) => x.in === 'query' && FILTERS.includes(x.name)))
    test(`S02 ${op.id}: filtering by another tenant's ${p.name} finds nothing`, async () => {
      const r = await ask(op, `${fill(op)}?${p.name}=${A.user}`);
      assert.deepEqual([r.status, r.body.items], [200, []], r.text);
    });

  if (op.body?.properties?.workflow_id)
    test(`S02 ${op.id}: another tenant's workflow_id in the body is as unknown as a random one`, async () => {
      await sameAsUnknown(op, 'body', (unknown) => ask(op, fill(op), { raw: JSON.stringify({ ...sample(op.body), workflow_id: unknown ? random() : A.workflow }) }));
    });

  if (op.parameters.some((p) => p.name === 'X-Workspace'))
    test(`S02 ${op.id}: another tenant's workspace in X-Workspace is as unknown as a random one`, async () => {
      const headers = (w) => ({ headers: { 'x-workspace': w } });
      await sameAsUnknown(op, 'header', (unknown) => ask(op, fill(op), headers(unknown ? random() : A.workspace)));
    });

  if (op.parameters.some((p) => p.name === 'cursor'))
    test(`S02 ${op.id}: a cursor shows no row of the tenant it came from`, async () => {
      const own = Object.fromEntries(op.parameters.filter((p) => p.in === 'path').map((p) => [p.name, A[ownerOf(op, p)]]));
      const who = op.permission === 'session' ? A.person : A.who;
      const page = await call(who, 'GET', `${fill(op, own)}?limit=1`, { direct: true });
      assert.equal(page.status, 200, page.text);
      if (!page.body.next_cursor) return;
      const theirs = Object.fromEntries(op.parameters.filter((p) => p.in === 'path').map((p) => [p.name, bIds[ownerOf(op, p)] ?? random()]));
      const r = await ask(op, `${fill(op, theirs)}?cursor=${page.body.next_cursor}`);
      assert.ok([200, 400, 404].includes(r.status), r.text);
      for (const id of [A.workflow, A.run, A.trigger, A.token, A.session]) assert.ok(!r.text.includes(id), `${op.id} shows ${id}`);
    });
}

test('S02 no list of B shows anything of A', async () => {
  for (const op of signed.filter((o) => o.method === 'GET' && !o.path.includes('{') && o.tag !== 'live')) {
    const r = await call(B, 'GET', op.path, { direct: true });
    assert.equal(r.status, 200, `${op.id} ${r.text}`);
    for (const id of [A.workspace, A.user, A.workflow, A.run, A.trigger, A.token, A.session]) assert.ok(!r.text.includes(id), `${op.id} shows ${id}`);
    assert.ok(!r.text.includes('a-secret'));
  }
});

test('S01 a connection that has entered nothing sees no row', async () => {
  const rows = await value(`set role mr_api; select (select count(*) from app.workflow) + (select count(*) from app.run) + (select count(*) from app.token)`);
  assert.equal(rows, '0');
});

/* No text of a client becomes SQL, anywhere. S11. */
import assert from 'node:assert/strict';
import { test, before } from 'node:test';
import { call } from '../lib/client.mjs';
import { sql } from '../lib/sql.mjs';
import { deref, fill, operations, sample } from '../lib/spec.mjs';
import { API, chain, manual, memberOf, noOp, person, program, workflow } from '../lib/world.mjs';

const PROBES = [
  `' or '1'='1`, `'; select pg_sleep(7); --`, `') ; drop table app.workflow; --`, `\\'; select 1; --`, `$$; select pg_sleep(7); $$`,
  `%' or 1=1 --`, `"; select 1; --`, `{"$ne":null}`, `\u0000`, `' || pg_sleep(7) || '`, `1; set role mr_owner`, `\ud83d\ude00'--`,
];
let who;
before(async () => {
  const p = await person();
  // An editor: a probe that got through could not hide behind the deletion of the workspace.
  who = { ...(await program(await memberOf(p, 'editor'))), workspace: p.workspace };
  await workflow(who, chain(manual(), noOp()));
});

const isText = (s) => [deref(s).type].flat().includes('string');

async function harmless(what, ask) {
  const start = performance.now();
  const r = await ask();
  assert.ok(r.status < 500, `${what}: ${r.status} ${r.text.slice(0, 300)}`);
  assert.ok(performance.now() - start < 4000, `${what}: took ${Math.round(performance.now() - start)} ms`);
  assert.ok(!/syntax error|SQLSTATE|pg_catalog|relation "/i.test(r.text), `${what}: ${r.text.slice(0, 300)}`);
  return r;
}

const schema = async () => JSON.stringify(await sql(`select c.relname, c.relowner from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('app', 'api', 'work', 'ops') and not c.relispartition order by 1, 2`));

for (const op of operations.filter((o) => o.tag !== 'live')) {
  const query = op.parameters.filter((p) => p.in === 'query' && isText(p.schema));
  const path = op.parameters.filter((p) => p.in === 'path');
  const body = op.kind === 'json' ? Object.keys(op.body.properties ?? {}).filter((k) => isText(op.body.properties[k])) : [];
  if (query.length + path.length + body.length === 0) continue;
  test(`S11 ${op.id} takes hostile texts as texts`, async () => {
    const before = await schema();
    const asWho = op.permission === 'none' ? null : who;
    const valid = op.kind === 'json' ? (sample(op.body) ?? {}) : undefined;
    const payload = (v) => (v === undefined ? {} : { raw: JSON.stringify(v), type: 'application/json' });
    for (const probe of PROBES) {
      const text = encodeURIComponent(probe);
      for (const p of query) await harmless(`?${p.name}=${probe}`, () => call(asWho, op.method, `${fill(op)}?${p.name}=${text}`, { direct: true, ...payload(valid) }));
      for (const p of path) await harmless(`{${p.name}}=${probe}`, () => call(asWho, op.method, fill(op, { [p.name]: probe }), { direct: true, ...payload(valid) }));
      for (const name of body) await harmless(`${name}=${probe}`, () => call(asWho, op.method, fill(op), { direct: true, ...payload({ ...valid, [name]: probe }) }));
    }
    assert.equal(await schema(), before, 'the catalog has changed');
  });
}

test('S11 hostile texts in headers are texts', async () => {
  for (const probe of PROBES.filter((p) => /^[ -~]+$/.test(p)))
    for (const name of ['x-workspace', 'idempotency-key', 'x-request-id', 'if-none-match', 'user-agent', 'x-forwarded-for', 'last-event-id'])
      await harmless(`${name}: ${probe}`, () => call(who, 'GET', `${API}/workflows`, { direct: true, headers: { [name]: probe } }));
});

test('S11 what is stored comes back as it was, quotes and all', async () => {
  const name = `Robert'); drop table app.workflow; -- "\\" \u00e9 \ud83d\ude00 {{x}} <script>alert(1)</script>`;
  const w = await workflow(who, chain(manual(), noOp()), { name, description: name, tags: [`'; --`], metadata: { [`k'`]: `v"` } });
  assert.deepEqual([w.name, w.description, w.tags, w.metadata], [name, name, [`'; --`], { [`k'`]: `v"` }]);
  const r = await call(who, 'GET', `${API}/workflows?q=${encodeURIComponent(`'); drop`)}`);
  assert.deepEqual(r.body.items.map((x) => x.id), [w.id]);
});

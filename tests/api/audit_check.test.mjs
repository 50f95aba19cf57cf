/* `millrace check audit`: finds every way in which somebody with all rights could have changed the audit log. S16. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { env } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { root } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { chain, manual, noOp, person, workflow } from '../lib/world.mjs';

const program = join(root, 'build', env.variant, 'bin/millrace');
const headsFile = join(process.env.MR_TEST_HOME, 'heads.log');

/* Runs the command: {code, report}. No address of web is given: it is not asked. */
function check(...args) {
  return new Promise((resolve, reject) => {
    const settings = { ...process.env, MILLRACE_VAR: env.var };
    execFile(program, ['check', 'audit', '--url', 'http://127.0.0.1:1', '--dsn', env.dsn, '--json', ...args], { env: settings, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (!stdout.startsWith('{')) reject(new Error(`${stdout}${stderr}`));
      else resolve({ code: error?.code ?? 0, report: JSON.parse(stdout) });
    });
  });
}

/* Somebody's workspace with some entries, all of them linked. */
async function world() {
  const p = await person('chain');
  for (let i = 0; i < 3; i++) await workflow(p, chain(manual(), noOp()));
  await until('all is linked', async () => (await value(`select count(*) from app.audit_open where workspace_id = :'ws'`, { ws: p.workspace })) === '0');
  const entries = await sql(`select l.seq, l.audit_id, encode(l.hash, 'hex') from app.audit_link l where l.workspace_id = :'ws' order by l.seq`, { ws: p.workspace });
  return { ws: p.workspace, entries: entries.map(([seq, id, hash]) => ({ seq, id, hash })) };
}

/* What the command says of one workspace: "kind: what: got". */
const found = (report, ws) => report.violations.filter((v) => v.object === `workspace ${ws}`).map((v) => `${v.kind}: ${v.what}: ${v.got}`);

/* Round triggers and rights, as only a superuser can. */
const tamper = (w, text, values = {}) => sql(`set session_replication_role = replica; ${text}`, { ws: w.ws, ...values });

let whole;
before(async () => {
  whole = await world();
});

test('S16 check audit finds nothing in logs that are whole, and says how much it looked at', async () => {
  const { code, report } = await check();
  assert.deepEqual(report.violations, []);
  assert.equal(code, 0);
  assert.ok(report.counts.entries[0] >= whole.entries.length, JSON.stringify(report.counts));
  assert.equal(report.counts.chains[0], Number(await value('select count(*) from app.audit_head')));
});

const CASES = [
  ['changed', 'an entry changed', (w, e) => tamper(w, `update app.audit set actor_id = null where id = :'id'`, { id: e[1].id }), (e) => [`entries: entry ${e[1].seq} of its audit log, ${e[1].id}: changed`]],
  ['detail', 'old and new changed', (w, e) => tamper(w, `update app.audit_detail set what = what || '{"after": {"name": "another"}}' where audit_id = :'id'`, { id: e[1].id }), (e) => [`entries: entry ${e[1].seq} of its audit log, ${e[1].id}: detail_changed`]],
  ['removed', 'an entry removed', (w, e) => tamper(w, `delete from app.audit_detail where audit_id = :'id'; delete from app.audit where id = :'id'`, { id: e[1].id }), (e) => [`entries: entry ${e[1].seq} of its audit log, ${e[1].id}: removed`]],
  ['unlinked', 'an entry removed with its link', (w, e) => tamper(w, `delete from app.audit_detail where audit_id = :'id'; delete from app.audit where id = :'id'; delete from app.audit_link where audit_id = :'id'`, { id: e[1].id }), (e) => [`entries: entry ${e[2].seq} of its audit log, ${e[2].id}: removed`]],
  [
    'reordered', 'two entries change places',
    (w, e) => tamper(w, `
      update app.audit_link set audit_id = :'ws' where workspace_id = :'ws' and seq = :a;
      update app.audit_link set audit_id = :'x' where workspace_id = :'ws' and seq = :b;
      update app.audit_link set audit_id = :'y' where workspace_id = :'ws' and seq = :a`, { a: e[1].seq, b: e[2].seq, x: e[1].id, y: e[2].id }),
    (e) => [`entries: entry ${e[1].seq} of its audit log, ${e[2].id}: reordered`, `entries: entry ${e[2].seq} of its audit log, ${e[1].id}: reordered`],
  ],
  ['cut off', 'the newest entry removed', (w, e) => tamper(w, `delete from app.audit_detail where audit_id = :'id'; delete from app.audit where id = :'id'; delete from app.audit_link where audit_id = :'id'`, { id: e.at(-1).id }), (e) => [`chains: entry ${e.at(-1).seq} of its audit log, no id: truncated`]],
  ['planted', 'an entry added', (w) => tamper(w, `insert into app.audit (workspace_id, actor_kind, action, kind) values (:'ws', 'system', 'planted', 'x')`), null],
];
for (const [name, what, change, want] of CASES)
  test(`S16 check audit finds ${what}`, async () => {
    const w = await world();
    await change(w, w.entries);
    const { code, report } = await check();
    const told = found(report, w.ws);
    // A removed end or a planted entry is told by the ends of the chain.
    if (want) assert.deepEqual(want(w.entries).filter((line) => !told.includes(line)), [], `${name}: ${told.join('; ')}`);
    else assert.match(told.join(), /^chains: .*: unchained$/);
    assert.deepEqual(found(report, whole.ws), [], 'the others are whole');
    assert.equal(code, 1);
  });

test('S16 check audit finds a chain that was written anew from the beginning, by a head kept in the server\'s log', async () => {
  const w = await world();
  const last = w.entries.at(-1);
  writeFileSync(headsFile, `2026-01-01 LOG:  millrace audit.head workspace=${w.ws} seq=${last.seq} hash=${last.hash}\nanother line\n`);
  assert.deepEqual(found((await check('--heads', headsFile)).report, w.ws), []);
  await tamper(w, `
    select set_config('test.ws', :'ws', false);
    update app.audit set actor_id = null where id = :'id';
    do $$ declare v_hash bytea := '\\x'; l record; begin
      for l in select k.workspace_id, k.seq, a as entry from app.audit_link k join app.audit a on a.workspace_id = k.workspace_id and a.id = k.audit_id
                where k.workspace_id = current_setting('test.ws')::uuid order by k.seq loop
        v_hash := app.audit_hash(v_hash, l.seq, l.entry);
        update app.audit_link set hash = v_hash where workspace_id = l.workspace_id and seq = l.seq;
        update app.audit_head set hash = v_hash where workspace_id = l.workspace_id;
      end loop;
    end $$`, { id: await value(`select id from app.audit where workspace_id = :'ws' and action = 'workflow.create' limit 1`, { ws: w.ws }) });
  assert.deepEqual(found((await check()).report, w.ws), [], 'by itself the new chain is whole');
  const { code, report } = await check('--heads', headsFile);
  assert.match(found(report, w.ws).join(), new RegExp(`^heads: the hash of entry ${last.seq} is the one that was kept: `));
  assert.equal(code, 1);
});

/* `millrace check` on this installation: the two matrices of bar 1 are the command's, this runs them. S01, S02, U14, O09. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { env } from '../lib/client.mjs';
import { operations } from '../lib/spec.mjs';
import { value } from '../lib/sql.mjs';
import { root } from '../lib/stack.mjs';

const program = join(root, 'build', env.variant, 'bin/millrace');

/* Runs the command: {code, report, text}. */
function check(which, ...args) {
  return new Promise((resolve) => {
    const settings = { ...process.env, MILLRACE_VAR: env.var };
    execFile(program, ['check', which, '--url', env.direct, '--dsn', env.dsn, '--json', ...args], { env: settings, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, report: stdout.startsWith('{') ? JSON.parse(stdout) : null, text: `${stdout.slice(0, 20000)}${stderr}` });
    });
  });
}

const violations = ({ report }) => report.violations.map((v) => `${v.kind} ${v.object}: ${v.what}: wanted ${v.want}, got ${v.got}; again: ${v.how}`);
const left = () => value(`select (select count(*) from app.workspace where slug like 'millrace-check-%') + (select count(*) from app.user_account where email_key like '%@check.millrace.invalid')`);

test('S02 check tenancy: another tenant is as unknown as a random id, in every table and operation', async () => {
  const run = await check('tenancy');
  assert.ok(run.report, run.text);
  assert.deepEqual(violations(run), []);
  assert.equal(run.code, 0, run.text);
  const tables = Number(await value(`select count(*) from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and not relispartition`));
  assert.ok(run.report.counts.tables[0] > 5 * (tables - 15), JSON.stringify(run.report.counts));
  for (const kind of ['lint', 'relations', 'rights', 'path', 'query', 'body', 'header', 'sql', 'cursor', 'rows', 'lists', 'channels']) assert.ok(run.report.counts[kind]?.[0] > 0, `no cell of ${kind}`);
  assert.equal(await left(), '0');
});

test('U14 check roles: every operation refuses as the table of roles says, by role, scope and credential', async () => {
  const run = await check('roles');
  assert.ok(run.report, run.text);
  assert.deepEqual(violations(run), []);
  assert.equal(run.code, 0, run.text);
  const guarded = operations.filter((o) => o.permission !== 'none').length;
  const roles = Number(await value(`select 5 + (to_regclass('app.role') is not null)::integer`));
  assert.equal(run.report.counts.people[0], guarded * 2 * roles);
  assert.ok(run.report.counts.tokens[0] >= guarded * 12);
  assert.equal(run.report.counts.strangers[0], guarded * 6);
  assert.equal(await left(), '0');
});

test('O09 a check that is killed leaves workspaces behind, and the next one removes them', async () => {
  await value(`insert into app.workspace (name, slug) values ('Check left', 'millrace-check-left') returning 1`);
  const run = await check('nothing');
  assert.notEqual(run.code, 0);
  assert.match(run.text, /check tenancy, millrace check roles, or millrace check audit/);
  assert.equal((await check('roles')).code, 0);
  assert.equal(await left(), '0');
});

/*
 * read.mjs: what reading costs: entering, a list over HTTP beside the same functions called by pgbench, and a list and a
 * get among a thousand tenants. Each takes the stack, a credential, and `row`, which prints a figure.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pgbin = process.env.MILLRACE_PG_BIN ?? '/usr/lib/postgresql/15/bin';

const CLIENTS = 64;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/* What web says of the caller. */
const client = (operation) => JSON.stringify({ address: '127.0.0.1', agent: 'bench', operation, method: 'GET' });

/* What makes a session of the administrator's one of web's: its role, and the settings that a login of that role has. */
const asWeb = (stack) => `-c role=mr_web ${psql(stack, "select string_agg('-c ' || c, ' ') from pg_roles, unnest(rolconfig) c where rolname = 'mr_web'")}`;

/* As the administrator, with these options. What was printed. */
function psql(stack, text, options = '') {
  const env = { ...process.env, PGOPTIONS: `${options} -c statement_timeout=0` };
  return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', stack.dsn], { input: text, encoding: 'utf8', env, maxBuffer: 1 << 26 }).trim();
}

/*
 * Microseconds of database time that the calls take together, as web's role: the best of short slices, since on a
 * shared machine only the best says what the code costs. `enters`: each slice begins with entering.
 */
function best(stack, credential, calls, { slices = 150, each = 100, enters = true } = {}) {
  const perform = (x) => `perform ${x};`;
  return Number(psql(stack, `
do $do$
declare
	t timestamptz; spent numeric; least numeric := 1e9;
begin
	for s in 1..${slices} loop
		${enters ? perform(enter(credential, 'bench')) : ''}
		t := clock_timestamp();
		for i in 1..${each} loop ${calls.map(perform).join(' ')} end loop;
		spent := extract(epoch from clock_timestamp() - t) * 1e6 / ${each};
		least := least(least, spent);
	end loop;
	perform set_config('bench.best', round(least, 1)::text, false);
end $do$;
select current_setting('bench.best');`, asWeb(stack)));
}

const enter = (credential, operation) => `api.enter('${credential}', '${client(operation)}')`;

/* api.enter and a permission's check. Bar: 60 us. */
export function benchEnter(stack, credential, row) {
  const us = best(stack, credential, [enter(credential, 'run_list'), `api.permit('run:read')`], { slices: 1500, each: 10, enters: false });
  row('enter_permit', us, 'us', 60, (us / 60).toFixed(2));
}

/* pgbench calls what web calls, in one pipeline, prepared, with as many clients. Calls a second. */
function pgbench(stack, file, seconds) {
  const out = execFileSync(join(pgbin, 'pgbench'), ['-n', '-M', 'prepared', '-c', CLIENTS, '-j', 2, '-T', seconds, '-f', file, stack.dsn].map(String), { encoding: 'utf8', env: { ...process.env, PGOPTIONS: asWeb(stack) }, stdio: ['ignore', 'pipe', 'pipe'] });
  return Number(/tps = ([\d.]+)/.exec(out)[1]);
}

/* GET /api/v1/runs over HTTP beside the same in pgbench, in turns. Bar: 0.65, the median of the pairs. */
export async function benchList(stack, credential, row, { load, seconds, pairs }) {
  const file = join(stack.home, 'list.sql');
  writeFileSync(file, `\\startpipeline\nselect ${enter(credential, 'run_list')};\nselect api.run_list('{"limit":"50"}');\n\\endpipeline\n`);
  const args = ['--path', '/api/v1/runs?limit=50', '--method', 'GET', '--header', `Authorization: Bearer ${credential}`, '--connections', CLIENTS, '--seconds', seconds];
  const ratios = [];
  for (let i = 1; i <= pairs; i++) {
    const reference = pgbench(stack, file, seconds);
    const l = await load(stack, args);
    if (l.ok < l.sent) throw new Error(`${l.sent - l.ok} of the list's requests were refused`);
    ratios.push(l.rate / reference);
    row(`list_${i}`, l.rate.toFixed(0), 'lists/s', reference.toFixed(0), (l.rate / reference).toFixed(3));
    row(`list_p50_${i}`, (l.p50_us / 1000).toFixed(2), 'ms');
    row(`list_p99_${i}`, (l.p99_us / 1000).toFixed(2), 'ms');
  }
  row('list', median(ratios).toFixed(3), 'of pgbench', 0.65, (median(ratios) / 0.65).toFixed(2));
}

/* A thousand workflows in the credential's workspace, then a thousand more tenants with as many. Bar: 1.2. */
export function benchTenants(stack, { credential, workspace }, row) {
  const many = `
set session_replication_role = replica;
insert into app.workflow (workspace_id, id, name)
select w.id, app.uuid7(), 'Workflow ' || n from app.workspace w, generate_series(1, 1000) n where ${'WHOSE'};
insert into app.version (workspace_id, workflow_id, number, definition)
select f.workspace_id, f.id, 1, '{"nodes":[{"id":"m","type":"manual"}],"edges":[],"variables":{},"settings":{}}'
  from app.workflow f
 where not exists (select from app.version v where v.workspace_id = f.workspace_id and v.workflow_id = f.id);
analyze app.workflow, app.version, app.workspace;`;
  psql(stack, many.replace('WHOSE', `w.id = '${workspace}'`));
  const id = psql(stack, `select id from app.workflow where workspace_id = '${workspace}' order by id desc offset 500 limit 1`);
  const calls = { list: `api.workflow_list('{"limit":"50"}')`, get: `api.workflow_get('{"id":"${id}"}')` };
  const figures = () => Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, best(stack, credential, [call], { slices: 400, each: 1 })]));
  const touched = () => Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, buffers(stack, credential, call)]));
  const alone = figures();
  const aloneTouched = touched();
  psql(stack, `insert into app.workspace (name, slug) select 'Tenant ' || n, 'bench-tenant-' || n from generate_series(1, 999) n;${many.replace('WHOSE', `w.slug like 'bench-tenant-%'`)}`);
  row('tenants_workflows', psql(stack, 'select count(*) from app.workflow'), 'rows');
  const among = figures();
  for (const name of Object.keys(calls)) row(`tenants_${name}`, among[name], 'us', alone[name], (among[name] / alone[name]).toFixed(2));
  // Time is noise where others work; what is touched is not.
  const amongTouched = touched();
  for (const name of Object.keys(calls)) row(`tenants_${name}_buffers`, amongTouched[name], 'blocks', aloneTouched[name], (amongTouched[name] / aloneTouched[name]).toFixed(2));
  console.log(plans(stack, credential, Object.values(calls)));
}

/* Blocks that a call touches, all in memory: entered, and called once before. */
function buffers(stack, credential, call) {
  const text = `begin; select from (select ${enter(credential, 'bench')}) x; select length(${call}::text); explain (analyze, buffers, timing off, summary off) select ${call}; commit;`;
  const [, hit, read] = /Buffers: shared hit=(\d+)(?: read=(\d+))?/.exec(psql(stack, text, asWeb(stack)));
  return Number(hit) + Number(read ?? 0);
}

/* The plans of the statements inside these calls that read workflows, with what they touched. */
function plans(stack, credential, calls) {
  const text = `
load 'auto_explain';
set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on;
set auto_explain.log_timing = off; set auto_explain.log_nested_statements = on; set client_min_messages = log;
set role mr_web;
begin;
select ${enter(credential, 'bench')};
${calls.map((c) => `select length(${c}::text);`).join('\n')}
commit;`;
  const env = { ...process.env, LC_ALL: 'C', PGOPTIONS: asWeb(stack).replace('-c role=mr_web', '') };
  const out = execFileSync('bash', ['-c', 'psql -XAtq -d "$0" 2>&1', stack.dsn], { input: text, encoding: 'utf8', env, maxBuffer: 1 << 26 });
  return out.split(/^LOG: {2}duration: .*plan:\n/m).filter((p) => /^Query Text:.*/.test(p) && /on (workflow|version) /.test(p)).map((p) => p.replace(/^Query Text: (\S+ \S+ \S+)[^]*?\n(?=\S.*\(cost)/, 'plan of: $1 …\n')).join('\n');
}

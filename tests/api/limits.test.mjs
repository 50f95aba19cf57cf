/* Rate limits over several web processes, quotas, usage, plans. S12, B01, B03, B04. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { call, env, expect, isRefusal, refused } from '../lib/client.mjs';
import { endOthers, otherWeb } from '../lib/others.mjs';
import { fill, operations, sample } from '../lib/spec.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, hookPath, liveWorkflow, manual, noOp, person, program, startRun, superuser, unique, webhook } from '../lib/world.mjs';

const MANY = 6000000;
const EVERY = { workspace: MANY, user: MANY, token: MANY, webhook: MANY, intake: MANY };

/* A plan of its own for somebody's workspace. */
async function plan(somebody, { rates = {}, limits = {} }) {
  const id = unique('plan').replace('-', '_');
  await sql(`insert into app.plan (id, name, limits, rates) values (:'id', :'id', :'limits', :'rates')`, { id, limits: JSON.stringify(limits), rates: JSON.stringify({ ...EVERY, ...rates }) });
  await sql(`insert into app.workspace_plan (workspace_id, plan_id) values (:'ws', :'id') on conflict (workspace_id) do update set plan_id = excluded.plan_id`, { ws: somebody.workspace, id });
}

const rate = (r) => ['limit', 'remaining', 'reset'].map((n) => Number(r.headers.get(`ratelimit-${n}`) ?? NaN));

after(endOthers);

for (const op of operations.filter((o) => o.path.startsWith('/api/') || o.path.startsWith('/hooks/')))
  test(`S12 ${op.id} ${op.method} says what is left of the rate`, async () => {
    const body = op.kind === 'json' ? { raw: JSON.stringify(sample(op.body) ?? {}), type: 'application/json' } : {};
    for (const who of [null, await someone()]) {
      const r = await call(who, op.method, fill(op), { direct: true, ...body });
      const [limit, remaining, reset] = rate(r);
      assert.ok(limit >= 1 && remaining >= 0 && remaining <= limit && reset >= 0 && reset <= 60, `${r.status}: ${limit} ${remaining} ${reset}`);
    }
  });
let kept;
const someone = async () => (kept ??= await program(await person()));

test('S12 a token that asks too often is refused, another one and other workspaces are not', async () => {
  const p = await person();
  const [busy, calm, stranger] = [await apiToken(p), await apiToken(p), await person()];
  await plan(p, { rates: { token: 20 } });
  await expect(200, busy, 'GET', `${API}/workflows`); // from here on the process knows whose it is
  const last = await refusal(20, busy);
  isRefusal(last, 'RATE_LIMITED');
  assert.match(last.body.error.message, /20 a minute .* token/);
  const [limit, remaining, reset] = rate(last);
  assert.deepEqual([limit, remaining], [20, 0]);
  assert.ok(reset > 30 && reset <= 60, `${reset}`);
  const wait = Number(last.headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 4, `${wait}`);
  await expect(200, calm, 'GET', `${API}/workflows`);
  await expect(200, stranger, 'GET', `${API}/workflows`);
  await until('it may ask again after what Retry-After says', async () => (await call(busy, 'GET', `${API}/workflows`)).status === 200, { ms: 15000, every: 250 });
});

/*
 * Asks until it is refused. Before a process has heard of a bucket it admits some on trust (src/web/bucket.h); from then on,
 * which RateLimit-Limit shows, no more than are left, 1/16 ahead of the shared bucket, and what comes in by the minute.
 */
async function refusal(size, ...who) {
  let i = 0;
  const ask = () => call(who[i++ % who.length], 'GET', `${API}/workflows`);
  await until('the process has heard of the bucket', async () => rate(await ask())[0] === size, { every: 1 });
  const begun = performance.now();
  for (let admitted = 0; ; admitted++) {
    const r = await ask();
    if (r.status === 429) return r;
    assert.equal(r.status, 200, r.text);
    const most = size + Math.max(1, size / 16) + ((performance.now() - begun) / 60000) * size;
    assert.ok(admitted <= most, `${admitted} were let in, at most ${most}`);
  }
}

test('S12 a person and a workspace have limits of their own', async () => {
  const p = await person();
  await plan(p, { rates: { workspace: 12 } });
  assert.match((await refusal(12, await apiToken(p), await apiToken(p))).body.error.message, /12 a minute .*workspace/);
  const q = await person();
  await plan(q, { rates: { user: 10 } });
  assert.match((await refusal(10, await program(q))).body.error.message, /10 a minute .*user/);
});

test('S12 a webhook that is called too often answers 429 and keeps nothing; its neighbour goes on', async () => {
  const p = await person();
  await plan(p, { rates: { webhook: 10 } });
  const [loud, quiet] = [await liveWorkflow(p, chain(webhook(), noOp())), await liveWorkflow(p, chain(webhook(), noOp()))];
  const seen = { 202: 0, 429: 0 };
  const send = async () => {
    const r = await call(null, 'POST', hookPath(loud), { body: {}, direct: true });
    seen[r.status]++;
    if (r.status === 429) isRefusal(r, 'RATE_LIMITED');
    return r;
  };
  await until('the process has heard of the bucket', async () => rate(await send())[0] === 10, { every: 1 });
  const { 202: unheard } = seen;
  const begun = performance.now();
  for (let i = 0; i < 30; i++) await send();
  assert.ok(seen[202] >= 10 && seen[202] - unheard <= 14 + (performance.now() - begun) / 6000, JSON.stringify({ unheard, ...seen }));
  assert.ok(seen[429] >= 15, JSON.stringify(seen));
  const stored = Number(await value(`select count(*) from app.delivery where workflow_id = :'id'`, { id: loud.id }));
  assert.equal(stored, seen[202], 'what was refused is stored nowhere');
  await expect(202, null, 'POST', hookPath(quiet), { body: {}, direct: true });
});

test('S12 two web processes share the buckets: together they let in no more than the limit and their leases', async (t) => {
  const other = await otherWeb();
  const p = await person();
  const token = await apiToken(p);
  await plan(p, { rates: { token: 60 } });
  const ask = async (url) => (await fetch(`${url}${API}/workflows`, { headers: { authorization: `Bearer ${token.bearer}` } })).status;
  const begun = performance.now();
  const said = [];
  for (let i = 0; i < 130; i++) said.push(await ask(i % 2 ? other : env.direct));
  const seconds = (performance.now() - begun) / 1000;
  const admitted = said.filter((s) => s === 200).length;
  // 60 at once, one a second from then on; each process may be ahead by a lease (60 / 16), and by its first unknowing requests.
  const bound = Math.ceil(60 + seconds) + 2 * (3 + 2);
  t.diagnostic(`of 130 requests in ${seconds.toFixed(2)} s two processes let in ${admitted}; the limit allows ${Math.floor(60 + seconds)}, the bound is ${bound}`);
  assert.ok(admitted >= 56 && admitted <= bound, `${admitted} in ${seconds} s, at most ${bound}`);
  assert.deepEqual([await ask(env.direct), await ask(other)], [429, 429]);
});

test('S12 an address that asks too often is refused, and said so to it alone', async () => {
  const url = await otherWeb({ MILLRACE_RATE_ADDRESS: '16', MILLRACE_TRUSTED_PROXIES: '127.0.0.1/32' });
  const ask = (address) => fetch(`${url}${API}/auth/login`, { method: 'POST', headers: { 'x-forwarded-for': address, 'content-type': 'application/json' }, body: '{}' });
  // Until a process has heard of a bucket for the first time it admits some on trust (src/web/bucket.h).
  const r = await until('the address is refused', async () => {
    const answer = await ask('203.0.113.9');
    return answer.status === 429 && answer;
  }, { every: 1 });
  const body = await r.json();
  assert.equal(body.error.code, 'RATE_LIMITED');
  assert.match(body.error.message, /16 a minute .* address/);
  assert.ok(Number(r.headers.get('retry-after')) >= 1);
  assert.equal((await ask('203.0.113.10')).status, 400);
});

test('S12 an overloaded installation refuses before it accepts: runs by hand first, then webhooks; reads go on', async () => {
  const url = await otherWeb({ MILLRACE_ADMIT_AGE_MS: '10000' });
  const p = await person();
  const w = await liveWorkflow(p, chain(webhook(), noOp()));
  const user = await program(p);
  // A run that no worker may claim: it is first in line until it is taken out.
  const at = await value(`with r as (insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id)
      select workspace_id, app.uuid7(), workflow_id, id, number, 'api', 'trigger-1' from app.version where workflow_id = :'id' returning workspace_id, id)
    select id from r`, { id: w.id });
  const hold = spawn('psql', ['-XAtqd', env.dsn], { stdio: ['pipe', 'pipe', 'inherit'] });
  hold.stdin.write(`begin; insert into app.run_queue (workspace_id, run_id) values ('${p.workspace}', '${at}'); commit; begin; select 'held' from app.run_queue where run_id = '${at}' for update;\n`);
  await new Promise((done) => hold.stdout.once('data', done));
  try {
    const start = () => fetch(`${url}${API}/workflows/${w.id}/runs`, { method: 'POST', headers: { authorization: `Bearer ${user.bearer}`, 'content-type': 'application/json' }, body: '{}' });
    const hook = () => fetch(url + hookPath(w), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    const before = await until('a run by hand is refused', async () => {
      const [h, s] = [await hook(), await start()];
      return s.status === 503 && { h, s };
    }, { ms: 20000, every: 100 });
    assert.equal(before.h.status, 202, 'webhooks are still taken then');
    assert.ok(Number(before.s.headers.get('retry-after')) >= 1);
    assert.equal((await before.s.json()).error.code, 'UNAVAILABLE');
    await until('a webhook is refused', async () => (await hook()).status === 503, { ms: 20000, every: 100 });
    const stored = () => value(`select count(*) from app.delivery where workflow_id = :'id'`, { id: w.id });
    const n = await stored();
    assert.equal((await hook()).status, 503);
    assert.equal(await stored(), n, 'what was refused is stored nowhere');
    assert.equal((await fetch(`${url}${API}/workflows`, { headers: { authorization: `Bearer ${user.bearer}` } })).status, 200);
    hold.stdin.end(`delete from app.run_queue where run_id = '${at}'; commit;\n`);
    await until('it is over within seconds', async () => (await hook()).status === 202, { ms: 10000, every: 100 });
  } finally {
    hold.stdin.end();
  }
});

test('S12 while requests wait too long for the database, a webhook is refused before it is accepted', async () => {
  const url = await otherWeb({ MILLRACE_ADMIT_WAIT_MS: '400' });
  const p = await person();
  const w = await liveWorkflow(p, chain(webhook(), noOp()));
  const user = await program(p);
  // A sender that has waited for a second asks again.
  const hook = () => fetch(url + hookPath(w), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}', signal: AbortSignal.timeout(1000) }).catch(() => ({ status: 0 }));
  assert.equal((await hook()).status, 202);
  const hold = spawn('psql', ['-XAtqd', env.dsn], { stdio: ['pipe', 'pipe', 'inherit'] });
  hold.stdin.write("begin; lock table app.workflow in access exclusive mode; select 'held';\n");
  await new Promise((done) => hold.stdout.once('data', done));
  const reads = Array.from({ length: 60 }, () => fetch(`${url}${API}/workflows`, { headers: { authorization: `Bearer ${user.bearer}` } }).then((r) => r.status, () => 0));
  try {
    const said = await until('a webhook is refused', async () => {
      const r = await hook();
      return r.status === 503 && r;
    }, { ms: 5000, every: 50 });
    assert.ok(Number(said.headers.get('retry-after')) >= 2);
    const { error } = await said.json();
    assert.deepEqual([error.code, error.message], ['UNAVAILABLE', 'the installation is overloaded; try again in a few seconds']);
  } finally {
    hold.stdin.end('rollback;\n');
  }
  await Promise.all(reads);
  await until('it is over when they were answered', async () => (await hook()).status === 202, { ms: 10000, every: 50 });
});

test('B04 a webhook over the quota answers 429 with quota, limit and used; what was accepted finishes', async () => {
  const p = await person();
  const w = await liveWorkflow(p, chain(webhook(), noOp()));
  await plan(p, { limits: { runs: 5 } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => call(null, 'POST', hookPath(w), { body: { i }, direct: true })));
  const accepted = answers.filter((r) => r.status === 202);
  const refusals = answers.filter((r) => r.status === 429);
  assert.deepEqual([accepted.length, refusals.length], [5, 35], 'exact though they come at once');
  isRefusal(refusals[0], 'QUOTA_EXCEEDED');
  const { details } = refusals[0].body.error;
  assert.deepEqual([details.quota, details.limit, details.used], ['runs', 5, 5]);
  assert.ok(Date.parse(details.resets_at) > Date.now());
  assert.ok(Number(refusals[0].headers.get('retry-after')) > 60);
  for (const r of accepted) assert.equal((await finished(p, r.body.run_id)).status, 'succeeded');
  assert.equal(Number(await value(`select count(*) from app.delivery where workspace_id = :'ws'`, { ws: p.workspace })), 5);
  const said = await refused(429, 'QUOTA_EXCEEDED', null, p, 'POST', `${API}/runs`, { body: { workflow_id: w.id } });
  assert.equal(said.error.details.quota, 'runs');
  const { quotas } = await expect(200, p, 'GET', `${API}/usage/current`);
  assert.deepEqual(quotas.find((q) => q.kind === 'runs'), { kind: 'runs', used: 5, limit: 5, forecast: quotas.find((q) => q.kind === 'runs').forecast });
});

test('B04 the limit of runs is exact over two web processes', async () => {
  const other = await otherWeb();
  const p = await person();
  const w = await liveWorkflow(p, chain(webhook(), noOp()));
  await plan(p, { limits: { runs: 37 } });
  const post = (i) => fetch((i % 2 ? other : env.direct) + hookPath(w), { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"i":${i}}` }).then((r) => r.status);
  const said = await Promise.all(Array.from({ length: 200 }, (_, i) => post(i)));
  assert.equal(said.filter((s) => s === 202).length, 37, `${said}`);
  assert.equal(said.filter((s) => s === 429).length, 163);
});

test('B04 no more workflows are activated at once than the plan allows, however many ask', async () => {
  const p = await person();
  await plan(p, { limits: { active_workflows: 2 } });
  const made = await Promise.all(Array.from({ length: 6 }, () => expect(201, p, 'POST', `${API}/workflows`, { body: { name: unique('w'), definition: chain(manual(), noOp()) } })));
  const said = await Promise.all(made.map((w) => call(p, 'POST', `${API}/workflows/${w.id}/activate`, { body: {} })));
  assert.deepEqual(said.map((r) => r.status).sort(), [200, 200, 429, 429, 429, 429]);
  assert.equal(said.find((r) => r.status === 429).body.error.details.quota, 'active_workflows');
});

test('B01 usage adds up to the runs and steps that there are, by day and by workflow', async () => {
  const p = await person();
  const w = await liveWorkflow(p, chain(manual(), noOp()));
  for (const run of await Promise.all([1, 2, 3].map((i) => startRun(p, w, { i })))) await finished(p, run.id);
  const count = async () => {
    const u = await expect(200, p, 'GET', `${API}/usage?by=day`);
    return [u.totals.runs, u.totals.steps, u.items.reduce((n, x) => n + x.runs, 0), u.workflows.map((x) => [x.workflow_id, x.runs])];
  };
  const steps = Number(await value(`select count(*) from app.step where workspace_id = :'ws'`, { ws: p.workspace }));
  assert.deepEqual(await count(), [3, steps, 3, [[w.id, 3]]]);
  await sql('select ops.usage_rollup()');
  assert.deepEqual(await count(), [3, steps, 3, [[w.id, 3]]]);
  await refused(400, 'VALIDATION_ERROR', 'to', p, 'GET', `${API}/usage?from=2030-01-01T00:00:00Z&to=2029-01-01T00:00:00Z`);
});

test('B03 superusers make plans and give them to workspaces; nobody else may', async () => {
  const [admin, p] = [await superuser(await person()), await person()];
  const id = unique('plan').replace('-', '_');
  const body = { name: 'Small', limits: { runs: 10, members: 2, steps: null }, rates: EVERY };
  await refused(403, 'FORBIDDEN', null, p, 'PUT', `${API}/admin/plans/${id}`, { body });
  const made = await expect(200, admin, 'PUT', `${API}/admin/plans/${id}`, { body });
  assert.deepEqual(made.limits, { runs: 10, members: 2 });
  const given = await expect(200, admin, 'PUT', `${API}/admin/workspaces/${p.workspace}/plan`, { body: { plan_id: id, limits: { runs: 12 } } });
  assert.deepEqual(given.effective, { runs: 12, members: 2 });
  const mine = await expect(200, p, 'GET', `${API}/usage/current`);
  assert.deepEqual([mine.plan.id, mine.quotas.find((q) => q.kind === 'runs').limit], [id, 12]);
  assert.ok((await expect(200, p, 'GET', `${API}/plans`)).items.some((x) => x.id === id));
  const found = await expect(200, admin, 'GET', `${API}/admin/workspaces?limit=200`);
  assert.ok(found.items.length > 0 && found.items.every((x) => x.plan_id));
  await refused(412, 'PRECONDITION_FAILED', null, admin, 'PUT', `${API}/admin/plans/${id}`, { body, headers: { 'if-match': '"99"' } });
  const back = await expect(200, admin, 'PUT', `${API}/admin/workspaces/${p.workspace}/plan`, { body: { plan_id: null } });
  assert.equal(back.plan_id, 'unlimited');
});

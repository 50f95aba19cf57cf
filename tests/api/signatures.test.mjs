/* Webhooks whose senders prove themselves: T08. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, before } from 'node:test';
import { call, expect, isRefusal, refused } from '../lib/client.mjs';
import { SCHEMES, seconds, secretFor } from '../lib/senders.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, hookPath, liveWorkflow, noOp, person, stepsOf, unique, webhook } from '../lib/world.mjs';

let p, who;
before(async () => {
  p = await person('signer');
  who = await apiToken(p);
});

/* A live workflow whose webhook asks for a proof, and the trigger. */
async function proven(config) {
  const w = await liveWorkflow(who, chain(webhook(config), noOp()));
  return { w, path: hookPath(w), trigger: w.triggers[0] };
}
const rotate = (trigger, body = {}) => expect(200, who, 'POST', `${API}/triggers/${trigger.id}/rotate-secret`, { body });
const send = (path, raw, headers) => call(null, 'POST', path, { raw, type: 'application/json', direct: true, headers });
const deliveries = (w) => value(`select count(*) from app.delivery where workflow_id = :'w'`, { w: w.id });

for (const [name, scheme] of Object.entries(SCHEMES)) {
  test(`T08 ${name}: what its sender signs is accepted; wrong, missing and old is a 401 that tells nothing`, async () => {
    const { w, path, trigger } = await proven(scheme.config);
    assert.equal(trigger.scheme, scheme.config.authentication);
    assert.equal(trigger.has_secret, false);
    const body = JSON.stringify({ order: unique('A') });
    const secret = secretFor(scheme);
    const right = await scheme.sign(secret, body, seconds());
    const early = await send(path, body, right);
    assert.equal(early.status, 401, `before a secret is set: ${early.text}`);
    assert.equal((await rotate(trigger, { secret })).secret, secret);
    assert.equal((await expect(200, who, 'GET', `${API}/workflows/${w.id}/triggers/${trigger.id}`)).has_secret, true);

    const good = await send(path, body, right);
    assert.equal(good.status, 202, good.text);
    const fresh = `${body} `;
    assert.equal((await send(path, fresh, await scheme.sign(secret, fresh, seconds()))).status, 202, 'and again, by what is known now');

    const wrong = {
      'by another secret': [body, await scheme.sign(secretFor(scheme), body, seconds())],
      missing: [body, {}],
    };
    if (!scheme.anyBody) wrong['of another body'] = ['{"order":"B"}', right];
    if (scheme.hasTime) {
      wrong.old = [body, await scheme.sign(secret, body, seconds() - 400)];
      if (!scheme.anyBody) wrong['from the future'] = [body, await scheme.sign(secret, body, seconds() + 400)];
    }
    for (const [what, [text, headers]] of Object.entries(wrong)) {
      const r = await send(path, text, headers);
      assert.equal(r.status, 401, `${what}: ${r.text}`);
      isRefusal(r, 'UNAUTHENTICATED');
      assert.deepEqual(r.body.error, early.body.error, `${what} is refused by other words`);
    }
    assert.equal(await deliveries(w), '2', 'a refused delivery was stored');

    const run = await finished(who, good.body.run_id);
    const { headers } = (await stepsOf(who, run.id))[0].output.main[0].json;
    for (const [header, sent] of Object.entries(right))
      assert.equal(headers[header], header === scheme.hidden ? '[redacted]' : sent, `${header} in the run's data`);
  });
}

test('T08 a repeat of what was signed starts nothing, whatever key it is given', async () => {
  for (const name of ['standard', 'stripe', 'slack', 'hmac with a time']) {
    const scheme = SCHEMES[name];
    const { w, path, trigger } = await proven(scheme.config);
    const secret = secretFor(scheme);
    await rotate(trigger, { secret });
    const body = '{"n":1}';
    const signed = await scheme.sign(secret, body, seconds());
    const first = await send(path, body, signed);
    assert.equal(first.status, 202, `${name}: ${first.text}`);
    for (const key of ['a', 'b']) {
      const again = await send(path, body, { ...signed, 'idempotency-key': unique(key) });
      assert.equal(again.status, 202);
      assert.deepEqual([again.body.duplicate, again.body.run_id], [true, first.body.run_id], name);
    }
    assert.equal(await deliveries(w), '1', name);
  }
});

test('T08 a new secret is shown once; the old one holds for the time asked for and no longer', async () => {
  const { path, trigger } = await proven({ authentication: 'github' });
  const by = async (secret) => (await send(path, '{}', await SCHEMES.github.sign(secret, '{}'))).status;
  const first = await rotate(trigger);
  assert.match(first.secret, /^whsec_[A-Za-z0-9+/]{32}$/);
  assert.equal(first.previous_until, null);
  assert.equal(await by(first.secret), 202);
  const second = await rotate(trigger, { overlap_s: 3600 });
  assert.notEqual(second.secret, first.secret);
  assert.ok(Math.abs(Date.parse(second.previous_until) - Date.now() - 3600e3) < 60e3, second.previous_until);
  assert.deepEqual([await by(first.secret), await by(second.secret)], [202, 202], 'both hold meanwhile');
  const third = await rotate(trigger, { overlap_s: 1 });
  assert.deepEqual([await by(first.secret), await by(third.secret)], [401, 202], 'the one before the last ends at once');
  await until('the old one has ended', async () => (await by(second.secret)) === 401);
  assert.equal(await by(third.secret), 202);
  const fourth = await rotate(trigger, { overlap_s: 0 });
  assert.deepEqual([await by(third.secret), await by(fourth.secret)], [401, 202], 'without overlap it ends at once');
});

test('T08 the secret is nowhere but in its one answer', async () => {
  const { w, trigger } = await proven({ authentication: 'header' });
  const { secret } = await rotate(trigger);
  for (const path of [`/workflows/${w.id}`, `/workflows/${w.id}/triggers`, `/workflows/${w.id}/triggers/${trigger.id}`])
    assert.ok(!(await call(who, 'GET', API + path)).text.includes(secret), path);
  const stored = await value(`select count(*) from app.trigger_secret where trigger_id = :'t'`, { t: trigger.id });
  assert.equal(stored, '1');
  assert.equal(await value(`select count(*) from app.trigger_secret where trigger_id = :'t' and position(convert_to(:'s', 'UTF8') in sealed) > 0`, { t: trigger.id, s: secret }), '0');
  assert.equal(await value(`select count(*) from app.audit_detail where workspace_id = :'ws' and what::text like '%' || :'s' || '%'`, { ws: p.workspace, s: secret }), '0');
});

test('T08 rotate-secret checks its input, and a hook that asks for no proof has no secret', async () => {
  const { w, trigger } = await proven({ authentication: 'github' });
  const at = `${API}/triggers/${trigger.id}/rotate-secret`;
  await refused(400, 'VALIDATION_ERROR', 'secret', who, 'POST', at, { body: { secret: 'short' } });
  await refused(400, 'VALIDATION_ERROR', 'overlap_s', who, 'POST', at, { body: { overlap_s: 604801 } });
  const open = await liveWorkflow(who, chain(webhook(), noOp()));
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/triggers/${open.triggers[0].id}/rotate-secret`, { body: {} });
  const pair = (await proven({ authentication: 'basic' })).trigger;
  for (const body of [{}, { secret: 'without-a-colon' }])
    await refused(400, 'VALIDATION_ERROR', 'secret', who, 'POST', `${API}/triggers/${pair.id}/rotate-secret`, { body });
  const stranger = await apiToken(await person('stranger'));
  await refused(404, 'NOT_FOUND', null, stranger, 'POST', at, { body: {} });
  assert.equal((await expect(200, who, 'GET', `${API}/workflows/${w.id}/triggers/${trigger.id}`)).has_secret, false);
});

test('T08 who changes the scheme changes what the next delivery must prove', async () => {
  const { w, path, trigger } = await proven({ authentication: 'header' });
  const { secret } = await rotate(trigger);
  const sent = { 'x-webhook-token': secret };
  assert.equal((await send(path, '{}', sent)).status, 202);
  const at = `${API}/workflows/${w.id}/triggers/${trigger.id}`;
  await expect(200, who, 'PATCH', at, { body: { config: { authentication: 'github' } } });
  assert.equal((await send(path, '{}', sent)).status, 401, 'what was remembered is no longer believed');
  assert.equal((await send(path, '{}', await SCHEMES.github.sign(secret, '{}'))).status, 202);
});

test('T08 T07 the address alone starts no run by another way', async () => {
  const { w, path } = await proven({ authentication: 'github' });
  const r = await call(null, 'POST', `${API}/workflows/${w.id}/execute`, { body: {}, headers: { authorization: `Bearer ${path.split('/').pop()}` } });
  assert.equal(r.status, 401, r.text);
});

test('T08 the check of a signature asks the database nothing that accepting does not ask anyway', async () => {
  const jobs = async () => Number(/^millrace_db_jobs_total (\d+)/m.exec((await call(null, 'GET', '/metrics', { direct: true })).text)[1]);
  const { path, trigger } = await proven({ authentication: 'github' });
  const { secret } = await rotate(trigger);
  const open = hookPath(await liveWorkflow(who, chain(webhook(), noOp())));
  const asked = async (at) => {
    assert.equal((await send(at, '{}', await SCHEMES.github.sign(secret, '{}'))).status, 202);
    const from = await jobs();
    for (let i = 0; i < 40; i++) assert.equal((await send(at, '{}', await SCHEMES.github.sign(secret, '{}'))).status, 202);
    return (await jobs()) - from;
  };
  const [plain, signed] = [await asked(open), await asked(path)];
  assert.ok(plain >= 40, `${plain} jobs for 40 deliveries: what is counted here is something else`);
  assert.ok(signed < plain + 20, `${signed} jobs for 40 signed deliveries, ${plain} for plain ones`);
});

test('T08 refusals are counted, and the workspace reads of them in its audit log', async () => {
  const { path, trigger } = await proven({ authentication: 'github' });
  for (let i = 0; i < 5; i++) assert.equal((await send(path, '{}', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })).status, 401);
  const entry = await until('the entry is there', async () => (await expect(200, p, 'GET', `${API}/audit?action=delivery.refused&resource=${trigger.id}`)).items[0]);
  assert.equal(entry.actor.kind, 'anonymous');
  const all = (await expect(200, p, 'GET', `${API}/audit?action=delivery.refused&resource=${trigger.id}`)).items;
  assert.equal(all.length, 1, 'a flood of refusals is one entry a minute');
});

/* The vault as it is asked by web: silent, or killed and started again by the supervisor. */
const vaultPid = () => Number(readFileSync(join(process.env.MR_TEST_VAR, 'run/vault.pid'), 'utf8'));
function killVault(pid = vaultPid()) {
  appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'vault\n');
  process.kill(pid, 'SIGKILL');
}

test('T08 S03 without the vault a signed delivery is neither accepted nor called unproven: 503, try again; others go on', async () => {
  const { w, path, trigger } = await proven({ authentication: 'github' });
  const fresh = await proven({ authentication: 'github' });
  const open = hookPath(await liveWorkflow(who, chain(webhook(), noOp())));
  const { secret } = await rotate(trigger);
  const other = await rotate(fresh.trigger);
  const signed = await SCHEMES.github.sign(secret, '{}');
  assert.equal((await send(path, '{}', signed)).status, 202);
  const pid = vaultPid();
  process.kill(pid, 'SIGSTOP');
  try {
    const asked = [send(path, '{}', signed), send(fresh.path, '{}', await SCHEMES.github.sign(other.secret, '{}')), send(path, '{}', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })];
    assert.equal((await send(open, '{}', {})).status, 202, 'a delivery that needs no proof waits for nobody');
    assert.equal((await send(path, '{}', {})).status, 401, 'without a signature there is nothing to check');
    for (const r of await Promise.all(asked)) {
      assert.equal(r.status, 503, r.text);
      assert.match(r.headers.get('retry-after'), /^[1-9]/);
      isRefusal(r, 'UNAVAILABLE');
    }
  } finally {
    killVault(pid);
  }
  await until('it is accepted again', async () => (await send(path, '{}', signed)).status === 202);
  assert.equal(await deliveries(w), '2', 'what was answered 503 was stored');
});

test('T08 S03 a vault that dies and starts again costs a sender time, and no delivery', async () => {
  const { w, path, trigger } = await proven({ authentication: 'slack' });
  const { secret } = await rotate(trigger);
  const answers = [];
  const by = async (body) => {
    const r = await send(path, body, await SCHEMES.slack.sign(secret, body, seconds()));
    answers.push(r.status);
    return r.status === 202;
  };
  assert.ok(await by('{"n":0}'));
  killVault();
  await Promise.all(Array.from({ length: 8 }, (_, i) => until(`delivery ${i} is accepted`, () => by(JSON.stringify({ i })))));
  assert.deepEqual([...new Set(answers)].filter((status) => status !== 503), [202], answers.join());
  assert.equal(await deliveries(w), '9');
});

test('T08 S03 a secret that the vault cannot open, since its row was altered, proves nothing and is no 401: 503', async () => {
  const { path, trigger } = await proven({ authentication: 'github' });
  const other = await proven({ authentication: 'github' });
  const { secret } = await rotate(trigger);
  await rotate(other.trigger);
  // Another row's secret, put into this one: sealed for its place, it opens nowhere else.
  await sql(`update app.trigger_secret s set sealed = o.sealed from app.trigger_secret o where s.trigger_id = :'s' and o.trigger_id = :'o'`, { s: other.trigger.id, o: trigger.id });
  const r = await send(other.path, '{}', await SCHEMES.github.sign(secret, '{}'));
  assert.equal(r.status, 503, r.text);
  assert.equal((await send(path, '{}', await SCHEMES.github.sign(secret, '{}'))).status, 202);
  await sql(`delete from app.trigger_secret where trigger_id = :'s'`, { s: other.trigger.id });
});

/*
 * Webhooks whose senders prove themselves: T08. Who signs is the senders' own code where they publish it (standardwebhooks,
 * @octokit/webhooks-methods, stripe, jose); Slack's and Shopify's rules are written out here as they are published.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test, before } from 'node:test';
import { sign as githubSign } from '@octokit/webhooks-methods';
import { SignJWT } from 'jose';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { call, expect, isRefusal, refused } from '../lib/client.mjs';
import { value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, hookPath, liveWorkflow, noOp, person, stepsOf, unique, webhook } from '../lib/world.mjs';

const stripe = new Stripe('sk_test_never_used');
const seconds = () => Math.floor(Date.now() / 1000);
const hmac = (algorithm, secret, text, encoding = 'hex') => createHmac(algorithm, secret).update(text).digest(encoding);
const basic = (pair) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
const bearer = (secret, algorithm, expires) => new SignJWT({ sub: 'sender' }).setProtectedHeader({ alg: algorithm }).setExpirationTime(expires).sign(Buffer.from(secret));

let p, who;
before(async () => {
  p = await person('signer');
  who = await apiToken(p);
});

/* For each scheme: its config, the form of its secret, and what its sender puts into the headers at an instant. */
const SCHEMES = {
  standard: {
    config: { authentication: 'standard' },
    secret: () => `whsec_${Buffer.from(unique('standard-secret-of-length')).toString('base64')}`,
    sign: (secret, body, at) => {
      const id = unique('msg');
      return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': new Webhook(secret).sign(id, new Date(at * 1000), body) };
    },
    hasTime: true,
  },
  github: { config: { authentication: 'github' }, sign: async (secret, body) => ({ 'x-hub-signature-256': await githubSign(secret, body) }) },
  stripe: {
    config: { authentication: 'stripe' },
    sign: (secret, payload, timestamp) => ({ 'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }) }),
    hasTime: true,
  },
  slack: {
    config: { authentication: 'slack' },
    sign: (secret, body, at) => ({ 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${hmac('sha256', secret, `v0:${at}:${body}`)}` }),
    hasTime: true,
  },
  shopify: {
    config: { authentication: 'hmac', signature_header: 'X-Shopify-Hmac-Sha256', encoding: 'base64' },
    sign: (secret, body) => ({ 'x-shopify-hmac-sha256': hmac('sha256', secret, body, 'base64') }),
  },
  'hmac with a time': {
    config: { authentication: 'hmac', algorithm: 'sha512', signature_header: 'X-Sig', signature_prefix: 'v=', timestamp_header: 'X-At' },
    sign: (secret, body, at) => ({ 'x-at': String(at), 'x-sig': `v=${hmac('sha512', secret, `${at}.${body}`)}` }),
    hasTime: true,
  },
  basic: { config: { authentication: 'basic' }, secret: () => `sender:${unique('password')}`, sign: (secret) => basic(secret), anyBody: true, hidden: 'authorization' },
  header: { config: { authentication: 'header', signature_header: 'X-My-Key' }, sign: (secret) => ({ 'x-my-key': secret }), anyBody: true, hidden: 'x-my-key' },
  jwt: {
    config: { authentication: 'jwt' },
    sign: async (secret, body, at) => ({ authorization: `Bearer ${await bearer(secret, 'HS256', at + 60)}` }),
    anyBody: true, hasTime: true, hidden: 'authorization',
  },
};

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
    const secret = (scheme.secret ?? (() => unique('secret')))();
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
      'by another secret': [body, await scheme.sign(scheme.secret?.() ?? unique('secret'), body, seconds())],
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
    const secret = (scheme.secret ?? (() => unique('secret')))();
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

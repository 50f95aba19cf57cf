/* Passkeys: adding, signing in, and what is refused. Issue 4. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { Passkey } from '../lib/authenticator.mjs';
import { call, env, expect, refused } from '../lib/client.mjs';
import { sql } from '../lib/sql.mjs';
import { API, PASSWORD, cookieOf, person } from '../lib/world.mjs';

const origin = `http://localhost:${new URL(env.direct).port}`;
const make = (extra = {}) => new Passkey({ origin, ...extra });

// All suites come from one address: what the others got wrong isn't this one's.
const forget = () => sql('delete from app.login_throttle');
beforeEach(forget);
after(forget);

const createOptions = (who) => expect(200, who, 'POST', `${API}/passkeys/options`);
const getOptions = () => expect(200, null, 'POST', `${API}/auth/passkey/options`);
const signIn = (body) => call(null, 'POST', `${API}/auth/passkey`, { body });

async function added(who, extra, how) {
  const key = make(extra);
  const passkey = await expect(201, who, 'POST', `${API}/passkeys`, { body: { name: 'Phone', ...key.create(await createOptions(who), how) } });
  return { key, passkey };
}

for (const kind of ['ES256', 'EdDSA', 'RS256'])
  for (const self of [false, true])
    test(`a passkey of ${kind}${self ? ', attested by itself,' : ''} is added and signs its owner in`, async () => {
      const p = await person();
      const { key, passkey } = await added(p, { kind }, { self });
      assert.equal(passkey.name, 'Phone');
      const r = await signIn(key.get(await getOptions()));
      assert.equal(r.status, 200, r.text);
      assert.equal(r.body.user.id, p.id);
      assert.equal((await expect(200, { cookie: cookieOf(r) }, 'GET', `${API}/users/me`)).id, p.id);
      const { items } = await expect(200, p, 'GET', `${API}/passkeys`);
      assert.ok(items[0].used_at, 'its use shows');
    });

test('the options name no account before signing in, and exclude what is there already when adding', async () => {
  const p = await person();
  const { key } = await added(p);
  const get = await getOptions();
  assert.deepEqual(Object.keys(get).sort(), ['challenge', 'rp_id', 'timeout_ms']);
  assert.equal(get.rp_id, 'localhost');
  assert.deepEqual((await createOptions(p)).exclude, [key.id.toString('base64url')]);
});

test('a challenge is good once, whatever came of it', async () => {
  const { key } = await added(await person());
  const options = await getOptions();
  assert.equal((await signIn(key.get(options))).status, 200);
  await refused(400, 'VALIDATION_ERROR', 'client_data', null, 'POST', `${API}/auth/passkey`, { body: key.get(options) });
  const other = await getOptions();
  const spoilt = { ...key.get(other), signature: 'AAAA' };
  assert.equal((await signIn(spoilt)).status, 401);
  await refused(400, 'VALIDATION_ERROR', 'client_data', null, 'POST', `${API}/auth/passkey`, { body: key.get(other) });
});

test('the same answer sent twice opens nothing the second time', async () => {
  const { key } = await added(await person());
  const body = key.get(await getOptions());
  assert.equal((await signIn(body)).status, 200);
  assert.equal((await signIn(body)).status, 400);
});

test('a challenge that is too old, made up, or for adding is none', async () => {
  const p = await person();
  const { key } = await added(p);
  const old = await getOptions();
  await sql(`update app.challenge set expires_at = now() - interval '1 second' where user_id is null`);
  const made = { challenge: Buffer.alloc(32, 7).toString('base64url') };
  for (const options of [old, made, await createOptions(p)])
    await refused(400, 'VALIDATION_ERROR', 'client_data', null, 'POST', `${API}/auth/passkey`, { body: key.get(options) });
});

test('somebody else\'s challenge adds no passkey', async () => {
  const [a, b] = [await person(), await person()];
  await refused(400, 'VALIDATION_ERROR', 'client_data', b, 'POST', `${API}/passkeys`, { body: make().create(await createOptions(a)) });
});

test('another origin is refused, when adding and when signing in', async () => {
  const p = await person();
  const { key } = await added(p);
  for (const elsewhere of ['https://evil.example', `${origin}.evil.example`, 'http://localhost:1', origin.replace('localhost', '127.0.0.1')]) {
    await refused(403, 'FORBIDDEN', null, p, 'POST', `${API}/passkeys`, { body: make({ origin: elsewhere }).create(await createOptions(p)) });
    key.origin = elsewhere;
    await refused(403, 'FORBIDDEN', null, null, 'POST', `${API}/auth/passkey`, { body: key.get(await getOptions()) });
  }
  key.origin = origin;
  await refused(403, 'FORBIDDEN', null, null, 'POST', `${API}/auth/passkey`, { body: key.get(await getOptions(), { extra: { crossOrigin: true } }) });
});

test('a passkey of another site is refused, when adding and when signing in', async () => {
  const p = await person();
  await refused(400, 'VALIDATION_ERROR', 'attestation', p, 'POST', `${API}/passkeys`, { body: make({ site: 'evil.example' }).create(await createOptions(p)) });
  const { key } = await added(p);
  key.site = 'evil.example';
  await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/passkey`, { body: key.get(await getOptions()) });
});

test('an altered signature, altered data and an unknown passkey get the same answer', async () => {
  const { key } = await added(await person());
  const flip = (text) => {
    const b = Buffer.from(text, 'base64url');
    b[b.length - 1] ^= 1;
    return b.toString('base64url');
  };
  const signature = key.get(await getOptions());
  const data = key.get(await getOptions());
  const answers = [
    await signIn({ ...signature, signature: flip(signature.signature) }),
    await signIn({ ...data, authenticator_data: flip(data.authenticator_data) }),
    await signIn(make().get(await getOptions())),
    await signIn({ ...key.get(await getOptions()), user_handle: Buffer.alloc(16, 3).toString('base64url') }),
  ];
  for (const r of answers) {
    assert.equal(r.status, 401, r.text);
    assert.deepEqual(r.body.error, answers[0].body.error);
  }
});

test('who used the passkey must have been verified', async () => {
  const p = await person();
  await refused(400, 'VALIDATION_ERROR', 'attestation', p, 'POST', `${API}/passkeys`, { body: make({ verifies: false }).create(await createOptions(p)) });
  const { key } = await added(p);
  key.verifies = false;
  await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/passkey`, { body: key.get(await getOptions()) });
});

test('one ceremony\'s answer is no answer to the other', async () => {
  const p = await person();
  const { key } = await added(p);
  await refused(400, 'VALIDATION_ERROR', 'client_data', null, 'POST', `${API}/auth/passkey`, { body: key.get(await getOptions(), { type: 'webauthn.create' }) });
  await refused(400, 'VALIDATION_ERROR', 'client_data', p, 'POST', `${API}/passkeys`, { body: make().create(await createOptions(p), { type: 'webauthn.get' }) });
});

test('a counter that goes back ends the passkey: there are two of it', async () => {
  const p = await person();
  const { key, passkey } = await added(p);
  assert.equal((await signIn(key.get(await getOptions()))).status, 200);
  assert.equal((await signIn(key.get(await getOptions()))).status, 200);
  key.count = 0;
  const r = await signIn(key.get(await getOptions()));
  assert.equal(r.status, 401, r.text);
  assert.match(r.body.error.message, /copied/);
  key.count = 10;
  assert.equal((await signIn(key.get(await getOptions()))).status, 401, 'nor is it good afterwards');
  const { items } = await expect(200, p, 'GET', `${API}/passkeys`);
  assert.ok(items.find((k) => k.id === passkey.id).cloned_at, 'the list says so');
});

test('a passkey without a counter stays good', async () => {
  const { key } = await added(await person());
  for (let i = 0; i < 3; i++) {
    key.count = -1;
    assert.equal((await signIn(key.get(await getOptions()))).status, 200);
  }
});

test('a wrong attestation by the passkey itself, and bytes that are none, are refused', async () => {
  const p = await person();
  await refused(400, 'VALIDATION_ERROR', 'attestation', p, 'POST', `${API}/passkeys`, { body: make().create(await createOptions(p), { self: 'wrong' }) });
  for (const attestation of ['AAAA', 'oA', 'v2NmbXRkbm9uZf8', Buffer.alloc(3000, 0x9f).toString('base64url')])
    await refused(400, 'VALIDATION_ERROR', 'attestation', p, 'POST', `${API}/passkeys`, { body: { ...make().create(await createOptions(p)), attestation } });
});

test('one passkey belongs to one person', async () => {
  const [a, b] = [await person(), await person()];
  const { key } = await added(a);
  await refused(409, 'CONFLICT', null, b, 'POST', `${API}/passkeys`, { body: key.create(await createOptions(b)) });
});

test('passkeys are renamed and deleted by their owner alone; a deleted one opens nothing', async () => {
  const [a, b] = [await person(), await person()];
  const { key, passkey } = await added(a);
  await refused(404, 'NOT_FOUND', null, b, 'PATCH', `${API}/passkeys/${passkey.id}`, { body: { name: 'Mine now' } });
  await refused(404, 'NOT_FOUND', null, b, 'DELETE', `${API}/passkeys/${passkey.id}`);
  assert.equal((await expect(200, a, 'PATCH', `${API}/passkeys/${passkey.id}`, { body: { name: 'Laptop' } })).name, 'Laptop');
  await expect(204, a, 'DELETE', `${API}/passkeys/${passkey.id}`);
  assert.equal((await signIn(key.get(await getOptions()))).status, 401);
});

test('the only way to sign in is not deleted', async () => {
  const p = await person();
  const { passkey } = await added(p);
  await sql(`update app.user_account set password_hash = null where id = :'id'`, { id: p.id });
  await refused(409, 'CONFLICT', null, p, 'DELETE', `${API}/passkeys/${passkey.id}`);
});

test('a deactivated person\'s passkey opens nothing', async () => {
  const p = await person();
  const { key } = await added(p);
  await sql(`update app.user_account set is_active = false where id = :'id'`, { id: p.id });
  assert.equal((await signIn(key.get(await getOptions()))).status, 401);
});

test('Z26 a workspace that asks for a second factor opens to who signed in with a passkey, and to the password alone not', async () => {
  const p = await person();
  const { key, passkey } = await added(p);
  await sql("update app.workspace set settings = '{\"require_2fa\": true}' where id = :'ws'", { ws: p.workspace });
  await refused(403, 'FORBIDDEN', null, p, 'GET', `${API}/workflows`);
  // Whoever knows the password alone gets around it by no other key, and by no app.
  for (const [method, path, body] of [['POST', '/passkeys/options'], ['DELETE', `/passkeys/${passkey.id}`], ['POST', '/users/me/totp', { password: PASSWORD }]])
    assert.match((await refused(403, 'FORBIDDEN', null, p, method, API + path, { body })).error.message, /log in with your passkey/);
  const r = await signIn(key.get(await getOptions()));
  assert.equal(r.body.user.memberships[0].second_factor_missing, false);
  const shown = { ...p, cookie: cookieOf(r), csrf: r.body.csrf_token };
  await expect(200, shown, 'GET', `${API}/workflows`);
  await createOptions(shown);
  await expect(204, shown, 'DELETE', `${API}/passkeys/${passkey.id}`);
  await refused(403, 'FORBIDDEN', null, shown, 'GET', `${API}/workflows`);
});

test('nobody is signed in by a passkey from another site\'s page', async () => {
  const { key } = await added(await person());
  await refused(403, 'FORBIDDEN', null, null, 'POST', `${API}/auth/passkey`, { body: key.get(await getOptions()), headers: { origin: 'https://evil.example' } });
});

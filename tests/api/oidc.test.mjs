/* Signing in by an account elsewhere, against npm's oidc-provider, and everything that an honest one never sends. U16. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { SignJWT, UnsecuredJWT, importJWK } from 'jose';
import { call, env, expect, refused } from '../lib/client.mjs';
import { Browser, startIssuer } from '../lib/issuer.mjs';
import { sql, value } from '../lib/sql.mjs';
import { ISSUER_SECRET } from '../lib/stack.mjs';
import { totp } from '../lib/totp.mjs';
import { API, person, unique } from '../lib/world.mjs';

const site = `http://localhost:${new URL(env.direct).port}`;
const { host } = new URL(site);
const [port, otherPort] = process.env.MR_TEST_ISSUERS.split(' ').map(Number);
let issuer, other;

before(async () => {
  // Wrong passwords of the suites before this one count for the network that all share.
  await sql('delete from app.login_throttle');
  for (const p of [port, otherPort]) appendFileSync(process.env.MR_TEST_CEILING, `127.0.0.1:${p} 00000000-0000-0000-0000-000000000000\n`);
  const redirectUris = ['acme', 'es', 'ed', 'other', 'hub'].map((id) => `${site}/oauth/callback/${id}`);
  issuer = await startIssuer({ port, redirectUris, secret: ISSUER_SECRET });
  other = await startIssuer({ port: otherPort, redirectUris, secret: ISSUER_SECRET });
});
after(() => Promise.all([issuer.stop(), other.stop()]));
beforeEach(() => {
  issuer.honest();
  other.honest();
});

/* Somebody at the provider. */
function somebody(extra = {}) {
  const sub = unique('sub');
  return { sub, email: `${unique('ines')}@example.com`, email_verified: true, name: 'Ines', ...extra };
}

const atLogin = (u) => u.host === host && !u.pathname.startsWith('/api/') && !u.pathname.startsWith('/oauth/');

/* Goes through it all as a browser; ends at the first page of ours. */
async function signIn(who, { provider = 'acme', browser = new Browser(), next = '/runs?status=failed', at = issuer } = {}) {
  at.state.person = who;
  const { url, status, text } = await browser.get(`${site}${API}/auth/oidc/${provider}/start?next=${encodeURIComponent(next)}`, { until: atLogin });
  assert.equal(status, undefined, `${url}: ${text}`);
  const end = new URL(url);
  const session = browser.cookie(host, 'mr');
  return { browser, end, problem: end.searchParams.get('problem'), session, who: session && { cookie: `mr=${session}` } };
}

const me = (r) => expect(200, r.who, 'GET', `${API}/users/me`);

/* As far as our own callback, which is not called. */
async function callbackOf(who, { provider = 'acme', browser = new Browser(), at = issuer } = {}) {
  at.state.person = who;
  const { url } = await browser.get(`${site}${API}/auth/oidc/${provider}/start`, { until: (u) => u.pathname.startsWith('/oauth/') });
  return { browser, callback: new URL(url) };
}

async function arrive(browser, callback) {
  const { url } = await browser.get(callback.href, { until: atLogin });
  return { problem: new URL(url).searchParams.get('problem'), session: browser.cookie(host, 'mr') };
}

test('U16 the sign-in page is told whom people may sign in by', async () => {
  const { items } = await expect(200, null, 'GET', `${API}/auth/providers`);
  assert.deepEqual(items.map((p) => p.id), ['acme', 'es', 'ed', 'other', 'hub']);
});

for (const [provider, alg] of [['acme', 'RS256'], ['es', 'ES256'], ['ed', 'EdDSA']])
  test(`U16 somebody new signs in by a provider that signs with ${alg}, and is the same person the next time`, async () => {
    const who = somebody();
    const first = await signIn(who, { provider });
    assert.equal(first.problem, null);
    assert.equal(first.end.searchParams.get('next'), '/runs?status=failed');
    const ines = await me(first);
    assert.equal(ines.email, who.email);
    assert.equal(ines.memberships[0].role, 'owner', 'with a workspace of their own');
    const again = await me(await signIn({ ...who, email: `${unique('new')}@example.com`, email_verified: false }, { provider }));
    assert.equal(again.id, ines.id, 'by issuer and subject, whatever the address is now');
  });

test('U16 an account with the same verified address is the same person; one that nobody verified is not', async () => {
  const p = await person('ines');
  const who = somebody({ email: p.email.toUpperCase() });
  assert.equal((await signIn(who)).problem, 'account_unverified');
  await sql(`update app.user_account set email_verified_at = now() where id = :'id'`, { id: p.id });
  assert.equal((await me(await signIn(who))).id, p.id);
});

test('U16 an address that the provider has not verified opens nothing', async () => {
  for (const email_verified of [false, undefined, 'true', 1]) {
    const r = await signIn(somebody({ email_verified }));
    assert.deepEqual([r.problem, r.session], ['email_unverified', undefined], String(email_verified));
  }
  assert.equal((await signIn(somebody({ email: undefined }))).problem, 'email_unverified');
});

test('U16 a provider is a first factor only: who has an authenticator app is asked for a code', async () => {
  const who = somebody();
  const before = await signIn(who);
  const { id, csrf_token: csrf } = await me(before);
  const ines = { ...before.who, csrf };
  // Who has no password shows none.
  const { secret } = await expect(201, ines, 'POST', `${API}/users/me/totp`, { body: { password: '-' } });
  await expect(200, ines, 'POST', `${API}/users/me/totp/confirm`, { body: { code: totp(secret) } });
  const again = await signIn(who, { next: '/runs?status=failed' });
  assert.deepEqual([again.problem, again.session, again.end.searchParams.has('signed-in')], [null, undefined, false]);
  assert.equal(again.end.searchParams.get('next'), '/runs?status=failed');
  const ticket = again.end.hash.slice(1);
  assert.equal((await call({ bearer: ticket }, 'GET', `${API}/users/me`)).status, 401);
  await refused(400, 'VALIDATION_ERROR', 'code', null, 'POST', `${API}/auth/second-factor`, { body: { ticket, code: '000000' } });
  const opened = await expect(200, null, 'POST', `${API}/auth/second-factor`, { body: { ticket, code: totp(secret, 1) } });
  assert.equal(opened.user.id, id);
});

test('U16 a person who was deactivated is not let in', async () => {
  const who = somebody();
  const ines = await me(await signIn(who));
  await sql(`update app.user_account set is_active = false where id = :'id'`, { id: ines.id });
  assert.equal((await signIn(who)).problem, 'inactive');
});

/* What is wrong with the ID token, each by itself. */
const now = () => Math.floor(Date.now() / 1000);
const WRONG = {
  'another nonce': () => issuer.forge({ nonce: 'AAAA' }),
  'no nonce': () => issuer.forge({ nonce: undefined }),
  'for another application': () => issuer.forge({ aud: 'somebody-else' }),
  'for several, given out to another': () => issuer.forge({ aud: ['acme', 'x'], azp: 'x' }),
  'for several, given out to nobody': () => issuer.forge({ aud: ['acme', 'x'], azp: undefined }),
  'of another issuer': () => issuer.forge({ iss: other.url }),
  'of the issuer with a slash': () => issuer.forge({ iss: `${issuer.url}/` }),
  expired: () => issuer.forge({ exp: now() - 120 }),
  'without an end': () => issuer.forge({ exp: undefined }),
  'from the future': () => issuer.forge({ iat: now() + 600 }),
  'without its time': () => issuer.forge({ iat: undefined }),
  'of nobody': () => issuer.forge({ sub: '' }),
  'signed by a key of another issuer': () => issuer.forge({}, { key: { ...other.keys.RS256, kid: 'key-RS256' } }),
  'signed by an unknown key': () => issuer.forge({}, { header: { kid: 'no-such-key' } }),
  'with the key of another algorithm': () => issuer.forge({}, { header: { kid: 'key-ES256' } }),
  'with critical headers': () => issuer.forge({}, { header: { crit: ['b64'], b64: true } }),
  'not signed (alg none)': () => issuer.forge({}, { signer: (claims) => new UnsecuredJWT(claims).encode() }),
  'HS256 by the public key': () =>
    issuer.forge({}, { signer: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-RS256' }).sign(Buffer.from(issuer.keys.RS256.n)) }),
  'HS256 by the client secret': () => issuer.forge({}, { signer: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(ISSUER_SECRET.padEnd(32, '.'))) }),
  'PS256, not in the list': () => issuer.forge({}, { signer: async (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'PS256', kid: 'key-RS256' }).sign(await importJWK({ ...issuer.keys.RS256, alg: 'PS256' }, 'PS256')) }),
  'with an altered signature': () => issuer.forge({}, { signer: (_, token) => `${token.slice(0, -8)}AAAAAAAA` }),
  'with altered claims': () =>
    issuer.forge({}, { signer: (claims, token) => { const [h, , s] = token.split('.'); return [h, Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url'), s].join('.'); } }),
  'with a fourth part': () => issuer.forge({}, { signer: (_, token) => `${token}.AAAA` }),
  nonsense: () => issuer.forge({}, { signer: () => 'nonsense' }),
};
for (const [what, spoil] of Object.entries(WRONG))
  test(`U16 an ID token is refused: ${what}`, async () => {
    spoil();
    const r = await signIn(somebody());
    assert.deepEqual([r.problem, r.session], ['token', undefined]);
  });

test('U16 a re-signed token with the right claims is taken: what is refused above is refused for its fault', async () => {
  issuer.forge({});
  assert.equal((await signIn(somebody())).problem, null);
  issuer.forge({ aud: ['acme', 'x'], azp: 'acme' });
  assert.equal((await signIn(somebody())).problem, null);
});

test('U16 a state is good once', async () => {
  const { browser, callback } = await callbackOf(somebody());
  assert.equal((await arrive(browser, callback)).problem, null);
  assert.equal((await arrive(browser, callback)).problem, 'state');
});

test('U16 a state is used up by a sign-in that failed', async () => {
  const { browser, callback } = await callbackOf(somebody());
  const denied = new URL(callback);
  denied.search = new URLSearchParams({ state: callback.searchParams.get('state'), error: 'access_denied' });
  assert.equal((await arrive(browser, denied)).problem, 'denied');
  assert.equal((await arrive(browser, callback)).problem, 'state');
});

test('U16 a state of another browser, a made-up one and one that is too old open nothing', async () => {
  const mine = await callbackOf(somebody());
  const victim = new Browser();
  assert.equal((await arrive(victim, mine.callback)).problem, 'state', 'a browser without the cookie');
  const theirs = await callbackOf(somebody());
  assert.equal((await arrive(victim, theirs.callback)).problem, 'state');
  const swapped = await callbackOf(somebody(), { browser: victim });
  const foreign = await callbackOf(somebody());
  assert.equal((await arrive(victim, foreign.callback)).problem, 'state', 'a browser with another cookie');
  const made = new URL(swapped.callback);
  made.searchParams.set('state', Buffer.alloc(32, 1).toString('base64url'));
  assert.equal((await arrive(victim, made)).problem, 'state');
  await sql(`update app.oidc_state set expires_at = now() - interval '1 second'`);
  assert.equal((await arrive(victim, swapped.callback)).problem, 'state', 'ten minutes are over');
});

test('U16 two sign-ins of one browser go on side by side', async () => {
  const browser = new Browser();
  const who = somebody();
  const one = await callbackOf(who, { browser });
  const two = await callbackOf(who, { browser });
  assert.equal((await arrive(browser, one.callback)).problem, null);
  assert.equal((await arrive(browser, two.callback)).problem, null);
});

test('U16 a code of one issuer is not redeemed at another (mix-up)', async () => {
  const { browser, callback } = await callbackOf(somebody(), { provider: 'es' });
  // Somebody in the middle brings the answer to the other provider's callback, or says that another issuer sent it.
  const moved = new URL(callback);
  moved.pathname = '/oauth/callback/other';
  assert.equal((await arrive(browser, moved)).problem, 'state');
  const said = await callbackOf(somebody(), { provider: 'es' });
  said.callback.searchParams.set('iss', other.url);
  const before = issuer.state.tokens;
  assert.equal((await arrive(said.browser, said.callback)).problem, 'token');
  const silent = await callbackOf(somebody(), { provider: 'es' });
  silent.callback.searchParams.delete('iss');
  assert.equal((await arrive(silent.browser, silent.callback)).problem, 'token', 'an issuer that says it names itself must');
  assert.equal(issuer.state.tokens, before, 'the code was shown to nobody');
});

test('U16 a code that somebody else got hold of is worth nothing without this browser\'s verifier', async () => {
  const thief = await callbackOf(somebody());
  const owner = await callbackOf(somebody());
  thief.callback.searchParams.set('code', owner.callback.searchParams.get('code'));
  assert.equal((await arrive(thief.browser, thief.callback)).problem, 'token');
});

test('U16 what is stored of a sign-in under way opens nothing to who reads the database', async () => {
  const { callback } = await callbackOf(somebody());
  const rows = JSON.stringify(await sql(`select * from app.oidc_state`));
  assert.ok(!rows.includes(callback.searchParams.get('state')));
  assert.equal(await value(`select count(*) from app.oidc_state where state_hash = sha256(convert_to(:'s', 'UTF8'))`, { s: callback.searchParams.get('state') }), '1');
});

test('U16 one goes on to a path of ours and nowhere else', async () => {
  for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'evil', '/a\nb', `/${'x'.repeat(600)}`]) {
    const r = await call(null, 'GET', `${API}/auth/oidc/acme/start?next=${encodeURIComponent(next)}`, { direct: true, headers: { host } });
    // undici sets Host itself: by the address of the tests the browser is first sent to our own.
    const { status, next: there } = await new Browser().get(`${site}${API}/auth/oidc/acme/start?next=${encodeURIComponent(next)}`, { follow: false });
    assert.equal(status, 400, `${next} ${there}`);
    assert.ok([303, 400].includes(r.status));
  }
});

test('U16 an unknown provider is not found, one that doesn\'t answer is a page that says so', async () => {
  await refused(404, 'NOT_FOUND', null, null, 'GET', `${API}/auth/oidc/nobody/start`);
  const { browser, callback } = await callbackOf(somebody());
  issuer.state.spoil = (path, text) => (path === '/token' ? '<html>' : text);
  assert.equal((await arrive(browser, callback)).problem, 'token');
});

test('U16 an issuer is asked who it is once, not for each sign-in; unknown keys don\'t make us ask each time', async () => {
  await signIn(somebody());
  const { discoveries, keyAsks } = issuer.state;
  await signIn(somebody());
  issuer.forge({}, { header: { kid: 'made-up' } });
  for (let i = 0; i < 4; i++) assert.equal((await signIn(somebody())).problem, 'token');
  assert.equal(issuer.state.discoveries, discoveries);
  assert.ok(issuer.state.keyAsks <= keyAsks + 1, `${issuer.state.keyAsks} after ${keyAsks}`);
});

test('U16 a person links an account elsewhere and signs in by it; nobody else can have it', async () => {
  const p = await person('otto');
  const who = somebody({ email: 'otto@elsewhere.example', email_verified: false });
  const link = async (somebodyHere) => {
    const r = await call(somebodyHere, 'POST', `${API}/identities`, { body: { provider: 'es', next: '/settings/passkeys' } });
    assert.equal(r.status, 200, r.text);
    const browser = new Browser();
    browser.jar.set(host, new Map([['mr', somebodyHere.cookie.split('=')[1]], ['mr-oidc', /mr-oidc=([^;]*)/.exec(r.headers.get('set-cookie'))[1]]]));
    issuer.state.person = who;
    const { url } = await browser.get(r.body.url, { until: atLogin });
    return new URL(url);
  };
  assert.equal((await link(p)).pathname, '/settings/passkeys');
  assert.equal((await me(await signIn(who, { provider: 'es' }))).id, p.id);
  const { items } = await expect(200, p, 'GET', `${API}/identities`);
  assert.deepEqual([items[0].provider, items[0].email], ['es', 'otto@elsewhere.example']);
  assert.equal((await link(await person('eve'))).searchParams.get('problem'), 'taken');
  await refused(404, 'NOT_FOUND', null, await person('eve'), 'DELETE', `${API}/identities/${items[0].id}`);
  await expect(204, p, 'DELETE', `${API}/identities/${items[0].id}`);
  assert.equal((await signIn(who, { provider: 'es' })).problem, 'email_unverified', 'unlinked, it is a stranger');
});

/* Somebody at a provider that speaks plain OAuth2. */
let number = 1000 + Math.floor(Math.random() * 1e9);
function hubber(verified = true, more = []) {
  const email = `${unique('hub')}@example.com`;
  return { ...somebody(), number: ++number, email: undefined, emails: [...more, { email, primary: true, verified, visibility: null }], primary: email };
}

test('U16 somebody signs in by plain OAuth2, by the primary address that is verified there, and is the same person the next time', async () => {
  const who = hubber(true, [{ email: `${unique('old')}@example.com`, primary: false, verified: true }]);
  const first = await me(await signIn(who, { provider: 'hub' }));
  assert.equal(first.email, who.primary);
  const again = await me(await signIn({ ...who, emails: [] }, { provider: 'hub' }));
  assert.equal(again.id, first.id, 'by their number, whatever their addresses are now');
});

test('U16 plain OAuth2 opens nothing without a verified primary address, without a number, or with another browser\'s code', async () => {
  for (const who of [hubber(false), hubber(false, [{ email: `${unique('x')}@example.com`, primary: false, verified: true }]), { ...hubber(), emails: [] }, hubber('true')]) {
    const r = await signIn(who, { provider: 'hub' });
    assert.deepEqual([r.problem, r.session], ['email_unverified', undefined]);
  }
  assert.equal((await signIn({ ...hubber(), number: undefined }, { provider: 'hub' })).problem, 'token');
  const p = await person('ines');
  assert.equal((await signIn({ ...hubber(), emails: [{ email: p.email, primary: true, verified: true }] }, { provider: 'hub' })).problem, 'account_unverified');
  const thief = await callbackOf(hubber(), { provider: 'hub' });
  const owner = await callbackOf(hubber(), { provider: 'hub' });
  thief.callback.searchParams.set('code', owner.callback.searchParams.get('code'));
  assert.equal((await arrive(thief.browser, thief.callback)).problem, 'token');
});

test('U16 the only way to sign in is not unlinked', async () => {
  const r = await signIn(somebody());
  const csrf = (await me(r)).csrf_token;
  const who = { ...r.who, csrf };
  const { items } = await expect(200, who, 'GET', `${API}/identities`);
  await refused(409, 'CONFLICT', null, who, 'DELETE', `${API}/identities/${items[0].id}`);
});

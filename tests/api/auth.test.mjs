/* Signing up, in and out; sessions; the two kinds of credential; one's own profile. U01-U07, S10. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { call, credentials, env, expect, refused } from '../lib/client.mjs';
import { endOthers, otherWeb } from '../lib/others.mjs';
import { value, sql } from '../lib/sql.mjs';
import { API, PASSWORD, apiToken, cookieOf, person, program, unique } from '../lib/world.mjs';

after(endOthers);

const UNKNOWN = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';

test('U01 who signs up owns a first workspace and is signed in', async () => {
  const email = `${unique('ines')}@example.com`;
  const r = await call(null, 'POST', `${API}/auth/register`, { body: { email, password: PASSWORD, name: 'Ines' } });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.body.user.email, email);
  assert.equal(r.body.user.name, 'Ines');
  assert.equal(r.body.user.memberships.length, 1);
  assert.equal(r.body.user.memberships[0].role, 'owner');
  assert.equal(r.body.user.memberships[0].workspace_id, r.body.workspace_id);
  const me = await expect(200, { cookie: cookieOf(r) }, 'GET', `${API}/users/me`);
  assert.equal(me.id, r.body.user.id);
});

test('U01 an address in use is a conflict on email, however it is written', async () => {
  const p = await person();
  await refused(409, 'CONFLICT', 'email', null, 'POST', `${API}/auth/register`, {
    body: { email: p.email.toUpperCase(), password: PASSWORD },
  });
});

test('U01 a bad address and a short password are refused, both named', async () => {
  const body = await refused(400, 'VALIDATION_ERROR', 'email', null, 'POST', `${API}/auth/register`, {
    body: { email: 'nobody', password: 'short' },
  });
  assert.ok(body.error.issues.some((i) => i.field === 'password'), JSON.stringify(body));
});

test('U01 a password that is the address is refused', async () => {
  const email = `${unique('weak')}@example.com`;
  await refused(400, 'VALIDATION_ERROR', 'password', null, 'POST', `${API}/auth/register`, { body: { email, password: email } });
});

test('U02 the session cookie is out of reach of scripts and other sites', async () => {
  const p = await person();
  const r = await call(null, 'POST', `${API}/auth/login`, { body: { email: p.email, password: PASSWORD } });
  assert.equal(r.status, 200, r.text);
  const line = r.headers.get('set-cookie');
  assert.match(line, /HttpOnly/i);
  assert.match(line, /SameSite=Lax/i);
  assert.match(line, /Path=\//i);
  assert.notEqual(cookieOf(r), p.cookie, 'each sign-in has a session of its own');
  assert.ok(!r.text.includes(cookieOf(r).split('=')[1]), 'the secret is in the cookie only');
});

test('U02 a wrong password and an unknown address get the same answer', async () => {
  const p = await person();
  const wrong = await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/login`, {
    body: { email: p.email, password: 'not the password' },
  });
  const unknown = await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/login`, {
    body: { email: `${unique('nobody')}@example.com`, password: 'not the password' },
  });
  assert.deepEqual(wrong.error, unknown.error);
});

test('U02 guessing is slowed down, and the right password works once the wait is over', async () => {
  const p = await person();
  const guess = () => call(null, 'POST', `${API}/auth/login`, { body: { email: p.email, password: 'a guess of mine' } });
  let r;
  for (let i = 0; i < 12; i++) {
    r = await guess();
    if (r.status === 429) break;
    assert.equal(r.status, 401, r.text);
  }
  assert.equal(r.status, 429, 'twelve wrong passwords were all let through');
  assert.ok(Number(r.headers.get('retry-after')) >= 1, 'Retry-After says how long');
  await sql(`delete from app.login_throttle`);
  await expect(200, null, 'POST', `${API}/auth/login`, { body: { email: p.email, password: PASSWORD } });
});

test('U03 a program gets tokens by JSON or by form, good on the operations', async () => {
  const p = await person();
  const form = await call(null, 'POST', `${API}/auth/token`, {
    raw: new URLSearchParams({ username: p.email, password: PASSWORD, grant_type: 'password' }).toString(),
    type: 'application/x-www-form-urlencoded',
  });
  assert.equal(form.status, 200, form.text);
  assert.equal(form.body.token_type, 'bearer');
  assert.ok(form.body.expires_in <= 900);
  const json = await program(p);
  for (const bearer of [form.body.access_token, json.bearer]) {
    const me = await expect(200, { bearer }, 'GET', `${API}/users/me`);
    assert.equal(me.email, p.email);
    await expect(200, { bearer }, 'GET', `${API}/workflows`);
  }
  await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/token`, { body: { username: p.email, password: 'wrong wrong wrong' } });
});

test('U03 tokens are never cached', async () => {
  const p = await person();
  const r = await call(null, 'POST', `${API}/auth/token`, { body: { username: p.email, password: PASSWORD } });
  assert.match(r.headers.get('cache-control') ?? '', /no-store/);
});

test('U04 a session and an API token whose time is over say so: TOKEN_EXPIRED, and the client signs in anew', async () => {
  const p = await person();
  const token = await apiToken(p);
  await sql(`update app.session set expires_at = now() - interval '1 s' where user_id = :'id'; update app.token set expires_at = now() - interval '1 s' where id = :'token'`, { id: p.id, token: token.id });
  for (const who of [p, token]) await refused(401, 'TOKEN_EXPIRED', null, who, 'GET', `${API}/workflows`);
});

test('U04 an altered JWT opens nothing', async () => {
  const { bearer } = await program(await person());
  const [head, claims, mac] = bearer.split('.');
  const other = Buffer.from(claims, 'base64url').toString().replace(/"exp":\d+/, '"exp":9999999999');
  const altered = {
    'other claims': [head, Buffer.from(other).toString('base64url'), mac],
    'no algorithm': [Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url'), claims, ''],
    'other signature': [head, claims, Buffer.from(Buffer.from(mac, 'base64url').reverse()).toString('base64url')],
    'an unknown key': [Buffer.from('{"alg":"EdDSA","typ":"JWT","kid":"../../etc/passwd"}').toString('base64url'), claims, mac],
  };
  for (const [what, parts] of Object.entries(altered)) {
    const r = await call({ bearer: parts.join('.') }, 'GET', `${API}/users/me`);
    assert.equal(r.status, 401, `${what}: ${r.text}`);
    assert.equal(r.body.error.code, 'UNAUTHENTICATED', what);
  }
});

test('U04 a JWT whose session has ended opens nothing', async () => {
  const p = await person();
  const who = await program(p);
  await sql(`update app.session set expires_at = now() - interval '1 minute' where user_id = :'id' and kind = 'jwt'`, { id: p.id });
  const r = await call({ bearer: who.bearer }, 'GET', `${API}/users/me`);
  assert.equal(r.status, 401, r.text);
});

test('U05 a refresh gives a new pair and ends the old refresh token', async () => {
  const who = await program(await person());
  const next = await expect(200, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token: who.refresh } });
  assert.notEqual(next.refresh_token, who.refresh);
  await expect(200, { bearer: next.access_token }, 'GET', `${API}/users/me`);
});

test('U05 using a spent refresh token ends the whole family', async () => {
  const p = await person();
  const who = await program(p);
  const next = await expect(200, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token: who.refresh } });
  // A lost answer may be asked for again within ten seconds: this use comes later than that.
  await sql(`update app.refresh_token set used_at = used_at - interval '1 minute' where used_at is not null`);
  await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token: who.refresh } });
  await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token: next.refresh_token } });
  const r = await call({ bearer: next.access_token }, 'GET', `${API}/users/me`);
  assert.equal(r.status, 401, 'the access token of that family lives on');
});

test('U05 a made-up refresh token is refused', async () => {
  for (const refresh_token of ['mrr_nonsense', `mrr_${'A'.repeat(49)}`])
    await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token } });
});

test('U06 signing out ends the session at once', async () => {
  const p = await person();
  await expect(204, p, 'POST', `${API}/auth/logout`);
  await refused(401, 'UNAUTHENTICATED', null, { cookie: p.cookie }, 'GET', `${API}/users/me`);
});

test('U06 a session is one on every web process: opened at one, ended at another, refused at all of them', async () => {
  const bases = [env.direct, await otherWeb()];
  const me = async (who, base) => (await fetch(`${base}${API}/users/me`, { headers: credentials(who) })).status;
  const everywhere = (who) => Promise.all(bases.map((base) => me(who, base)));
  for (const [opens, ends] of [bases, [...bases].reverse()]) {
    const p = await person();
    const login = await fetch(`${opens}${API}/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json', origin: opens }, body: JSON.stringify({ email: p.email, password: PASSWORD }) });
    assert.equal(login.status, 200);
    const browser = { cookie: cookieOf(login), csrf: (await login.json()).csrf_token, origin: ends };
    const jwt = await program(p);
    assert.deepEqual([await everywhere(browser), await everywhere(jwt)], [[200, 200], [200, 200]]);
    const out = await fetch(`${ends}${API}/auth/logout`, { method: 'POST', headers: credentials(browser, 'POST') });
    assert.equal(out.status, 204, await out.text());
    // At once: no process remembers a session.
    assert.deepEqual([await everywhere(browser), await everywhere(jwt)], [[401, 401], [200, 200]]);
    const { items } = await expect(200, p, 'GET', `${API}/sessions`);
    const gone = await fetch(`${ends}${API}/sessions/${items.find((s) => s.kind === 'jwt').id}`, { method: 'DELETE', headers: credentials({ ...p, origin: ends }, 'DELETE') });
    assert.equal(gone.status, 204, await gone.text());
    assert.deepEqual(await everywhere(jwt), [401, 401]);
  }
});

test('U06 one sees one\'s own sessions and ends them one by one', async () => {
  const p = await person();
  const second = await program(p);
  const { items } = await expect(200, p, 'GET', `${API}/sessions`);
  assert.equal(items.length, 2);
  assert.deepEqual(items.filter((s) => s.current).map((s) => s.kind), ['cookie']);
  await expect(204, p, 'DELETE', `${API}/sessions/${items.find((s) => s.kind === 'jwt').id}`);
  await refused(401, 'UNAUTHENTICATED', null, { bearer: second.bearer }, 'GET', `${API}/users/me`);
  await expect(200, p, 'GET', `${API}/users/me`);
});

test('U06 another person\'s session is not found', async () => {
  const [a, b] = [await person(), await person()];
  const { items } = await expect(200, a, 'GET', `${API}/sessions`);
  await refused(404, 'NOT_FOUND', null, b, 'DELETE', `${API}/sessions/${items[0].id}`);
  await refused(404, 'NOT_FOUND', null, b, 'DELETE', `${API}/sessions/${UNKNOWN}`);
  await expect(200, a, 'GET', `${API}/users/me`);
});

test('U07 the profile never shows the hash, and takes name and preferences', async () => {
  const p = await person();
  const r = await call(p, 'GET', `${API}/users/me`);
  assert.equal(r.status, 200);
  assert.ok(!/argon2|hash/.test(r.text), r.text);
  assert.equal(r.body.csrf_token, p.csrf);
  const changed = await expect(200, p, 'PATCH', `${API}/users/me`, { body: { name: 'Ines M.', preferences: { theme: 'dark' } } });
  assert.equal(changed.name, 'Ines M.');
  assert.deepEqual(changed.preferences, { theme: 'dark' });
  assert.deepEqual((await expect(200, p, 'GET', `${API}/users/me`)).preferences, { theme: 'dark' });
  await refused(400, 'VALIDATION_ERROR', 'is_superuser', p, 'PATCH', `${API}/users/me`, { body: { is_superuser: true } });
});

test('U08 passwords are stored as argon2id', async () => {
  const p = await person();
  const hash = await value(`select password_hash from app.user_account where id = :'id'`, { id: p.id });
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('S10 a change by cookie needs the CSRF token and our own origin; a bearer needs neither', async () => {
  const p = await person();
  const body = { name: 'changed' };
  await refused(403, 'FORBIDDEN', null, { ...p, csrf: undefined }, 'PATCH', `${API}/users/me`, { body });
  await refused(403, 'FORBIDDEN', null, { ...p, csrf: 'A'.repeat(43) }, 'PATCH', `${API}/users/me`, { body });
  await refused(403, 'FORBIDDEN', null, { ...p, origin: 'https://evil.example' }, 'PATCH', `${API}/users/me`, { body });
  const other = await person();
  await refused(403, 'FORBIDDEN', null, { ...p, csrf: other.csrf }, 'PATCH', `${API}/users/me`, { body });
  await expect(200, p, 'PATCH', `${API}/users/me`, { body });
  await expect(200, await program(p), 'PATCH', `${API}/users/me`, { body });
});

test('S10 nobody can be signed in from another site', async () => {
  const p = await person();
  await refused(403, 'FORBIDDEN', null, null, 'POST', `${API}/auth/login`, {
    body: { email: p.email, password: PASSWORD }, headers: { origin: 'https://evil.example' },
  });
});

/*
 * Accounts of people on an installation that sends mail: verification, reset, change of address and password, the second
 * factor, administrators. U01, U02, U08, U15, Z26. One file, since they share one installation of their own.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, expect, refused } from '../lib/client.mjs';
import { secretOf } from '../lib/mailbox.mjs';
import { startMailStack } from '../lib/mailstack.mjs';
import { sql, value } from '../lib/sql.mjs';
import { totp } from '../lib/totp.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, cookieOf, unique } from '../lib/world.mjs';

let on;
before(async () => {
  on = await startMailStack();
  await until('the worker has said that it sends', () => value('select app.mail_on()').then((v) => v === 't'));
});
after(() => on?.stop());

const OTHER = 'another seven wheels';
const post = (path, body, who = null) => call(who, 'POST', `${API}${path}`, { body });
const address = (word) => `${unique(word)}@example.com`;
const sessionOf = (r, email) => ({ id: r.body.user.id, email, cookie: cookieOf(r), csrf: r.body.csrf_token, workspace: r.body.workspace_id });
const login = (email, password = PASSWORD) => post('/auth/login', { email, password });

async function person(word) {
  const email = address(word);
  assert.equal((await post('/auth/register', { email, password: PASSWORD, name: word })).status, 202);
  const r = await post('/auth/verify', { token: secretOf(await on.box.next(email)) });
  assert.equal(r.status, 201, r.text);
  return sessionOf(r, email);
}
/* Tests don't wait for the next step: what was used is forgotten. */
const forgetStep = (who) => sql("update app.totp set last_step = 0 where user_id = :'id'; delete from app.login_throttle", { id: who.id });

async function withTotp(word) {
  const who = await person(word);
  const made = await expect(201, who, 'POST', `${API}/users/me/totp`, { body: { password: PASSWORD } });
  const { recovery_codes } = await expect(200, who, 'POST', `${API}/users/me/totp/confirm`, { body: { code: totp(made.secret) } });
  await forgetStep(who);
  return { ...who, secret: made.secret, uri: made.uri, codes: recovery_codes };
}

test('U01 with mail, signing up says the same for a new address and one in use, and makes nothing yet', async () => {
  const email = address('new');
  const fresh = await post('/auth/register', { email, password: PASSWORD });
  assert.equal(fresh.status, 202);
  assert.equal(fresh.headers.get('set-cookie'), null);
  assert.equal((await login(email)).status, 401);
  const token = secretOf(await on.box.next(email));
  assert.match(token, /^mrv_[0-9A-Za-z]{49}$/);
  assert.equal(await value("select count(*) from app.ticket where encode(token_hash, 'escape') like '%mrv_%'"), '0');
  const r = await post('/auth/verify', { token });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.body.user.email, email);
  await refused(400, 'VALIDATION_ERROR', 'token', null, 'POST', `${API}/auth/verify`, { body: { token } });
  const again = await post('/auth/register', { email: email.toUpperCase(), password: OTHER });
  assert.deepEqual([again.status, again.text], [fresh.status, fresh.text]);
  assert.match((await on.box.next(email.toUpperCase())).subject, /have an account already/);
  assert.equal((await login(email)).status, 200);
  assert.equal(await value("select email_verified_at is not null from app.user_account where email = :'email'", { email }), 't');
});

test('U01 the link of a sign-up leads on to the page that was wanted, which is one of ours', async () => {
  const next = '/invite/mri_1?a=b&c=%2F"<';
  for (const bad of ['//evil.example', 'https://evil.example', '/\\evil.example', '/a b', '/ü', '']) {
    await refused(400, 'VALIDATION_ERROR', 'next', null, 'POST', `${API}/auth/register`, { body: { email: address('bad'), password: PASSWORD, next: bad } });
  }
  const email = address('next');
  assert.equal((await post('/auth/register', { email, password: PASSWORD, next })).status, 202);
  assert.equal((await post('/auth/resend', { email })).status, 202);
  for (const mail of [await on.box.next(email), await on.box.next(email)]) {
    const link = new URL(/https?:\/\/\S+/.exec(mail.text)[0]);
    assert.deepEqual([link.pathname, link.searchParams.get('next')], ['/verify', next]);
  }
  await sql('delete from app.login_throttle');
});

test('U01 of two who sign up with an address the link decides, and the other link is void', async () => {
  const email = address('both');
  await post('/auth/register', { email, password: OTHER });
  const first = secretOf(await on.box.next(email));
  await post('/auth/register', { email, password: PASSWORD });
  const second = secretOf(await on.box.next(email));
  assert.equal((await post('/auth/verify', { token: second })).status, 201);
  assert.equal((await post('/auth/verify', { token: first })).status, 400);
  assert.equal((await login(email, OTHER)).status, 401);
  assert.equal((await login(email)).status, 200);
});

test('U01 the link is sent again for who waits for one, and the answer tells nobody who that is', async () => {
  const email = address('again');
  await post('/auth/register', { email, password: PASSWORD });
  await on.box.next(email);
  assert.equal((await post('/auth/resend', { email })).status, 202);
  assert.equal((await post('/auth/resend', { email: address('nobody') })).status, 202);
  assert.equal((await post('/auth/verify', { token: secretOf(await on.box.next(email)) })).status, 201);
});

test('Z26 a new password by mail ends all sessions, once', async () => {
  const who = await person('reset');
  assert.equal((await post('/auth/reset', { email: address('nobody') })).status, 202);
  assert.equal((await post('/auth/reset', { email: who.email })).status, 202);
  const token = secretOf(await on.box.next(who.email));
  await refused(400, 'VALIDATION_ERROR', 'password', null, 'POST', `${API}/auth/reset/confirm`, { body: { token, password: 'aaaaaaaaaaaa' } });
  assert.equal((await post('/auth/reset/confirm', { token, password: OTHER })).status, 204);
  assert.equal((await call(who, 'GET', `${API}/users/me`)).status, 401);
  assert.equal((await login(who.email)).status, 401);
  assert.equal((await login(who.email, OTHER)).status, 200);
  await refused(400, 'VALIDATION_ERROR', 'token', null, 'POST', `${API}/auth/reset/confirm`, { body: { token, password: PASSWORD } });
  assert.match((await on.box.next(who.email)).subject, /password was changed/);
});

test('Z26 a link whose time is over does nothing, nor one of another kind', async () => {
  const who = await person('late');
  await post('/auth/reset', { email: who.email });
  const token = secretOf(await on.box.next(who.email));
  for (const path of ['/auth/verify', '/auth/email/confirm']) assert.equal((await post(path, { token })).status, 400);
  await sql("update app.ticket set expires_at = now() where user_id = :'id'", { id: who.id });
  assert.equal((await post('/auth/reset/confirm', { token, password: OTHER })).status, 400);
});

test('Z26 my password changes with the present one, and my other sessions end', async () => {
  const who = await person('change');
  const elsewhere = sessionOf(await login(who.email), who.email);
  await refused(400, 'VALIDATION_ERROR', 'password', who, 'POST', `${API}/users/me/password`, { body: { password: 'wrong', new_password: OTHER } });
  await refused(400, 'VALIDATION_ERROR', 'new_password', who, 'POST', `${API}/users/me/password`, { body: { password: PASSWORD, new_password: 'qwertyuiop' } });
  await expect(204, who, 'POST', `${API}/users/me/password`, { body: { password: PASSWORD, new_password: OTHER } });
  assert.equal((await call(who, 'GET', `${API}/users/me`)).status, 200);
  assert.equal((await call(elsewhere, 'GET', `${API}/users/me`)).status, 401);
  assert.equal((await login(who.email, OTHER)).status, 200);
});

test('Z26 my address changes when the new one has answered, and the old one is told', async () => {
  const who = await person('move');
  const next = address('moved');
  await refused(400, 'VALIDATION_ERROR', 'password', who, 'POST', `${API}/users/me/email`, { body: { email: next, password: 'wrong' } });
  assert.deepEqual(await expect(200, who, 'POST', `${API}/users/me/email`, { body: { email: next, password: PASSWORD } }), { confirm: true });
  assert.equal((await login(next)).status, 401);
  assert.equal((await post('/auth/email/confirm', { token: secretOf(await on.box.next(next)) })).status, 204);
  assert.equal((await login(next)).status, 200);
  assert.equal((await login(who.email)).status, 401);
  assert.match((await on.box.next(who.email)).subject, /address of your account was changed/);
  assert.equal(await value("select email_verified_at is not null from app.user_account where id = :'id'", { id: who.id }), 't');
});

test('Z26 an address in use is told to its owner only', async () => {
  const owner = await person('owner');
  const who = await person('wants');
  assert.deepEqual(await expect(200, who, 'POST', `${API}/users/me/email`, { body: { email: owner.email, password: PASSWORD } }), { confirm: true });
  assert.match((await on.box.next(owner.email)).subject, /named for another account/);
  assert.equal(on.box.to(owner.email).filter((m) => m.text.includes('/confirm-email')).length, 0);
});

test('U06 all my other sessions end at once', async () => {
  const who = await person('sessions');
  const others = [sessionOf(await login(who.email), who.email), sessionOf(await login(who.email), who.email)];
  await expect(204, who, 'DELETE', `${API}/sessions`);
  for (const other of others) assert.equal((await call(other, 'GET', `${API}/users/me`)).status, 401);
  assert.equal((await expect(200, who, 'GET', `${API}/sessions`)).items.length, 1);
});

test('Z26 signing in takes the second factor: a ticket, then a code, by cookie and by tokens', async () => {
  const who = await withTotp('totp');
  assert.match(who.uri, /^otpauth:\/\/totp\/Millrace:totp-[0-9a-f]+@example\.com\?secret=[A-Z2-7]{32}&issuer=Millrace&/);
  assert.match((await on.box.next(who.email)).subject, /second factor now/);
  const first = await login(who.email);
  assert.equal(first.status, 202, first.text);
  assert.equal(first.headers.get('set-cookie'), null);
  assert.equal((await call({ bearer: first.body.ticket }, 'GET', `${API}/users/me`)).status, 401);
  const second = await post('/auth/second-factor', { ticket: first.body.ticket, code: totp(who.secret) });
  assert.equal(second.status, 200, second.text);
  assert.notEqual(cookieOf(second), who.cookie);
  await refused(401, 'UNAUTHENTICATED', null, null, 'POST', `${API}/auth/second-factor`, { body: { ticket: first.body.ticket, code: totp(who.secret, 1) } });
  const program = await post('/auth/token', { username: who.email, password: PASSWORD });
  assert.equal(program.status, 202);
  const pair = await post('/auth/second-factor', { ticket: program.body.ticket, code: who.codes[0] });
  assert.equal(pair.status, 200, pair.text);
  assert.equal((await call({ bearer: pair.body.access_token }, 'GET', `${API}/users/me`)).status, 200);
});

test('Z26 a code is good once, and one step early or late; a recovery code is good once', async () => {
  const who = await withTotp('once');
  const ticket = async () => (await login(who.email)).body.ticket;
  for (const step of [-3, 3]) assert.equal((await post('/auth/second-factor', { ticket: await ticket(), code: totp(who.secret, step) })).status, 400);
  const code = totp(who.secret);
  assert.equal((await post('/auth/second-factor', { ticket: await ticket(), code })).status, 200);
  await refused(400, 'VALIDATION_ERROR', 'code', null, 'POST', `${API}/auth/second-factor`, { body: { ticket: await ticket(), code } });
  assert.equal((await post('/auth/second-factor', { ticket: await ticket(), code: who.codes[3].toUpperCase() })).status, 200);
  await refused(400, 'VALIDATION_ERROR', 'code', null, 'POST', `${API}/auth/second-factor`, { body: { ticket: await ticket(), code: who.codes[3] } });
  await sql('delete from app.login_throttle');
  assert.equal((await post('/auth/second-factor', { ticket: await ticket(), code: totp(who.secret, 1) })).status, 200);
  assert.equal((await expect(200, who, 'GET', `${API}/users/me/second-factor`)).recovery_codes_left, 9);
});

test('Z26 a ticket is good for five tries, and an account for five before it slows down', async () => {
  const who = await withTotp('tries');
  const { ticket } = (await login(who.email)).body;
  const statuses = [];
  for (let i = 0; i < 7; i++) {
    statuses.push((await post('/auth/second-factor', { ticket, code: '000000' })).status);
    await sql("update app.login_throttle set until_at = now() where key = :'key'", { key: `mfa:${who.id}` });
  }
  assert.deepEqual(statuses, [400, 400, 400, 400, 400, 401, 401]);
  const other = (await login(who.email)).body.ticket;
  await post('/auth/second-factor', { ticket: other, code: '000000' });
  const slow = await post('/auth/second-factor', { ticket: other, code: totp(who.secret) });
  assert.equal(slow.status, 429, slow.text);
  assert.ok(Number(slow.headers.get('retry-after')) >= 1);
});

test('Z26 what is dear asks for the second factor again after ten minutes', async () => {
  const who = await withTotp('dear');
  const make = () => call(who, 'POST', `${API}/tokens`, { body: { name: unique('t'), scopes: ['workflow:read'] } });
  assert.equal((await make()).status, 201);
  await sql("update app.session set mfa_at = now() - interval '11 minutes' where user_id = :'id'", { id: who.id });
  const r = await make();
  assert.deepEqual([r.status, r.body.error.code], [403, 'SECOND_FACTOR_NEEDED']);
  await refused(403, 'SECOND_FACTOR_NEEDED', null, who, 'POST', `${API}/users/me/recovery-codes`, { body: {} });
  const state = await expect(200, who, 'POST', `${API}/users/me/second-factor`, { body: { code: totp(who.secret) } });
  assert.ok(Date.parse(state.confirmed_until) > Date.now());
  assert.equal((await make()).status, 201);
  const { recovery_codes } = await expect(200, who, 'POST', `${API}/users/me/recovery-codes`, { body: {} });
  assert.equal(new Set([...recovery_codes, ...who.codes]).size, 20);
});

test('Z26 the second factor goes with password and code, and its secret is in no dump', async () => {
  const who = await withTotp('off');
  const kept = (await sql('select * from app.totp')).flat().join();
  assert.ok(!kept.includes(who.secret));
  await refused(400, 'VALIDATION_ERROR', 'password', who, 'POST', `${API}/users/me/totp/disable`, { body: { password: 'wrong', code: totp(who.secret) } });
  await refused(400, 'VALIDATION_ERROR', 'code', who, 'POST', `${API}/users/me/totp/disable`, { body: { password: PASSWORD, code: '000000' } });
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/users/me/totp`, { body: { password: PASSWORD } });
  await expect(204, who, 'POST', `${API}/users/me/totp/disable`, { body: { password: PASSWORD, code: totp(who.secret) } });
  assert.equal((await login(who.email)).status, 200);
});

test('Z26 a workspace can require it: without one nothing can be done there', async () => {
  const who = await person('strict');
  const ws = await expect(200, who, 'GET', `${API}/workspaces/${who.workspace}`);
  const require2fa = (settings) => call(who, 'PATCH', `${API}/workspaces/${who.workspace}`, { body: { settings }, headers: { 'if-match': `"${ws.etag}"` } });
  assert.equal((await require2fa({ require_2fa: true })).status, 400);
  await sql("update app.workspace set settings = '{\"require_2fa\": true}' where id = :'ws'", { ws: who.workspace });
  const no = await call(who, 'GET', `${API}/workflows`);
  assert.equal(no.status, 403);
  assert.match(no.body.error.message, /asks its members for a second factor/);
  assert.equal((await expect(200, who, 'GET', `${API}/users/me`)).memberships[0].second_factor_missing, true);
  const made = await expect(201, who, 'POST', `${API}/users/me/totp`, { body: { password: PASSWORD } });
  await expect(200, who, 'POST', `${API}/users/me/totp/confirm`, { body: { code: totp(made.secret) } });
  assert.equal((await call(who, 'GET', `${API}/workflows`)).status, 200);
});

test('Z26 who came by a provider and has no password sets the first one by a mailed link, not by the session alone', async () => {
  const who = await person('provided');
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/users/me/password/link`);
  await sql("update app.user_account set password_hash = null where id = :'id'", { id: who.id });
  assert.equal((await expect(200, who, 'GET', `${API}/users/me`)).has_password, false);
  await refused(409, 'CONFLICT', null, who, 'POST', `${API}/users/me/password`, { body: { new_password: OTHER } });
  await expect(204, who, 'POST', `${API}/users/me/password/link`);
  const mail = await on.box.next(who.email);
  assert.match(mail.subject, /Set your first password/);
  assert.equal((await post('/auth/reset/confirm', { token: secretOf(mail), password: OTHER })).status, 204);
  assert.match((await on.box.next(who.email)).subject, /password was changed/);
  assert.equal((await login(who.email, OTHER)).status, 200);
});

test('U15 an administrator sees people and no tenant\'s data; who is deactivated is out at once, tokens too', async () => {
  const admin = await person('admin');
  const who = await person('person');
  await refused(403, 'FORBIDDEN', null, who, 'GET', `${API}/admin/users`);
  await sql("update app.user_account set is_superuser = true where id = :'id'", { id: admin.id });
  const token = await expect(201, who, 'POST', `${API}/tokens`, { body: { name: 'x', scopes: ['workflow:read'] } });
  const page = await expect(200, admin, 'GET', `${API}/admin/users?q=${encodeURIComponent(who.email)}`);
  assert.deepEqual(page.items.map((u) => u.id), [who.id]);
  assert.equal((await call({ ...admin, workspace: who.workspace }, 'GET', `${API}/workflows`)).status, 404);
  await refused(400, 'VALIDATION_ERROR', 'is_active', admin, 'PATCH', `${API}/admin/users/${admin.id}`, { body: { is_active: false } });
  const off = await expect(200, admin, 'PATCH', `${API}/admin/users/${who.id}`, { body: { is_active: false } });
  assert.equal(off.is_active, false);
  assert.equal((await call(who, 'GET', `${API}/users/me`)).status, 401);
  assert.equal((await call({ bearer: token.token }, 'GET', `${API}/workflows`)).status, 401);
  assert.equal((await login(who.email)).status, 401);
  await expect(200, admin, 'PATCH', `${API}/admin/users/${who.id}`, { body: { is_active: true } });
  assert.equal((await call(who, 'GET', `${API}/users/me`)).status, 401, 'old sessions stay ended');
  assert.equal((await call({ bearer: token.token }, 'GET', `${API}/workflows`)).status, 401, 'and so do tokens');
  const link = await expect(200, admin, 'POST', `${API}/admin/users/${who.id}/reset`, { body: {} });
  assert.equal((await post('/auth/reset/confirm', { token: link.token, password: OTHER })).status, 204);
  assert.equal((await login(who.email, OTHER)).status, 200);
  await expect(404, admin, 'GET', `${API}/admin/users/${who.workspace}`);
});

test('U08 an imported bcrypt hash is good at login, and is argon2id from then on', async () => {
  const admin = await person('imports');
  await sql("update app.user_account set is_superuser = true where id = :'id'", { id: admin.id });
  const email = address('bcrypt');
  // crypt(3) of "three wheels turn slowly", by another program: openssl has none, so Postgres' pgcrypto made it.
  const hash = await value("select replace(ext.crypt(:'p', ext.gen_salt('bf', 6)), '$2a$', '$2b$')", { p: PASSWORD });
  await refused(400, 'VALIDATION_ERROR', 'password_hash', admin, 'POST', `${API}/admin/users`, { body: { email, password_hash: '$1$abc$def' } });
  const made = await expect(201, admin, 'POST', `${API}/admin/users`, { body: { email, name: 'B', password_hash: hash } });
  assert.equal((await login(email, 'wrong password')).status, 401);
  assert.equal((await login(email)).status, 200);
  assert.match(await value("select password_hash from app.user_account where id = :'id'", { id: made.id }), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal((await login(email)).status, 200);
});

test('U05 a refresh token used again is written down', async () => {
  const who = await person('reuse');
  const pair = (await post('/auth/token', { username: who.email, password: PASSWORD })).body;
  await expect(200, null, 'POST', `${API}/auth/refresh`, { body: { refresh_token: pair.refresh_token } });
  await sql("update app.refresh_token set used_at = now() - interval '11 s' where used_at is not null");
  assert.equal((await post('/auth/refresh', { refresh_token: pair.refresh_token })).status, 401);
  assert.equal(await value("select count(*) from app.audit where action = 'session.refresh_reused' and actor_id = :'id'", { id: who.id }), '1');
});

/*
 * Domains: proven by a record at a name server that is none of ours, and the people who join by them, whether they show
 * their address by a mailed link or by a provider. U12, U13. One installation of its own, which sends mail and asks that
 * name server.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { Browser, startIssuer } from '../lib/issuer.mjs';
import { secretOf } from '../lib/mailbox.mjs';
import { startMailStack } from '../lib/mailstack.mjs';
import { startNameserver } from '../lib/nameserver.mjs';
import { sql, value } from '../lib/sql.mjs';
import { ISSUER_SECRET } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, cookieOf, unique } from '../lib/world.mjs';

const LONG = { ms: 60000 };
let on, dns;
before(async () => {
  on = await startMailStack();
  dns = await startNameserver(on.stack.dns);
  await until('the worker has said that it sends', () => value('select app.mail_on()').then((v) => v === 't'), LONG);
});
after(async () => {
  await on?.stop();
  await dns?.stop();
});

const post = (path, body, who = null) => call(who, 'POST', `${API}${path}`, { body });

/* Signs up with the address and follows the mailed link. */
async function personAt(email) {
  assert.equal((await post('/auth/register', { email, password: PASSWORD, name: 'x' })).status, 202);
  const r = await post('/auth/verify', { token: secretOf(await on.box.next(email)) });
  assert.equal(r.status, 201, r.text);
  return { id: r.body.user.id, email, cookie: cookieOf(r), csrf: r.body.csrf_token, workspace: r.body.workspace_id, memberships: r.body.user.memberships };
}
const person = (word) => personAt(`${unique(word)}@example.com`);
const roleAt = (somebody, workspace) => somebody.memberships.find((m) => m.workspace_id === workspace)?.role ?? null;
const domains = async (who) => (await expect(200, who, 'GET', `${API}/domains`)).items;
const add = (who, domain, extra = {}) => expect(201, who, 'POST', `${API}/domains`, { body: { domain, ...extra } });
const publish = (d) => dns.txt.set(d.record.name, ['v=spf1 -all', d.record.value]);

/* The domain after the look that this asks for. */
async function check(who, { id }) {
  await expect(202, who, 'POST', `${API}/domains/${id}/verify`);
  return looked(who, id);
}
async function looked(who, id) {
  return until('a worker has looked', async () => (await domains(who)).find((d) => d.id === id && !d.is_checking), LONG);
}
const change = (who, d, body) => expect(200, who, 'PATCH', `${API}/domains/${d.id}`, { body });

/* A workspace that has proven a domain and captures there. */
async function capturing(role = 'editor') {
  const owner = await person('owner');
  const d = await add(owner, `${unique('acme')}.test`, { role });
  publish(d);
  assert.equal((await check(owner, d)).state, 'verified');
  return { owner, d: await change(owner, d, { is_capturing: true }) };
}

test('U13 a domain is proven by its record, and whoever then shows an address there joins', async () => {
  const owner = await person('owner');
  const d = await add(owner, `${unique('Acme')}.Test`, { role: 'operator' });
  assert.equal(d.record.name, `_millrace-challenge.${d.domain}`);
  assert.deepEqual([d.state, d.is_capturing, d.role], ['pending', false, 'operator']);
  await refused(409, 'CONFLICT', 'is_capturing', owner, 'PATCH', `${API}/domains/${d.id}`, { body: { is_capturing: true } });
  assert.match((await check(owner, d)).problem, /no TXT record/);
  dns.txt.set(d.record.name, ['millrace-verify=0000', 'another']);
  assert.match((await check(owner, d)).problem, /not with this value \(2 found\)/);
  publish(d);
  const proven = await check(owner, d);
  assert.deepEqual([proven.state, proven.problem], ['verified', null]);
  const early = await personAt(`early@${d.domain}`);
  assert.equal(roleAt(early, owner.workspace), null, 'capture is off yet');
  await change(owner, d, { is_capturing: true });
  const ann = await personAt(`Ann@${d.domain}`);
  assert.equal(roleAt(ann, owner.workspace), 'operator');
  const again = await post('/auth/login', { email: early.email, password: PASSWORD });
  assert.equal(roleAt(again.body.user, owner.workspace), 'operator', 'who was there before, when they sign in');
  const { items } = await expect(200, owner, 'GET', `${API}/audit?limit=100`);
  assert.equal(items.filter((e) => e.action === 'domain.join').length, 2);
});

test('U13 somebody who signs in by a provider with a verified address joins', async () => {
  const { owner, d } = await capturing();
  const site = `http://localhost:${new URL(env.direct).port}`;
  const port = on.stack.issuers[0];
  appendFileSync(on.stack.env.MILLRACE_EGRESS_CEILING, `127.0.0.1:${port} 00000000-0000-0000-0000-000000000000\n`);
  const issuer = await startIssuer({ port, redirectUris: ['acme', 'es', 'ed', 'hub'].map((id) => `${site}/oauth/callback/${id}`), secret: ISSUER_SECRET });
  try {
    const { host } = new URL(site);
    const signIn = async (who) => {
      const browser = new Browser();
      issuer.state.person = who;
      await browser.get(`${site}${API}/auth/oidc/acme/start`, { until: (u) => u.host === host && !u.pathname.startsWith('/api/') && !u.pathname.startsWith('/oauth/') });
      const session = browser.cookie(host, 'mr');
      return session && expect(200, { cookie: `mr=${session}` }, 'GET', `${API}/users/me`);
    };
    const ines = await signIn({ sub: unique('sub'), email: `ines@${d.domain}`, email_verified: true, name: 'Ines' });
    assert.equal(roleAt(ines, owner.workspace), 'editor');
    assert.ok(!(await signIn({ sub: unique('sub'), email: `mallory@${d.domain}`, email_verified: false, name: 'Mallory' })), 'one that it has not verified opens nothing');
  } finally {
    await issuer.stop();
  }
});

test('U13 a change to an address there joins when it is confirmed; one that nobody verified never does', async () => {
  const { owner, d } = await capturing();
  const mover = await person('mover');
  await sql(`update app.user_account set email = :'email', email_key = :'email', email_verified_at = null where id = :'id'`, { id: mover.id, email: `fake@${d.domain}` });
  const login = await post('/auth/login', { email: `fake@${d.domain}`, password: PASSWORD });
  assert.equal(roleAt(login.body.user, owner.workspace), null);
  await expect(200, mover, 'POST', `${API}/users/me/email`, { body: { email: `moved@${d.domain}`, password: PASSWORD } });
  const token = secretOf(await on.box.next(`moved@${d.domain}`));
  assert.ok((await post('/auth/email/confirm', { token })).status < 300);
  assert.equal(roleAt(await expect(200, mover, 'GET', `${API}/users/me`), owner.workspace), 'editor');
});

test('U13 a domain that is proven is nobody else\'s, and whose is not told', async () => {
  const { owner, d } = await capturing();
  const rival = await person('rival');
  await refused(409, 'CONFLICT', 'domain', rival, 'POST', `${API}/domains`, { body: { domain: d.domain } });
  const both = `${unique('both')}.test`;
  const [first, second] = [await add(owner, both), await add(rival, both)];
  dns.txt.set(first.record.name, [first.record.value, second.record.value]);
  assert.equal((await check(owner, first)).state, 'verified');
  const late = await call(rival, 'POST', `${API}/domains/${second.id}/verify`);
  assert.equal(late.status, 409);
  assert.ok(![owner.workspace, owner.email].some((word) => late.text.includes(word)));
  // Asked for while it was free, looked for when it isn't.
  await sql(`update app.domain set due_at = now(), asked_at = now() where id = :'id'`, { id: second.id });
  const told = await looked(rival, second.id);
  assert.deepEqual([told.state, told.problem], ['pending', 'another workspace has proven that this domain is its own']);
});

test('U13 anybody\'s mail domains and names that are none are refused, naming the field', async () => {
  const owner = await person('owner');
  for (const domain of ['gmail.com', 'Outlook.com', 'bücher.example', 'localhost', 'a@b.test', 'https://b.test']) {
    await refused(400, 'VALIDATION_ERROR', 'domain', owner, 'POST', `${API}/domains`, { body: { domain } });
  }
  await refused(400, 'VALIDATION_ERROR', 'role', owner, 'POST', `${API}/domains`, { body: { domain: 'b.test', role: 'owner' } });
});

test('S23 nobody joins beyond the plan, and the domain says so', async () => {
  const { owner, d } = await capturing('viewer');
  await sql(`insert into app.workspace_plan (workspace_id, plan_id, limits) select :'ws', p.id, '{"members":1}' from app.plan p where p.is_default`, { ws: owner.workspace });
  assert.equal(roleAt(await personAt(`full@${d.domain}`), owner.workspace), null);
  assert.match((await domains(owner))[0].warning, /^somebody could not join: .*members/);
});

test('U13 a record that is gone is found out at the next look, and the owners are told', async () => {
  const { owner, d } = await capturing();
  dns.txt.delete(d.record.name);
  await sql(`update app.domain set due_at = now() where id = :'id'`, { id: d.id });
  const lost = await until('a worker has looked', async () => (await domains(owner)).find((x) => x.state === 'lost'), LONG);
  assert.ok(lost.ends_at > lost.checked_at && lost.is_capturing);
  const mail = await on.box.next(owner.email);
  assert.match(mail.subject, /the record of the domain .* is missing/);
  assert.ok(mail.text.includes(d.record.value) && mail.text.includes('/settings/domains'), mail.text);
  await sql(`update app.domain set due_at = now(), lost_at = lost_at - interval '8 days' where id = :'id'`, { id: d.id });
  await until('it is over', async () => (await domains(owner)).find((x) => x.state === 'pending' && !x.is_capturing), LONG);
  assert.match((await on.box.next(owner.email)).subject, /is not yours any more/);
});

test('U13 a name server that says nothing holds up nobody', async () => {
  const owner = await person('owner');
  const d = await add(owner, `${unique('silent')}.test`);
  dns.say.set(d.record.name, 'silent');
  await expect(202, owner, 'POST', `${API}/domains/${d.id}/verify`);
  await until('it is asked', () => dns.asked.some((a) => a.name === d.record.name), LONG);
  assert.equal((await domains(owner))[0].is_checking, true, 'requests are answered meanwhile');
  const e = await add(owner, `${unique('loud')}.test`);
  publish(e);
  assert.equal((await check(owner, e)).state, 'verified', 'other look-ups, too');
});

test('U13 where the workspace asks first, who shows an address there is offered to join, and says yes or no', async () => {
  const { owner, d } = await capturing('operator');
  assert.equal((await change(owner, d, { asks_first: true })).asks_first, true);
  const [yes, no] = [await personAt(`${unique('yes')}@${d.domain}`), await personAt(`${unique('no')}@${d.domain}`)];
  for (const who of [yes, no]) {
    assert.equal(roleAt(who, owner.workspace), null);
    const { items } = await expect(200, who, 'GET', `${API}/join-offers`);
    assert.deepEqual(items.map((o) => [o.id, o.domain, o.role]), [[owner.workspace, d.domain, 'operator']]);
  }
  const path = `${API}/join-offers/${owner.workspace}`;
  assert.deepEqual(await expect(200, yes, 'POST', path, { body: { accept: true } }), { id: owner.workspace, is_member: true });
  assert.equal((await expect(200, no, 'POST', path, { body: { accept: false } })).is_member, false);
  for (const who of [yes, no]) {
    assert.deepEqual((await expect(200, who, 'GET', `${API}/join-offers`)).items, []);
    await refused(404, 'NOT_FOUND', null, who, 'POST', path, { body: { accept: true } });
  }
  const { items } = await expect(200, owner, 'GET', `${API}/members?limit=100`);
  assert.deepEqual(items.map((m) => m.role).sort(), ['operator', 'owner']);
  const stranger = await person('stranger');
  assert.deepEqual((await expect(200, stranger, 'GET', `${API}/join-offers`)).items, []);
  await refused(404, 'NOT_FOUND', null, stranger, 'POST', path, { body: { accept: true } });
});

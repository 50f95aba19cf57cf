/*
 * screens.test.mjs: every screen in both themes at both widths: it opens without a complaint of the browser or of axe,
 * nothing sticks out of the window, and its picture is kept in build/e2e.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { API, apiToken, chain, finished, http, liveWorkflow, noOp, person, set, startRun, superuser, webhook, openEcho, workflow } from '../lib/world.mjs';
import { env, expect } from '../lib/client.mjs';
import { assertNoOverflow, axeFindings, journey, openBrowser, picture } from './browser.mjs';

let browser;
let world;

before(async () => {
  browser = await openBrowser();
  world = await makeWorld();
});
after(() => browser?.close());

/* A workspace in which everything has happened once. */
async function makeWorld() {
  const maya = await superuser(await person('Maya'));
  openEcho(maya.workspace);
  const good = await liveWorkflow(maya, chain(webhook(), set({ total: '{{trigger.payload.total}}' }), noOp()), { name: 'Order intake' });
  const bad = await liveWorkflow(maya, chain(webhook(), http({ url: `${env.echo}/status/404` }), noOp()), { name: 'Post to ledger' });
  await workflow(maya, chain(webhook(), noOp()), { name: 'A draft whose name is long enough to need cutting off on every screen it is shown on' });
  await apiToken(maya);
  const succeeded = await startRun(maya, good, { total: 12 });
  const failed = await startRun(maya, bad, {});
  assert.equal((await finished(maya, succeeded.id)).status, 'succeeded');
  assert.equal((await finished(maya, failed.id)).status, 'failed');
  const invitation = await expect(201, maya, 'POST', `${API}/invitations`, { body: { email: 'noor@example.com', role: 'editor' } });
  await expect(201, maya, 'POST', `${API}/domains`, { body: { domain: 'a-rather-long-name-of-a-domain.example.com' } });
  const secret = { connector: 'bearer', name: 'Ledger', config: { hosts: ['api.example.com'] }, secret: { token: 'a-token-for-the-ledger' } };
  const connection = await expect(201, maya, 'POST', `${API}/connections`, { body: secret });
  await workflow(maya, chain(webhook(), http({ url: 'https://api.example.com/', connection: connection.id })), { name: 'Book it' });
  return { maya, good, bad, succeeded, failed, invitation, connection };
}

/* Each: its name, its address, what shows that it is there; `open` where nobody need be signed in. */
const SCREENS = [
  ['login', () => '/login', (p) => p.getByRole('button', { name: 'Log in', exact: true }), 'open'],
  ['register', () => '/register', (p) => p.getByRole('button', { name: 'Create account' }), 'open'],
  ['forgot', () => '/forgot', (p) => p.getByText('This installation sends no mail'), 'open'],
  ['reset', () => `/reset#mrv_${'0'.repeat(49)}`, (p) => p.getByRole('button', { name: 'Set the password' }), 'open'],
  ['reset-broken', () => '/reset', (p) => p.getByText('This link is not complete'), 'open'],
  ['verify', () => `/verify?next=%2Fruns#mrv_${'0'.repeat(49)}`, (p) => p.getByRole('button', { name: 'Make my account' }), 'open'],
  ['confirm-email', () => `/confirm-email#mrv_${'0'.repeat(49)}`, (p) => p.getByRole('button', { name: 'Use this address' }), 'open'],
  ['second-step', () => `/login#mrv_${'0'.repeat(49)}`, (p) => p.getByLabel('Code', { exact: true }), 'open'],
  ['home', () => '/', (p) => p.getByRole('link', { name: 'Order intake' }).first()],
  ['workflows', () => '/workflows', (p) => p.getByRole('link', { name: 'Order intake' })],
  ['new-workflow', () => '/workflows?new=1', (p) => p.getByRole('dialog').getByLabel('Name')],
  ['workflow', (w) => `/workflows/${w.good.id}`, (p) => p.locator('.react-flow__node').first()],
  ['versions', (w) => `/workflows/${w.good.id}/versions`, (p) => p.getByRole('button', { name: 'Replay', exact: true })],
  ['editor', (w) => `/workflows/${w.good.id}/edit`, (p) => p.locator('.react-flow__node').first()],
  ['dead-letters', () => '/dead-letters', (p) => p.getByRole('heading', { name: 'Dead letters' })],
  ['runs', () => '/runs', (p) => p.getByRole('link', { name: 'Order intake' })],
  ['runs-empty', () => '/runs?status=cancelled', (p) => p.getByText('No run matches')],
  ['run-succeeded', (w) => `/runs/${w.succeeded.id}`, (p) => p.locator('.react-flow__node').first()],
  ['run-failed', (w) => `/runs/${w.failed.id}`, (p) => p.locator('.react-flow__node').first()],
  ['profile', () => '/settings/profile', (p) => p.getByLabel('Name', { exact: true })],
  ['security', () => '/settings/security', (p) => p.getByRole('button', { name: 'Set up an authenticator app' })],
  ['tokens', () => '/settings/tokens', (p) => p.getByRole('button', { name: 'Revoke' }).first()],
  ['passkeys', () => '/settings/passkeys', (p) => p.getByText('No passkey yet')],
  ['linked-accounts', () => '/settings/linked-accounts', (p) => p.getByText('No account is linked')],
  ['login-problem', () => '/login?problem=email_unverified', (p) => p.getByText('has not verified your email'), 'open'],
  ['sessions', () => '/settings/sessions', (p) => p.getByText('This browser')],
  ['members', () => '/settings/members', (p) => p.getByRole('button', { name: 'Invite' })],
  ['domains', () => '/settings/domains', (p) => p.getByRole('button', { name: /^Check now/ })],
  ['roles', () => '/settings/roles', (p) => p.getByText('No role of your own yet')],
  ['service-accounts', () => '/settings/service-accounts', (p) => p.getByText('No service account yet')],
  ['invite', (w) => w.invitation.url, (p) => p.getByRole('link', { name: 'Create your account' }), 'open'],
  ['audit', () => '/settings/audit', (p) => p.getByRole('button', { name: 'Check now' })],
  ['my-data', () => '/settings/my-data', (p) => p.getByRole('button', { name: 'Delete my account' })],
  ['data', () => '/settings/data', (p) => p.getByRole('button', { name: 'Export the workspace' })],
  ['workspace', () => '/settings/workspace', (p) => p.getByText('Your role', { exact: true })],
  ['usage', () => '/settings/usage', (p) => p.getByRole('link', { name: 'Order intake' })],
  ['people', () => '/settings/people', (p) => p.getByRole('button', { name: /^Actions for / }).first()],
  ['plans', () => '/settings/plans', (p) => p.getByRole('button', { name: 'Edit the plan Free' })],
  ['outgoing', () => '/settings/outgoing', (p) => p.getByLabel('Inner networks')],
  ['connections', () => '/connections', (p) => p.getByRole('link', { name: 'Ledger' })],
  ['new-connection', () => '/connections?new=1', (p) => p.getByRole('dialog').getByLabel('Token')],
  ['connection', (w) => `/connections/${w.connection.id}`, (p) => p.getByRole('link', { name: 'Book it' })],
  ['keys', () => '/settings/keys', (p) => p.getByRole('button', { name: 'Rotate Connections' })],
  ['not-found', () => '/nowhere/at/all', (p) => p.getByRole('heading', { name: 'There is no such page' })],
  ['docs', () => '/docs', (p) => p.locator('.opblock').first(), 'open'],
];

for (const scheme of ['light', 'dark'])
  for (const width of ['1440', '390'])
    describe(`${scheme} at ${width} px`, () => {
      for (const [name, path, there, who] of SCREENS)
        test(`${name} is clean`, () => {
          const picked = `${name}-${scheme}-${width}`;
          const options = { scheme, phone: width === '390', who: who === 'open' ? null : world.maya };
          return journey(browser, picked, path(world), options, async (page) => {
            await there(page).waitFor();
            await page.getByText('Loading…').first().waitFor({ state: 'detached' });
            await page.evaluate(() => document.fonts.ready.then(() => undefined));
            await picture(page, picked);
            await assertNoOverflow(page);
            const findings = await axeFindings(page);
            assert.equal(findings.length, 0, findings.join('\n'));
          });
        });
    });

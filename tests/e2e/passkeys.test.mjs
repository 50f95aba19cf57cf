/* A person adds a passkey and signs in with it, with Chromium's own authenticator. Issue 4. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { API, person } from '../lib/world.mjs';
import { env, expect } from '../lib/client.mjs';
import { journey, openBrowser } from './browser.mjs';
import { heading } from './ui.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/* An authenticator in the browser, as a laptop with a fingerprint reader has one; its finger is always there. */
async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  return { credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials };
}

test('a person adds a passkey, logs in with it without a password, renames and deletes it', () =>
  // A passkey belongs to a name, never to an address.
  journey(browser, 'passkey', '/login', { baseURL: env.direct.replace('127.0.0.1', 'localhost') }, async (page) => {
    const maya = await person('Maya');
    const finger = await authenticator(page);
    await page.getByLabel('Email').fill(maya.email);
    await page.getByLabel('Password', { exact: true }).fill('three wheels turn slowly');
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.waitForURL((u) => u.pathname === '/');

    await page.goto('/settings/passkeys');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    await dialog.getByLabel('Name').fill('Laptop');
    await dialog.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('button', { name: 'Rename Laptop' }).waitFor();
    const [credential] = await finger.credentials();
    assert.equal(credential.rpId, 'localhost');
    assert.equal(credential.isResidentCredential, true);

    await page.context().clearCookies();
    await page.goto('/login?next=%2Fsettings%2Fpasskeys');
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await page.getByRole('button', { name: 'Rename Laptop' }).waitFor();
    const { items } = await expect(200, maya, 'GET', `${API}/passkeys`);
    assert.ok(items[0].used_at);

    await page.getByRole('button', { name: 'Rename Laptop' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Old laptop');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('button', { name: 'Delete Old laptop' }).click();
    await page.getByRole('alertdialog').or(page.getByRole('dialog')).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No passkey yet').waitFor();

    await page.context().clearCookies();
    await page.goto('/login');
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await page.getByText('this passkey opens no account here').waitFor();
    await heading(page, 'Log in').waitFor();
    assert.equal(page.faults.filter((f) => !f.includes('401')).length, 0, page.faults.join());
    page.faults.length = 0;
  }));

/* A person logs in by a provider, in a real browser. U16. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { env } from '../lib/client.mjs';
import { startIssuer } from '../lib/issuer.mjs';
import { ISSUER_SECRET } from '../lib/stack.mjs';
import { unique } from '../lib/world.mjs';
import { journey, openBrowser } from './browser.mjs';

const site = env.direct.replace('127.0.0.1', 'localhost');
const port = Number(process.env.MR_TEST_ISSUERS.split(' ')[0]);
let browser, issuer;
before(async () => {
  appendFileSync(process.env.MR_TEST_CEILING, `127.0.0.1:${port} 00000000-0000-0000-0000-000000000000\n`);
  issuer = await startIssuer({ port, redirectUris: [`${site}/oauth/callback/acme`, `${site}/oauth/callback/es`], secret: ISSUER_SECRET });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await issuer?.stop();
});

test('U16 a person logs in by a provider, comes back to the page that asked, and sees what went wrong when it did', () =>
  journey(browser, 'oidc', '/login?next=%2Fsettings%2Flinked-accounts', { baseURL: site }, async (page) => {
    const ines = { sub: unique('sub'), email: `${unique('ines')}@example.com`, email_verified: false, name: 'Ines' };
    issuer.state.person = ines;
    await page.getByRole('link', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Sign up with ACME' }).click();
    await page.getByText('has not verified your email address').waitFor();
    ines.email_verified = true;
    // By the address of the tests, not the one that people see: the browser is sent to the right one first.
    await page.goto(`${env.direct}/login?next=%2Fsettings%2Flinked-accounts`);
    await page.getByRole('button', { name: 'Log in with ACME' }).click();
    await page.getByRole('button', { name: 'Unlink acme' }).waitFor();
    assert.equal(new URL(page.url()).host, new URL(site).host);
    await page.getByText(ines.email).first().waitFor();
    await page.getByRole('button', { name: 'Unlink acme' }).click();
    await page.getByRole('alertdialog').or(page.getByRole('dialog')).getByRole('button', { name: 'Unlink' }).click();
    await page.getByText('The account was not unlinked', { exact: true }).waitFor();
    assert.equal(page.faults.filter((f) => !f.includes('409')).length, 0, page.faults.join());
    page.faults.length = 0;
  }));

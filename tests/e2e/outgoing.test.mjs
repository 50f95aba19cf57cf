/* An admin says where the workspace may call; a member who only reads sees it. S18. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { API, memberOf, person } from '../lib/world.mjs';
import { expect } from '../lib/client.mjs';
import { axeFindings, journey, openBrowser } from './browser.mjs';

let browser;
let maya;
before(async () => {
  browser = await openBrowser();
  maya = await person('Maya');
});
after(() => browser?.close());

const path = () => `${API}/workspaces/${maya.workspace}/outgoing`;

test('an admin restricts the hosts, is told which line is wrong, and mends it', () =>
  journey(browser, 'outgoing', '/settings/outgoing', { who: maya }, async (page) => {
    await page.getByRole('radio', { name: 'Only these' }).check();
    const hosts = page.getByLabel('Hosts', { exact: true });
    await hosts.fill('api.example.com\n\nhttp://example.org/');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Line 3: a host is a name/).waitFor();
    assert.equal((await expect(200, maya, 'GET', path())).etag, 0);
    // Chromium writes the refusal into its console.
    assert.deepEqual(page.faults.splice(0).filter((f) => !f.includes('status of 400')), []);
    await hosts.fill('api.example.com\n*.example.org:8443');
    await page.getByLabel('Proxy', { exact: true }).fill('http://proxy.example.com:3128');
    await page.getByLabel('Proxy user').fill('mill');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('give the password of this user').waitFor();
    assert.deepEqual(page.faults.splice(0).filter((f) => !f.includes('status of 400')), []);
    await page.getByLabel('Proxy password').fill('correct horse');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).first().waitFor();
    assert.equal(await page.getByLabel('Proxy password').inputValue(), '', 'it is set, and not shown');
    const { etag: _, ...settings } = await expect(200, maya, 'GET', path());
    assert.deepEqual(settings, { hosts: ['api.example.com', '*.example.org:8443'], networks: [], proxy: 'http://proxy.example.com:3128', proxy_user: 'mill', proxy_password_set: true });
    assert.deepEqual(await axeFindings(page), []);
  }));

test('a member who only reads sees the settings and can save none', async () => {
  await expect(200, maya, 'PUT', path(), { body: { hosts: ['api.example.com'] } });
  const viewer = await memberOf(maya, 'viewer');
  // The browser opens the workspace used last.
  await expect(200, viewer, 'GET', path());
  await journey(browser, 'outgoing-viewer', '/settings/outgoing', { who: viewer }, async (page) => {
    await page.getByText('Only these', { exact: true }).waitFor();
    assert.equal(await page.getByLabel('Hosts', { exact: true }).inputValue(), 'api.example.com');
    assert.equal(await page.getByRole('button', { name: 'Save' }).count(), 0);
  });
});

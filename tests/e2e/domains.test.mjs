/* An owner proves a domain at a name server, and lets its people join. U13. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { API, memberOf, person, unique } from '../lib/world.mjs';
import { expect } from '../lib/client.mjs';
import { startNameserver } from '../lib/nameserver.mjs';
import { sql } from '../lib/sql.mjs';
import { assertNoOverflow, axeFindings, journey, openBrowser } from './browser.mjs';
import { clipboard } from './ui.mjs';

const domain = `${unique('acme')}.test`;
const LOOK_MS = 60000; // a busy machine
let browser;
let maya;
let dns;
before(async () => {
  dns = await startNameserver(Number(process.env.MR_TEST_DNS));
  browser = await openBrowser();
  maya = await person('Maya');
});
after(async () => {
  await browser?.close();
  await dns?.stop();
});

const list = async () => (await expect(200, maya, 'GET', `${API}/domains`)).items;

test('U13 an owner adds a domain, publishes its record, has it checked and lets people join', () =>
  journey(browser, 'domains', '/settings/domains', { who: maya }, async (page) => {
    await page.getByText('No domain yet').waitFor();
    await page.getByRole('button', { name: 'Add a domain' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a domain' });
    await dialog.getByLabel('Domain', { exact: true }).fill('gmail.com');
    await dialog.getByRole('button', { name: 'Add a domain' }).click();
    await dialog.getByText(/^anybody can get an address there/).waitFor();
    // Chromium writes the refusal into its console.
    assert.deepEqual(page.faults.splice(0).filter((f) => !f.includes('status of 400')), []);
    await dialog.getByLabel('Domain', { exact: true }).fill(domain);
    await dialog.getByLabel('Role of who joins').selectOption('editor');
    // By keyboard from here: Enter sends it.
    await dialog.getByLabel('Domain', { exact: true }).press('Enter');
    await page.getByRole('heading', { name: domain }).waitFor();
    assert.equal(await page.getByRole('switch', { name: /join$/ }).isDisabled(), true);
    await page.getByRole('button', { name: `Check now: ${domain}` }).click();
    await page.getByText(/^Not found: there is no TXT record/).waitFor({ timeout: LOOK_MS });
    await page.getByRole('button', { name: `Copy value of the record of ${domain}` }).click();
    const value = await clipboard(page, /^millrace-verify=[0-9a-f]{40}$/);
    dns.txt.set(`_millrace-challenge.${domain}`, [value]);
    const check = page.getByRole('button', { name: `Check now: ${domain}` });
    await check.press('Enter');
    await page.getByText('The record was found.', { exact: true }).waitFor({ timeout: LOOK_MS });
    assert.equal(await check.evaluate((e) => e === document.activeElement), true, 'who checks by keyboard stays where they are');
    const capture = page.getByRole('switch', { name: `People with an address at ${domain} join` });
    await capture.press('Space');
    await page.getByText(`People with an address at ${domain} join from now on`).first().waitFor();
    assert.equal((await list())[0].is_capturing, true);
    await page.getByRole('radio', { name: 'They are asked first' }).click();
    await page.getByText('They are asked first from now on').first().waitFor();
    assert.equal((await list())[0].asks_first, true);
    await page.getByLabel('Role of who joins').selectOption('operator');
    await page.getByText('Who joins is operator from now on').first().waitFor();
    assert.equal((await list())[0].role, 'operator');
    assert.deepEqual(await axeFindings(page), []);
  }));

test('U13 on a phone it fits; a viewer sees it and changes nothing', async () => {
  const viewer = await memberOf(maya, 'viewer');
  // The browser opens the workspace used last.
  await expect(200, viewer, 'GET', `${API}/workspaces/${maya.workspace}/outgoing`);
  await journey(browser, 'domains-viewer', '/settings/domains', { who: viewer, phone: true }, async (page) => {
    await page.getByRole('heading', { name: domain }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^(Check now|Remove)/ }).count(), 0);
    assert.equal(await page.getByRole('switch').isDisabled(), true);
    await assertNoOverflow(page);
  });
});

test('U13 who has shown an address there finds the offer at home, on a phone too, and joins by saying yes', async () => {
  const kim = await person('Kim');
  await sql("update app.user_account set email = :'email', email_key = :'email', email_verified_at = now() where id = :'id'", { id: kim.id, email: `kim@${domain}` });
  await journey(browser, 'join-offer', '/', { who: kim, phone: true }, async (page) => {
    await page.getByText(`Your address is at ${domain}, so you may join, with the role operator.`).waitFor();
    assert.equal(await page.getByRole('button', { name: 'No, thanks' }).count(), 1);
    await assertNoOverflow(page);
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: /^Join / }).press('Enter');
    await page.getByRole('button', { name: 'No, thanks' }).waitFor({ state: 'detached' });
    const { items } = await expect(200, maya, 'GET', `${API}/members?limit=100`);
    assert.equal(items.find((m) => m.email === `kim@${domain}`)?.role, 'operator');
  });
});

test('U13 a domain is removed', () =>
  journey(browser, 'domains-remove', '/settings/domains', { who: maya }, async (page) => {
    await page.getByRole('button', { name: `Remove ${domain}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No domain yet').waitFor();
    assert.deepEqual(await list(), []);
  }));

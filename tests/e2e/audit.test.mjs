/* What somebody did is found in the settings with old and new, taken along, and proven whole. S15, S16, S17. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { API, chain, noOp, person, webhook, workflow } from '../lib/world.mjs';
import { call, expect } from '../lib/client.mjs';
import { until } from '../lib/until.mjs';
import { journey, openBrowser } from './browser.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/* Presses a button and gives the file that the browser keeps. */
async function saved(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

test('S15 S16 a change is found in the audit log with old and new, exported, and the log is proven whole', async () => {
  const maya = await person('Maya');
  const { id } = await workflow(maya, chain(webhook(), noOp()), { name: 'Order intake' });
  await journey(browser, 'audit', '/settings/audit', { who: maya }, async (page) => {
    await expect(200, maya, 'PATCH', `${API}/workflows/${id}`, { body: { name: 'Orders from the shop' } });
    await page.getByLabel('Action').selectOption('workflow.update');
    const row = page.getByRole('row').filter({ hasText: 'workflow.update' });
    await row.getByText('Maya').waitFor();
    await row.getByRole('button', { name: 'Details of workflow.update' }).click();
    const dialog = page.getByRole('dialog', { name: 'workflow.update' });
    await dialog.getByRole('row', { name: 'name Order intake Orders from the shop' }).waitFor();
    await dialog.getByText(id).waitFor();
    await page.keyboard.press('Escape');

    const csv = await saved(page, 'Export CSV');
    assert.equal(csv.name, 'audit_export.csv');
    assert.match(csv.bytes.toString(), /"workflow\.update".*Orders from the shop/);
    assert.doesNotMatch(csv.bytes.toString(), /workflow\.create/, 'what the filter leaves out is not exported');
    const lines = (await saved(page, 'Export JSON Lines')).bytes.toString().trim().split('\n').map((l) => JSON.parse(l));
    assert.deepEqual(lines.map((e) => [e.action, e.before.name, e.after.name]), [['workflow.update', 'Order intake', 'Orders from the shop']]);

    await page.getByText('Not checked yet.').waitFor();
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.getByText(/^Intact: all \d+ entries checked/).waitFor();
  });
});

test('S17 somebody takes along what is known of them and of the workspace, and deletes the account', async () => {
  const maya = await person('Maya');
  await journey(browser, 'my-data', '/settings/data', { who: maya, phone: true }, async (page) => {
    await page.getByLabel('Runs with input and result').selectOption('7');
    await page.getByRole('button', { name: 'Save' }).click();
    await until('the workspace keeps runs for a week', async () =>
      (await expect(200, maya, 'GET', `${API}/workspaces/${maya.workspace}/retention`)).run_days === 7);
    const gzip = (file) => assert.equal(file.bytes.readUInt16BE(), 0x1f8b, `${file.name} is an archive`);
    gzip(await saved(page, 'Export the workspace'));
    await page.goto('/settings/my-data');
    gzip(await saved(page, 'Export what is known of me'));

    await page.getByRole('button', { name: 'Delete my account' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
    const really = dialog.getByRole('button', { name: 'Delete my account' });
    await dialog.getByLabel('Your email address').fill('somebody@example.com');
    assert.ok(await really.isDisabled(), 'another address deletes nothing');
    await dialog.getByLabel('Your email address').fill(maya.email);
    await really.click();
    await page.waitForURL((u) => u.pathname === '/login');
    assert.equal((await call(maya, 'GET', `${API}/users/me`)).status, 401);
    page.faults.length = 0; // the sign-in page asks who is there, and is told nobody
  });
});

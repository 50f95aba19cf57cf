/* Versions in the web app: compared, gone back to, tried over what has run, published under a name. Z07, O03, W12. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { API, chain, finished, liveWorkflow, manual, person, set, startRun } from '../lib/world.mjs';
import { expect } from '../lib/client.mjs';
import { assertNoOverflow, axeFindings, journey, openBrowser, picture } from './browser.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test('O03 Z07 a change is looked at, tried over the last runs, and published; then somebody goes back', async () => {
  const maya = await person('Maya');
  const w = await liveWorkflow(maya, chain(manual(), set({ price: '{{trigger.payload.n * 2}}' })), { name: 'Price list' });
  for (const n of [0, 4]) await finished(maya, (await startRun(maya, w, { n })).id);
  await expect(200, maya, 'PATCH', `${API}/workflows/${w.id}`, { body: { definition: chain(manual(), set({ price: '{{trigger.payload.n * 3}}' })), note: 'Dearer' } });

  const look = async (page) => {
    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('heading', { name: 'set-1: changed' }).waitFor();
    await page.getByText('{{trigger.payload.n * 3}}').waitFor();
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('With v2, 1 of 2 runs would differ').waitFor();
    await page.getByText('2 differences').click();
    await page.getByText('set-1: output').waitFor();
    await assertNoOverflow(page);
    await picture(page, `versions-replayed-${page.viewportSize().width}`);
    assert.deepEqual(await axeFindings(page), []);
  };
  await journey(browser, 'versions-phone', `/workflows/${w.id}`, { who: maya, phone: true }, look);
  await journey(browser, 'versions', `/workflows/${w.id}`, { who: maya }, async (page) => {
    await look(page);
    await page.getByRole('button', { name: 'Publish v2' }).click();
    const dialog = page.getByRole('dialog', { name: 'Make v2 live?' });
    await dialog.getByRole('button', { name: '2.0.0' }).click();
    await dialog.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('v2 is live', { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'v2 · 2.0.0 Live' }).waitFor();
    await page.getByRole('button', { name: 'Go back to v1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back', exact: true }).click();
    await page.getByText('v3 is the newest now', { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'Back to 1' }).waitFor();
  });
});

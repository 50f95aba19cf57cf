/* hooks.test.mjs: a person makes a webhook ask its senders for a proof. T08. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sign } from '@octokit/webhooks-methods';
import { chain, hookPath, liveWorkflow, noOp, person, webhook } from '../lib/world.mjs';
import { assertNoOverflow, axeFindings, base, journey, openBrowser, picture } from './browser.mjs';
import { node } from './ui.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

for (const phone of [false, true])
  test(`T08 a person chooses how senders prove themselves and sets the secret${phone ? ' on a phone' : ''}`, async () => {
    const who = await person('Maya');
    const w = await liveWorkflow(who, chain(webhook(), noOp()), { name: 'Pushes' });
    const send = async (secret, body = '{"ref":"main"}') =>
      (await fetch(base + hookPath(w), { method: 'POST', headers: { 'content-type': 'application/json', 'x-hub-signature-256': await sign(secret, body) }, body })).status;
    await journey(browser, `hooks${phone ? '-phone' : ''}`, `/workflows/${w.id}/edit`, { who, phone }, async (page) => {
      await node(page, 'trigger-1').click();
      const panel = page.getByRole('complementary', { name: 'Properties' });
      await panel.getByLabel('Authentication').selectOption({ label: 'GitHub' });
      await panel.getByText('Publish the workflow; then its secret is set here.').waitFor();
      await page.getByRole('button', { name: 'Publish' }).click();
      await panel.getByText('No secret is set yet').waitFor();
      assert.equal(await send('whatever it is'), 401);
      await panel.getByRole('button', { name: 'Set secret' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Enter the same one at GitHub').waitFor();
      assert.deepEqual(await axeFindings(page), []);
      await dialog.getByRole('button', { name: 'Set secret' }).click();
      await dialog.getByText('Copy it now').waitFor();
      const secret = await dialog.locator('code').textContent();
      await assertNoOverflow(page);
      await picture(page, `hook-secret${phone ? '-phone' : ''}`);
      await dialog.getByRole('button', { name: 'Done' }).click();
      await panel.getByText('A secret is set.').waitFor();
      assert.equal(await send(secret), 202);

      await panel.getByRole('button', { name: 'New secret' }).click();
      await dialog.getByLabel('Secret from the sender').fill('short');
      await dialog.getByRole('button', { name: 'New secret' }).click();
      await dialog.getByText('must have at least 8 characters').waitFor();
      assert.match(page.faults.splice(0).join(), /400 \(Bad Request\).*rotate-secret/, 'the browser tells of the refusal');
      await dialog.getByLabel('Secret from the sender').fill('a secret of our own');
      await dialog.getByLabel('The old secret holds for').selectOption({ label: 'It ends at once' });
      await dialog.getByRole('button', { name: 'New secret' }).click();
      await dialog.getByText('Copy it now').waitFor();
      await dialog.getByRole('button', { name: 'Done' }).click();
      assert.deepEqual([await send(secret), await send('a secret of our own')], [401, 202]);
    });
  });

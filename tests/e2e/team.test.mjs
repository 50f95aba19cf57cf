/* Owner, editor, viewer, and somebody who is removed: two browsers beside each other. U13, U14, W17. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { API, chain, noOp, manual, memberOf, person, unique, workflow } from '../lib/world.mjs';
import { expect } from '../lib/client.mjs';
import { journey, openBrowser, openContext } from './browser.mjs';
import { clipboard, heading } from './ui.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/* Another person's browser, closed whatever happens. */
async function beside(who, run) {
  const context = await openContext(browser, { who });
  try {
    return await run(await context.newPage());
  } finally {
    await context.close();
  }
}

test('U13 an owner invites by link, the other accepts, and is told within a second when removed', async () => {
  const owner = await person('Olga');
  const email = `${unique('guest')}@example.com`;
  const flow = await workflow(owner, chain(manual(), noOp()), { name: 'Shared work' });
  await journey(browser, 'team', '/settings/members', { who: owner }, async (page) => {
    await page.getByRole('button', { name: 'Invite' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Email').fill(email);
    await dialog.getByLabel('Role').selectOption('editor');
    await dialog.getByRole('button', { name: 'Make the invitation' }).click();
    await dialog.getByRole('button', { name: 'Copy invitation link' }).click();
    const link = await clipboard(page, /\/invite\/mri_/);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: `Withdraw the invitation of ${email}` }).waitFor();

    await beside(null, async (guest) => {
      await guest.goto(new URL(link).pathname);
      await guest.getByRole('link', { name: 'Create your account' }).click();
      await guest.getByLabel('Your name').fill('Gus');
      await guest.getByLabel('Email').fill(email);
      await guest.getByLabel('Password', { exact: true }).fill('three wheels turn slowly');
      await guest.getByRole('button', { name: 'Create account' }).click();
      await guest.getByRole('button', { name: 'Accept' }).click();
      await guest.waitForURL((u) => u.pathname === '/');
      await guest.goto(`/workflows/${flow.id}`);
      await heading(guest, 'Shared work').waitFor();
      assert.equal(await guest.getByRole('switch', { name: /Shared work/ }).isEnabled(), true, 'an editor may edit');

      await page.reload();
      await page.getByLabel('Role of Gus').selectOption('viewer');
      await page.getByText('Gus is viewer now').first().waitFor();
      await guest.reload();
      await heading(guest, 'Shared work').waitFor();
      assert.equal(await guest.getByRole('switch', { name: /Shared work/ }).isEnabled(), false, 'a viewer may not');
      await guest.goto(`/settings/audit`);
      await guest.getByText('Ask an owner or an admin').waitFor();

      await page.getByRole('button', { name: 'Remove Gus' }).click();
      const gone = guest.getByText('You are no longer in this workspace').first().waitFor().then(() => performance.now());
      const answer = page.waitForResponse((r) => r.request().method() === 'DELETE').then(() => performance.now());
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      const ms = (await gone) - (await answer);
      assert.ok(ms <= 1000, `told after ${Math.round(ms)} ms`);
    });
  });
});

test('U14 a refusal says what lacks and who can give it', async () => {
  const owner = await person('Olga');
  const editor = await memberOf(owner, 'editor');
  const flow = await workflow(owner, chain(manual(), noOp()), { name: 'Turned' });
  await expect(200, editor, 'GET', `${API}/runs`); // the workspace last used is where the app begins
  await beside(editor, async (page) => {
    await page.goto(`/workflows/${flow.id}`);
    const button = page.getByRole('button', { name: 'Run now' });
    await button.waitFor();
    // The page was opened as an editor: what is refused is the click.
    await expect(200, owner, 'PATCH', `${API}/members/${editor.id}`, { body: { role: 'viewer' } });
    await button.click();
    const text = await page.getByText(/permission needed: run:write/).first().textContent();
    assert.match(text, /The role viewer doesn't include run:write\. These do: owner, admin, editor, operator\. Olga can give it to you\./);
  });
});

test('W17 a workflow is made private and shared to be viewed', async () => {
  const owner = await person('Olga');
  const other = await memberOf(owner, 'editor');
  const flow = await workflow(owner, chain(manual(), noOp()), { name: 'Secret plan' });
  await journey(browser, 'share', `/workflows/${flow.id}`, { who: owner }, async (page) => {
    await page.getByRole('button', { name: 'Share' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Share', { exact: true }).selectOption('private');
    await dialog.getByText('Nobody else yet.').waitFor();
    assert.equal((await expect(404, other, 'GET', `${API}/workflows/${flow.id}`)).error.code, 'NOT_FOUND');
    await dialog.getByLabel('Add a member').selectOption(other.id);
    await dialog.getByLabel(/What .* may do/).waitFor();
    assert.equal((await expect(200, other, 'GET', `${API}/workflows/${flow.id}`)).access, 'view');
  });
});

test('U14 U09 a role is made of permissions, a service account gets a token, the token is rotated', async () => {
  const owner = await person('Olga');
  await journey(browser, 'roles', '/settings/roles', { who: owner }, async (page) => {
    await page.getByRole('button', { name: 'New role' }).click();
    let dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('support');
    await dialog.getByLabel(/See members/).check();
    await dialog.getByRole('button', { name: 'Save the role' }).click();
    await page.getByRole('button', { name: 'Edit support' }).waitFor();

    await page.goto('/settings/service-accounts');
    await page.getByRole('button', { name: 'New service account' }).click();
    dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Shop');
    await dialog.getByLabel('Role').selectOption('support');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('button', { name: 'Tokens of Shop' }).click();
    await page.getByRole('button', { name: 'New token' }).click();
    dialog = page.getByRole('dialog', { name: 'New token' });
    await dialog.getByLabel('Name').fill('shop');
    await dialog.getByLabel(/Read runs/).check();
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await page.getByRole('button', { name: 'Copy token' }).click();
    const first = await clipboard(page, /^mrt_/);
    await page.getByRole('button', { name: 'Done, I have copied it' }).click();
    await expect(200, { bearer: first }, 'GET', `${API}/runs`);

    await page.getByRole('button', { name: 'Actions for shop' }).click();
    await page.getByRole('menuitem', { name: 'Rotate' }).click();
    await page.getByLabel('Overlap').selectOption('0');
    await page.getByRole('dialog', { name: /Rotate/ }).getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('button', { name: 'Copy token' }).click();
    const second = await clipboard(page, new RegExp(`^mrt_(?!${first.slice(4, 20)})`));
    await expect(200, { bearer: second }, 'GET', `${API}/runs`);
    await expect(401, { bearer: first }, 'GET', `${API}/runs`);
  });
});

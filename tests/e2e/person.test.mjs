/* person.test.mjs: a person's first quarter of an hour: an account, a workflow drawn, a webhook, a run watched. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expect } from '../lib/client.mjs';
import { until } from '../lib/until.mjs';
import { API, PASSWORD, chain, http, person as someone, unique, webhook, workflow } from '../lib/world.mjs';
import { assertNoOverflow, base, journey, openBrowser } from './browser.mjs';
import { chooseStep, clipboard, countOf, createWorkflow, edges, heading, node, port, post, pull } from './ui.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/* From the address of the installation to the home page of a new account. */
async function register(page, email) {
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('Your name').fill('Maya');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL(`${base}/`);
  await page.getByRole('link', { name: 'New workflow' }).first().waitFor();
}

const email = `${unique('maya')}@example.com`;

test('G01 G04 a person registers, searches and draws three steps with the mouse and watches a webhook run through them', () =>
  journey(browser, 'person', '/', {}, async (page) => {
    await register(page, email);
    await page.getByRole('link', { name: 'New workflow' }).first().click();
    const id = await createWorkflow(page, 'Order intake');

    await drawByMouse(page);
    await fillConfig(page);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/^Saved/).waitFor();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText(/^Live v/).first().waitFor();
    await page.getByRole('button', { name: 'Copy Webhook URL' }).click();
    const hook = await clipboard(page, /\/hooks\//);

    await page.getByRole('link', { name: 'Runs', exact: true }).first().click();
    await page.getByText('No run yet').waitFor();
    await post(hook, { amount: 700 });
    await watchRun(page);
    assert.match(hook, new RegExp(`^${base}/hooks/`));
    assert.ok(id);
  }));

/* Three ways to put a step down: the button, a pull from a port into the empty, a pull from port to port. */
async function drawByMouse(page) {
  await page.locator('.react-flow__pane').click({ position: { x: 200, y: 500 } });
  await page.getByRole('button', { name: 'Add step' }).click();
  await chooseStep(page, 'Set fields');
  await node(page, 'set-1').waitFor();
  await closePanel(page);
  assert.equal(await edges(page).count(), 0);
  await pull(page, port(page, 'trigger-1', 'source'), port(page, 'set-1', 'target'));
  await countOf(edges(page), 1);
  await pull(page, port(page, 'set-1', 'source'), { x: 60, y: 160 });
  await chooseStep(page, 'If');
  await node(page, 'if-1').waitFor();
  await countOf(edges(page), 2);
}

async function closePanel(page) {
  const panel = page.getByRole('complementary', { name: 'Properties' });
  if (await panel.isVisible()) await panel.getByRole('button', { name: 'Close', exact: true }).click();
}

async function fillConfig(page) {
  await node(page, 'set-1').click();
  const panel = page.getByRole('complementary', { name: 'Properties' });
  await panel.getByRole('button', { name: 'Add to Fields' }).click();
  await panel.getByLabel('Fields, row 1: Name').fill('amount');
  await panel.getByLabel('Fields, row 1: Value').click();
  await page.keyboard.type('{{trigger.payload.amount}}');
  await page.keyboard.press('Escape');
  await node(page, 'if-1').click();
  await panel.getByRole('radio', { name: 'Text' }).check();
  await panel.getByRole('textbox', { name: 'Condition' }).click();
  await page.keyboard.type('{{item.amount}} > 500');
  await page.keyboard.press('Escape');
}

/* From the list of runs: the run announces itself, is opened, and its nodes are lit. */
async function watchRun(page) {
  const fresh = page.getByRole('button', { name: /new run/ });
  const row = page.getByRole('link', { name: 'Order intake' });
  await fresh.or(row).first().waitFor();
  if (await fresh.isVisible()) await fresh.click();
  await row.first().click();
  await page.waitForURL('**/runs/*');
  for (const name of ['Webhook', 'Set', 'If'])
    await page.getByRole('group', { name: new RegExp(`^${name}.*succeeded`, 'i') }).first().waitFor();
  await page.getByText('Succeeded').first().waitFor();
}

test('G01 whoever logs out comes back to the same page by logging in', () =>
  journey(browser, 'relogin', '/runs?status=failed', {}, async (page) => {
    await page.waitForURL('**/login?next=*');
    const logIn = async () => {
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Log in', exact: true }).click();
    };
    await logIn();
    await page.waitForURL(`${base}/runs?status=failed`);
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.waitForURL('**/login**');
    await page.goto('/settings/tokens');
    await page.waitForURL('**/login?next=*');
    await logIn();
    await page.waitForURL(`${base}/settings/tokens`);
    await heading(page, 'API tokens').waitFor();
  }));

test('G01 what is wrong with a field is told beside it, before it is sent and when the server says so', () =>
  journey(browser, 'field-errors', '/', {}, async (page) => {
    const toldOf = async (label) => {
      const field = page.getByLabel(label, { exact: true });
      await until(`${label} is marked`, async () => (await field.getAttribute('aria-invalid')) === 'true');
      return page.locator(`#${await field.getAttribute('aria-describedby')}`).innerText();
    };
    await page.getByRole('link', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Create account' }).click();
    for (const label of ['Email', 'Password']) assert.match(await toldOf(label), /\w+/, label);
    await page.getByLabel('Your name').fill('Maya');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await until('the server has refused', () => page.faults.some((f) => f.includes('status of 409')));
    assert.match(await toldOf('Email'), /taken|already/i);
    assert.match(page.faults.splice(0).join(), /status of 409 [^,]*$/);
  }));

test('G01 a session that has ended leads to the login, and from there back to the same page', async () => {
  const who = await someone('Ines');
  await journey(browser, 'expired', '/settings/tokens', { who }, async (page) => {
    await heading(page, 'API tokens').waitFor();
    await expect(204, who, 'POST', `${API}/auth/logout`);
    await page.waitForURL('**/login?expired=1&next=*');
    await page.getByText('Your session has ended.').waitFor();
    page.faults.length = 0; // the browser tells of the 401
    await page.getByLabel('Email').fill(who.email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.waitForURL(`${base}/settings/tokens`);
    await heading(page, 'API tokens').waitFor();
    page.faults.length = 0;
  });
});

test('G04 trigger, HTTP and filter steps have looks of their own', async () => {
  const who = await someone('Looks');
  const steps = chain(webhook(), http({ url: 'https://api.example.com/orders' }), { id: 'filter-1', type: 'filter', config: { condition: '{{action-1.status}} == 200' } });
  const { id } = await workflow(who, steps);
  await journey(browser, 'looks', `/workflows/${id}/edit`, { who }, async (page) => {
    const looks = [];
    for (const step of steps.nodes) {
      const icon = node(page, step.id).locator('svg').first();
      await icon.waitFor();
      looks.push([await icon.innerHTML(), await icon.evaluate((svg) => getComputedStyle(svg).color)]);
    }
    for (const part of [0, 1]) assert.equal(new Set(looks.map((l) => l[part])).size, 3, looks.map((l) => l[part]).join(' '));
    // Each says on its grey line what it does.
    await node(page, 'trigger-1').getByText('POST').waitFor();
    await node(page, 'action-1').getByText('GET api.example.com/orders').waitFor();
    await node(page, 'filter-1').getByText('{{action-1.status}} == 200').waitFor();
  });
});

test('on a phone a person connects two steps by tapping and sees the run', () =>
  journey(browser, 'phone', '/', { phone: true }, async (page) => {
    await register(page, `${unique('ines')}@example.com`);
    await page.getByRole('link', { name: 'New workflow' }).first().tap();
    await createWorkflow(page, 'Order intake');
    await page.locator('.react-flow__pane').tap({ position: { x: 30, y: 30 } });
    await page.getByRole('button', { name: 'Add step' }).tap();
    await chooseStep(page, 'No operation');
    await closePanel(page);
    assert.equal(await edges(page).count(), 0);
    await port(page, 'trigger-1', 'source').tap();
    await port(page, 'no-op-1', 'target').tap();
    await countOf(edges(page), 1);
    await assertNoOverflow(page);
    await page.getByRole('button', { name: 'Publish' }).tap();
    await page.getByText(/^Live v/).first().waitFor();
    await page.getByRole('link', { name: 'Workflows', exact: true }).last().tap();
    await page.getByRole('link', { name: 'Order intake' }).tap();
    await page.getByRole('button', { name: 'Copy Webhook URL' }).tap();
    await post(await clipboard(page, /\/hooks\//), {});
    await page.getByRole('table', { name: 'Last runs' }).getByText('Succeeded').waitFor();
    await page.getByRole('table', { name: 'Last runs' }).getByRole('link').first().tap();
    await page.waitForURL('**/runs/*');
    await page.getByRole('group', { name: /^Webhook.*succeeded/i }).first().waitFor();
    await assertNoOverflow(page);
  }));

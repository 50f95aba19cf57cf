/* keyboard.test.mjs: a workflow is made, built, published and run without touching a pointer. */
import { after, before, test } from 'node:test';
import { person } from '../lib/world.mjs';
import { until } from '../lib/until.mjs';
import { journey, openBrowser } from './browser.mjs';
import { countOf, edges, heading, node } from './ui.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const press = (page, keys) => page.keyboard.press(keys);

/* Tab until this has the focus. A control that can't be reached ends the test. */
async function tabTo(page, locator, most = 80) {
  for (let i = 0; i < most; i++) {
    if (await locator.evaluate((e) => e === document.activeElement)) return;
    await press(page, 'Tab');
  }
  throw new Error(`${locator} isn't reached by Tab`);
}

async function addStep(page, search, id) {
  await press(page, 'n');
  const box = page.getByPlaceholder('Search steps');
  await box.waitFor();
  await until('the search has the focus', () => box.evaluate((e) => e === document.activeElement));
  await page.keyboard.type(search);
  await press(page, 'Enter');
  await node(page, id).waitFor();
}

/* Single letters belong to a field while it has the focus: leave it, as a person would. */
async function toCanvas(page) {
  await press(page, 'Escape');
  await until('no field has the focus', () =>
    page.evaluate(() => !['INPUT', 'TEXTAREA', 'SELECT'].includes(document.activeElement.tagName)),
  );
}

test('a workflow is built, published and run by keyboard alone', async () => {
  const who = await person('keys');
  await journey(browser, 'keyboard', '/', { who }, async (page) => {
    await heading(page, /./).waitFor();
    await press(page, 'c');
    await page.getByRole('dialog', { name: 'New workflow' }).waitFor();
    await page.keyboard.type('By keys');
    await tabTo(page, page.getByRole('radio', { name: 'Webhook' }));
    await press(page, 'ArrowRight');
    await press(page, 'ArrowRight');
    await tabTo(page, page.getByRole('button', { name: 'Create', exact: true }));
    await press(page, 'Enter');
    await page.waitForURL('**/edit');
    await node(page, 'trigger-1').waitFor();

    await tabTo(page, node(page, 'trigger-1'));
    await press(page, 'Enter');
    await toCanvas(page);
    await addStep(page, 'no_op', 'no-op-1');
    await toCanvas(page);
    await countOf(edges(page), 1);
    await press(page, 'Control+z');
    await press(page, 'Control+Shift+z');
    await countOf(edges(page), 1);
    await press(page, 'Control+s');
    await page.getByText(/^Saved/).waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Publish' }));
    await press(page, 'Enter');
    await page.getByText(/^Live v/).first().waitFor();
    await press(page, 'Control+Enter');
    await page.getByText('This run: Succeeded').waitFor({ state: 'attached' });
    await tabTo(page, page.getByRole('link', { name: 'Open run' }));
    await press(page, 'Enter');
    await page.waitForURL('**/runs/*');
    await page.getByText('Succeeded').first().waitFor();
  });
});

test('every shortcut is told by the question mark, and letters stay with a field', async () => {
  const who = await person('sheet');
  await journey(browser, 'sheet', '/workflows', { who }, async (page) => {
    await page.getByText('No workflow here yet').waitFor();
    await press(page, '?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await press(page, 'Escape');
    await press(page, '/');
    await page.keyboard.type('c?gr');
    await until('the letters are in the filter', async () => (await page.getByLabel('Filter by name').last().inputValue()) === 'c?gr');
    await press(page, 'Control+k');
    await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await page.keyboard.type('Runs');
    await press(page, 'Enter');
    await page.waitForURL('**/runs');
  });
});

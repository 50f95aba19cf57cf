/* ui.mjs: what people do in the app, in the words that stand on the screen. */
import { until } from '../lib/until.mjs';

export const node = (page, id) => page.locator(`.react-flow__node[data-id="${id}"]`);
export const edges = (page) => page.locator('.react-flow__edge');
export const port = (page, id, side, name = 'main') =>
  page.locator(`.react-flow__handle.${side}[data-nodeid="${id}"][data-handleid="${name}"]`);
export const heading = (page, name) => page.getByRole('heading', { level: 1, name });

/* The dialog for a new workflow, filled in; ends in its editor. Gives the workflow's id. */
export async function createWorkflow(page, name, startsBy = 'Webhook') {
  const dialog = page.getByRole('dialog', { name: 'New workflow' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('radio', { name: startsBy }).check();
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await page.waitForURL('**/workflows/*/edit');
  await node(page, 'trigger-1').waitFor();
  return new URL(page.url()).pathname.split('/')[2];
}

/* Chooses a step by its name in the palette, which is open. */
export async function chooseStep(page, name) {
  await page.getByPlaceholder('Search steps').fill(name);
  await page.getByRole('option', { name: new RegExp(`^${name}`) }).click();
  await page.getByPlaceholder('Search steps').waitFor({ state: 'detached' });
}

/* Pulls an edge with the mouse, from the middle of one thing to the middle of another or by so many pixels. */
export async function pull(page, from, to) {
  const a = await centre(from);
  const b = 'x' in to ? { x: a.x + to.x, y: a.y + to.y } : await centre(to);
  await page.mouse.move(a.x, a.y);
  await page.mouse.down();
  await page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2, { steps: 4 });
  await page.mouse.move(b.x, b.y, { steps: 4 });
  await page.mouse.up();
}

export async function centre(locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('not on the screen');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/* So many edges, and no other number. */
export const countOf = (locator, n) => until(`there are ${n} of ${locator}`, async () => (await locator.count()) === n);

/* The clipboard, once it holds something of this kind. */
export const clipboard = (page, pattern) =>
  until(`the clipboard holds ${pattern}`, async () => {
    const text = await page.evaluate(() => navigator.clipboard.readText());
    return pattern.test(text) && text;
  });

/* Posts to a webhook as a sender anywhere would. */
export async function post(url, body) {
  const r = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (r.status >= 300) throw new Error(`the webhook answered ${r.status}: ${await r.text()}`);
  return r;
}

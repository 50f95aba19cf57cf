/* A superuser gives a workspace a plan; its people see what is used, and are told why no more runs. B03, B04. */
import { after, before, test } from 'node:test';
import { API, chain, finished, liveWorkflow, manual, noOp, person, startRun, superuser } from '../lib/world.mjs';
import { expect } from '../lib/client.mjs';
import { journey, openBrowser } from './browser.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const RATES = { workspace: 600, user: 600, token: 600, webhook: 600, intake: 600 };

test('B03 B04 a plan is given in the settings; at its end the workspace is told which quota, and starts no run', async () => {
  const [maya, otto] = [await superuser(await person('Maya')), await person('Otto')];
  await expect(200, maya, 'PUT', `${API}/admin/plans/tiny`, { body: { name: 'Tiny', limits: { runs: 50 }, rates: RATES } });
  const w = await liveWorkflow(otto, chain(manual(), noOp()), { name: 'Stock count' });
  const { name } = await expect(200, otto, 'GET', `${API}/workspaces/${otto.workspace}`);

  await journey(browser, 'plans', '/settings/plans', { who: maya }, async (page) => {
    await page.getByRole('button', { name: 'Edit the plan Tiny' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit the plan Tiny' });
    await dialog.getByLabel('Runs', { exact: true }).fill('2');
    await dialog.getByRole('button', { name: 'Save plan' }).click();
    await page.getByText('“Tiny” is saved', { exact: true }).waitFor();
    await page.getByLabel('Find a workspace').fill(name);
    await page.getByLabel(`Plan of ${name}`).selectOption('tiny');
    await page.getByText(`${name} has the plan tiny now`, { exact: true }).waitFor();
  });
  for (const run of [await startRun(otto, w), await startRun(otto, w)]) await finished(otto, run.id);

  await journey(browser, 'usage', '/settings/usage', { who: otto, phone: true }, async (page) => {
    await page.getByText('Plan: Tiny').waitFor();
    await page.getByText('2 of 2').waitFor();
    await page.getByText('Runs: the plan is used up. New runs are refused; what was accepted finishes.').waitFor();
    await page.goto(`/workflows/${w.id}`);
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText(/the plan's quota of runs is used up: 2 of 2; it starts anew at/).first().waitFor();
    page.faults.length = 0; // the browser says of each refusal that it was one
  });
});

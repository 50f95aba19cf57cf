/* live.test.mjs: a run is watched while it happens, and stopped from the page; another tab sees it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expect } from '../lib/client.mjs';
import { API, chain, delay, finished, liveWorkflow, manual, noOp, person, set, startRun, webhook } from '../lib/world.mjs';
import { until } from '../lib/until.mjs';
import { assertClean, axeFindings, base, journey, openBrowser, openPage } from './browser.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const lit = (page, name, state) => page.getByRole('group', { name: new RegExp(`^${name},.*${state}`, 'i') }).first();

test('a run lights up step by step while it is under way', async () => {
  const who = await person('live');
  const w = await liveWorkflow(who, chain(webhook(), delay(4000), set({ done: true })), { name: 'Slow one' });
  const run = await startRun(who, w, {});
  await journey(browser, 'live', `/runs/${run.id}`, { who }, async (page) => {
    await lit(page, 'delay-1', 'waiting|running').waitFor();
    assert.equal(await lit(page, 'set-1', 'succeeded').count(), 0);
    await lit(page, 'set-1', 'succeeded').waitFor();
    await page.getByRole('button', { name: 'Retry from start' }).waitFor();
    await page.getByRole('log').getByText('set-1').first().waitFor();
  });
});

test('a run cancelled on the page is seen cancelled in a second tab', async () => {
  const who = await person('cancel');
  const w = await liveWorkflow(who, chain(webhook(), delay(3600000), noOp()), { name: 'Very slow one' });
  const run = await startRun(who, w, {});
  await journey(browser, 'cancel', `/runs/${run.id}`, { who }, async (page, context) => {
    const other = await openPage(context, `/runs/${run.id}`);
    await lit(page, 'delay-1', 'waiting|running').waitFor();
    await lit(other, 'delay-1', 'waiting|running').waitFor();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'));
    await dialog.getByRole('button', { name: 'Cancel run' }).click();
    for (const tab of [page, other]) await tab.getByRole('heading', { name: 'The run was cancelled' }).waitFor();
    await other.getByRole('button', { name: 'Retry from start' }).waitFor();
    assertClean(other);
    assert.equal((await expect(200, who, 'GET', `${API}/runs/${run.id}`)).status, 'cancelled');
  });
});

test('X05 a run is paused and resumed on its page, and all that match are cancelled from the list', async () => {
  const who = await person('pause');
  const w = await liveWorkflow(who, chain(webhook(), delay(3600000), noOp()), { name: 'Long one' });
  const runs = [await startRun(who, w, {}), await startRun(who, w, {}), await startRun(who, w, {})];
  const states = async () => (await expect(200, who, 'GET', `${API}/runs`)).items.map((r) => r.status);
  await until('they wait', async () => (await states()).every((s) => s === 'waiting'));
  await journey(browser, 'pause', `/runs/${runs[0].id}`, { who }, async (page) => {
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await page.goto(`${base}/runs?status=queued,running,waiting`);
    await page.getByRole('table').getByRole('link', { name: 'Long one' }).nth(2).waitFor();
    const all = page.getByRole('button', { name: 'Change all that match' });
    await all.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Resume all' }).and(page.locator('[aria-disabled="true"]')).waitFor();
    await page.getByRole('menuitem', { name: 'Cancel all' }).click();
    const dialog = page.getByRole('dialog');
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Cancel all' }).click();
    await page.getByText('3 runs changed', { exact: true }).waitFor();
    assert.deepEqual(await states(), ['cancelled', 'cancelled', 'cancelled']);
  });
});

test('X18 a dead letter is replayed from its list, and the others are discarded', async () => {
  const who = await person('dead');
  const w = await liveWorkflow(who, chain(webhook(), { id: 'stop-1', type: 'stop', config: { message: 'broken' } }), { name: 'Broken one' });
  for (let i = 0; i < 2; i++) await finished(who, (await startRun(who, w, {})).id);
  const letters = async () => (await expect(200, who, 'GET', `${API}/dead-letters`)).items.length;
  await journey(browser, 'dead-letters', '/runs', { who }, async (page) => {
    await page.getByRole('link', { name: 'Dead letters' }).click();
    const rows = page.getByRole('table').getByRole('link', { name: 'Broken one' });
    await rows.nth(1).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Actions for Broken one' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Replay from start', exact: true }).click();
    await page.getByRole('heading', { name: /“.*” failed/ }).waitFor();
    await until('the replay is a dead letter in the place of the first', async () => (await letters()) === 2);
    await page.goto(`${base}/dead-letters`);
    await rows.nth(1).waitFor();
    await page.getByRole('button', { name: 'Change all that match' }).click();
    await page.getByRole('menuitem', { name: 'Discard all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard all' }).click();
    await page.getByText('Nothing has failed for good', { exact: true }).waitFor();
    assert.equal(await letters(), 0);
  });
});

test('runs that begin are counted on the list and shown when asked', async () => {
  const who = await person('list');
  const w = await liveWorkflow(who, chain(webhook(), noOp()), { name: 'Busy one' });
  await startRun(who, w, {});
  await journey(browser, 'list', '/runs', { who }, async (page) => {
    const rows = page.getByRole('table').getByRole('link', { name: 'Busy one' });
    await rows.first().waitFor();
    await startRun(who, w, {});
    await page.getByRole('button', { name: '1 new run' }).click();
    await rows.nth(1).waitFor();
  });
});

test('Z11 an error workflow is chosen in the editor; a failed run and the run that it started name each other', async () => {
  const who = await person('alarm');
  const alarm = await liveWorkflow(who, chain({ id: 'trigger-1', type: 'error' }, noOp()), { name: 'Tell somebody' });
  const w = await liveWorkflow(who, chain(manual(), { id: 'stop-1', type: 'stop', config: { message: 'broken' } }), { name: 'Breaks' });
  await journey(browser, 'error-workflow', `/workflows/${w.id}/edit`, { who }, async (page) => {
    await page.getByRole('button', { name: 'More' }).first().click();
    await page.getByRole('menuitem', { name: 'Workflow settings' }).click();
    const dialog = page.getByRole('dialog', { name: 'Workflow settings' });
    await dialog.getByLabel('When a run fails, start').selectOption({ label: 'Tell somebody' });
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Save' }).click();
    await until('it is saved', async () => (await expect(200, who, 'GET', `${API}/workflows/${w.id}`)).definition.settings.error_workflow === alarm.id);
  });
  const run = await finished(who, (await startRun(who, w, {}, { version: 2 })).id);
  await journey(browser, 'error-run', `/runs/${run.id}`, { who }, async (page) => {
    await page.getByRole('link', { name: 'Tell somebody' }).click();
    await page.getByRole('link', { name: 'Breaks' }).waitFor();
    await page.getByText('Started by a failure of').waitFor();
  });
});

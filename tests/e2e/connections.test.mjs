/* A token is stored, tested, chosen in an HTTP request and replaced, and is nowhere to be seen. C07, C08, N03, W17. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { API, chain, finished, http, manual, memberOf, person, startRun, unique, workflow } from '../lib/world.mjs';
import { call, expect } from '../lib/client.mjs';
import { until } from '../lib/until.mjs';
import { assertNoOverflow, axeFindings, journey, openBrowser } from './browser.mjs';
import { node } from './ui.mjs';

/* A service that keeps what it was told and says it back. */
const heard = [];
const service = createServer((request, response) => {
  heard.push(request.headers.authorization);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ said: request.headers.authorization ?? null }));
});

let browser;
let maya;
let base;
before(async () => {
  browser = await openBrowser();
  maya = await person('Maya');
  await new Promise((done) => service.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${service.address().port}`;
  appendFileSync(process.env.MR_TEST_CEILING, `${new URL(base).host} ${maya.workspace}\n`);
});
after(async () => {
  await browser?.close();
  service.close();
});

const only = async () => (await expect(200, maya, 'GET', `${API}/connections`)).items[0];

test('C07 the first connection is stored, found fine by its test, and its token is on no page', () =>
  journey(browser, 'connection-first', '/', { who: maya }, async (page) => {
    const token = unique('token');
    await page.getByRole('link', { name: 'Connections', exact: true }).click();
    await page.getByText('No connection yet').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'New connection' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New connection' });
    await dialog.getByRole('button', { name: 'Store connection' }).click();
    await dialog.getByText('Fill this in.').first().waitFor();
    await dialog.getByLabel('Name').fill('Ledger');
    await dialog.getByRole('button', { name: 'Add to Hosts' }).click();
    await dialog.getByLabel(/^Hosts, row 1/).fill(base);
    await dialog.getByLabel('Test URL').fill(`${base}/me`);
    await dialog.getByLabel('Token', { exact: true }).fill(token);
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Store connection' }).click();
    await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
    await page.getByText('Not tested', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('The connection works').first().waitFor();
    await page.getByText('Works', { exact: true }).waitFor();
    assert.equal(heard.at(-1), `Bearer ${token}`);
    await page.reload();
    await page.getByText('Works', { exact: true }).waitFor();
    assert.equal(await page.getByLabel('Token', { exact: true }).inputValue(), '');
    assert.ok(!(await page.content()).includes(token));
  }));

test('N03 it is chosen in an HTTP request; the service hears the token, the page of the run does not show it', async () => {
  const w = await workflow(maya, chain(manual(), http({ url: `${base}/orders` })), { name: 'Order intake' });
  const { id } = await only();
  await journey(browser, 'connection-used', `/workflows/${w.id}/edit`, { who: maya }, async (page) => {
    await node(page, 'action-1').dblclick();
    await page.getByLabel('Connection', { exact: true }).selectOption({ label: 'Ledger' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/^Saved/).waitFor();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText(/^Live v/).first().waitFor();
    heard.length = 0;
    const run = await finished(maya, (await startRun(maya, w, {})).id);
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
    const [, token] = heard.at(-1).split(' ');
    assert.match(token, /^token/);
    await page.goto(`/runs/${run.id}`);
    await node(page, 'action-1').click();
    await page.getByText('[secret]').first().waitFor();
    assert.ok(!(await page.content()).includes(token));
    assert.ok(!(await call(maya, 'GET', `${API}/runs/${run.id}/steps`)).text.includes(token));
    await page.goto(`/connections/${id}`);
    await page.getByRole('link', { name: 'Order intake' }).waitFor();
  });
});

test('C07 a new token takes the place of the old one; a change of hosts asks for it again', async () => {
  const { id } = await only();
  await journey(browser, 'connection-rotated', `/connections/${id}`, { who: maya }, async (page) => {
    const next = unique('next');
    await page.getByRole('button', { name: 'Add to Hosts' }).click();
    await page.getByLabel(/^Hosts, row 2/).fill('api.example.com');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This field needs a value').waitFor();
    await page.getByLabel('Token', { exact: true }).fill(next);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await until('the service hears the new token', () => heard.at(-1) === `Bearer ${next}`);
    await page.getByRole('switch', { name: 'Ledger may be used' }).click();
    await page.getByText('Revoked', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText(/Used by Order intake/).waitFor();
    await page.getByRole('button', { name: 'Delete connection' }).click();
    await page.getByText('No connection yet').waitFor();
  });
  assert.equal(await only(), undefined);
});

test('C07 who only reads sees the connection and can change nothing, on a phone too', async () => {
  const body = { connector: 'basic', name: 'Mail room', config: { hosts: ['api.example.com'], username: 'maya' }, secret: { password: 'correct horse' } };
  const { id } = await expect(201, maya, 'POST', `${API}/connections`, { body });
  const viewer = await memberOf(maya, 'viewer');
  // The browser opens the workspace used last.
  await expect(200, viewer, 'GET', `${API}/connections`);
  await journey(browser, 'connection-viewer', '/', { who: viewer, phone: true }, async (page) => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Connections' }).click();
    await page.getByRole('link', { name: 'Mail room' }).click();
    await page.getByText('Your role only reads connections.').waitFor();
    assert.equal(new URL(page.url()).pathname, `/connections/${id}`);
    for (const name of ['Save', 'Delete', 'Test']) assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name);
    await assertNoOverflow(page);
  });
});

const stored = (name) => expect(201, maya, 'POST', `${API}/connections`, { body: { connector: 'bearer', name, config: { hosts: [base] }, secret: { token: unique('token') } } });

test('W17 a connection is made private, shared with a member to use, lent to another workspace and taken back', async () => {
  const { id } = await stored('Payroll');
  const editor = await memberOf(maya, 'editor');
  const other = await expect(201, maya, 'POST', `${API}/workspaces`, { body: { name: 'Branch office' } });
  await expect(200, maya, 'GET', `${API}/connections`); // the workspace last used is where the app begins
  await journey(browser, 'connection-shared', `/connections/${id}`, { who: maya }, async (page) => {
    await page.getByRole('button', { name: 'Share' }).click();
    const dialog = page.getByRole('dialog', { name: 'Share “Payroll”' });
    await dialog.getByLabel('Share', { exact: true }).selectOption('private');
    await dialog.getByText('Nobody else yet.').waitFor();
    assert.equal((await expect(404, editor, 'GET', `${API}/connections/${id}`)).error.code, 'NOT_FOUND');
    await dialog.getByLabel('Add a member').selectOption(editor.id);
    await dialog.getByLabel(/What .* may do/).selectOption({ label: 'may use' });
    await until('the member may use it', async () => (await expect(200, editor, 'GET', `${API}/connections/${id}`)).access === 'run', 30000);
    await dialog.getByLabel('Let another workspace use it').selectOption({ label: 'Branch office' });
    await dialog.getByRole('button', { name: 'Stop sharing with Branch office' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    const there = { ...maya, workspace: other.id };
    assert.equal((await expect(200, there, 'GET', `${API}/connections/${id}`)).owner.id, maya.workspace);
    await dialog.getByRole('button', { name: 'Stop sharing with Branch office' }).click();
    await dialog.getByLabel('Let another workspace use it').waitFor();
    await until('it is taken back', async () => (await call(there, 'GET', `${API}/connections/${id}`)).status === 404, 30000);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('link', { name: 'Connections', exact: true }).first().click();
    await page.getByText('private', { exact: true }).waitFor();
  });
});

test('C07 of two people who change one connection, the later one is told and keeps what was typed', async () => {
  const { id } = await stored('Ledger of two');
  await journey(browser, 'connection-stale', `/connections/${id}`, { who: maya }, async (page) => {
    await page.getByLabel('Token', { exact: true }).fill('typed by the later one');
    await expect(200, maya, 'PATCH', `${API}/connections/${id}`, { body: { name: 'Renamed by the first' } });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Somebody else changed this connection').waitFor();
    assert.match(page.faults.splice(0).join(), /status of 412 [^,]*$/);
    await page.getByRole('button', { name: 'Put mine on top' }).click();
    assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'Renamed by the first');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved', { exact: true }).first().waitFor();
    assert.equal((await expect(200, maya, 'GET', `${API}/connections/${id}`)).name, 'Renamed by the first');
  });
});

test('C07 a connection that somebody changed meanwhile is deleted only after another look', async () => {
  const { id } = await stored('Changed meanwhile');
  await journey(browser, 'connection-delete-stale', `/connections/${id}`, { who: maya }, async (page) => {
    const remove = async () => {
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('button', { name: 'Delete connection' }).click();
    };
    await page.getByRole('button', { name: 'Delete', exact: true }).waitFor();
    await expect(200, maya, 'PATCH', `${API}/connections/${id}`, { body: { name: 'Still needed' } });
    await remove();
    await page.getByText(/Somebody changed it after you had opened this page/).first().waitFor();
    await page.getByRole('heading', { level: 1, name: 'Still needed' }).waitFor();
    assert.match(page.faults.splice(0).join(), /status of 412 [^,]*$/);
    await expect(200, maya, 'GET', `${API}/connections/${id}`);
    await remove();
    await page.getByText('“Still needed” is deleted').first().waitFor();
    await expect(404, maya, 'GET', `${API}/connections/${id}`);
  });
});

test('S04 a key is made and rotated in the settings', () =>
  journey(browser, 'keys', '/settings/keys', { who: maya }, async (page) => {
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Invoices');
    await page.getByRole('button', { name: 'Make key' }).click();
    await page.getByRole('button', { name: 'Rotate Invoices' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await page.getByText('“Invoices” has version 2').first().waitFor();
    const { items } = await expect(200, maya, 'GET', `${API}/keys`);
    assert.equal(items.find((k) => k.name === 'Invoices').version, 2);
  }));

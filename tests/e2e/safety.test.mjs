/* safety.test.mjs: what people type is text on every screen, and the policy of the pages holds. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { env } from '../lib/client.mjs';
import { until } from '../lib/until.mjs';
import { finished, liveWorkflow, person, startRun } from '../lib/world.mjs';
import { journey, openBrowser } from './browser.mjs';
import { node } from './ui.mjs';

const EVIL = `<script>globalThis.pwned=1</script><img src=x onerror="globalThis.pwned=2">`;
let browser;
let who;
let made;
let run;

before(async () => {
  browser = await openBrowser();
  who = await person('safety', { name: EVIL });
  const definition = {
    nodes: [
      { id: 'trigger-1', type: 'webhook', name: EVIL, notes: EVIL, config: { method: 'POST' }, position: { x: 0, y: 0 } },
      { id: 'set-1', type: 'set', name: EVIL, notes: EVIL, config: { values: { text: EVIL } }, position: { x: 260, y: 0 } },
    ],
    edges: [{ from: 'trigger-1', to: 'set-1' }],
  };
  made = await liveWorkflow(who, definition, { name: EVIL, description: EVIL });
  run = await startRun(who, made, { text: EVIL });
  await finished(who, run.id);
});
after(() => browser?.close());

const PLACES = [
  ['home', () => '/', (p) => p.getByRole('link', { name: /script/ }).first()],
  ['workflows', () => '/workflows', (p) => p.getByRole('link', { name: /script/ })],
  ['workflow', () => `/workflows/${made.id}`, (p) => node(p, 'set-1')],
  ['editor', () => `/workflows/${made.id}/edit`, (p) => node(p, 'set-1')],
  ['runs', () => '/runs', (p) => p.getByRole('link', { name: /script/ })],
  ['run', () => `/runs/${run.id}?step=set-1&tab=output`, (p) => node(p, 'set-1')],
  ['profile', () => '/settings/profile', (p) => p.getByLabel('Name', { exact: true })],
];

for (const [name, path, there] of PLACES)
  test(`markup in names and notes stays text: ${name}`, () =>
    journey(browser, `safety-${name}`, path(), { who }, async (page) => {
      await there(page).waitFor();
      if (name === 'editor') {
        await node(page, 'set-1').click();
        await page.getByRole('tab', { name: 'Notes' }).click();
        await page.getByLabel('Note on this step').waitFor();
      }
      const found = await page.evaluate(() => [globalThis.pwned, document.querySelectorAll('img[src="x"], [onerror], body script:not([src]):not([type="application/json"])').length]);
      assert.deepEqual(found, [undefined, 0]);
    }));

const INJECTIONS = [
  ['an event attribute', () => document.body.setAttribute('onclick', 'globalThis.pwned = 3')],
  ['markup', () => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="globalThis.pwned = 4">')],
];

for (const [what, inject] of INJECTIONS)
  test(`the page refuses ${what} from its own scripts`, () =>
    journey(browser, 'policy', '/login', {}, async (page) => {
      await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
      await assert.rejects(page.evaluate(inject), /requires 'Trusted(Script|HTML)' assignment/);
      await until('the violation was told', () => page.faults.length > 0);
      assert.match(page.faults.splice(0).join(), /require-trusted-types-for|Trusted/);
    }));

test('the page refuses a script of another site from its own scripts', () =>
  journey(browser, 'policy', '/login', {}, async (page) => {
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    const load = () => Object.assign(document.createElement('script'), { src: 'https://evil.example/x.js' });
    await assert.rejects(page.evaluate(load), /of another origin is refused/);
  }));

test('nobody may put the app in a frame, and its scripts come only from here', async () => {
  for (const path of ['/', '/login', '/docs']) {
    const policy = (await fetch(`${env.direct}${path}`)).headers.get('content-security-policy') ?? '';
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.match(policy, /script-src 'self'(;|$)/, path);
    assert.doesNotMatch(policy, /unsafe-/, path);
  }
});

/*
 * browser.mjs: Debian's Chromium, and pages that remember everything that went wrong in them.
 *
 * A page made here collects console errors, uncaught errors and violations of the content security policy;
 * `page.faults` lists them and `assertClean` fails on any. Waiting has one deadline for everything.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { env } from '../lib/client.mjs';

export const base = env.direct;
export const out = process.env.MR_E2E_OUT;
const WAIT_MS = 15000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/* Without these Chromium calls its maker's services at every start. */
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.MR_E2E_CHROMIUM,
    headless: true,
    chromiumSandbox: process.getuid() !== 0,
    args: FLAGS,
  });
}

/*
 * Somebody's browser: a context with nothing in it. `phone` is a touch screen; `who` (of lib/world.mjs) is signed in
 * already; `scheme` is what the system prefers.
 */
export async function openContext(browser, { phone = false, scheme = 'light', who = null, ...more } = {}) {
  const context = await browser.newContext({
    baseURL: base,
    viewport: phone ? PHONE : DESK,
    hasTouch: phone,
    isMobile: phone,
    colorScheme: scheme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...(who ? { storageState: signedIn(who) } : {}),
    ...more,
  });
  context.setDefaultTimeout(WAIT_MS);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) =>
      console.error(`policy violation: ${e.violatedDirective} ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber}`),
    );
  });
  return context;
}

/* The session's cookie, and the app's own note that there may be one. */
function signedIn(who) {
  const [name, value] = who.cookie.split('=');
  return {
    cookies: [{ name, value, domain: new URL(base).hostname, path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax' }],
    origins: [{ origin: base, localStorage: [{ name: 'millrace.signed-in', value: '1' }] }],
  };
}

/*
 * Somebody's browser for one journey: `go` gets a page at `path` and its context. If it throws, a picture
 * `failed-<name>` is kept and the error tells what the page complained about.
 */
export async function journey(browser, name, path, options, go) {
  const context = await openContext(browser, options);
  let page;
  try {
    page = await openPage(context, path);
    await go(page, context);
    assertClean(page);
  } catch (error) {
    if (page) await picture(page, `failed-${name}`).catch(() => {});
    if (page?.faults.length > 0) error.message += `\nat ${page.url()} the page complained: ${page.faults.join('; ')}`;
    throw error;
  } finally {
    await context.close();
  }
}

export async function openPage(context, path) {
  const page = await context.newPage();
  page.faults = [];
  page.on('console', (m) => {
    if (m.type() === 'error') page.faults.push(`console: ${m.text()} (${m.location().url})`);
  });
  page.on('pageerror', (error) => page.faults.push(`uncaught: ${error.message}`));
  page.on('crash', () => page.faults.push('the page crashed'));
  if (path !== undefined) await page.goto(path);
  return page;
}

/* Nothing was complained about since the last look. */
export function assertClean(page) {
  assert.deepEqual(page.faults.splice(0), []);
}

/* The page is no wider than its window; names the widest elements that stick out. */
export async function assertNoOverflow(page) {
  const wide = await page.evaluate(() => {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth <= innerWidth) return null;
    const ends = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
    return { scrollWidth, innerWidth, ends: ends.slice(0, 8).map((e) => `${e.tagName}.${e.className}`) };
  });
  assert.equal(wide, null, `the page is wider than its window: ${JSON.stringify(wide)}`);
}

/*
 * What axe finds that is serious or critical: one line a rule, with how often and where first. It is evaluated by the
 * debugger, which the content security policy doesn't bind.
 */
export async function axeFindings(page) {
  await page.evaluate(`${AXE};undefined`);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const isGrave = (v) => v.impact === 'serious' || v.impact === 'critical';
  return found.violations.filter(isGrave).map(findingLine);
}

function findingLine(v) {
  const places = v.nodes.slice(0, 4).map((n) => `${n.target.join(' ')} (${n.any.concat(n.all, n.none)[0]?.message ?? ''})`);
  return `${v.impact} ${v.id} × ${v.nodes.length}: ${v.help}\n    ${places.join('\n    ')}`;
}

export const picture = (page, name) => page.screenshot({ path: join(out, `${name}.png`) });

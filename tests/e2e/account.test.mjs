/*
 * A person keeps the own account safe, in a real browser: links from mails, an authenticator app, recovery codes, and the
 * question for the second factor before what is dear; and an administrator looks after people. On an installation of its
 * own, since it must send mail. U01, U15, Z26.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jsqr from 'jsqr';
import { env } from '../lib/client.mjs';
import { startMailStack } from '../lib/mailstack.mjs';
import { sql, value } from '../lib/sql.mjs';
import { totp } from '../lib/totp.mjs';
import { until } from '../lib/until.mjs';
import { PASSWORD, unique } from '../lib/world.mjs';
import { assertNoOverflow, axeFindings, journey, openBrowser, picture } from './browser.mjs';

const OTHER = 'another seven wheels';
let on, browser;
before(async () => {
  on = await startMailStack({ proxy: false, extra: { MILLRACE_UI: process.env.MR_E2E_UI } });
  browser = await openBrowser();
  await until('the worker has said that it sends', () => value('select app.mail_on()').then((v) => v === 't'));
});
after(async () => {
  await browser?.close();
  await on?.stop();
});

const address = (word) => `${unique(word)}@example.com`;
const linkOf = (mail) => /https?:\/\/\S+#\S+/.exec(mail.text)[0];
const button = (place, name) => place.getByRole('button', { name, exact: true });
const there = (page, path) => page.waitForURL((u) => u.pathname + u.search === path);
// By the address that the links of the mails have.
const site = () => env.direct.replace('127.0.0.1', 'localhost');
const visit = (name, path, go) => journey(browser, name, path, { baseURL: site() }, go);

async function signUp(page, email) {
  await page.getByLabel('Your name').fill('Maya');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await button(page, 'Create account').click();
  await page.getByText('Check your mail').waitFor();
  await page.goto(linkOf(await on.box.next(email)));
  await button(page, 'Make my account').click();
}

async function logIn(page, email, password = PASSWORD) {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Log in').click();
}

async function enterCode(place, code) {
  await place.getByLabel('Code', { exact: true }).fill(code);
  await button(place, 'Continue').click();
}

/* What a phone reads off the screen: a picture of the code, decoded by somebody else's reader. */
async function scan(page, code) {
  const png = (await code.screenshot()).toString('base64');
  const { data, width, height } = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return { data: [...context.getImageData(0, 0, bitmap.width, bitmap.height).data], width: bitmap.width, height: bitmap.height };
  }, png);
  return jsqr(Uint8ClampedArray.from(data), width, height)?.data;
}

/* Turns the second factor on in the settings: {secret, codes}. */
async function turnOn(page) {
  await page.goto('/settings/security');
  await button(page, 'Set up an authenticator app').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Present password').fill(PASSWORD);
  await button(dialog, 'Continue').click();
  const uri = new URL(await scan(page, dialog.getByRole('img', { name: 'QR code for your authenticator app' })));
  const secret = uri.searchParams.get('secret');
  await dialog.getByText(secret, { exact: true }).waitFor();
  await picture(page, 'totp-scan');
  assert.deepEqual(await axeFindings(page), []);
  await dialog.getByLabel('Code', { exact: true }).fill(totp(secret));
  await button(dialog, 'Turn it on').click();
  await page.getByRole('dialog', { name: 'Keep your recovery codes' }).waitFor();
  const codes = await dialog.getByRole('listitem').allInnerTexts();
  assert.equal(codes.length, 10);
  await picture(page, 'recovery-codes');
  assert.deepEqual(await axeFindings(page), []);
  await button(dialog, 'Done, I have stored them').click();
  await page.getByText('10 recovery codes are left').waitFor();
  return { secret, codes };
}

/* Tests don't wait for the next step of 30 s: what was used is forgotten. And the factor was shown long ago. */
const later = (email) =>
  sql(`update app.totp t set last_step = 0 from app.user_account u where u.id = t.user_id and u.email = :'email';
       update app.session s set mfa_at = now() - interval '11 minutes' from app.user_account u where u.id = s.user_id and u.email = :'email'`, { email });

/* Somebody comes later who isn't logged in. The page is left first: it would complain that its socket is refused. */
const arrive = async (page, path) => {
  await page.goto('about:blank');
  await page.context().clearCookies();
  await page.goto(path);
};

/* The browser writes each refusal into its console; nothing else may be there. */
function assertOnly(page, status) {
  assert.deepEqual(page.faults.splice(0).filter((f) => !f.includes(`the server responded with a status of ${status}`)), []);
}

test('U01 who signs up by mail goes on where they wanted to go, with an address that is known to be theirs', () =>
  visit('verify', '/register?next=%2Fruns%3Fstatus%3Dfailed', async (page) => {
    const email = address('next');
    await signUp(page, email);
    await there(page, '/runs?status=failed');
    assert.equal(await value("select email_verified_at is not null from app.user_account where email = :'email'", { email }), 't');
  }));

test('Z26 a person sets up an authenticator app by its QR code, and logs in with a code and with a recovery code', () =>
  visit('totp', '/register', async (page) => {
    const email = address('totp');
    await signUp(page, email);
    await there(page, '/');
    const { secret, codes } = await turnOn(page);
    await arrive(page, '/login');
    await logIn(page, email);
    await enterCode(page, totp(secret, 1));
    await there(page, '/');
    await arrive(page, '/login');
    await logIn(page, email);
    await enterCode(page, '000000');
    await page.getByText('this code is wrong').waitFor();
    assertOnly(page, 400);
    await enterCode(page, codes[0]);
    await there(page, '/');
    await page.goto('/settings/security');
    await page.getByText('9 recovery codes are left').waitFor();
  }));

test('Z26 what is dear asks for the second factor where it happens, and goes on', () =>
  visit('step-up', '/register', async (page) => {
    const email = address('dear');
    await signUp(page, email);
    await there(page, '/');
    const { secret } = await turnOn(page);
    await later(email);
    await page.goto('/settings/tokens');
    await page.getByRole('button', { name: 'New token' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('Shop');
    await button(page.getByRole('dialog'), 'Create token').click();
    const ask = page.getByRole('dialog', { name: 'Confirm with your second factor' });
    await ask.getByLabel('Code', { exact: true }).waitFor();
    await picture(page, 'step-up');
    await assertNoOverflow(page);
    assert.deepEqual(await axeFindings(page), []);
    await button(ask, 'Cancel').click();
    await page.getByText('confirm with your second factor first').waitFor();
    assert.equal(await page.getByRole('dialog').getByLabel('Name').inputValue(), 'Shop');
    await button(page.getByRole('dialog'), 'Create token').click();
    await enterCode(ask, '000000');
    await ask.getByText('this code is wrong').waitFor();
    await sql('delete from app.login_throttle');
    await enterCode(ask, totp(secret));
    await button(page, 'Done, I have copied it').click();
    page.faults = page.faults.filter((f) => !/status of 40[03]/.test(f));

    await later(email);
    await page.goto('/settings/security');
    await button(page, 'New recovery codes').click();
    await button(page.getByRole('dialog'), 'Make new codes').click();
    await enterCode(ask, totp(secret));
    await button(page, 'Done, I have stored them').click();
    await later(email);
    await button(page, 'Turn it off').click();
    const off = page.getByRole('dialog');
    await off.getByLabel('Present password').fill(PASSWORD);
    await off.getByLabel('Code', { exact: true }).fill(totp(secret));
    await button(off, 'Turn it off').click();
    await page.getByText('Logging in takes your password only.').waitFor();
    assertOnly(page, 403);
  }));

test('Z26 a forgotten password is set by a link from a mail, on a phone', () =>
  journey(browser, 'reset', '/register', { baseURL: site(), phone: true }, async (page) => {
    const email = address('forgot');
    await signUp(page, email);
    await there(page, '/');
    await arrive(page, '/login');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('Email').fill(email);
    await button(page, 'Send the link').click();
    await page.getByText('Check your mail').waitFor();
    await assertNoOverflow(page);
    const link = linkOf(await on.box.next(email));
    await page.goto(link);
    await page.getByLabel('New password').fill(OTHER);
    await button(page, 'Set the password').click();
    await page.getByText('Your new password is set.').waitFor();
    await page.getByRole('link', { name: 'Log in' }).click();
    await logIn(page, email, OTHER);
    await there(page, '/');
    await page.goto(link);
    await page.getByLabel('New password').fill(PASSWORD);
    await button(page, 'Set the password').click();
    await page.getByText('this link was used before').waitFor();
    assertOnly(page, 400);
  }));

test('Z26 a person changes password and address in the settings', () =>
  visit('change', '/register', async (page) => {
    const email = address('change');
    const next = address('changed');
    await signUp(page, email);
    await there(page, '/');
    await page.goto('/settings/security');
    await page.getByLabel('Present password').first().fill(PASSWORD);
    await page.getByLabel('New password').fill(OTHER);
    await button(page, 'Change password').click();
    await page.getByText('Your password is changed').first().waitFor();
    await page.getByLabel('New address').fill(next);
    await page.getByLabel('Present password').last().fill(OTHER);
    await button(page, 'Change address').click();
    await page.getByText('Open the link that we have sent to').first().waitFor();
    await page.goto(linkOf(await on.box.next(next)));
    await button(page, 'Use this address').click();
    await page.getByText(`You log in as ${next}.`).waitFor();
    assert.equal(await value("select email_verified_at is not null from app.user_account where email = :'next'", { next }), 't');
  }));

test('Z26 a workspace that asks for a second factor says so on every screen until there is one', () =>
  visit('rule', '/register', async (page) => {
    const email = address('rule');
    await signUp(page, email);
    await there(page, '/');
    await page.goto('/settings/workspace');
    const rule = page.getByRole('switch', { name: 'Members need a second factor' });
    await rule.click();
    await page.getByText('set up a second factor for yourself first').waitFor();
    assertOnly(page, 400);
    await turnOn(page);
    await page.goto('/settings/workspace');
    await rule.click();
    await page.getByText('Saved').first().waitFor();
    await page.reload();
    await rule.and(page.locator('[aria-checked=true]')).waitFor();
    await sql("update app.session s set mfa_at = null from app.user_account u where u.id = s.user_id and u.email = :'email'; update app.user_account set mfa_at = null where email = :'email'; delete from app.totp t using app.user_account u where u.id = t.user_id and u.email = :'email'", { email });
    await page.goto('/settings/profile');
    const asks = page.getByText('This workspace asks its members for a second factor.');
    await asks.waitFor();
    await picture(page, 'second-factor-missing');
    await page.getByRole('link', { name: 'Set one up' }).click();
    await there(page, '/settings/security');
    await turnOn(page);
    await asks.waitFor({ state: 'detached' });
    assertOnly(page, 403);
  }));

test('U15 an administrator puts somebody out, lets them in again and passes a link on', () =>
  visit('people', '/register', async (page) => {
    const other = address('out');
    await signUp(page, other);
    await there(page, '/');
    await arrive(page, '/register');
    const admin = address('admin');
    await signUp(page, admin);
    await there(page, '/');
    await sql("update app.user_account set is_superuser = true where email = :'admin'", { admin });
    await page.goto('/settings/people');
    await page.getByLabel('Search by name or address').fill(other);
    await page.getByText('One person').waitFor();
    const choose = async (what) => {
      await button(page, `Actions for ${other}`).click();
      await page.getByRole('menuitem', { name: what }).click();
      await button(page.getByRole('dialog'), what).click();
    };
    const person = page.getByRole('row').last();
    await choose('Deactivate');
    await person.getByText('deactivated').waitFor();
    assert.equal(await value("select is_active from app.user_account where email = :'other'", { other }), 'f');
    await choose('Activate');
    await person.getByText('active', { exact: true }).waitFor();
    await choose('Link for a new password');
    const link = await page.getByRole('dialog').getByText(/\/reset#mrv_/).innerText();
    await page.goto(link);
    await page.getByLabel('New password').fill(OTHER);
    await button(page, 'Set the password').click();
    await page.getByText('Your new password is set.').waitFor();
  }));

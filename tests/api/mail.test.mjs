/* Mail: the outbox goes out by a worker and egress, is tried again, and dies with its reason. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { sql, value } from '../lib/sql.mjs';
import { startMailStack } from '../lib/mailstack.mjs';
import { until } from '../lib/until.mjs';

let on;
let later = 2;
before(async () => {
  on = await startMailStack({
    refuse: (a) => (a.startsWith('gone') ? 550 : a.startsWith('full') ? 452 : a.startsWith('later') && later-- > 0 ? 451 : null),
  });
  await until('the worker has said that it sends', () => value('select app.mail_on()').then((v) => v === 't'));
});
after(() => on?.stop());

const put = (to, subject = 'Hello', text = 'text') =>
  sql("select app.mail_put(null, :'to', 'test', :'subject', :'text')", { to, subject, text });
const row = async (to) => {
  const [r] = await sql("select status, attempt, coalesce(error, ''), coalesce(body, '-') from app.mail where mail_to = :'to'", { to });
  return { status: r[0], attempt: Number(r[1]), error: r[2], body: r[3] };
};

test('a mail arrives as written, whatever its subject and text hold', async () => {
  const subject = 'Grüße 😀 =?utf-8?B?eA==?= ' + 'ä'.repeat(120);
  const text = 'Liebe Inés,\n\n.\n..\n= ' + 'long '.repeat(60) + '\nFrom here \nend';
  await put('ines@example.com', subject, text);
  const mail = await on.box.next('ines@example.com');
  assert.equal(mail.subject, subject);
  assert.equal(mail.text.trimEnd(), text);
  assert.equal(mail.from.text, '"Millrace" <no-reply@localhost>');
  assert.ok(Math.abs(mail.date - Date.now()) < 60000);
  assert.match(mail.messageId, /^<[0-9a-f-]{36}@localhost>$/);
  await until('it is recorded as sent, without its text', async () => {
    const r = await row('ines@example.com');
    return r.status === 'sent' && r.body === '-';
  });
});

test('a subject can\'t add a header', async () => {
  await put('subject@example.com', 'one\r\nBcc: all@example.com\r\n\r\ntwo');
  const mail = await on.box.next('subject@example.com');
  assert.equal(mail.subject, 'one Bcc: all@example.com two');
  assert.equal(mail.bcc, undefined);
});

test('what fails for now is tried again and arrives', async () => {
  await put('later@example.com');
  await on.box.next('later@example.com');
  assert.equal((await until('sent', async () => (await row('later@example.com')).status === 'sent' && row('later@example.com'))).attempt, 3);
});

test('what fails too often, or for good, is dead with its reason', async () => {
  await put('full@example.com');
  await put('gone@example.com');
  const full = await until('dead', async () => (await row('full@example.com')).status === 'dead' && row('full@example.com'));
  const gone = await until('dead', async () => (await row('gone@example.com')).status === 'dead' && row('gone@example.com'));
  assert.equal(full.attempt, 3);
  assert.match(full.error, /452 no mail for full/);
  assert.equal(gone.attempt, 1);
  assert.match(gone.error, /550 no mail for gone/);
});

test('the worker and web are not told where the mail server is', () => {
  const known = readdirSync(`${on.stack.var}/run`).filter((f) => /^(web|worker|egress)\.pid$/.test(f)).map((f) => {
    const pid = readFileSync(`${on.stack.var}/run/${f}`, 'utf8').trim();
    return [f, readFileSync(`/proc/${pid}/environ`, 'utf8').includes('MILLRACE_SMTP_URL')];
  });
  assert.deepEqual(Object.fromEntries(known), { 'egress.pid': true, 'web.pid': false, 'worker.pid': false });
});

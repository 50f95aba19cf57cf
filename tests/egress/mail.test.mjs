// Mail by way of egress: a real mail server, with and without TLS and sign-in, and one that misbehaves.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Egress } from './client.mjs';
import { closeAll, tcpServer } from './server.mjs';
import { startMailbox } from '../lib/mailbox.mjs';

const MESSAGE = ['From: <m@example.com>', 'To: <ines@example.com>', 'Subject: Hello', '', '.a dot', 'end', ''].join('\r\n');
const login = { user: 'robot', password: 'pässword:/@' };
let folder, tls;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'mr-mail-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=mail',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' });
  tls = { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) };
});
after(async () => {
  await closeAll();
  rmSync(folder, { recursive: true });
});

/* Runs `work` with a mail server and an egress that knows it. */
async function pair(options, work, { url = (u) => u, args = [] } = {}) {
  const box = options && (await startMailbox(options));
  const egress = await Egress.start({ args, env: { MILLRACE_SMTP_URL: url(box?.url ?? '') } });
  try {
    await work(egress, box);
  } finally {
    assert.equal((await egress.stop()).code, 0, egress.log);
    await box?.stop();
  }
}
const mail = (egress, to = 'ines@example.com', extra = {}, text = MESSAGE) =>
  egress.http({ op: 'mail', from: 'm@example.com', to, timeout_ms: 5000, ...extra }, text);

test('a message arrives whole, dots at the start of a line included', () =>
  pair({}, async (egress, box) => {
    const answer = await mail(egress);
    assert.equal(answer.status, 250, JSON.stringify(answer));
    const got = await box.next('ines@example.com');
    assert.equal(got.raw.trim(), MESSAGE.trim());
    assert.equal(got.subject, 'Hello');
  }));

test('a password goes by STARTTLS, and smtps:// speaks TLS at once', async () => {
  const trust = ['--trust', join(folder, 'cert.pem')];
  for (const at_once of [false, true])
    await pair({ ...login, tls: { ...tls, at_once } }, async (egress, box) => {
      assert.equal((await mail(egress)).status, 250);
      assert.equal((await box.next('ines@example.com')).secure, true);
      assert.equal(box.authSecure, true);
    }, { args: trust });
});

test('a certificate that nobody trusts gets no mail', () =>
  pair({ ...login, tls }, async (egress, box) => {
    assert.equal((await mail(egress)).error.code, 'TLS');
    assert.equal(box.mails.length, 0);
  }));

test('a password is never sent in the clear to another machine', () =>
  pair({ ...login, host: '127.0.0.2' }, async (egress, box) => {
    const answer = await mail(egress);
    assert.equal(answer.error.code, 'TLS', JSON.stringify(answer));
    assert.equal(box.authSecure, undefined);
  }));

test('a refusal comes back with its status and words', async () => {
  await pair({ refuse: (a) => (a.startsWith('gone') ? 550 : a.startsWith('full') ? 452 : null) }, async (egress) => {
    const gone = await mail(egress, 'gone@example.com');
    assert.equal(gone.status, 550, JSON.stringify(gone));
    assert.match(gone.message, /550 no mail for gone@example\.com/);
    assert.equal((await mail(egress, 'full@example.com')).status, 452);
    assert.equal((await mail(egress)).status, 250);
  });
  await pair(login, async (egress) => assert.equal((await mail(egress)).status, 535), { url: (u) => u.replace('robot', 'other') });
});

test('an address can\'t carry a second command', () =>
  pair({}, async (egress, box) => {
    for (const to of ['a@b.example>\r\nRCPT TO:<c@d.example', 'a@b.example\nDATA', 'a b@c.example', 'nobody', '<a@b.example>'])
      assert.equal((await mail(egress, to)).error?.code, 'PROTOCOL', to);
    assert.equal(box.mails.length, 0);
  }));

test('a server that says nothing, or hangs up, is an error in time', async () => {
  const silent = await tcpServer(() => {});
  await pair(null, async (egress) => {
    assert.equal((await mail(egress, undefined, { timeout_ms: 300 })).error.code, 'TIMEOUT');
  }, { url: () => `smtp://127.0.0.1:${silent.port}` });
  const rude = await tcpServer((socket) => socket.end('220 hello\r\n'));
  await pair(null, async (egress) => {
    assert.ok((await mail(egress)).error, 'an error');
  }, { url: () => `smtp://127.0.0.1:${rude.port}` });
});

test('without a mail server mail is denied, and a workflow can\'t reach the one there is', async () => {
  await pair(null, async (egress) => assert.equal((await mail(egress)).error.code, 'DENIED'));
  await pair({}, async (egress, box) => {
    for (const url of [box.url, box.url.replace('smtp:', 'http:')]) assert.equal((await egress.http({ url })).error.code, 'DENIED');
    assert.equal(box.sessions, 0);
  });
});

test('a setting that is no mail server is refused at the start', async () => {
  for (const url of ['http://mail.example', 'mail.example:25', 'smtp://'])
    await assert.rejects(pair(null, () => {}, { url: () => url }), /not within|MILLRACE_SMTP_URL/, url);
});

/*
 * mailbox.mjs: the mail server on the other end: npm's smtp-server, and mailparser to read what it got.
 *
 *   const box = await startMailbox({ user, password, tls, host, refuse })
 *   box.url                       smtp:// or smtps:// with the sign-in, for MILLRACE_SMTP_URL
 *   await box.next('a@b.example') the next mail to this address: {subject, text, from, headers, raw, …}
 *   box.stop()
 *
 * tls: {key, cert} offers STARTTLS, or with tls.at_once speaks TLS from the first byte. refuse(address) may answer an
 * SMTP status for a recipient.
 */
import { SMTPServer } from 'smtp-server';
import { simpleParser } from 'mailparser';
import { until } from './until.mjs';

export async function startMailbox({ user, password, tls, host = '127.0.0.1', refuse = () => null } = {}) {
  const box = { mails: [], sessions: 0 };
  const read = new Map();
  const server = new SMTPServer({
    secure: tls?.at_once ?? false,
    ...(tls ? { key: tls.key, cert: tls.cert } : {}),
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(user ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    onConnect(session, done) {
      box.sessions++;
      done();
    },
    onAuth(auth, session, done) {
      box.authSecure = session.secure;
      const ok = auth.username === user && auth.password === password;
      done(ok ? null : Object.assign(new Error('wrong password'), { responseCode: 535 }), { user });
    },
    onRcptTo(address, session, done) {
      const status = refuse(address.address);
      done(status ? Object.assign(new Error(`no mail for ${address.address}`), { responseCode: status }) : null);
    },
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (c) => chunks.push(c));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks).toString('latin1');
        const mail = await simpleParser(Buffer.concat(chunks));
        box.mails.push({ ...mail, raw, secure: session.secure, to: session.envelope.rcptTo.map((a) => a.address) });
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise((resolve) => server.listen(0, host, resolve));
  const sign = user ? `${encodeURIComponent(user)}:${encodeURIComponent(password)}@` : '';
  box.port = server.server.address().port;
  box.url = `${tls?.at_once ? 'smtps' : 'smtp'}://${sign}${host}:${box.port}`;
  box.to = (address) => box.mails.filter((m) => m.to.includes(address));
  box.next = async (address, ms = 15000) => {
    const n = read.get(address) ?? 0;
    await until(`mail ${n + 1} for ${address}`, () => box.to(address).length > n, { ms });
    read.set(address, n + 1);
    return box.to(address)[n];
  };
  box.stop = () => new Promise((resolve) => server.close(resolve));
  return box;
}

/* The secret of the link in a mail: what follows its #. */
export function secretOf(mail) {
  const found = /https?:\/\/\S+#(\S+)/.exec(mail.text);
  if (!found) throw new Error(`no link with a secret in: ${mail.text}`);
  return found[1];
}

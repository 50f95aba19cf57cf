// Calls over TLS verify who answers, by the authorities they trust, the name that was called and the time. S07.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Egress, WORKSPACE } from './client.mjs';
import { listen } from './server.mjs';

const folder = mkdtempSync(join(tmpdir(), 'mr-tls-'));
const at = (name) => join(folder, name);
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
let egress;

/* A certificate of `ca`, for the names, from and to these days from now: {key, cert}. */
function certificate(name, { names = 'IP:127.0.0.1', ca = 'ca', end = 2 } = {}) {
  openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`);
  const day = (n) => new Date(Date.now() + n * 86400000).toISOString().replace(/[-:T]/g, '').slice(2, 14) + 'Z';
  writeFileSync(at('index'), '');
  writeFileSync(at('ca.cnf'), `[ca]\ndefault_ca=own\n[own]\ndatabase=${at('index')}\nnew_certs_dir=${folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n`);
  openssl('ca', '-batch', '-config', 'ca.cnf', '-cert', `${ca}.pem`, '-keyfile', `${ca}.key`, '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', '-extfile', `${name}.ext`, '-startdate', day(-9), '-enddate', day(end));
  return { key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.pem`)) };
}

before(async () => {
  for (const ca of ['ca', 'stranger']) openssl('req', '-x509', ...KEY, '-days', '9', '-subj', `/CN=${ca}`, '-keyout', `${ca}.key`, '-out', `${ca}.pem`);
  egress = await Egress.start({ args: ['--trust', at('ca.pem')] });
});
after(async () => {
  await egress?.stop();
  rmSync(folder, { recursive: true });
});

/* What a call of a server with these settings gets: the TLS version that was spoken, or the error's code. */
async function gets(options) {
  const server = https.createServer(options, (request, response) => response.end(request.socket.getProtocol()));
  server.on('tlsClientError', () => {});
  const host = `127.0.0.1:${await listen(server)}`;
  egress.ceiling([`${host} ${WORKSPACE}`]);
  try {
    const answer = await egress.http({ url: `https://${host}/` });
    return answer.error?.code ?? answer.body.toString();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('S07 a server whose certificate is good is called, by TLS 1.3 where it has it, 1.2 where not, and nothing older', async () => {
  const good = certificate('good');
  assert.equal(await gets(good), 'TLSv1.3');
  assert.equal(await gets({ ...good, maxVersion: 'TLSv1.2' }), 'TLSv1.2');
  assert.equal(await gets({ ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), 'TLS');
});

test('S07 a certificate of a stranger, for another name or of another time is refused', async () => {
  assert.equal(await gets(certificate('unknown', { ca: 'stranger' })), 'TLS');
  assert.equal(await gets(certificate('other', { names: 'DNS:other.example' })), 'TLS');
  assert.equal(await gets(certificate('expired', { end: -1 })), 'TLS');
});

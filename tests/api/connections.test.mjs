/* Stored credentials and keys. C07, C08, S03, S04, X19, N03. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { call, env, expect, refused } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, finished, http, liveWorkflow, manual, memberOf, openEcho, person, set, startRun, stepsOf, unique, workflow } from '../lib/world.mjs';

/* A service that remembers what it was sent, and answers with it in several spellings. */
const seen = [];
const service = createServer((request, response) => {
  seen.push({ url: request.url, headers: request.headers });
  if (request.url.startsWith('/refuse')) return response.writeHead(401).end('{}');
  if (request.url.startsWith('/away')) return response.writeHead(302, { location: env.echo + '/anything' }).end();
  const secret = (request.headers.authorization ?? request.headers['x-api-key'] ?? '').replace(/^(Bearer|Basic) /, '');
  response.writeHead(200, { 'content-type': 'application/json', 'x-was': secret });
  response.end(JSON.stringify({ plain: secret, json: JSON.stringify({ secret }), url: encodeURIComponent(secret), base64: Buffer.from(`user:${secret}`).toString('base64'),
    escaped: [...secret].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''), url_key: request.url, [secret || 'none']: 1 }));
});
await new Promise((done) => service.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${service.address().port}`;
after(() => service.close());

/* Lets the workspace reach the service. */
const openService = (workspace) => appendFileSync(process.env.MR_TEST_CEILING, `${new URL(base).host} ${workspace}\n`);

const secretText = () => `s3cr3t-"${unique('quoted')}" \\ & +%25'<x>`;

async function connection(who, { connector = 'bearer', config = {}, secret = { token: 'plain-token-1' }, ...more } = {}) {
  return expect(201, who, 'POST', `${API}/connections`, { body: { connector, name: unique('connection'), config: { hosts: [base], ...config }, secret, ...more } });
}

test('C07 a connection is stored, listed, changed and deleted; no answer holds its secret', async () => {
  const p = await person();
  const token = unique('canary');
  const made = await call(p, 'POST', `${API}/connections`, { body: { connector: 'bearer', name: 'Orders', config: { hosts: ['api.example.com'] }, secret: { token } } });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.get('location'), `${API}/connections/${made.body.id}`);
  assert.equal(made.body.status, 'untested');
  for (const path of [`/connections/${made.body.id}`, '/connections', '/connections?connector=bearer']) {
    const got = await call(p, 'GET', API + path);
    assert.equal(got.status, 200, got.text);
    assert.ok(!got.text.includes(token), path);
    assert.match(got.text, /Orders/);
  }
  await refused(409, 'CONFLICT', 'name', p, 'POST', `${API}/connections`, { body: { connector: 'bearer', name: 'Orders', config: { hosts: ['api.example.com'] }, secret: { token } } });
  const changed = await expect(200, p, 'PATCH', `${API}/connections/${made.body.id}`, { body: { name: 'Renamed' }, headers: { 'if-match': '"1"' } });
  assert.equal(changed.name, 'Renamed');
  await refused(412, 'PRECONDITION_FAILED', null, p, 'PATCH', `${API}/connections/${made.body.id}`, { body: { name: 'x' }, headers: { 'if-match': '"1"' } });
  await expect(204, p, 'DELETE', `${API}/connections/${made.body.id}`);
  await refused(404, 'NOT_FOUND', null, p, 'GET', `${API}/connections/${made.body.id}`);
});

test('C07 what is wrong with config or secret is told by its field', async () => {
  const p = await person();
  const bad = (connector, config, secret) => ({ body: { connector, name: 'x', config, secret } });
  await refused(400, 'VALIDATION_ERROR', 'connector', p, 'POST', `${API}/connections`, bad('carrier-pigeon', {}, {}));
  await refused(400, 'VALIDATION_ERROR', 'config.hosts', p, 'POST', `${API}/connections`, bad('bearer', {}, { token: 'abcdef' }));
  await refused(400, 'VALIDATION_ERROR', 'config.hosts[1]', p, 'POST', `${API}/connections`, bad('bearer', { hosts: ['a.example', 'https://a.example/path'] }, { token: 'abcdef' }));
  await refused(400, 'VALIDATION_ERROR', 'secret.token', p, 'POST', `${API}/connections`, bad('bearer', { hosts: ['a.example'] }, {}));
  await refused(400, 'VALIDATION_ERROR', 'secret.token', p, 'POST', `${API}/connections`, bad('bearer', { hosts: ['a.example'] }, { token: 'two\nlines' }));
  await refused(400, 'VALIDATION_ERROR', 'config.test_url', p, 'POST', `${API}/connections`, bad('bearer', { hosts: ['a.example'], test_url: 'https://b.example/' }, { token: 'abcdef' }));
  const kinds = await expect(200, p, 'GET', `${API}/connectors`);
  assert.deepEqual(kinds.items.map((k) => k.name), ['bearer', 'api_key', 'basic', 'headers', 'hmac', 'smtp', 'postgres']);
});

test('C07 the same Idempotency-Key stores one connection', async () => {
  const p = await person();
  const once = () => call(p, 'POST', `${API}/connections`, { headers: { 'idempotency-key': 'k-1' }, body: { connector: 'hmac', name: 'Once', config: {}, secret: { secret: 'abcdefgh' } } });
  const [a, b] = [await once(), await once()];
  assert.equal(a.status, 201, a.text);
  assert.equal(b.body.id, a.body.id);
});

test('C07 one in use is deleted only by force, and the refusal names the workflows', async () => {
  const p = await person();
  const c = await connection(p);
  const w = await workflow(p, chain(manual(), http({ url: `${base}/`, connection: c.id })));
  const got = await expect(200, p, 'GET', `${API}/connections/${c.id}`);
  assert.deepEqual(got.used_by, [{ id: w.id, name: w.name }]);
  const said = await refused(409, 'CONFLICT', `workflows.${w.id}`, p, 'DELETE', `${API}/connections/${c.id}`);
  assert.match(said.error.message, new RegExp(w.name));
  await expect(204, p, 'DELETE', `${API}/connections/${c.id}?force=true`);
});

test('S03 where a secret goes changes only with the secret', async () => {
  const p = await person();
  const c = await connection(p);
  await refused(400, 'VALIDATION_ERROR', 'secret', p, 'PATCH', `${API}/connections/${c.id}`, { body: { config: { hosts: ['evil.example'] } } });
  const changed = await expect(200, p, 'PATCH', `${API}/connections/${c.id}`, { body: { config: { hosts: ['b.example'] }, secret: { token: 'another one' } } });
  assert.deepEqual(changed.config.hosts, ['b.example']);
});

test('N03 each kind is put into the call where it belongs, and nothing of it is recorded', async () => {
  const p = await person();
  openService(p.workspace);
  const secret = secretText();
  const kinds = [
    [{ secret: { token: secret } }, (r) => r.headers.authorization === `Bearer ${secret}`],
    [{ connector: 'basic', config: { username: 'user' }, secret: { password: secret } }, (r) => r.headers.authorization === `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`],
    [{ connector: 'api_key', config: { name: 'X-Api-Key' }, secret: { key: secret } }, (r) => r.headers['x-api-key'] === secret],
    [{ connector: 'api_key', config: { name: 'key', in: 'query' }, secret: { key: secret } }, (r) => new URL(r.url, base).searchParams.get('key') === secret],
    [{ connector: 'headers', secret: { headers: { 'X-Api-Key': secret, 'X-Other': 'other-secret' } } }, (r) => r.headers['x-other'] === 'other-secret' && r.headers['x-api-key'] === secret],
  ];
  for (const [what, arrived] of kinds) {
    const c = await connection(p, what);
    const w = await liveWorkflow(p, chain(manual(), http({ url: `${base}/anything?a=1`, connection: c.id, headers: { 'X-Api-Key': 'typed by hand' } }), set({ copy: '{{action-1.body}}' })));
    seen.length = 0;
    const run = await finished(p, (await startRun(p, w, {})).id);
    assert.equal(run.status, 'succeeded', JSON.stringify(run));
    assert.equal(seen.length, 1);
    assert.ok(arrived(seen[0]), `${JSON.stringify(what)} arrived as ${JSON.stringify(seen[0])}`);
    const steps = await stepsOf(p, run.id);
    assert.ok(JSON.stringify(steps).includes('[secret]') || what.config?.in === 'query');
    await nowhere(p, run, secret);
  }
});

test('L05 a secret is masked in the lines of the log, stored or made of a step', async () => {
  const p = await person();
  openService(p.workspace);
  const token = unique('canary');
  const c = await connection(p, { secret: { token } });
  const definition = chain(manual(), http({ url: `${base}/anything`, connection: c.id }), { id: 'stop-1', type: 'stop', config: { message: 'the service said {{action-1.body.plain}} {{action-1.body.missing}}' } });
  const run = await finished(p, (await startRun(p, await liveWorkflow(p, definition), {})).id);
  assert.equal(run.status, 'failed', JSON.stringify(run));
  const { items } = await expect(200, p, 'GET', `${API}/runs/${run.id}/logs?limit=200`);
  const said = items.filter((l) => l.message.includes('the service said'));
  assert.deepEqual(said.map((l) => [l.node_id, l.level]), [['stop-1', 'error'], [null, 'error']], JSON.stringify(items));
  for (const line of said) assert.match(line.message, /the service said \[secret\]/);
  for (const line of items) assert.deepEqual(Object.keys(line).sort(), ['data', 'id', 'level', 'message', 'node_id', 'run_id', 'timestamp']);
  assert.ok(!JSON.stringify(items).includes(token));
  await nowhere(p, run, token);
});

/* In no table of the database, and in no spelling. */
async function nowhere(p, run, secret) {
  const spellings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=*$/, '').slice(0, -2)];
  const all = await value(`select string_agg(query_to_xml(format('select * from %s', c.oid::regclass), true, true, '')::text, '')
    from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`);
  for (const text of spellings) {
    const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    assert.ok(!all.includes(plain) && !all.includes(text), `the database holds ${text}`);
  }
  const api = (await call(p, 'GET', `${API}/runs/${run.id}`)).text + (await call(p, 'GET', `${API}/runs/${run.id}/steps`)).text + (await call(p, 'GET', `${API}/logs/${run.id}`)).text;
  for (const text of spellings) assert.ok(!api.includes(text), `an answer holds ${text}`);
}

test('S03 a secret goes to its own hosts alone, whatever URL a workflow names, and not along a redirect', async () => {
  const p = await person();
  openService(p.workspace);
  openEcho(p.workspace);
  const c = await connection(p, { config: { hosts: [base] }, secret: { token: 'for-base-alone' } });
  const elsewhere = await liveWorkflow(p, chain(manual(), http({ url: `${env.echo}/anything`, connection: c.id }, 'action-1', { retry: { max_attempts: 0 } })));
  const run = await finished(p, (await startRun(p, elsewhere, {})).id);
  assert.equal(run.status, 'failed');
  assert.equal(run.error.code, 'CONNECTION_INVALID');
  const redirected = await liveWorkflow(p, chain(manual(), http({ url: `${base}/away`, connection: c.id })));
  const other = await finished(p, (await startRun(p, redirected, {})).id);
  assert.equal(other.status, 'succeeded', JSON.stringify(other.error));
  const [, step] = await stepsOf(p, other.id);
  assert.equal(step.output.main[0].json.body.headers.authorization, undefined);
});

test('X19 a run whose connection is missing, revoked or of another kind fails before its first step', async () => {
  const p = await person();
  const c = await connection(p);
  const hmac = await connection(p, { connector: 'hmac', config: undefined, secret: { secret: 'abcdefgh' } }).catch(() => expect(201, p, 'POST', `${API}/connections`, { body: { connector: 'hmac', name: unique('h'), config: {}, secret: { secret: 'abcdefgh' } } }));
  const gone = await connection(p);
  const flows = [];
  for (const id of [c.id, hmac.id, gone.id]) flows.push(await liveWorkflow(p, chain(manual(), http({ url: `${base}/`, connection: id }))));
  await expect(200, p, 'PATCH', `${API}/connections/${c.id}`, { body: { is_active: false } });
  await expect(204, p, 'DELETE', `${API}/connections/${gone.id}?force=true`);
  for (const [i, why] of [/is revoked/, /of another kind/, /is missing/].entries()) {
    const run = await finished(p, (await startRun(p, flows[i], {})).id);
    assert.equal(run.status, 'failed');
    assert.equal(run.error.code, 'CONNECTION_INVALID');
    assert.match(run.error.message, why);
    assert.deepEqual(await stepsOf(p, run.id), []);
  }
});

test('C08 a test calls the service with the secret and keeps the outcome', async () => {
  const p = await person();
  openService(p.workspace);
  const good = await connection(p, { config: { test_url: `${base}/me` }, secret: { token: 'good-token' } });
  seen.length = 0;
  const ok = await expect(200, p, 'POST', `${API}/connections/${good.id}/test`);
  assert.deepEqual([ok.ok, ok.message], [true, 'the answer has status 200']);
  assert.equal(seen[0].headers.authorization, 'Bearer good-token');
  assert.equal((await expect(200, p, 'GET', `${API}/connections/${good.id}`)).status, 'ok');
  const bad = await connection(p, { config: { test_url: `${base}/refuse` } });
  const failed = await expect(200, p, 'POST', `${API}/connections/${bad.id}/test`);
  assert.deepEqual([failed.ok, failed.message], [false, 'the answer has status 401']);
  const got = await expect(200, p, 'GET', `${API}/connections/${bad.id}`);
  assert.equal(got.status, 'failed');
  assert.ok(got.last_verified_at);
});

test('S03 the first use seals a secret anew under the workspace key, and a record put back does not open', async () => {
  const p = await person();
  openService(p.workspace);
  const c = await connection(p, { secret: { token: 'first-token' } });
  const w = await liveWorkflow(p, chain(manual(), http({ url: `${base}/`, connection: c.id }, 'action-1', { retry: { max_attempts: 0 } })));
  const format = () => value(`select get_byte(sealed, 0) from app.connection where id = :'id'`, { id: c.id });
  assert.equal(await format(), '2');
  assert.equal((await finished(p, (await startRun(p, w, {})).id)).status, 'succeeded');
  await until('the record is an 01', async () => (await format()) === '1');
  const old = await value(`select encode(sealed, 'hex') from app.connection where id = :'id'`, { id: c.id });
  await expect(200, p, 'PATCH', `${API}/connections/${c.id}`, { body: { secret: { token: 'second-token' } } });
  seen.length = 0;
  assert.equal((await finished(p, (await startRun(p, w, {})).id)).status, 'succeeded');
  assert.equal(seen[0].headers.authorization, 'Bearer second-token');
  await sql(`update app.connection set sealed = decode(:'old', 'hex') where id = :'id'`, { old, id: c.id });
  const run = await finished(p, (await startRun(p, w, {})).id);
  assert.equal(run.status, 'failed');
  assert.equal(run.error.code, 'CONNECTION_INVALID');
  // What never opens again would be told by every rotation of the master key.
  await expect(204, p, 'DELETE', `${API}/connections/${c.id}?force=true`);
});

test('S04 a key encrypts and decrypts, before and after it is rotated; its material is in no answer', async () => {
  const p = await person();
  const key = await expect(201, p, 'POST', `${API}/keys`, { body: { name: 'Invoices' } });
  const plaintext = 'DE89 3704 0044 0532 0130 00 — Übertrag';
  const first = await expect(200, p, 'POST', `${API}/keys/${key.id}/encrypt`, { body: { plaintext } });
  assert.equal(first.version, 1);
  const again = await expect(200, p, 'POST', `${API}/keys/${key.id}/encrypt`, { body: { plaintext } });
  assert.notEqual(again.ciphertext, first.ciphertext);
  const rotated = await expect(200, p, 'POST', `${API}/keys/${key.id}/rotate`);
  assert.equal(rotated.version, 2);
  assert.deepEqual(rotated.versions.map((v) => v.number), [2, 1]);
  const second = await expect(200, p, 'POST', `${API}/keys/${key.id}/encrypt`, { body: { plaintext: '' } });
  assert.equal(second.version, 2);
  assert.equal((await expect(200, p, 'POST', `${API}/keys/${key.id}/decrypt`, { body: { ciphertext: first.ciphertext } })).plaintext, plaintext);
  assert.equal((await expect(200, p, 'POST', `${API}/keys/${key.id}/decrypt`, { body: { ciphertext: second.ciphertext } })).plaintext, '');
  const bytes = Buffer.from(first.ciphertext, 'base64');
  bytes[bytes.length - 1] ^= 1;
  await refused(400, 'VALIDATION_ERROR', 'ciphertext', p, 'POST', `${API}/keys/${key.id}/decrypt`, { body: { ciphertext: bytes.toString('base64') } });
  const other = await expect(201, p, 'POST', `${API}/keys`, { body: { name: 'Other' } });
  await refused(400, 'VALIDATION_ERROR', 'ciphertext', p, 'POST', `${API}/keys/${other.id}/decrypt`, { body: { ciphertext: first.ciphertext } });
  const stranger = await person();
  await refused(404, 'NOT_FOUND', null, stranger, 'POST', `${API}/keys/${key.id}/decrypt`, { body: { ciphertext: first.ciphertext } });
  const wrapped = await value(`select encode(wrapped, 'base64') from app.key_version where key_id = :'id' and number = 1`, { id: key.id });
  for (const path of [`/keys/${key.id}`, '/keys']) {
    const got = await call(p, 'GET', API + path);
    assert.equal(got.status, 200, got.text);
    assert.ok(!got.text.includes(wrapped.slice(0, 40)), path);
  }
});

test('C07 a viewer sees names, an operator tests, an editor writes', async () => {
  const p = await person();
  const c = await connection(p);
  const viewer = await memberOf(p, 'viewer');
  const operator = await memberOf(p, 'operator');
  const editor = await memberOf(p, 'editor');
  await expect(200, viewer, 'GET', `${API}/connections/${c.id}`);
  await refused(403, 'FORBIDDEN', null, viewer, 'POST', `${API}/connections/${c.id}/test`);
  await expect(200, operator, 'POST', `${API}/connections/${c.id}/test`);
  await refused(403, 'FORBIDDEN', null, operator, 'PATCH', `${API}/connections/${c.id}`, { body: { name: 'x' } });
  await expect(200, editor, 'PATCH', `${API}/connections/${c.id}`, { body: { name: unique('renamed') } });
  const t = await apiToken(p, ['connection:read']);
  await expect(200, t, 'GET', `${API}/connections`);
  await refused(403, 'FORBIDDEN', null, t, 'GET', `${API}/keys`);
});

/* What every operation refuses, generated from openapi.json. S13, S20; issue bar: each refusal in the agreed form, the field named. */
import assert from 'node:assert/strict';
import { test, before } from 'node:test';
import { call, env, isRefusal } from '../lib/client.mjs';
import { exchange, head, lastBody } from '../lib/raw.mjs';
import { deref, document, fill, operations, sample } from '../lib/spec.mjs';
import { API, person, program, superuser } from '../lib/world.mjs';

/* Hooks take any bytes, and the socket and the streams answer in their own way: they have suites of their own. */
const plain = operations.filter((o) => o.tag !== 'webhooks');
const withBody = plain.filter((o) => o.kind === 'json');
const direct = { direct: true };
let who;
before(async () => {
  who = await program(await superuser(await person()));
});

const send = (op, options) => call(options.who ?? (op.permission === 'none' ? null : who), op.method, fill(op), { ...direct, ...options });
const sendJson = (op, body) => send(op, { raw: JSON.stringify(body), type: 'application/json' });
const base = (op) => sample(op.body) ?? {};

function named(r, status, field, what) {
  assert.equal(r.status, status, `${what}: ${r.status} ${r.text.slice(0, 400)}`);
  isRefusal(r, status === 400 ? 'VALIDATION_ERROR' : null, field);
}

for (const op of operations.filter((o) => o.permission !== 'none')) {
  test(`S20 ${op.id} without a credential is 401`, async () => {
    const body = op.kind === 'json' ? { raw: JSON.stringify(base(op)), type: 'application/json' } : {};
    const r = await call(null, op.method, fill(op), { ...direct, ...body });
    assert.equal(r.status, 401, r.text);
    isRefusal(r, 'UNAUTHENTICATED');
  });
}

for (const [path, item] of Object.entries(document.paths)) {
  const known = Object.entries(item).flatMap(([m, op]) => op['x-methods'] ?? [m.toUpperCase()]);
  const allow = new Set([...known, 'OPTIONS', ...(known.includes('GET') ? ['HEAD'] : [])]);
  const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((m) => !known.includes(m));
  if (others.length === 0) continue;
  test(`S20 ${path} refuses other methods with 405 and Allow`, async () => {
    const target = fill(operations.find((o) => o.path === path));
    for (const method of others) {
      const r = await call(who, method, target, direct);
      // `validate` is the id of a workflow to the operations of /workflows/{id}.
      if (r.status === 400 && path.endsWith('/validate')) continue;
      assert.equal(r.status, 405, `${method}: ${r.status} ${r.text}`);
      isRefusal(r, 'METHOD_NOT_ALLOWED');
      const said = new Set(r.headers.get('allow').split(/, */));
      for (const m of allow) assert.ok(said.has(m), `${method}: Allow lacks ${m}: ${[...said]}`);
      assert.ok(!said.has(method), `${method} is allowed by Allow`);
    }
  });
}

test('S20 an unknown path is 404 in the agreed form', async () => {
  for (const path of [`${API}/nothing`, `${API}/workflows/a/b/c/d`, `${API}`, `${API}/`, '/api/v2/workflows', `${API}/Workflows`, `${API}/workflows/`, '/hooks', '/stream/nothing'])
    for (const method of ['GET', 'POST', 'DELETE']) {
      const r = await call(who, method, path, direct);
      if (method === 'GET' && r.status === 200 && (r.headers.get('content-type') ?? '').startsWith('text/html')) continue; // a page of the web app
      assert.equal(r.status, 404, `${method} ${path}: ${r.status} ${r.text.slice(0, 200)}`);
      isRefusal(r, 'NOT_FOUND');
    }
});

for (const op of withBody) {
  test(`S13 ${op.id} refuses what is not JSON`, async () => {
    for (const raw of ['{"a":', '{"a":1}}', '{"a":1}{"b":2}', "{'a':1}", '{"a":NaN}', 'undefined', '{"a":"\u0001"}', '{a:1}', '\u0000', '{"a":1,}'])
      named(await send(op, { raw, type: 'application/json' }), 400, null, JSON.stringify(raw));
  });

  test(`S13 ${op.id} refuses invalid UTF-8`, async () => {
    for (const bytes of [[0xff], [0xc0, 0xae], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3]]) {
      const raw = Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]);
      named(await send(op, { raw, type: 'application/json' }), 400, null, bytes.join());
    }
  });

  test(`S13 ${op.id} refuses depth without end`, async () => {
    const raw = `{"definition":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    named(await send(op, { raw, type: 'application/json' }), 400, null, 'depth');
  });

  test(`S13 ${op.id} refuses a body over the limit before it is sent`, async () => {
    const credential = op.permission === 'none' ? [] : [`Authorization: Bearer ${who.bearer}`];
    const r = await exchange(env.direct, head(`${op.method} ${fill(op)} HTTP/1.1`, [...credential, 'Content-Type: application/json', 'Content-Length: 999999999']));
    assert.deepEqual(r.statuses, [413], r.text);
    assert.equal(lastBody(r.text).error.code, 'TOO_LARGE');
  });

  test(`S13 ${op.id} refuses other kinds of body`, async () => {
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x']) {
      const r = await send(op, { raw: '{}', type });
      assert.equal(r.status, 415, `${type}: ${r.text}`);
      isRefusal(r, 'UNSUPPORTED_MEDIA_TYPE');
    }
  });

  test(`S13 ${op.id} refuses JSON that is no object`, async () => {
    for (const raw of ['[]', '"text"', '7', 'true', ...(op.bodyRequired ? ['null'] : [])]) named(await send(op, { raw, type: 'application/json' }), 400, null, raw);
  });

  test(`S13 ${op.id} refuses an unknown field by name`, async () => {
    named(await sendJson(op, { ...base(op), no_such_field: 1 }), 400, 'no_such_field', 'unknown');
    named(await sendJson(op, { ...base(op), __proto: {}, constructor: 1 }), 400, 'constructor', 'unknown');
  });

  const properties = Object.entries(op.body.properties ?? {}).map(([name, s]) => [name, deref(s)]);
  const wrong = (types) => [17, 'text', true, [], {}].find((v) => !types.includes(kindOf(v)) && !(v === 17 && types.includes('number')));
  const typed = properties.filter(([, s]) => s.type);
  if (typed.length > 0)
    test(`S13 ${op.id} refuses a wrong type by the field's name`, async () => {
      for (const [name, s] of typed) named(await sendJson(op, { ...base(op), [name]: wrong([s.type].flat()) }), 400, name, name);
    });

  const limited = properties.filter(([, s]) => s.maxLength && s.maxLength < 100000);
  if (limited.length > 0)
    test(`S13 ${op.id} refuses texts that are too long, too short or of another form`, async () => {
      for (const [name, s] of limited) {
        named(await sendJson(op, { ...base(op), [name]: 'x'.repeat(s.maxLength + 1) }), 400, name, `${name} too long`);
        if (s.minLength) named(await sendJson(op, { ...base(op), [name]: '' }), 400, name, `${name} empty`);
        if (s.pattern) named(await sendJson(op, { ...base(op), [name]: '\u00e9 !' }), 400, name, `${name} form`);
      }
    });

  if (op.body.required?.length)
    test(`S13 ${op.id} asks for every required field, all at once`, async () => {
      const r = await sendJson(op, {});
      for (const name of op.body.required) named(r, 400, name, name);
    });
}

function kindOf(v) {
  if (Array.isArray(v)) return 'array';
  return typeof v === 'number' ? 'integer' : typeof v;
}

const BAD = { integer: 'seven', boolean: 'maybe' };
for (const op of plain.filter((o) => o.parameters.some((p) => p.in === 'query'))) {
  test(`S20 ${op.id} refuses bad query parameters by name`, async () => {
    for (const p of op.parameters.filter((x) => x.in === 'query')) {
      const s = deref(p.schema);
      const bad = BAD[s.type] ?? (s.enum || s.format || s.pattern ? 'zz !zz' : s.maxLength ? 'x'.repeat(s.maxLength + 1) : null);
      if (bad === null) continue;
      const r = await call(who, op.method, `${fill(op)}?${p.name}=${encodeURIComponent(bad)}`, direct);
      named(r, 400, p.name, `${p.name}=${bad}`);
    }
    const limit = op.parameters.find((p) => p.name === 'limit');
    if (limit) for (const n of ['0', '-1', '201', '1e3', '1.5', '', '99999999999999999999']) named(await call(who, 'GET', `${fill(op)}?limit=${n}`, direct), 400, 'limit', n);
  });

  test(`S20 ${op.id} refuses an unknown query parameter by name`, async () => {
    named(await call(who, op.method, `${fill(op)}?no_such_filter=1`, direct), 400, 'no_such_filter', 'unknown');
  });
}

for (const op of plain.filter((o) => o.parameters.some((p) => p.in === 'path' && deref(p.schema).format === 'uuid'))) {
  test(`S20 ${op.id} refuses an id that is none by name`, async () => {
    const p = op.parameters.find((x) => x.in === 'path' && deref(x.schema).format === 'uuid');
    for (const id of ['1', 'abc', '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e0g', '0193a2f05b7c7d108a442f6f0c9d1e01x'])
      named(await call(op.permission === 'none' ? null : who, op.method, fill(op, { [p.name]: id }), { ...direct, ...(op.kind === 'json' ? { raw: JSON.stringify(base(op)), type: 'application/json' } : {}) }), 400, p.name, id);
  });
}

for (const op of plain.filter((o) => o.ifMatch)) {
  test(`S20 ${op.id} refuses an If-Match that is no ETag of ours`, async () => {
    for (const tag of ['3', '"abc"', '""', '"-1"', '"99999999999999999999"']) {
      const r = await send(op, { headers: { 'if-match': tag }, ...(op.kind === 'json' ? { raw: JSON.stringify(base(op)), type: 'application/json' } : {}) });
      assert.ok([400, 412].includes(r.status), `${tag}: ${r.status} ${r.text}`);
      isRefusal(r);
    }
  });
}

test('S13 an Idempotency-Key that is too long or empty is refused', async () => {
  const op = operations.find((o) => o.id === 'workflow_create');
  const r = await send(op, { raw: JSON.stringify(base(op)), type: 'application/json', headers: { 'idempotency-key': 'k'.repeat(256) } });
  assert.equal(r.status, 400, r.text);
  isRefusal(r, 'VALIDATION_ERROR');
});

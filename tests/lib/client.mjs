/*
 * client.mjs: calls the API as a program or a browser would, through the validating proxy.
 *
 * An answer that isn't what openapi.json says makes the call throw: the proxy names the violation in
 * `sl-violations`. Faults of the request are left to the server, which is what the suites are about.
 */
import assert from 'node:assert/strict';

export const env = {
  direct: process.env.MR_TEST_URL,
  proxy: process.env.MR_TEST_PROXY ?? process.env.MR_TEST_URL,
  echo: process.env.MR_TEST_ECHO,
  var: process.env.MR_TEST_VAR,
  dsn: process.env.MR_TEST_DSN,
  variant: process.env.MR_TEST_VARIANT ?? 'release',
};

/*
 * One request. `who` is null or {bearer} or {cookie, csrf}, with an optional `workspace`.
 * options: body (JSON) or raw (string, Buffer) with type, headers, direct: true goes past the proxy
 * (streams, raw bytes, malformed things that the proxy itself would refuse).
 * Answers {status, headers, text, body (JSON or undefined)}.
 */
export async function call(who, method, path, { body, raw, type, headers = {}, direct = false, signal } = {}) {
  const h = { ...credentials(who, method), ...headers };
  if (body !== undefined) h['content-type'] ??= 'application/json';
  if (type !== undefined) h['content-type'] = type;
  const response = await fetch((direct ? env.direct : env.proxy) + path, {
    method,
    headers: h,
    body: body !== undefined ? JSON.stringify(body) : raw,
    redirect: 'manual',
    signal: signal ?? AbortSignal.timeout(30000),
  });
  const text = await response.text();
  refuseViolations(response, method, path, text);
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson && text !== '' ? parse(text) : undefined };
}

export function credentials(who, method = 'GET') {
  const h = {};
  if (who?.bearer) h.authorization = `Bearer ${who.bearer}`;
  if (who?.cookie) h.cookie = who.cookie;
  if (who?.cookie && method !== 'GET') {
    if (who.csrf) h['x-csrf-token'] = who.csrf;
    h.origin = who.origin ?? env.direct;
  }
  if (who?.workspace) h['x-workspace'] = who.workspace;
  return h;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new assert.AssertionError({ message: `the answer says it is JSON and is not: ${text.slice(0, 200)}` });
  }
}

function refuseViolations(response, method, path, text) {
  const said = response.headers.get('sl-violations');
  if (!said) return;
  const ours = JSON.parse(said).filter((v) => v.location[0] === 'response');
  if (ours.length === 0) return;
  const list = ours.slice(0, 5).map((v) => `  ${v.location.join('.')}: ${v.message}`);
  throw new assert.AssertionError({
    message: `${method} ${path} answered ${response.status}, not as openapi.json says:\n${list.join('\n')}\n  ${text.slice(0, 300)}`,
  });
}

/* The call, and its status must be `status`. Gives the body. */
export async function expect(status, who, method, path, options) {
  const r = await call(who, method, path, options);
  assert.equal(r.status, status, `${method} ${path}: ${r.status} ${r.text.slice(0, 600)}`);
  return r.body;
}

/*
 * The call is refused with this status and code; with `field` as the field at fault.
 * Checks the whole form of a refusal. Gives the body.
 */
export async function refused(status, code, field, who, method, path, options) {
  const r = await call(who, method, path, options);
  assert.equal(r.status, status, `${method} ${path}: ${r.status} ${r.text.slice(0, 600)}`);
  isRefusal(r, code, field);
  return r.body;
}

export function isRefusal(r, code, field) {
  assert.match(r.headers.get('content-type') ?? '', /^application\/json/);
  assert.deepEqual(Object.keys(r.body).sort(), ['error', 'request_id'], r.text.slice(0, 300));
  const { error } = r.body;
  assert.equal(typeof error.message, 'string');
  assert.ok(error.message.length > 0);
  assert.ok(Array.isArray(error.issues));
  assert.equal(r.headers.get('x-request-id'), r.body.request_id);
  if (code) assert.equal(error.code, code, r.text.slice(0, 300));
  if (field) {
    const fields = error.issues.map((i) => i.field);
    assert.ok(fields.includes(field), `field ${field} not named: ${JSON.stringify(error)}`);
    assert.ok(fields.includes(error.details.field), `details names a field that is no issue: ${JSON.stringify(error)}`);
  }
}

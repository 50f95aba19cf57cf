/*
 * hostile.mjs: requests that no honest client sends over HTTP/1.1, as bytes, and what each front makes of them. S13; the
 * table of issue bar 3. A row: what is sent (in pieces), then the statuses of direct, nginx and HAProxy: the one
 * answer is one of those; a list of lists is all answers in their order; ONE is one answer of any status; [] is none;
 * null says nothing (a half request has no agreed answer).
 */
import { head } from './raw.mjs';
import { API } from './world.mjs';

const LOGIN = `POST ${API}/auth/login HTTP/1.1`;
const JSON_TYPE = 'Content-Type: application/json';
export const CLOSE = 'Connection: close';
export const post = (...headers) => head(LOGIN, [JSON_TYPE, ...headers]);
export const get = (path, ...headers) => head(`GET ${path} HTTP/1.1`, headers);
const many = (n) => Array.from({ length: n }, (_, i) => `X-H${i}: v`);
export const ONE = 'one answer';
const SECOND = [[200, 200]];

export const cases = {
  'a GET with a body in the same segment': [[get('/healthz', 'Content-Length: 5') + 'hello'], [400], [400], [400]],
  'a GET with a body in a later segment': [[get('/healthz', 'Content-Length: 28'), 'GET /readyz HTTP/1.1\r\nHost: a'], [400], [400], [400]],
  'a DELETE with a body': [[head(`DELETE ${API}/tokens/x HTTP/1.1`, ['Content-Length: 5']), 'hello'], [400], [400], [400]],
  'two GETs in one segment': [[get('/healthz') + get('/healthz', CLOSE)], [400], SECOND, SECOND],
  'a chunked POST': [[post('Transfer-Encoding: chunked', CLOSE) + '2\r\n{}\r\n0\r\n\r\n'], [501], ONE, [411]],
  'a length and chunked': [[post('Content-Length: 2', 'Transfer-Encoding: chunked') + '2\r\n{}\r\n0\r\n\r\n'], [501], [400], [400, 411]],
  'two lengths': [[post('Content-Length: 2', 'Content-Length: 7') + '{}'], [400], [400], [400]],
  'a body longer than its length': [[post('Content-Length: 2') + '{}GET /readyz HTTP/1.1\r\n\r\n'], [400], null, null],
  'a length of +5': [[post('Content-Length: +5') + '{"a"}'], [400], [400], [400]],
  'a length of 0x5': [[post('Content-Length: 0x5') + '{"a"}'], [400], [400], [400]],
  'a length of -1': [[post('Content-Length: -1')], [400], [400], [400]],
  'a length of 2^64 + 2': [[post('Content-Length: 18446744073709551618') + '{}'], [400], [400], [400, 413]],
  'a length above the limit': [[post('Content-Length: 999999999')], [413], [413], [413]],
  'a POST without a length': [[post()], [411], null, [411]],
  'a POST of nothing': [[post('Content-Length: 0', CLOSE)], [400], [400], [400]],
  'thirty headers': [[get('/healthz', ...many(30), CLOSE)], [431], [431], [431]],
  'thirty headers with the length last': [[post(...many(30), 'Content-Length: 2', CLOSE) + '{}'], [431], [431], [431]],
  'a head of 20 KB': [[get('/healthz', `X-A: ${'a'.repeat(20000)}`)], [431], [400, 431], [400]],
  'a head of 17 KB without an end': [[`GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(17000)}`], [431], null, [400]],
  'a URI of 3000 bytes': [[get(`/healthz?${'a'.repeat(3000)}`, CLOSE)], [414], [414], [414]],
  'an empty header value': [[get('/healthz', 'X-Empty:', CLOSE)], [400], [400, 200], [400, 200]],
  'a header value that is not ASCII': [[get('/healthz', 'X-A: \xff\xfe', CLOSE)], [400], [400], [400]],
  'no Host': [[head('GET /healthz HTTP/1.1', [], null)], [400], [400], [400, 200]],
  'two Hosts': [[get('/healthz', 'Host: b')], [400], [400], [400]],
  'Hostile for Host': [[head('GET /healthz HTTP/1.1', ['Hostile: a'], null)], [400], [400], [400]],
  'a folded line': [[get('/healthz', 'X-A: b\r\n c', CLOSE)], [400], [400], [200, 400]],
  'a space before the colon': [[get('/healthz', 'X-A : b', CLOSE)], [400], [400], [400]],
  'a NUL in a header': [[get('/healthz', 'X-A: b\0c', CLOSE)], [400], [400], [400]],
  'bare line feeds': [['GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n'], [400], [200], [200]],
  'a bare carriage return': [[get('/healthz', 'X-A: b\rX-B: c', CLOSE)], [400], [400, 200], [400]],
  'OPTIONS *': [[head('OPTIONS * HTTP/1.1', [CLOSE])], [400], [400], [400]],
  'an absolute target': [[get('http://localhost/healthz', CLOSE)], [400], [200], [400]],
  'HTTP/1.0 GET': [[head('GET /healthz HTTP/1.0')], [200], [200], [505]],
  'HTTP/1.0 DELETE': [[head(`DELETE ${API}/tokens/x HTTP/1.0`)], [405], null, [505]],
  'HTTP/2.0 as text': [[head('GET /healthz HTTP/2.0')], [505], [505], [505, 200, 400]],
  'the preface of HTTP/2': [['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [505, 400], [400], null],
  'a TLS hello': [[Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...Array(200).fill(7), 13, 10, 13, 10])], [400], [400], [400]],
  TRACE: [[head('TRACE /healthz HTTP/1.1', [CLOSE])], [405, 400], [405], [405]],
  CONNECT: [[head('CONNECT localhost:80 HTTP/1.1', [CLOSE])], [405, 400], [400, 405], [400, 405]],
  'a method of 5000 letters': [[head(`${'A'.repeat(5000)} / HTTP/1.1`, [CLOSE])], [400, 405, 414], null, [400, 405]],
  'an empty request line': [['\r\n\r\n\r\n\r\n'], [400], null, null],
};
for (const path of ['/\xff', '/%ff', '/%c0%ae', '/%00', '/a%00b', '/../../../../etc/passwd', '/%2e%2e%2f%2e%2e%2fetc/passwd', '/..%5c..%5cetc', '//etc/passwd', '/./healthz', '/assets/%2e%2e/%2e%2e/Makefile', '/api%2fv1/workflows'])
  cases[`the path ${JSON.stringify(path).slice(1, -1)}`] = [[get(path, CLOSE)], [400, 404], [400, 404, 200], [400, 404]];

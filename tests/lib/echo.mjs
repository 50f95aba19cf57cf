/*
 * echo.mjs: the outside service that workflows of the suites call.
 *
 *   /anything                 200 {method, path, query, headers, body}
 *   /status/<n>               that status, {status: n}
 *   /delay/<ms>               200, after that time
 *   /gate/<key>               200, once /open/<key> was called
 *   /flaky/<key>/<n>?fail=<s> the first n calls of this key get status s (503), later ones 200 {calls}
 *   /calls/<key>              200 {calls: how often /flaky/<key> was called}
 */
import { createServer } from 'node:http';

export function startEcho() {
  const calls = new Map();
  const gates = new Map();  // key -> those that wait
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (c) => chunks.push(c));
    request.on('end', () => {
      const url = new URL(request.url, 'http://echo');
      const [, what, first, second] = url.pathname.split('/');
      const answer = (status, body) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (what === 'status') return answer(Number(first), { status: Number(first) });
      if (what === 'calls') return answer(200, { calls: calls.get(first) ?? 0 });
      if (what === 'gate') return gates.set(first, [...(gates.get(first) ?? []), () => answer(200, {})]);
      if (what === 'open') {
        for (const open of gates.get(first) ?? []) open();
        gates.delete(first);
        return answer(200, {});
      }
      if (what === 'flaky') {
        const n = (calls.get(first) ?? 0) + 1;
        calls.set(first, n);
        return n <= Number(second) ? answer(Number(url.searchParams.get('fail') ?? 503), { calls: n }) : answer(200, { calls: n });
      }
      const body = Buffer.concat(chunks).toString();
      const all = { method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers: request.headers, body };
      if (what !== 'delay') return answer(200, all);
      const timer = setTimeout(() => answer(200, all), Number(first));
      response.on('close', () => clearTimeout(timer));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`, stop: () => (server.closeAllConnections?.(), server.close()) }));
  });
}

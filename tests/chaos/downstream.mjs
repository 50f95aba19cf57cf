/*
 * downstream.mjs: the service that the chaos suite's runs call. Writes each Idempotency-Key to its ledger before it
 * answers: after 20 to 220 ms, so that workers die and sleep while calls are in flight, and each eighth call after 2 s.
 * The slow ones make stale writers: a worker that was paused wakes with its answer while the run's new holder still
 * waits for its own. Without them the new holder is done by then, and a missing fence would show in nothing.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

export function startDownstream(ledger) {
  let n = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      appendFileSync(ledger, `${request.headers['idempotency-key'] ?? '-'}\n`);
      n++;
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"ok":true}');
      }, n % 8 === 0 ? 2000 : 20 + ((n * 37) % 200));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        stop: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

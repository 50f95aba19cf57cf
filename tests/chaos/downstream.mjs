/*
 * downstream.mjs: the service that the chaos suite's runs call. Writes each Idempotency-Key to its ledger before it
 * answers, after 20 to 220 ms, so that workers die and sleep while calls are in flight.
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
      }, 20 + ((n * 37) % 200));
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

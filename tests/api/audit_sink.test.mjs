/* What a worker that is killed does to the entries that it was posting: nothing. S16. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { env, expect } from '../lib/client.mjs';
import { sql } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, person } from '../lib/world.mjs';

/* The newest worker that the log speaks of. */
function workerPid() {
  const starts = readFileSync(join(env.var, 'log/worker.log'), 'utf8').split('\n').filter((l) => l.includes('"worker.started"'));
  return JSON.parse(starts.at(-1)).pid;
}

test('S16 entries that a killed worker had under way reach the sink, each once taken, in order', async () => {
  const p = await person('killed');
  const got = [];
  let hold = true, held = () => {};
  const arrived = new Promise((resolve) => (held = resolve));
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (c) => chunks.push(c));
    request.on('end', () => {
      if (hold) return held(); // taken by nobody: the worker dies meanwhile
      got.push(...JSON.parse(Buffer.concat(chunks).toString()).data);
      response.writeHead(204).end();
    });
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  try {
    const host = `127.0.0.1:${server.address().port}`;
    appendFileSync(process.env.MR_TEST_CEILING, `${host} ${p.workspace}\n`);
    await expect(200, p, 'PUT', `${API}/audit/sink`, { body: { url: `http://${host}/audit` } });
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await expect(201, p, 'POST', `${API}/audit`, { body: { action: `step.${i}` } })).id);
    await arrived;
    const pid = workerPid();
    appendFileSync(join(process.env.MR_TEST_HOME, 'killed'), 'worker\n');
    process.kill(pid, 'SIGKILL');
    hold = false;
    await until('another worker is there', () => workerPid() !== pid);
    made.push((await expect(201, p, 'POST', `${API}/audit`, { body: { action: 'step.after' } })).id);
    // The lease of a minute is over at once, so that the test needn't wait for it.
    await sql(`update app.audit_sink set due_at = now() where workspace_id = :'ws'`, { ws: p.workspace });
    await until('all of them arrive', () => made.every((id) => got.some((e) => e.id === id)), { ms: 30000 });
    const seqs = got.map((e) => e.seq);
    assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), 'in order, each once');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

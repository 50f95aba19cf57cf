/* agree.mjs: what an edge sent on is what web understood. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from './client.mjs';
import { until } from './until.mjs';

/* What web's own log says of the request with this id: [{method, operation, status}]. */
function logged(id) {
  return readFileSync(join(env.var, 'log/web.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"event":"request"') && line.includes(`"request_id":"${id}"`))
    .map((line) => JSON.parse(line));
}

/*
 * Since the last call: each request that the edge sent (read strictly by the tap: one end, one method, one path) had
 * one answer, names the host of this site alone, and is one line of web's log with the same method. The receipt of
 * a webhook names the body that was sent. A request that was cut short may have none. Gives the talks.
 */
export async function agreed(edge) {
  const talks = edge.tap.take();
  for (const { requests, odd, answers } of talks) {
    // What could be read in two ways isn't read at all: it was refused, and the connection with it.
    if (odd) {
      const last = answers.at(-1);
      assert.ok(last?.status >= 400 && last.headers.some(([n, v]) => n === 'connection' && v === 'close'), `${odd} was answered ${JSON.stringify(last)}`);
      answers.pop();
    }
    const whole = requests.filter((r) => !r.cut);
    assert.ok(answers.length >= whole.length && answers.length <= requests.length, `${requests.length} requests, ${answers.length} answers`);
    for (const [i, r] of whole.entries()) {
      const of = (name) => r.headers.filter(([n]) => n === name).map(([, v]) => v);
      const said = JSON.stringify({ ...r, body: r.body?.toString('latin1').slice(0, 100), status: answers[i].status });
      assert.deepEqual(of('host'), [edge.site], said);
      assert.equal(of('x-forwarded-for').length, 1, said);
      assert.equal(of('x-request-id').length, 1, said);
      // A refusal ahead of web's parser has no method in the log: it was refused, so nothing was understood.
      const lines = await until(`web has logged ${said}`, () => (logged(of('x-request-id')[0]).length > 0 || answers[i].status >= 400) && logged(of('x-request-id')[0]));
      assert.ok(lines.length <= 1, said);
      if (lines.length === 1) assert.equal(lines[0].method, r.method, said);
      if (lines.length === 1 && r.target === '/healthz') assert.equal(lines[0].operation, 'healthz', said);
      const receipt = answers[i].status === 202 ? JSON.parse(answers[i].body.toString()) : undefined;
      if (receipt?.sha256) assert.equal(receipt.sha256, createHash('sha256').update(r.body).digest('hex'), said);
    }
  }
  return talks;
}

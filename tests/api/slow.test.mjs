/*
 * A slow query of one request leaves the others alone and ends as a 503. Issue bar 4.
 *
 * One api function of this suite's own database is replaced by one that sleeps, and put back afterwards.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, isRefusal } from '../lib/client.mjs';
import { sql, value } from '../lib/sql.mjs';
import { API, apiToken, chain, manual, noOp, person, workflow } from '../lib/world.mjs';

const NAME = 'role_list';

/* The p99 of a quick request in ms, asked by eight clients until `done` says so; and how many were asked. */
async function load(who, done) {
  const times = [];
  const client = async () => {
    while (!done(times.length)) {
      const start = performance.now();
      const r = await call(who, 'GET', `${API}/workflows?limit=5`, { direct: true });
      times.push(performance.now() - start);
      assert.equal(r.status, 200, r.text);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  times.sort((a, b) => a - b);
  return { p99: times[Math.floor(times.length * 0.99)], p50: times[Math.floor(times.length / 2)], n: times.length };
}

test('a query of 5 s in one request leaves the p99 of others as it was, and ends as a 503', async () => {
  const p = await person();
  const who = await apiToken(p);
  await workflow(who, chain(manual(), noOp()));
  const original = await value(`select pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'api'::regnamespace and p.proname = :'name'`, { name: NAME });
  assert.ok(original, `there is no api.${NAME}`);
  await load(who, (n) => n > 500);
  const calm = await load(who, (n) => n > 2000);
  await sql(original.replace(/\$function\$[\s\S]*\$function\$/, `$function$ begin perform pg_sleep(30); return '{}'; end $function$`).replace(/LANGUAGE sql/, 'LANGUAGE plpgsql'));
  try {
    let over = 0;
    const slow = Array.from({ length: 3 }, () => {
      const start = performance.now();
      return call(p, 'GET', `${API}/roles`, { direct: true }).then((r) => {
        over++;
        return { ...r, ms: performance.now() - start };
      });
    });
    const during = await load(who, () => over > 0);
    const answers = await Promise.all(slow);
    for (const r of answers) {
      assert.equal(r.status, 503, r.text);
      isRefusal(r, 'UNAVAILABLE');
      assert.ok(Number(r.headers.get('retry-after')) >= 0);
      assert.ok(r.ms > 3000 && r.ms < 12000, `${r.ms} ms`);
    }
    const said = `p99 ${calm.p99.toFixed(1)} -> ${during.p99.toFixed(1)} ms, p50 ${calm.p50.toFixed(1)} -> ${during.p50.toFixed(1)} ms, ${during.n} requests`;
    console.log(said);
    assert.ok(during.n > 200, said);
    assert.ok(during.p99 < Math.max(3 * calm.p99, calm.p99 + 30), said);
  } finally {
    await sql(original);
  }
});

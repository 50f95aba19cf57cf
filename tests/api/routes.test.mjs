/* routes.c and openapi.json say the same, both ways. Q08. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { operations } from '../lib/spec.mjs';
import { root } from '../lib/stack.mjs';

const source = readFileSync(join(root, 'src/web/routes.c'), 'utf8');
const ROW = /\{\s*METHOD_(\w+),\s*"([^"]+)",\s*"(\w+)",\s*\w+,\s*"([^"]+)",\s*(\d+),\s*([^}]*?),\s*(NULL|"[^"]*")\s*\}/g;
const rows = [...source.matchAll(ROW)].map(([, method, path, id, permission, status, flags]) => ({ method, path: path.replace('*}', '}'), id, permission, status, flags }));
const key = (x) => `${x.method} ${x.path}`;

test('Q08 the table of routes is read whole', () => {
  assert.equal(rows.length, [...source.matchAll(/\{\s*METHOD_/g)].length, 'a row has another form than this test knows');
  assert.ok(rows.length > 50);
});

test('Q08 every documented operation has its row and every row is documented', () => {
  const documented = operations.flatMap((o) => o.methods.map((method) => ({ ...o, method })));
  const byRow = new Map(rows.map((r) => [key(r), r]));
  const byDocument = new Map(documented.map((o) => [key(o), o]));
  assert.deepEqual([...byDocument.keys()].filter((k) => !byRow.has(k)), [], 'documented without a route');
  assert.deepEqual([...byRow.keys()].filter((k) => !byDocument.has(k)), [], 'a route without a document');
  for (const [k, row] of byRow) {
    const op = byDocument.get(k);
    assert.equal(row.id, op.id, k);
    assert.equal(row.permission, op.permission, k);
    assert.ok(op.answers[row.status], `${k}: status ${row.status} is not documented`);
    assert.equal(/ROUTE_PUBLIC/.test(row.flags), op.permission === 'none', `${k}: ROUTE_PUBLIC`);
    if (op.kind !== 'raw') assert.equal(/ROUTE_IDEMPOTENT/.test(row.flags), op.idempotent, `${k}: ROUTE_IDEMPOTENT`);
    assert.equal(/ROUTE_IF_MATCH/.test(row.flags), op.ifMatch, `${k}: ROUTE_IF_MATCH`);
  }
});

/* docs/asvs.md names tests: each is there, with the words that are quoted of it. And the scan it counts on finds things. S19. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { secretsIn } from '../../tools/scan.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/* The items: {item, state, shown}. */
const items = readFileSync(join(root, 'docs/asvs.md'), 'utf8').split('\n')
  .filter((l) => /^\| \d/.test(l))
  .map((l) => l.split('|').map((c) => c.trim()))
  .map(([, item, , state, shown]) => ({ item, state, shown }));

/* What an item is shown by: [{path, quotes}]; a quote belongs to the path before it. */
const evidence = ({ shown }) =>
  [...shown.matchAll(/((?:tests|tools|conf|mk)\/[\w./-]+\w)((?:,? "[^"]+")*)/g)].map(([, path, quotes]) => ({
    path, quotes: [...quotes.matchAll(/"([^"]+)"/g)].map(([, q]) => q),
  }));

test('S19 every item of the checklist that is done names a test', () => {
  assert.ok(items.length > 60, `${items.length} items`);
  assert.deepEqual(items.filter((i) => !/^(done|partly: |open|edge)/.test(i.state)).map((i) => `${i.item}: ${i.state}`), []);
  assert.deepEqual(items.filter((i) => !i.state.startsWith('open') && evidence(i).length === 0).map((i) => i.item), []);
});

test('S19 every test that the checklist names is there, with the words that it quotes', () => {
  const gone = items.flatMap((i) => evidence(i).flatMap(({ path, quotes }) => {
    if (!existsSync(join(root, path))) return [`${i.item}: ${path}`];
    const text = readFileSync(join(root, path), 'utf8');
    return quotes.filter((q) => !text.includes(q)).map((q) => `${i.item}: ${path} has no "${q}"`);
  }));
  assert.deepEqual(gone, []);
});

/* Put together here, so that the scan of this file finds none. */
const PLANTED = [
  ['a private key', `${'-----BEGIN'} PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC`],
  ['a key of AWS', `${'AKIA'}IOSFODNN7Q2XRPLE`],
  ['a token of GitHub', `${'ghp_'}a8Kd72mPq0Xz5Rt9WvYb3Nc6Lf1Hj4Gs2Ue7`],
  ['a token of ours', `${'mrt_'}4fT9kQ2xV7bN0mZ5cR8wY1pL6sD3hJ4gA9eU2iO7tK5nB8vC1`],
  ['a signing secret', `${'whsec_'}Jk3mQ9xZ7tR2vN8bL5cW1pY6sD4hF0gA`],
  ['a password in an address', `${'postgresql:'}//admin:Kd72mPq0Xz5R@db.internal/millrace`],
];
for (const [what, text] of PLANTED)
  test(`S19 the scan finds secrets: ${what}`, () => {
    assert.deepEqual(secretsIn(`first line\nx = "${text}"\n`), [{ line: 2, what }]);
  });

test('S19 the scan takes no example for a secret', () => {
  assert.deepEqual(secretsIn(`mrt_${'0'.repeat(49)} smtp://user:password@mail.example.com ${'AKIA'}IOSFODNN7EXAMPLE`), []);
});

test('S19 what is scheduled for each week is there, and scans for what appears by itself', () => {
  const lines = readFileSync(join(root, '.ci/schedule'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#'));
  assert.deepEqual(lines.map((l) => l.split(' ').slice(4)), [['1', '.ci/weekly']], 'once a week');
  for (const line of lines) assert.match(line, /^([0-5]?\d) (1?\d|2[0-3]) \* \* [0-6] \.ci\/\w+$/);
  accessSync(join(root, '.ci/weekly'), constants.X_OK);
  assert.match(execFileSync(join(root, '.ci/weekly'), ['-n'], { cwd: '/', encoding: 'utf8' }), /node tools\/scan\.mjs secrets locks npm debian/);
});

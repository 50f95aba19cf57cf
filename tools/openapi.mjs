/*
 * openapi.mjs: compiles assets/openapi.yaml to assets/openapi.json, which web loads and serves.
 *
 *   node tools/openapi.mjs           writes the JSON
 *   node tools/openapi.mjs --check   writes nothing; fails if the JSON isn't what the YAML compiles to
 *
 * Both refuse a document that breaks the project's own rules: every operation has an id of its own, a permission and closed
 * request schemas; every reference leads somewhere; every pattern keeps to what POSIX and ECMAScript share.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'assets/openapi.yaml');
const target = join(root, 'assets/openapi.json');
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/* Calls see(node, path) for each object and array below `node`, itself included. */
function walk(node, path, see) {
  if (node === null || typeof node !== 'object') return;
  see(node, path);
  for (const key of Object.keys(node)) walk(node[key], `${path}/${key}`, see);
}

/* The object that a local reference names, or undefined. */
function resolve(doc, ref) {
  return ref
    .replace(/^#\//, '')
    .split('/')
    .reduce((at, key) => at?.[key], doc);
}

/* Faults of a schema that is used in a request: open objects without a reason, unknown references. */
function requestFaults(doc, schema, path, faults, seen = new Set()) {
  walk(schema, path, (node, at) => {
    if (typeof node.$ref === 'string' && !seen.has(node.$ref)) {
      seen.add(node.$ref);
      requestFaults(doc, resolve(doc, node.$ref), node.$ref, faults, seen);
    }
    if (node.type === 'object' && node.additionalProperties === undefined)
      faults.push(`${at}: an object of a request says whether it takes other fields`);
  });
}

function faultsOf(doc) {
  const faults = [];
  const ids = new Set();
  walk(doc, '#', (node, at) => {
    if (typeof node.$ref === 'string' && resolve(doc, node.$ref) === undefined)
      faults.push(`${at}: ${node.$ref} is nowhere`);
    if (typeof node.pattern === 'string' && /\\[dswbDSWB]|\(\?/.test(node.pattern))
      faults.push(`${at}: the pattern isn't one for POSIX as well: ${node.pattern}`);
  });
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of METHODS.filter((m) => item[m])) {
      const op = item[method];
      const at = `${method} ${path}`;
      if (!/^[a-z]+(_[a-z]+)*$/.test(op.operationId ?? '')) faults.push(`${at}: operationId`);
      if (ids.has(op.operationId)) faults.push(`${at}: ${op.operationId} is there twice`);
      ids.add(op.operationId);
      if (!/^(none|session|[a-z_]+:[a-z_]+)$/.test(op['x-permission'] ?? '')) faults.push(`${at}: x-permission`);
      if (method === 'post' && typeof op['x-idempotent'] !== 'boolean') faults.push(`${at}: x-idempotent`);
      for (const content of Object.values(op.requestBody?.content ?? {}))
        requestFaults(doc, content.schema, `${at} body`, faults);
    }
  }
  return faults;
}

const doc = parse(readFileSync(source, 'utf8'));
const faults = faultsOf(doc);
for (const fault of faults) console.error(`openapi: ${fault}`);
if (faults.length > 0) process.exit(1);
const text = `${JSON.stringify(doc, null, 1)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('openapi: assets/openapi.json is old: run `make openapi`');
  process.exit(1);
}

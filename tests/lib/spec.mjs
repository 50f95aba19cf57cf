/* spec.mjs: assets/openapi.json as the suites need it: a list of operations, and values that fit a schema. */
import { readFileSync } from 'node:fs';

export const document = JSON.parse(readFileSync(new URL('../../assets/openapi.json', import.meta.url)));
const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/* Follows a local $ref, as often as needed. */
export function deref(node) {
  while (node?.$ref) node = node.$ref.slice(2).split('/').reduce((at, key) => at[key], document);
  return node;
}

/*
 * Every operation: {id, method, path, permission, tag, parameters, body (schema or null), bodyRequired,
 * idempotent, ifMatch, answers (status -> response), kind: 'json' | 'raw' | 'any' | 'none'}.
 */
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((m) => item[m]).map((m) => {
    const op = item[m];
    const json = op.requestBody?.content?.['application/json'];
    return {
      id: op.operationId,
      method: m.toUpperCase(),
      methods: op['x-methods'] ?? [m.toUpperCase()],
      path,
      tag: op.tags[0],
      permission: op['x-permission'],
      parameters: (op.parameters ?? []).map(deref),
      kind: op['x-body'] === 'raw' ? 'raw' : op['x-body'] === 'payload' ? 'any' : json ? 'json' : 'none',
      body: json ? deref(json.schema) : null,
      bodyRequired: op.requestBody?.required ?? false,
      idempotent: op['x-idempotent'] ?? false,
      ifMatch: op['x-if-match'] ?? false,
      answers: op.responses,
    };
  }),
);

export function operation(id) {
  const op = operations.find((o) => o.id === id);
  if (!op) throw new Error(`no operation ${id} in openapi.json`);
  return op;
}

/* The path with its {names} filled in from values; what isn't given gets a sample. */
export function fill(op, values = {}) {
  return op.path.replace(/\{(\w+)\}/g, (_, name) => {
    const p = op.parameters.find((x) => x.in === 'path' && x.name === name);
    return encodeURIComponent(values[name] ?? sample(p?.schema ?? { type: 'string' }, name));
  });
}

/* A value that fits the schema: its example, its default, or the least that passes. */
export function sample(schema, name = '') {
  schema = deref(schema);
  if (schema.examples) return structuredClone(schema.examples[0]);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const type = [schema.type].flat()[0];
  if (type === 'string') return sampleText(schema, name);
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
  if (type === 'boolean') return true;
  if (type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items));
  if (type === 'object')
    return Object.fromEntries((schema.required ?? []).map((k) => [k, sample(schema.properties[k], k)]));
  return null;
}

function sampleText(schema, name) {
  if (schema.format === 'uuid') return '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
  if (schema.format === 'date-time') return '2030-01-01T00:00:00.000Z';
  if (schema.format === 'email') return 'someone@example.com';
  if (name === 'status') return 'failed';
  if (name === 'scopes' || schema.pattern?.startsWith('^[a-z_]')) return 'run:read';
  if (name === 'token') return `mrh_${'A'.repeat(49)}`;
  if (name === 'domain') return 'example.com';
  return 'abc'.padEnd(schema.minLength ?? 3, 'c');
}

/* sql.mjs: asks the suite's own database as its administrator, past the product: fixtures that no operation makes, and checks. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { env } from './client.mjs';

const run = promisify(execFile);

/* Runs SQL with psql; gives its rows as arrays of texts. `values` are psql variables: :'name' in the text. */
export async function sql(text, values = {}) {
  const args = ['-XqAt', '-F', '\x1f', '-R', '\x1e', '-v', 'ON_ERROR_STOP=1', '-d', env.dsn];
  for (const [name, value] of Object.entries(values)) args.push('-v', `${name}=${value}`);
  const child = run('psql', args, { maxBuffer: 64 << 20 });
  child.child.stdin.end(text);
  const { stdout } = await child;
  const rows = stdout.replace(/\n$/, '');
  return rows === '' ? [] : rows.split('\x1e').map((row) => row.split('\x1f'));
}

/* The one value of a query. */
export async function value(text, values) {
  return (await sql(text, values))[0]?.[0];
}

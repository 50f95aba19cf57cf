/*
 * scan.mjs STEP…: what a machine can look for before others do. The last line counts the steps, and one that found
 * something ends with 1. `make scan` asks what depends on the tree alone, `make scan-weekly` what changes by itself.
 *
 *   secrets   the forms of keys and tokens, ours and the usual ones, in every file that git knows or would add
 *   locks     each npm package that we name is exact, each that is installed has its checksum
 *   npm       known faults of packages that people run or load (npm audit); skipped where the registry tells nothing
 *   debian    libraries that our programs load and that Debian has a security fix for
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['assets/ui', 'tests', 'tools'];
const FILE_MAX = 4 << 20;

/* Each: its name, its form. What looks like a secret and is an example has few different characters, or says so. */
const FORMS = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}/g],
  ['a key of AWS', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})/g],
  ['a token of Slack', /\bxox[abprs]-[A-Za-z0-9-]{20,}/g],
  ['a key of Stripe', /\b[rs]k_live_[A-Za-z0-9]{16,}/g],
  ['a key of Google', /\bAIza[A-Za-z0-9_-]{35}\b/g],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['a token of ours', /\bmr[a-z]_[A-Za-z0-9]{40,}/g],
  ['a signing secret', /\bwhsec_[A-Za-z0-9+/]{24,}=*/g],
  ['a JWT', /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}/g],
  ['a password in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"`$<{]+:(?!password@|secret@|passw@)[^\s/@'"`$<{%[\]]{6,}@[a-z0-9]/g],
];
const DISTINCT_MIN = 12;

/* What in this text has the form of a secret: [{line, what}]. */
export function secretsIn(text) {
  return FORMS.flatMap(([what, form]) =>
    [...text.matchAll(form)]
      .filter(([found]) => new Set(found).size >= DISTINCT_MIN && !/EXAMPLE|example/.test(found))
      .map((m) => ({ line: text.slice(0, m.index).split('\n').length, what })));
}

function secrets() {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  return files
    .filter((f) => existsSync(join(root, f)) && statSync(join(root, f)).isFile() && statSync(join(root, f)).size < FILE_MAX)
    .flatMap((f) => secretsIn(readFileSync(join(root, f), 'latin1')).map(({ line, what }) => `${f}:${line}: ${what}`));
}

function locks() {
  return FOLDERS.flatMap((folder) => {
    const { packages } = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8'));
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d/.test(version));
    return [
      ...loose.map(([name, version]) => `${folder}/package.json: ${name} ${version} is not exact`),
      ...Object.entries(packages).filter(([name, p]) => name !== '' && !p.link && !p.inBundle && !p.optional && !p.integrity).map(([name]) => `${folder}/package-lock.json: ${name} has no checksum`),
    ];
  });
}

function npm() {
  return FOLDERS.flatMap((folder) => {
    const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: join(root, folder), encoding: 'utf8', timeout: 60000 });
    const report = stdout?.startsWith('{') ? JSON.parse(stdout) : {};
    if (!report.vulnerabilities) {
      console.log(`SKIPPED npm audit of ${folder}: the registry tells of no faults`);
      return [];
    }
    return Object.values(report.vulnerabilities).filter((v) => ['high', 'critical'].includes(v.severity)).map((v) => `${folder}: ${v.name} ${v.range}: ${v.severity}`);
  });
}

function debian() {
  const bin = join(root, 'build/release/bin');
  const programs = existsSync(bin) ? readdirSync(bin).map((f) => join(bin, f)) : [];
  const out = (command, args) => spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '';
  const libraries = new Set([...out('ldd', programs).matchAll(/=> (\/\S+)/g)].map(([, path]) => path));
  if (libraries.size === 0) {
    console.log('SKIPPED debian: nothing is built yet, or there is no ldd');
    return [];
  }
  const names = new Set([...out('dpkg', ['-S', ...[...libraries].flatMap((l) => [l, l.replace(/^\/usr/, ''), `/usr${l}`])]).matchAll(/^([^:,\s]+)/gm)].map(([, name]) => name));
  const fixes = out('apt-get', ['-s', '-o', 'Debug::NoLocking=1', 'upgrade']).split('\n').filter((l) => l.startsWith('Inst ') && /security/i.test(l));
  return fixes.filter((l) => names.has(l.split(' ')[1])).map((l) => l.slice(5));
}

function main(asked) {
  const steps = { secrets, locks, npm, debian };
  let failed = 0;
  for (const name of asked) {
    const found = steps[name]();
    for (const line of found) console.log(`  ${line}`);
    console.log(`scan ${name}: ${found.length === 0 ? 'ok' : `${found.length} found`}`);
    failed += found.length > 0;
  }
  console.log(`scan: ${asked.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));

// Each gate of the build says no to a finding, and runs in `make test`, which is all that CI runs. Q07.
// A gate is tried on a small copy of the tree: as it is, and with one defect planted.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../lib/stack.mjs';

const home = mkdtempSync(join(tmpdir(), 'mr-gates-'));
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^(MAKE|MFLAGS|VARIANT|NODE_TEST)/.test(k)));
const run = (command, args, cwd = home) => {
  const r = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status: r.status, said: r.stdout + r.stderr };
};
const lint = (step) => run('tools/lint.sh', [step]);

const headers = () => execFileSync('git', ['ls-files', 'src/core/*.h', 'src/web/*.h'], { cwd: root, encoding: 'utf8' }).trim().split('\n');

/* The C of it is core's headers and one source file, which is enough for the flags and quick to look at. */
before(() => {
  for (const path of ['Makefile', 'mk', 'tools/lint.sh', 'tools/unit.sh', '.clang-format', '.clang-tidy', 'src/core/str.c', ...headers()]) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    cpSync(join(root, path), join(home, path), { recursive: true });
  }
  mkdirSync(join(home, 'tests/fuzz'), { recursive: true });
  execFileSync('git', ['init', '-q', '.'], { cwd: home });
});
after(() => rmSync(home, { recursive: true, force: true }));

/* The step passes; with `text` in a file of src/core it fails, and names that file. */
function refuses(step, text, says) {
  const file = join(home, 'src/core/planted.c');
  const before_ = lint(step);
  assert.equal(before_.status, 0, before_.said);
  writeFileSync(file, text);
  try {
    const r = lint(step);
    assert.equal(r.status, 1, `${step} lets this pass:\n${text}\n${r.said}`);
    assert.match(r.said, says, r.said);
  } finally {
    rmSync(file);
  }
}

const fn = (body, args = 'int a') => `int planted(${args});\n\nint\nplanted(${args})\n{\n${body}\n}\n`;

test('Q07 make test, which is what CI runs, runs every gate', () => {
  assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^exec make test$/m);
  assert.match(readFileSync(join(root, 'Makefile'), 'utf8'), /^test: test-install .*\n\t@tests\/run\.sh \$\(SUITES\)$/m);
  const suites = /^\[ \$\{#suites\[@\]\} -gt 0 \] \|\| suites=\(([^)]*)\)/m.exec(readFileSync(join(root, 'tests/run.sh'), 'utf8'))[1].split(/\s+/);
  for (const gate of ['deps', 'lint', 'unit', 'fuzz', 'ui-check', 'api-asan', 'egress-test']) assert.ok(suites.includes(gate), gate);
  const steps = /^\[ \$# -gt 0 \] \|\| set -- (.*)$/m.exec(readFileSync(join(root, 'tools/lint.sh'), 'utf8'))[1].split(' ');
  for (const step of ['format', 'warnings', 'tidy']) assert.ok(steps.includes(step), step);
});

test('Q07 clang-format: space out of place is refused', () => refuses('format', fn('    return   a;'), /planted\.c/));

test('Q07 -Wall -Wextra -Werror: what gcc or clang warns of is refused', () => {
  refuses('warnings', fn('\tint unused;\n\n\treturn a;'), /planted\.c.*Werror/); // -Wall
  refuses('warnings', fn('\treturn a;', 'int a, int b'), /planted\.c.*Wunused-parameter/); // -Wextra
  refuses('warnings', fn('\treturn a == (unsigned)a ? 1 : sizeof(a) > 2147483648UL ? 0 : (int)a << 40;'), /planted\.c.*Wshift-count-overflow/);
});

test('Q07 clang-tidy: what its analyser finds is refused', () => refuses('tidy', `#include <stddef.h>\n\n${fn('\tint *p = NULL;\n\n\treturn a > 0 ? *p : a;')}`, /planted\.c.*clang-analyzer-core\.NullDereference/));

test('Q07 sanitizers: a test that reads past the end fails, with the flags that unit tests and api-asan are built by', () => {
  const flags = run('make', ['-s', 'VARIANT=asan', '--eval', 'flags: ; @echo $(CFLAGS_asan)', 'flags']).said;
  for (const flag of ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']) assert.ok(flags.includes(flag), flags);
  const planted = (name, body) => {
    writeFileSync(join(home, `${name}.c`), `#include <stdio.h>\n#include <stdlib.h>\nint main(int argc, char **argv)\n{\n(void)argv;${body}\nputs("[  PASSED  ] 1 test(s).");return 0;}\n`);
    const built = run('sh', ['-c', `gcc ${flags.trim()} ${name}.c -o ${name}`]);
    assert.equal(built.status, 0, built.said);
    return run('tools/unit.sh', [`./${name}`]);
  };
  assert.match(planted('fine', '').said, /unit: 1 passed, 0 failed/);
  for (const [name, body, says] of [
    ['overrun', 'char *p = malloc(4); volatile char c = p[argc + 3]; (void)c; free(p);', /heap-buffer-overflow|insufficient space/],
    ['overflow', 'volatile int i = 2147483647; i += argc;', /signed integer overflow/],
    ['leak', 'char *volatile p = malloc(40); p = NULL; (void)p;', /detected memory leaks/],
  ]) {
    const r = planted(name, body);
    assert.match(r.said, says);
    assert.notEqual(r.status, 0, r.said);
  }
});

test('Q07 fuzzers: an input that breaks a parser fails the target', () => {
  assert.match(readFileSync(join(root, 'mk/fuzz.mk'), 'utf8'), /^FUZZ_CFLAGS := .*-fsanitize=address,undefined/m);
  mkdirSync(join(home, 'build/fuzz'), { recursive: true });
  const fuzz = (name, body) => {
    const target = 'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)';
    writeFileSync(join(home, `tests/fuzz/${name}_fuzz.c`), `#include <stddef.h>\n#include <stdint.h>\n${target};\n${target}\n{\n${body}\n}\n`);
    mkdirSync(join(home, 'tests/corpus', name), { recursive: true });
    writeFileSync(join(home, 'tests/corpus', name, 'seed'), 'bad');
    // Nothing of ours is linked in: what is tried is the rule.
    return run('make', ['-s', 'fuzz', `ONLY=${name}`, 'FUZZ_S=1', 'FUZZ_OBJS=']);
  };
  const fine = fuzz('fine', 'return size > 2 && data[0] == 99;');
  assert.equal(fine.status, 0, fine.said);
  const r = fuzz('planted', "return size > 2 && data[0] == 'b' ? data[size] : 0;");
  assert.notEqual(r.status, 0, r.said);
  assert.match(r.said, /fuzz: 0 passed, 1 failed/);
});

test('Q07 TypeScript is strict, Biome lints and formats: each refuses what it is for', (t) => {
  const ui = join(home, 'ui');
  const modules = join(root, 'assets/ui/node_modules');
  if (!existsSync(modules)) return t.skip('the packages of the web app are not installed');
  mkdirSync(join(ui, 'src'), { recursive: true });
  for (const file of ['tsconfig.json', 'biome.json', 'vite.config.ts', 'package.json']) cpSync(join(root, 'assets/ui', file), join(ui, file));
  mkdirSync(join(ui, 'scripts'));
  writeFileSync(join(ui, 'scripts/arrows.mjs'), '');
  symlinkSync(modules, join(ui, 'node_modules'));
  const check = (text) => {
    writeFileSync(join(ui, 'src/planted.ts'), text);
    return run('npm', ['run', '-s', 'check'], ui);
  };
  const fine = check('export const double = (n: number) => n * 2;\n');
  assert.equal(fine.status, 0, fine.said);
  for (const [text, says] of [
    ['export const same = (n) => n;\n', /TS7006/], // strict: noImplicitAny
    ['export const length = (s: string | null) => s.length;\n', /TS18047/], // strict: strictNullChecks
    ['export const any = (n: any) => n;\n', /noExplicitAny/],
    ["export const quoted   = 'x'\n", /format/],
  ]) {
    const r = check(text);
    assert.notEqual(r.status, 0, text);
    assert.match(r.said, says, r.said);
  }
});

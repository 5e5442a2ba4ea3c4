import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { blankCode, checkHouse } from '../../scripts/check-house.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const script = join(home, 'scripts/check-house.ts');
const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'check-house-'));
  roots.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** Findings of a tree as "file:line rule"; a test imports every product file, so that none is unreferenced by accident. */
function findings(files: Readonly<Record<string, string>>): readonly string[] {
  const reach = Object.keys(files).map((file) => `import '../${file}';`);
  return checkHouse(tree({ ...files, 'test/reach.test.ts': reach.join('\n') })).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

test.each([
  ['gateway importing brain', 'gateway/a.ts', "import { b } from '../brain/b.ts';", 'two-sides'],
  ['brain importing gateway as a type', 'brain/a.ts', "import type { B } from '../gateway/b.ts';", 'two-sides'],
  ['shared importing gateway', 'shared/a.ts', "export * from '../gateway/b.ts';", 'shared-is-the-floor'],
  ['shared importing brain on demand', 'shared/a.ts', "const b = await import('../brain/b.ts');", 'shared-is-the-floor'],
  ['a core importing its io room', 'gateway/orders/a.ts', "import { b } from '../io/b.ts';", 'core-does-no-io'],
  ['a core importing files', 'brain/a.ts', "import { readFile } from 'node:fs/promises';", 'core-does-no-io'],
  ['a core importing Redis', 'gateway/a.ts', "import { Redis } from 'ioredis';", 'core-does-no-io'],
  ['a core importing the log', 'brain/risk/a.ts', "import { root } from '../../shared/log.ts';", 'core-does-no-io'],
  ['a brain importing the simulator', 'brain/a.ts', "import { b } from '../shared/sim/b.ts';", 'simulator-stays-out'],
  ['a shadow importing a request', 'brain/shadow/a.ts', "import { b } from '../oms/request.ts';", 'shadows-send-nothing'],
  ['who runs a shadow importing a sender', 'brain/io/shadows.ts', "import { b } from './sender.ts';", 'shadows-send-nothing'],
  ['a brain importing danfojs', 'brain/a.ts', "import { DataFrame } from 'danfojs-node';", 'research-stays-out'],
  ['shared importing the simulator', 'shared/a.ts', "import { b } from './sim/b.ts';", 'simulator-stays-out'],
  ['a driver importing a venue adapter', 'gateway/io/a.ts', "import { b } from '../venues/binance/b.ts';", 'one-venue-one-room'],
  ['a core importing the paper venue', 'gateway/orders/a.ts', "import { b } from '../venues/paper/b.ts';", 'one-venue-one-room'],
  ['one venue importing another', 'gateway/venues/paper/a.ts', "import { b } from '../binance/b.ts';", 'one-venue-one-room'],
  ['a composition root importing an adapter', 'gateway/main.ts', "import { b } from './venues/binance/b.ts';", 'one-venue-one-room'],
  ['a script importing a venue adapter', 'scripts/a.ts', "import { b } from '../gateway/venues/binance/b.ts';", 'one-venue-one-room'],
  ['product code importing a script', 'gateway/a.ts', "import { b } from '../scripts/b.ts';", 'scripts-are-entries'],
  ['product code importing a test', 'shared/a.ts', "import { b } from '../test/kit/b.ts';", 'no-test-code'],
  ['a core importing a composition root', 'gateway/a.ts', "import { b } from './main.ts';", 'main-is-the-top'],
  ['a side-effect import over several lines', 'brain/a.ts', "import {\n  b,\n  c,\n} from '../gateway/b.ts';", 'two-sides', 4],
])('checkHouse() refuses %s', (_name, file, text, rule, line = 1) => {
  expect(findings({ [file]: text })).toEqual([`${file}:${line} ${rule}`]);
});

test.each([
  ['gateway/io/a.ts', "import { Redis } from 'ioredis';\nimport { root } from '../../shared/log.ts';"],
  ['gateway/main.ts', "import { b } from './venues/io/b.ts';\nimport { c } from './io/c.ts';"],
  ['gateway/venues/io/open.ts', "import { b } from '../binance/io/b.ts';\nimport { c } from '../paper/io/c.ts';"],
  ['gateway/venues/paper/a.ts', "import { b } from '../../../shared/sim/b.ts';"],
  ['shared/log.ts', "import { pino } from 'pino';"],
  ['scripts/sim.ts', "import { b } from '../shared/sim/binance/b.ts';\nimport { c } from './sim/c.ts';"],
  ['scripts/test-order.ts', "import { b } from '../gateway/venues/binance/b.ts';"],
  ['test/gateway/a.test.ts', "import { b } from '../../gateway/venues/binance/b.ts';"],
])('checkHouse() lets %s import what it is there for', (file, text) => {
  expect(findings({ [file]: text })).toEqual([]);
});

test.each([
  ['Date.now()', 'injected-time'],
  ['performance.now()', 'injected-time'],
  ['const d = new Date();', 'injected-time'],
  ['Math.random()', 'injected-random'],
  ['setTimeout(() => {}, 1);', 'injected-timers'],
  ['globalThis.setInterval(f, 1);', 'injected-timers'],
  ["import { setImmediate } from 'node:timers';", 'injected-timers'],
  ['process.env.HOME', 'injected-config'],
])('checkHouse() refuses %s in a core and lets clocks, roots, io and scripts use it', (text, rule) => {
  const files = [
    'shared/clock.ts',
    'shared/random.ts',
    'shared/config.ts',
    'gateway/main.ts',
    'brain/io/a.ts',
    'scripts/a.ts',
    'test/a.ts',
  ];
  const line = `\n${text}\n`;
  expect(findings({ 'gateway/orders/a.ts': line })).toEqual([`gateway/orders/a.ts:2 ${rule}`]);
  expect(findings(Object.fromEntries(files.map((file) => [file, line])))).toEqual([]);
});

test.each([
  ['brain/io/a.ts', 'console.log(1);', 'no-console'],
  ['scripts/a.ts', 'enum Side { Buy }', 'erasable-only'],
  ['shared/a.ts', 'export declare const enum Side { Buy }', 'erasable-only'],
  ['shared/a.ts', 'namespace Words {}', 'erasable-only'],
  ['shared/a.ts', 'export default 1;', 'no-default-export'],
  ['shared/a.ts', `const a = 1; // ${'TO'}${'DO'} later`, 'no-leftovers'],
  ['test/a.test.ts', `test${'.only'}('x', () => {});`, 'no-only'],
  ['gateway/binance-urls.ts', 'export const a = 1;', 'venue-name'],
])('checkHouse() refuses in %s: %s', (file, text, rule) => {
  expect(findings({ [file]: text })).toEqual([`${file}:1 ${rule}`]);
});

test('checkHouse() reads words in comments, strings, templates and patterns as words', () => {
  const text = [
    "// Date.now() and import { b } from '../brain/b.ts';",
    '/* Math.random() */',
    'const a = \'setTimeout(1)\' + "console.log" + `process.env ${`Date.now`} Math.random()`;',
    'const b = /console\\.log[/]Date.now/.test(a);',
    'const c = 4 / 2; const half = c / 2; clock.setTimeout(c);',
  ].join('\n');
  expect(findings({ 'gateway/a.ts': text })).toEqual([]);
  expect(findings({ 'gateway/a.ts': "const a = `it is ${Date.now()} o'clock`;" })).toEqual(['gateway/a.ts:1 injected-time']);
});

test('checkHouse() refuses a file of 401 lines and takes one of 400, and long end-to-end tests', () => {
  const lines = (count: number): string => 'export {};\n'.repeat(count);
  expect(findings({ 'shared/a.ts': lines(401), 'shared/b.ts': lines(400), 'test/e2e/c.test.ts': lines(500) })).toEqual([
    'shared/a.ts:401 length',
  ]);
});

test('checkHouse() finds files that nothing reaches, also when they import each other', () => {
  const root = tree({
    'gateway/main.ts': "import './a.ts';\nconst worker = new Worker(new URL('./io/worker.ts', import.meta.url));",
    'gateway/a.ts': '',
    'gateway/io/worker.ts': '',
    'shared/x.ts': "import './y.ts';",
    'shared/y.ts': "import './x.ts';",
    'brain/alone.ts': '',
  });
  const unreferenced = checkHouse(root).filter(({ rule }) => rule === 'unreferenced');
  expect(unreferenced.map(({ file }) => file)).toEqual(['brain/alone.ts', 'shared/x.ts', 'shared/y.ts']);
});

test('checkHouse() wants a script without ending to be the shared shim of the file beside it', () => {
  const shim = readFileSync(join(home, 'scripts/mm'), 'utf8');
  const root = tree({ 'scripts/one': shim, 'scripts/one.ts': '', 'scripts/two': 'echo two', 'scripts/setup': 'echo setup' });
  chmodSync(join(root, 'scripts/one'), 0o755);
  expect(checkHouse(root).map(({ file, sentence }) => `${file} ${sentence}`)).toEqual([
    'scripts/two does not have the text all shims share',
    'scripts/two has no scripts/two.ts beside it',
    'scripts/two is not executable',
  ]);
});

test('blankCode() keeps every position and newline', () => {
  const text = readFileSync(script, 'utf8');
  const code = blankCode(text);
  expect(code).toHaveLength(text.length);
  expect(code.split('\n').map((line) => line.length)).toEqual(text.split('\n').map((line) => line.length));
});

test('check-house prints "file:line rule: sentence" and exits 1; 0 for a clean tree; 2 for a folder that is not there', () => {
  const run = (folder: string) => spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  const bad = run(tree({ 'gateway/main.ts': '\nconsole.log(1);\n' }));
  expect(bad.stdout).toMatch(/^gateway\/main\.ts:2 no-console: ".+": .+\n/);
  expect(bad.status).toBe(1);
  expect(run(tree({ 'gateway/main.ts': '' }))).toMatchObject({ status: 0, stderr: '' });
  expect(run('/no/such/folder').status).toBe(2);
  expect(execFileSync(process.execPath, [script, '--help'], { encoding: 'utf8' })).toContain('usage');
});

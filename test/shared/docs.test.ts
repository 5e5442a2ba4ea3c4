/** The documents are held to the program: what they link, name, show and configure is there. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConfig, configJsonSchema } from '../../shared/config.ts';
import { keysOfSchema } from '../../shared/config-change.ts';
import type { SchemaNode } from '../../shared/config-problem.ts';
import { overlay } from '../../shared/json.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { anchorsOf, blocksOf, proseOf } from '../kit/docs.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = readdirSync(join(ROOT, 'shared/docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `shared/docs/${name}`);
const GENERATED = ['shared/docs/config.md', 'shared/docs/redis.md', 'shared/docs/socket.md'];
const FILES = ['README.md', 'README.zh-CN.md', '.github/CONTRIBUTING.md', ...PAGES];
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const texts = new Map(FILES.map((file) => [file, read(file)]));
const textOf = (file: string): string => texts.get(file) ?? '';

test.each(FILES)('every link of %s leads somewhere', (file) => {
  const links = [...proseOf(textOf(file)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target));
  const dead = links.filter((target) => {
    const [path = '', anchor] = target.split('#');
    const to = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
    if (!existsSync(join(ROOT, to))) return true;
    return anchor !== undefined && !anchorsOf(read(to)).has(decodeURIComponent(anchor));
  });
  expect(dead).toEqual([]);
});

test('every page is reached from the README', () => {
  const linked = textOf('README.md');
  expect(PAGES.filter((page) => !linked.includes(`(${page})`))).toEqual([]);
});

describe('commands', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const sources = readdirSync(join(ROOT, 'scripts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`scripts/${name}`))
    .join('\n');
  const help = `${sources}\n${read('gateway/io/arguments.ts')}`;
  const subcommands = new Set(
    [
      ...read('scripts/mm.ts').matchAll(/addCommand(?:<\w+>)?\(\s*'([a-z-]+)/g),
      ...read('scripts/mm.ts').matchAll(/\.command\('([a-z-]+)/g),
      ...read('scripts/lib/keys/commands.ts').matchAll(/\.command\('([a-z-]+)/g),
    ].map(([, name]) => name),
  );

  test.each(FILES.filter((file) => !GENERATED.includes(file)))('named in %s are there', (file) => {
    const text = textOf(file);
    const paths = [...text.matchAll(/(?<![\w/.])((?:scripts|gateway|brain|shared|test|config)(?:\/[\w.-]+)+)/g)].map(([, path = '']) =>
      path.replace(/\.$/, ''),
    );
    expect.soft(paths.filter((path) => !existsSync(join(ROOT, path)) && !isPattern(path))).toEqual([]);
    const runs = [...text.matchAll(/npm (?:run )?(start|test|[\w:]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'packages' && name !== 'ci');
    expect.soft(runs.filter((name) => scripts[name] === undefined)).toEqual([]);
    const used = [...text.matchAll(/(?<![\w./])(?:scripts\/)?mm ([a-z][a-z-]+)/g)].map(([, name = '']) => name);
    expect.soft(used.filter((name) => !subcommands.has(name))).toEqual([]);
  });

  /** Of programs that are not ours. */
  const FOREIGN = new Set(['--save', '--input-type', '--user', '--web']);
  test.each(FILES.filter((file) => !GENERATED.includes(file)))('options named in %s are known', (file) => {
    const options = [...new Set(textOf(file).match(/(?<![\w-])--[a-z][a-z-]+/g))].filter(
      (option) => !FOREIGN.has(option) && option !== '--help',
    );
    expect(options.filter((option) => !new RegExp(`${option}(?![a-z-])`).test(help))).toEqual([]);
  });
});

/** `test/e2e/conformance-*`, `shared/sim/<venue>`: cut where the pattern begins, it is a folder or a beginning of a name. */
function isPattern(path: string): boolean {
  const [folder, start] = [dirname(path), path.slice(dirname(path).length + 1)];
  const isFolder = existsSync(join(ROOT, folder)) && statSync(join(ROOT, folder)).isDirectory();
  return isFolder && start.endsWith('-') && readdirSync(join(ROOT, folder)).some((name) => name.startsWith(start));
}

test.each(FILES.filter((file) => !GENERATED.includes(file)))('keys of the configuration named in %s exist', (file) => {
  const schema = configJsonSchema() as SchemaNode & { readonly properties: Record<string, unknown> };
  const known = keysOfSchema(schema).flatMap((key) => key.split('.').map((_, n, steps) => steps.slice(0, n + 1).join('.')));
  const all = new Set(known);
  const sections = Object.keys(schema.properties).join('|');
  const named = [...textOf(file).matchAll(new RegExp(`\`((?:${sections})(?:\\.[\\w*]+)+)\``, 'g'))].map(([, key = '']) => key);
  const isKnown = (key: string): boolean => all.has(key) || /\.(ts|md|json|sqlite)$/.test(key);
  expect(named.filter((key) => !isKnown(key))).toEqual([]);
});

describe('configurations', () => {
  const shipped: unknown = JSON.parse(read('config.json'));
  const shown = FILES.filter((file) => !GENERATED.includes(file)).flatMap((file) =>
    blocksOf(textOf(file))
      .filter(({ language }) => language === 'json' || language === 'json arbitrage')
      .map(({ text }, n) => [`${file} ${n + 1}`, text] as const),
  );

  test.each(shown)('block %s is taken by the program', (_file, text) => {
    const checked = checkConfig(overlay(shipped, JSON.parse(text)));
    expect('problems' in checked ? checked.problems : []).toEqual([]);
  });

  test('are several', () => {
    expect(shown.length).toBeGreaterThan(4);
  });
});

test.each(['README.md', 'README.zh-CN.md', 'shared/docs/quickstart.md'])(
  'the keys that %s reads with redis-cli are in the contract',
  (file) => {
    const known = new Set(Object.values(keysOf('mm:binance')).map((key) => (typeof key === 'string' ? key : key('BTCUSDT', '5m'))));
    const asked = [...textOf(file).matchAll(/redis-cli (?:get|xrevrange) (\S+)/g)].map(([, key = '']) => key);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((key) => !known.has(key))).toEqual([]);
  },
);

test('the Chinese README has the headings, the code, the tables and the links of the English one', () => {
  const shape = (text: string) => ({
    headings: proseOf(text).match(/^#+(?= )/gm),
    code: blocksOf(text).map(({ language, text: body }) => ({ language, body: body.replace(/ *#.*$/gm, '') })),
    rows: proseOf(text).match(/^\|/gm)?.length,
    links: [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.split('#')[0])
      .filter((target) => !target?.startsWith('README')),
    named: (proseOf(text).match(/`[^`]+`/g) ?? []).toSorted(),
  });
  expect(shape(textOf('README.zh-CN.md'))).toEqual(shape(textOf('README.md')));
});

test('the README is short', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(200);
});

test.each(FILES)('%s names no path of one machine, and its tables are whole', (file) => {
  expect(textOf(file)).not.toMatch(/\/tmp\/|\/work\/|\/home\/|\/root\//);
  const tables = proseOf(textOf(file)).match(/(?:^\|.*\|$\n?)+/gm) ?? [];
  const columns = (row: string): number => row.replaceAll('\\|', '').split('|').length;
  const torn = tables.flatMap((table) =>
    table
      .trim()
      .split('\n')
      .filter((row, _n, rows) => columns(row) !== columns(rows[0] ?? '')),
  );
  expect(torn).toEqual([]);
});

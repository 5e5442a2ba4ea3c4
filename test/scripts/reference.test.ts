/** The pages that are made from schemas are current, tell of every key and field, and show values that the schemas take. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { symbolReasons, wholeMode } from '../../gateway/orders/degraded.ts';
import { configPage, unitOf } from '../../scripts/lib/reference/config-page.ts';
import { DocComments } from '../../scripts/lib/reference/doc-comments.ts';
import { code, type Node, rowsOf, typeOf } from '../../scripts/lib/reference/field-rows.ts';
import { HEADER_REASONS, redisPage, SYMBOL_REASONS } from '../../scripts/lib/reference/redis-page.ts';
import { pretty, readSamples } from '../../scripts/lib/reference/samples.ts';
import { socketPage } from '../../scripts/lib/reference/socket-page.ts';
import { BrainDoc } from '../../shared/brain-doc.ts';
import { ANSWER, Command, type Query } from '../../shared/command.ts';
import { configJsonSchema } from '../../shared/config.ts';
import { keysOfSchema } from '../../shared/config-change.ts';
import type { SchemaNode } from '../../shared/config-problem.ts';
import {
  BalanceDoc,
  BookDoc,
  FillDoc,
  Header,
  InstrumentDoc,
  KlineDoc,
  KlinesDoc,
  keysOf,
  OrdersDoc,
  PositionDoc,
  TradeDoc,
} from '../../shared/snapshot.ts';
import { ROOT } from '../kit/run.ts';

const DOCS = join(ROOT, 'shared/docs');
const pageOf = (name: string): string => readFileSync(join(DOCS, name), 'utf8');
const samples = readSamples();
const dir = mkdtempSync(join(tmpdir(), 'mmbot-reference-'));
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  ['config.md', configPage],
  ['redis.md', () => redisPage(samples)],
  ['socket.md', () => socketPage(samples)],
])('%s is up to date: npm run schema', (name, made) => {
  expect(pageOf(name)).toBe(made());
});

test('reference --check names each page that is stale or missing', () => {
  for (const name of ['config.md', 'redis.md']) writeFileSync(join(dir, name), pageOf(name));
  writeFileSync(join(dir, 'redis.md'), 'old', { flag: 'a' });
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/reference.ts'), '--check', '--folder', dir], {
    encoding: 'utf8',
  });
  expect([status, stderr.match(/\w+\.md is not up to date with the schemas: run npm run schema/g)?.length]).toEqual([1, 2]);
  expect(stderr).not.toContain('config.md');
});

/** Keys of the page with the heading they stand under. */
function keysOfPage(page: string): readonly string[] {
  let room = '';
  return page.split('\n').flatMap((line) => {
    room = /^##+ ([$\w.]+)$/.exec(line)?.[1] ?? room;
    const key = /^\| `([$\w.*[\]]+)`/.exec(line)?.[1];
    return key === undefined || key === room ? (key === undefined ? [] : [key]) : [`${room}.${key}`];
  });
}

test('config.md tells of every key of the schema, and when an edit of it takes effect', () => {
  const page = new Set(keysOfPage(pageOf('config.md')).map((key) => key.replaceAll('[]', '').replaceAll('..', '.')));
  const keys = keysOfSchema(configJsonSchema() as SchemaNode).map((key) => key.replace(/^(risk\.monitors)\.\w+/, '$1.*'));
  expect(keys.length).toBeGreaterThan(300);
  expect([...new Set(keys)].filter((key) => !page.has(key) && !page.has(key.replace(/\.\*$/, '')))).toEqual([]);
  const rows = pageOf('config.md')
    .split('\n')
    .filter((line) => /^\| `/.test(line) && line.split(' | ').length === 6);
  const monitors = rows.filter((line) => !/ \| (live|drain|confirm|restart) \| /.test(line));
  expect(monitors.every((line) => /`(widen|one-sided|pause|emergency)`/.test(line))).toBe(true);
});

test.each(['redis.md', 'socket.md'])('every field of %s has a meaning', (name) => {
  const rows = pageOf(name)
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
});

describe('the values shown', () => {
  const documents = {
    ...{ header: Header, book: BookDoc, position: PositionDoc, orders: OrdersDoc, balance: BalanceDoc, kline: KlineDoc, klines: KlinesDoc },
    ...{ instrument: InstrumentDoc, fills: FillDoc, trades: TradeDoc, brain: BrainDoc },
  };

  test.each(Object.entries(documents))('%s is taken by its schema', (name, schema) => {
    expect(schema.safeParse(JSON.parse(samples.redis[name] ?? '')).error).toBeUndefined();
  });

  test('there is one for every key of the contract', () => {
    expect(Object.keys(samples.redis).toSorted()).toEqual(Object.keys(keysOf('')).toSorted());
  });

  test('the conversation is of commands and answers, and asks nearly everything', () => {
    const commands = samples.socket.map(({ request }) => Command.parse(JSON.parse(request)));
    for (const { answer } of samples.socket) expect(ANSWER.safeParse(JSON.parse(answer)).error).toBeUndefined();
    const types = new Set(commands.map(({ type }) => type));
    expect(Command.options.map((option) => option.shape.type.value).filter((type) => !types.has(type))).toEqual(['cancel']); // in the batch
    const asked = commands.flatMap((command) => (command.type === 'query' ? [command.what satisfies Query['what']] : []));
    expect(new Set(asked).size).toBe(11);
  });
});

test('the reasons of the header are those that the gateway gives, with their mode', () => {
  const flags = [
    'stopped',
    'shuttingDown',
    'paused',
    'ledgerFault',
    'disagrees',
    'redisDown',
    'lineFailing',
    'waiting',
    'marginCall',
    'dailyLoss',
  ];
  const all = Object.fromEntries([...flags, 'availableLow', 'otherSession'].map((name) => [name, true]));
  const state = { ...all, accountKnown: false, accountLive: true, clockAgeMs: Number.MAX_SAFE_INTEGER } as Parameters<typeof wholeMode>[0];
  const told = [...wholeMode(state).reasons, ...wholeMode({ ...state, accountLive: false }).reasons];
  expect(new Set(Object.keys(HEADER_REASONS))).toEqual(new Set(told));
  const quiet = { ...Object.fromEntries(Object.keys(state).map((name) => [name, false])), accountKnown: true, clockAgeMs: 0 };
  const alone: Record<string, object> = {
    paused: { paused: true },
    'margin-call': { marginCall: true },
    'rate-limited': { waiting: true },
    'redis-down': { redisDown: true },
  };
  for (const [reason, flag] of Object.entries(alone))
    expect(wholeMode({ ...quiet, ...flag } as typeof state)).toEqual({ mode: HEADER_REASONS[reason]?.[0], reasons: [reason] });
});

test('the reasons of a symbol are those that the gateway gives', () => {
  const worst = {
    ...{
      symbol: 'X',
      bookStatus: 'stale' as const,
      trading: false,
      halted: 'why',
      leverage: 9,
      leverageMax: 1,
      closing: true,
      rejections: true,
    },
    ...{ stopMissing: true, orderUnknown: true, foreignOrder: true },
  } as const;
  const told = [...symbolReasons(worst), ...symbolReasons({ ...worst, bookStatus: 'syncing' as const })];
  expect(new Set(Object.keys(SYMBOL_REASONS))).toEqual(new Set(told.map((reason) => reason.replace(':X', ''))));
});

describe('DocComments', () => {
  const comments = new DocComments([
    `const part = { /** Of the part. */ a: z.int(), b: z.string() };
/** The whole. */
export const Whole = z.strictObject({
  ...part,
  /** One,
   * two. */
  nested: z.strictObject({ /** Inside, with a comma. */ deep: z.enum(['x', 'y']) }).optional(),
  other: z.array(Other),
  told: z.string().describe('by itself'),
});
export const Other = z.strictObject({ /** Far. */ c: z.string().regex(/^[,}]$/), d: z.int() });
`,
  ]);

  test.each([
    ['a field that is spread', ['a'], 'Of the part.'],
    ['several lines', ['nested'], 'One, two.'],
    ['a field inside', ['nested', 'deep'], 'Inside, with a comma.'],
    ['a field of another object', ['other', 'c'], 'Far.'],
    ['what the schema says of itself', ['told'], 'by itself'],
    ['nothing', ['other', 'd'], ''],
    ['no such field', ['nested', 'no', 'where'], ''],
  ])('%s', (_name, path, want) => {
    expect(comments.ofField('Whole', path)).toBe(want);
  });

  test('of the object', () => {
    expect([comments.ofObject('Whole'), comments.ofObject('Other'), comments.ofObject('None')]).toEqual(['The whole.', '', '']);
  });
});

test.each<[string, Node, string]>([
  ['whole numbers', { type: 'integer', minimum: 1, maximum: 5 }, 'whole number, 1 to 5'],
  ['bounds that say nothing', { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'whole number, 0 or more'],
  ['open bounds', { type: 'number', exclusiveMinimum: 0, maximum: 2 }, 'number, above 0, at most 2'],
  ['decimals', { type: 'string', pattern: '^\\d+(\\.\\d+)?$' }, 'decimal text'],
  ['null beside it', { anyOf: [{ type: 'boolean' }, { type: 'null' }] }, 'true or false, or null'],
  ['null in the type', { type: ['string', 'null'] }, 'text, or null'],
  ['words', { enum: ['a', 'b'] }, '`"a"`, `"b"`'],
  ['tuples', { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }] }, '[number, text]'],
  ['lists', { type: 'array', items: { type: 'string' }, maxItems: 3 }, 'list, at most 3, of text'],
  ['maps', { type: 'object', additionalProperties: { type: 'number' } }, 'by name: number'],
])('typeOf() tells %s', (_name, node, want) => {
  expect(typeOf(node)).toBe(want);
});

test('rowsOf() goes into lists, free keys and kinds', () => {
  const kinds = { oneOf: [{ properties: { kind: { const: 'x' }, a: {} } }, { properties: { kind: { const: 'y' } } }] };
  const node: Node = {
    properties: { list: { items: { properties: { b: {} } } }, map: { additionalProperties: kinds }, plain: { items: {} } },
  };
  const paths = rowsOf(node).map(({ path }) => path.join('.'));
  expect(paths).toEqual(['list', 'list.[].b', 'map', 'map.*.(x).kind', 'map.*.(x).a', 'map.*.(y).kind', 'plain']);
});

test('pretty() fills its lines and keeps every value', () => {
  const value = { a: [1, 2], text: 'x'.repeat(100), more: { b: 'y'.repeat(60), c: 'z'.repeat(70) }, last: null };
  const text = pretty(JSON.stringify(value));
  expect(JSON.parse(text)).toEqual(value);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(130);
  expect([pretty('none'), code('a'), code(1)]).toEqual(['none', '`"a"`', '`1`']);
});

test.each([
  [['gateway', 'leaseMs'], 'without a heartbeat', 'ms'],
  [['strategy', 'marketMaking', 'orderSize'], 'size of each quote, base units', 'base'],
  [['strategy', 'marketMaking', 'spread', 'volatilityFactor'], 'times sigma, basis points per square root of a second', ''],
  [['gateway', 'disasterStop', 'symbols', '*'], 'percent of the entry price', '%'],
  [['strategy', 'active'], 'the strategy that runs', ''],
])('unitOf() of %s', (path, description, want) => {
  expect(unitOf(path, description)).toBe(want);
});

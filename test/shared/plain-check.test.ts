import { expect, test } from 'vitest';
import * as z from 'zod';
import { ANSWER, Command } from '../../shared/command.ts';
import { plainCheck } from '../../shared/plain-check.ts';
import { Random } from '../../shared/random.ts';
import { BalanceDoc, BookDoc, Header, InstrumentDoc, KlineDoc, KlinesDoc, OrdersDoc, PositionDoc } from '../../shared/snapshot.ts';
import { bookDoc, header, instrumentDoc, orderDoc, ordersDoc, positionDoc, STAMP, SYMBOL } from '../kit/brain.ts';

const bar = [0, '1', '2.5', '0.5', '1', '10'];
const order = orderDoc({ amendTo: { price: '1', size: '2' }, strategy: 'mm', tag: 'a', amends: 2 });
const stop = { status: 'resting', triggerPrice: '1', size: '0.1', foreign: 0 } as const;
const place = {
  ...{ id: 1, type: 'place', clientId: '4710000001000000231', symbol: SYMBOL, side: 'buy', kind: 'limit', timeInForce: 'post-only' },
  ...{ price: '61000.10', size: '0.010', reduceOnly: false, strategy: 'mm', basedOn: STAMP, ttlMs: 500 },
};
const taken = { id: 2, type: 'taken', seq: 5 };
const refused = { id: 3, type: 'refused', code: 'filter', sentence: 's' };
const GOOD: readonly (readonly [string, z.ZodType, object])[] = [
  ['header', Header, header({ reasons: ['a:B'], margin: { ratio: 0.1, multiAssets: false }, deadMan: { countdownMs: 1, refreshMs: 1 } })],
  ['book', BookDoc, bookDoc()],
  ['position', PositionDoc, positionDoc({ opening: { tradeId: '1', atMs: 2 }, commission: { maker: '-0.1', taker: '1' }, stop })],
  ['orders', OrdersDoc, ordersDoc([order, orderDoc()])],
  ['balance', BalanceDoc, { ...STAMP, known: true, assets: [{ asset: 'USDT', wallet: '-1', available: null, unrealized: '0' }] }],
  ['instrument', InstrumentDoc, instrumentDoc()],
  ['bar', KlineDoc, { ...STAMP, symbol: SYMBOL, interval: '5m', bar }],
  ['bars', KlinesDoc, { ...STAMP, symbol: SYMBOL, interval: '5m', status: 'complete', bars: [bar] }],
  ['place', Command, place],
  ['amend', Command, { id: 2, type: 'amend', clientId: '1', price: '1', size: '2', basedOn: STAMP, ttlMs: 500 }],
  ['batch of commands', Command, { id: 6, type: 'batch', commands: [place, { id: 2, type: 'cancel', clientId: '1' }] }],
  ['heartbeat', Command, { id: 7, type: 'heartbeat', processed: null }],
  ['taken', ANSWER, taken],
  ['refused', ANSWER, refused],
  ['data', ANSWER, { id: 1, type: 'data', data: { any: ['thing'] } }],
  ['batch of answers', ANSWER, { id: 1, type: 'batch', answers: [taken, refused] }],
  ['push', ANSWER, { type: 'snapshot', at: 0.5, docs: { a: {}, b: '1' }, entries: [{ key: 'a', text: '{}' }] }],
];

test.each(GOOD)('a good %s needs no schema', (_name, schema, good) => {
  expect([plainCheck(schema)(good), schema.safeParse(good).success]).toEqual([true, true]);
});

/** In their place, or as one more. */
const ODD: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, -0, 2 ** 60, Number.POSITIVE_INFINITY, '', 'x', '1', '-1.5', '1e3', '1.', ' 1', '1\n'],
  ...['0'.repeat(64), [], {}, [[]], ['1', '2'], { epoch: 1 }, 'buy', 'live', 'taken', 'place'],
];

const upTo = (count: number, random: Random): number => random.int({ min: 0, max: count - 1 });
const pick = <T>(items: readonly T[], random: Random): T => items[upTo(items.length, random)] as T;

/** The same with one thing in it changed, left out, or added. */
function spoilt(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || upTo(6, random) === 0) return pick(ODD, random);
  if (Array.isArray(value)) {
    const at = upTo(value.length + 1, random);
    if (upTo(4, random) === 0) return value.toSpliced(at, 1);
    return value.toSpliced(at, 1, spoilt(value[at], random));
  }
  const names = Object.keys(value);
  const name = upTo(8, random) === 0 ? pick(['__proto__', 'constructor', 'surprise'], random) : pick([...names, 'surprise'], random);
  const fields = Object.entries(value).filter(([key]) => key !== name);
  const left = upTo(5, random) === 0 ? [] : [[name, spoilt((value as Record<string, unknown>)[name], random)] as const];
  const text = [...fields, ...left].map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one) ?? 'null'}`);
  return JSON.parse(`{${text.join(',')}}`); // as it comes from a socket: a `__proto__` is a field like others
}

test('whatever passes, the schema takes, and hands on as it is', () => {
  const random = new Random(20_261_127);
  const counts = { passed: 0, refused: 0, onlySchema: 0 };
  for (let n = 0; n < 8_000; n++) {
    const [name, schema, good] = pick(GOOD, random);
    const value = spoilt(upTo(3, random) === 0 ? spoilt(good, random) : good, random);
    const parsed = schema.safeParse(value);
    const passes = plainCheck(schema)(value);
    if (passes) expect(parsed, `${name} ${JSON.stringify(value)}`).toEqual({ success: true, data: value });
    if (passes) counts.passed++;
    else if (parsed.success) counts.onlySchema++;
    else counts.refused++;
  }
  expect(counts.passed).toBeGreaterThan(400);
  expect(counts.refused).toBeGreaterThan(4_000);
  expect(counts.onlySchema).toBeLessThan(20);
});

test.each<[string, z.ZodType, unknown]>([
  ['a transform', z.string().transform(Number), '1'],
  ['a default', z.strictObject({ a: z.number().default(1) }), { a: 1 }],
  ['a rule of its own', z.string().refine(() => true), 'a'],
  ['a rule of its own for an object', z.strictObject({ a: z.string() }).refine(() => true), { a: 'a' }],
  ['a text that is changed', z.string().trim(), 'a'],
  ['a number made of a text', z.coerce.number(), 1],
  ['a format', z.iso.date(), '2026-11-27'],
  ['a pattern with a memory', z.string().regex(/a/g), 'a'],
  ['an object that drops what it does not know', z.object({ a: z.string() }), { a: 'a' }],
  ['a tuple of any length', z.tuple([z.string()], z.number()), ['a']],
  ['an array with a rule', z.array(z.string()).refine(() => true), ['a']],
])('%s is left to the schema', (_name, schema, good) => {
  expect([plainCheck(schema)(good), schema.safeParse(good).success]).toEqual([false, true]);
});

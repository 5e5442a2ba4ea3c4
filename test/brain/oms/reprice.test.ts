import { expect, test } from 'vitest';
import { NO_REPRICING, refusedAt, reprice, type Repricing, takenAt } from '../../../brain/oms/reprice.ts';
import type { WantedQuote } from '../../../brain/strategy/strategy.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';

const quote = (side: Side, price: number): WantedQuote => ({ side, price: ticks(price), size: lots(1), level: 0 });
const refused = (side: Side, times: readonly (readonly [price: number, atMs: number])[]): Repricing =>
  times.reduce((before, [price, at]) => refusedAt(before, { side, price: ticks(price) }, monoMs(at)), NO_REPRICING);
const priced = (quotes: readonly WantedQuote[], repricing: Repricing, now: number): number[] =>
  reprice(quotes, { repricing, now: monoMs(now) }).map(({ price }) => price);

test.each<[string, Side, number, number]>([
  ['a bid one tick below', 'buy', 100, 99],
  ['a bid that stands back anyway where it is', 'buy', 90, 90],
  ['an ask one tick above', 'sell', 100, 101],
  ['an ask that stands back anyway where it is', 'sell', 110, 110],
])('after a refusal at 100 it wants %s', (_name, side, price, want) => {
  const other = side === 'buy' ? 'sell' : 'buy';
  expect(priced([quote(side, price), quote(other, 100)], refused(side, [[100, 0]]), 100)).toEqual([want, 100]);
});

test('refusals in a row step back further each time, up to 64 ticks', () => {
  const many = Array.from({ length: 9 }, (_, n) => [100, n * 100] as const);
  expect(many.map((_, n) => 100 - priced([quote('buy', 100)], refused('buy', many.slice(0, n + 1)), n * 100)[0]!)).toEqual([
    1, 2, 4, 8, 16, 32, 64, 64, 64,
  ]);
});

test('a refusal is forgotten when the book has had time to catch up, and the next one begins anew', () => {
  const once = refused('buy', [[100, 0]]);
  expect([priced([quote('buy', 100)], once, 299), priced([quote('buy', 100)], once, 300)]).toEqual([[99], [100]]);
  expect(priced([quote('buy', 100)], refusedAt(once, { side: 'buy', price: ticks(100) }, monoMs(300)), 300)).toEqual([99]);
});

test.each<[string, Side, number, number]>([
  ['an order as near as the bound lifts it', 'buy', 99, 100],
  ['one further back does not', 'buy', 98, 99],
  ['one of the other side does not', 'sell', 99, 99],
])('%s', (_name, side, price, want) => {
  const repricing = takenAt(refused('buy', [[100, 0]]), { side, price: ticks(price) });
  expect(priced([quote('buy', 100)], repricing, 100)).toEqual([want]);
});

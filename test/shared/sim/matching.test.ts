import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Side } from '../../../shared/sim/market.ts';
import { type BookOrder, type BookTrade, MatchingBook, type TimeInForce } from '../../../shared/sim/matching.ts';
import { lots, ticks } from '../../../shared/units.ts';

type Wanted = { readonly side: Side; readonly price: number | null; readonly size: number; readonly timeInForce: TimeInForce };

const order = (key: number, over: Partial<Wanted> & { owner?: string | null; selfTrade?: BookOrder['selfTrade'] } = {}): BookOrder => {
  const { side = 'buy', price = 100, size = 5, timeInForce = 'gtc', owner = null, selfTrade = 'expire-maker' } = over;
  return { key, owner, side, price: price === null ? null : ticks(price), size: lots(size), timeInForce, selfTrade };
};

function openBook() {
  const trades: BookTrade[] = [];
  const expired: number[] = [];
  const book = new MatchingBook({
    onTrade: (trade) => trades.push(trade),
    onSelfExpired: (key) => expired.push(key),
    onLevel: () => undefined,
  });
  return { book, trades, expired };
}

test('add() trades at the best price first and, at one price, with the oldest', () => {
  const { book, trades } = openBook();
  book.add(order(1, { side: 'sell', price: 102 }));
  book.add(order(2, { side: 'sell', price: 101 }));
  book.add(order(3, { side: 'sell', price: 101 }));
  expect(book.add(order(4, { price: 102, size: 12 }))).toEqual({ end: 'filled', filled: 12 });
  expect(trades.map(({ makerKey, price, size }) => [makerKey, price, size])).toEqual([
    [2, 101, 5],
    [3, 101, 5],
    [1, 102, 2],
  ]);
  expect(book.best('sell')).toEqual({ price: 102, size: 3 });
});

test.each<[string, Partial<Wanted>, string, number]>([
  ['post-only that would take is refused whole', { timeInForce: 'post-only', price: 101 }, 'would-take', 0],
  ['post-only that would not take rests', { timeInForce: 'post-only', price: 100 }, 'rested', 0],
  ['fill-or-kill beyond what rests is refused whole', { timeInForce: 'fok', price: 101, size: 6 }, 'unfillable', 0],
  ['fill-or-kill of just what rests fills', { timeInForce: 'fok', price: 101, size: 5 }, 'filled', 5],
  ['immediate-or-cancel leaves nothing resting', { timeInForce: 'ioc', price: 101, size: 9 }, 'left-over', 5],
  ['an order without price takes what there is and never rests', { price: null, size: 9 }, 'left-over', 5],
  ['good-till-cancel rests what is left', { price: 101, size: 9 }, 'rested', 5],
])('add() %s', (_name, over, end, filled) => {
  const { book } = openBook();
  book.add(order(1, { side: 'sell', price: 101 }));
  expect(book.add(order(2, over))).toEqual({ end, filled });
  expect(book.leftOf(2)).toBe(end === 'rested' ? (over.size ?? 5) - filled : null);
});

test.each([
  ['expire-maker', [1], 'filled', 5],
  ['expire-taker', [], 'self-trade', 0],
  ['expire-both', [1], 'self-trade', 0],
  ['none', [], 'filled', 5],
] as const)('add() of an owner that meets itself with %s', (selfTrade, expired, end, filled) => {
  const { book, expired: told } = openBook();
  book.add(order(1, { side: 'sell', price: 101, owner: 'a' }));
  book.add(order(2, { side: 'sell', price: 101, owner: 'b' }));
  expect(book.add(order(3, { price: 101, owner: 'a', selfTrade }))).toEqual({ end, filled });
  expect(told).toEqual(expired);
});

test('reduce() keeps the place in the queue and never grows an order', () => {
  const { book, trades } = openBook();
  book.add(order(1, { side: 'sell', price: 101 }));
  book.add(order(2, { side: 'sell', price: 101 }));
  book.reduce(1, lots(2));
  book.reduce(2, lots(9));
  expect(book.best('sell')).toEqual({ price: 101, size: 7 });
  book.add(order(3, { price: 101, size: 3 }));
  expect(trades.map(({ makerKey, size }) => [makerKey, size])).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

test('onTrade() may cancel resting orders while an order is still taking', () => {
  const trades: number[] = [];
  const book: MatchingBook = new MatchingBook({
    onTrade: ({ makerKey }) => {
      trades.push(makerKey);
      book.cancel(2);
    },
    onSelfExpired: () => undefined,
    onLevel: () => undefined,
  });
  for (const key of [1, 2, 3]) book.add(order(key, { side: 'sell', price: 101 }));
  expect(book.add(order(4, { price: 101, size: 10 }))).toEqual({ end: 'filled', filled: 10 });
  expect(trades).toEqual([1, 3]);
});

/** Price-time priority written as plainly as it can be: one sorted list. */
class NaiveBook {
  resting: { key: number; side: Side; price: number; left: number }[] = [];

  add({ key, side, price, size, timeInForce }: BookOrder): { key: number; price: number; size: number }[] {
    const sign = side === 'buy' ? 1 : -1;
    const makers = this.resting
      .filter((maker) => maker.side !== side && (price === null || sign * (price - maker.price) >= 0))
      .toSorted((a, b) => sign * (a.price - b.price));
    if (timeInForce === 'post-only' && makers.length > 0) return [];
    if (timeInForce === 'fok' && makers.reduce((sum, maker) => sum + maker.left, 0) < size) return [];
    let left: number = size;
    const trades: { key: number; price: number; size: number }[] = [];
    for (const maker of makers) {
      const traded = Math.min(left, maker.left);
      if (traded > 0) trades.push({ key: maker.key, price: maker.price, size: traded });
      maker.left -= traded;
      left -= traded;
    }
    this.resting = this.resting.filter((maker) => maker.left > 0);
    if (left > 0 && price !== null && (timeInForce === 'gtc' || timeInForce === 'post-only')) this.resting.push({ key, side, price, left });
    return trades;
  }
}

const wanted = fc.record({
  side: fc.constantFrom<Side>('buy', 'sell'),
  price: fc.option(fc.integer({ min: 95, max: 105 }), { freq: 8 }),
  size: fc.integer({ min: 1, max: 20 }),
  timeInForce: fc.constantFrom<TimeInForce>('gtc', 'gtc', 'gtc', 'ioc', 'fok', 'post-only'),
});
const act = fc.oneof({ weight: 4, arbitrary: wanted }, { weight: 1, arbitrary: fc.record({ cancel: fc.nat(60) }) });

test('MatchingBook agrees with a plain list, conserves quantity, and is never crossed', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const { book, trades } = openBook();
      const naive = new NaiveBook();
      acts.forEach((each, key) => {
        if ('cancel' in each) {
          const left = naive.resting.find((maker) => maker.key === each.cancel)?.left ?? null;
          naive.resting = naive.resting.filter((maker) => maker.key !== each.cancel);
          expect(book.cancel(each.cancel)).toBe(left);
          return;
        }
        const before = trades.length;
        const incoming = order(key, each);
        const { end, filled } = book.add(incoming);
        const made = trades.slice(before);
        expect(made.map((trade) => ({ key: trade.makerKey, price: trade.price, size: trade.size }))).toEqual(naive.add(incoming));
        expect(made.reduce((sum, { size }) => sum + size, 0)).toBe(filled);
        expect(end === 'rested' ? book.leftOf(key) : 0).toBe(end === 'rested' ? each.size - filled : 0);
        const [bid, ask] = [book.best('buy'), book.best('sell')];
        if (bid && ask) expect(bid.price).toBeLessThan(ask.price);
      });
      for (const side of ['buy', 'sell'] as const) {
        const sums = new Map<number, number>();
        for (const maker of naive.resting) if (maker.side === side) sums.set(maker.price, (sums.get(maker.price) ?? 0) + maker.left);
        const sorted = [...sums].sort(([a], [b]) => (side === 'buy' ? b - a : a - b));
        expect(book.levels(side, 100)).toEqual(sorted);
        for (const [price, size] of sorted) expect(book.sizeAt(side, ticks(price))).toBe(size);
      }
    }),
  );
});

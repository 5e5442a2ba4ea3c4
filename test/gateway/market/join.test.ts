import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Books, type DepthFrame } from '../../../gateway/market/books.ts';
import { Join } from '../../../gateway/market/join.ts';
import { DepthRule } from '../../../gateway/venues/binance/depth.ts';
import { monoMs } from '../../../shared/units.ts';

const frame = (symbol: string, n: number): DepthFrame => ({
  symbol,
  firstId: 10 * n - 8,
  lastId: 10 * n,
  previousId: 10 * (n - 1),
  exchangeMs: n,
  bids: [50, n],
  asks: [60, 1],
});

function live(symbols: readonly string[]) {
  const told: string[] = [];
  const books = new Books({
    symbols,
    rule: () => new DepthRule(),
    staleMs: 1_000_000,
    port: {
      fetchSnapshot: () => {},
      onLive: (symbol, isLive, reason) => told.push(`${symbol} ${isLive ? 'live' : reason}`),
      onTop: () => {},
      retryMs: () => 0,
    },
  });
  for (const symbol of symbols) {
    books.load(symbol, { lastUpdateId: 10, exchangeMs: 0, bids: [50, 1], asks: [60, 1], knownFrom: null, knownTo: null }, monoMs(0));
    books.frame(frame(symbol, 1), monoMs(0));
  }
  const join = new Join({ follows: (each: DepthFrame) => books.follows(each), apply: (each) => books.frame(each, monoMs(0)) });
  const old = (symbol: string, n: number): void => {
    books.frame(frame(symbol, n), monoMs(0));
    join.caughtUp(symbol);
  };
  return { books, join, told, old };
}

test('a new connection that is ahead, behind or level takes over without a word', () => {
  const { books, join, told, old } = live(['A', 'B', 'C']);
  join.take(frame('A', 1)); // an echo
  join.take(frame('B', 2)); // follows
  join.take(frame('C', 4)); // ahead
  expect([join.isDone(['A', 'B']), join.isDone(['A', 'B', 'C'])]).toEqual([true, false]);
  old('A', 2);
  old('B', 2); // now the old one is the echo
  old('C', 2);
  expect(join.isDone(['C'])).toBe(false);
  old('C', 3);
  expect([join.isDone(['A', 'B', 'C']), books.view('C').lastUpdateId]).toEqual([true, 40]);
  join.finish();
  for (const [symbol, n] of [
    ['A', 3],
    ['B', 3],
    ['C', 5],
  ] as const)
    books.frame(frame(symbol, n), monoMs(0));
  expect(told).toEqual(['A live', 'B live', 'C live']);
});

test('what the old connection never told shows as a gap when the new one goes on alone', () => {
  const { join, told } = live(['A', 'B']);
  join.take(frame('A', 3));
  join.take(frame('B', 2));
  join.finish();
  expect(told.slice(2)).toEqual(['A gap']);
});

test('a connection that stays ahead does not grow memory', () => {
  const { books, join } = live(['A']);
  for (let n = 3; n < 1_000; n++) join.take(frame('A', n));
  join.finish();
  expect(books.counters('A').messages).toBeLessThanOrEqual(102);
});

test('two connections of one chain, interleaved in any way, never break a live book', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 10, maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (turns, start) => {
      const { books, join, told, old } = live(['A']);
      let [oldAt, newAt] = [1, start];
      for (const isOld of turns)
        if (isOld) old('A', ++oldAt);
        else join.take(frame('A', newAt++));
      expect(told).toEqual(['A live']);
      expect(books.view('A').book.bids.sizeAt(0)).toBe(books.view('A').lastUpdateId / 10);
    }),
  );
});

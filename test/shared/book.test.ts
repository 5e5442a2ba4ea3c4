import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Book, BookSide, LEVELS_MAX } from '../../shared/book.ts';

type Side = 'bids' | 'asks';
const sorted = (model: ReadonlyMap<number, number>, side: Side) => [...model].sort(([a], [b]) => (side === 'bids' ? b - a : a - b));
const levelsOf = (side: BookSide) => Array.from({ length: side.count }, (_, n) => [side.priceAt(n), side.sizeAt(n)]);

type Model = { readonly side: Side; readonly levels: Map<number, number> };
type Real = { readonly side: BookSide };
type Step = fc.Command<Model, Real>;

const same = (model: Model, { side }: Real): void => {
  expect(levelsOf(side)).toEqual(sorted(model.levels, model.side));
  expect(side.priceAt(model.levels.size)).toBeNull();
  expect(side.sizeAt(model.levels.size)).toBe(0);
};
const set = (price: number, size: number): Step => ({
  check: () => true,
  run: (model, real) => {
    real.side.set(price, size);
    if (size === 0) model.levels.delete(price);
    else model.levels.set(price, size);
    expect(real.side.sizeOf(price)).toBe(size);
    same(model, real);
  },
  toString: () => `set ${price} ${size}`,
});
const ask = (price: number): Step => ({
  check: () => true,
  run: (model, real) => expect(real.side.sizeOf(price)).toBe(model.levels.get(price) ?? 0),
  toString: () => `sizeOf ${price}`,
});
const clear = (): Step => ({
  check: () => true,
  run: (model, real) => {
    real.side.clear();
    model.levels.clear();
    same(model, real);
  },
  toString: () => 'clear',
});

const price = fc.integer({ min: 1, max: 60 });
const steps = [
  fc.tuple(price, fc.integer({ min: 1, max: 9 })).map(([at, size]) => set(at, size)),
  price.map((at) => set(at, 0)),
  price.map(ask),
  fc.constant(clear()),
];

test.each<Side>(['bids', 'asks'])('BookSide of %s agrees with a plain map under any history', (side) => {
  const start = () => ({ model: { side, levels: new Map<number, number>() }, real: { side: new BookSide(side) } });
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 120 }), (run) => fc.modelRun(start, run)),
    { numRuns: 200 },
  );
});

test.each<Side>(['bids', 'asks'])('BookSide of %s grows past its first array and keeps its order', (name) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1_100, maxLength: 1_500 }), (prices) => {
      const side = new BookSide(name);
      const model = new Map<number, number>();
      for (const [i, at] of prices.entries()) {
        side.set(at, i + 1);
        model.set(at, i + 1);
      }
      for (const at of prices.slice(0, 700)) {
        side.set(at, 0);
        model.delete(at);
      }
      expect(levelsOf(side)).toEqual(sorted(model, name));
    }),
    { numRuns: 10 },
  );
});

test.each<readonly [Side, (n: number) => number]>([
  ['bids', (n) => 1_000_000 - n],
  ['asks', (n) => n + 1],
])('BookSide of %s is bounded: beyond the limit the farthest level goes', (name, nth) => {
  const side = new BookSide(name);
  for (let n = 0; n < LEVELS_MAX; n++) side.set(nth(n + 1), 1);
  expect(side.count).toBe(LEVELS_MAX);
  side.set(nth(LEVELS_MAX + 5), 1); // farther than all
  expect([side.count, side.sizeOf(nth(LEVELS_MAX + 5))]).toEqual([LEVELS_MAX, 0]);
  side.set(nth(0), 7); // better than all
  expect([side.count, side.priceAt(0), side.sizeAt(0)]).toEqual([LEVELS_MAX, nth(0), 7]);
  expect(side.sizeOf(nth(LEVELS_MAX))).toBe(0);
  expect(side.priceAt(LEVELS_MAX - 1)).toBe(nth(LEVELS_MAX - 1));
  side.set(nth(10), 3); // a known level is changed in place
  expect([side.count, side.sizeOf(nth(10))]).toEqual([LEVELS_MAX, 3]);
  const [far, farthest] = [LEVELS_MAX - 5_000, LEVELS_MAX + 3];
  side.set(nth(far), 0);
  side.set(nth(farthest), 2);
  expect([side.count, side.priceAt(LEVELS_MAX - 1)]).toEqual([LEVELS_MAX, nth(farthest)]);
  side.set(nth(far), 4); // far, and yet nearer than the farthest
  expect([side.count, side.sizeOf(nth(far)), side.sizeOf(nth(farthest))]).toEqual([LEVELS_MAX, 4, 0]);
});

test('Book knows when it is crossed, one-sided or sound', () => {
  const book = new Book();
  expect([book.bestBid, book.bestAsk, book.crossed, book.sound]).toEqual([null, null, false, false]);
  book.bids.set(100, 1);
  expect([book.bestBid, book.crossed, book.sound]).toEqual([100, false, false]);
  book.asks.set(101, 1);
  expect([book.bestAsk, book.crossed, book.sound]).toEqual([101, false, true]);
  book.asks.set(100, 1);
  expect([book.crossed, book.sound]).toEqual([true, false]);
  book.asks.set(99, 1);
  expect(book.crossed).toBe(true);
  book.clear();
  expect([book.bids.count, book.asks.count, book.sound]).toEqual([0, 0, false]);
});

test.each<Side>(['bids', 'asks'])('BookSide of %s is exact wherever the price goes, and far from it', (name) => {
  const jump = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -30, max: 30 }) }, fc.integer({ min: -9_000, max: 9_000 }));
  const change = fc.record({ jump, offset: fc.integer({ min: 0, max: 60 }), size: fc.integer({ min: 0, max: 3 }) });
  const far = fc.record({ jump: fc.constant(0), offset: fc.integer({ min: 0, max: 20_000 }), size: fc.integer({ min: 0, max: 3 }) });
  const best = new Float64Array(40);
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: change }, far), { maxLength: 300 }), (changes) => {
      const side = new BookSide(name);
      const model = new Map<number, number>();
      let middle = 60_000;
      for (const [i, { jump: by, offset, size }] of changes.entries()) {
        middle = Math.max(25_000, middle + by);
        const at = name === 'bids' ? middle - offset : middle + offset;
        side.set(at, size);
        if (size === 0) model.delete(at);
        else model.set(at, size);
        if (i % 7 !== 0) continue;
        const levels = sorted(model, name);
        expect(levelsOf(side)).toEqual(levels);
        const found = side.top(20, best);
        expect([...best.subarray(0, 2 * found)]).toEqual(levels.slice(0, 20).flat());
      }
      for (const [at] of sorted(model, name)) side.set(at, 0); // from the best on: the window follows to the very last
      expect([side.count, side.priceAt(0)]).toEqual([0, null]);
    }),
    { numRuns: 60 },
  );
});

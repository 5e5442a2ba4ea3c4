import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Level } from '../../shared/sim/market.ts';
import { type BookDiff, TapeBook } from './tape-book.ts';
import { TEXT_LEVELS_MAX, TextSide } from './text-side.ts';

const SNAPSHOT = {
  lastUpdateId: 100,
  bids: [
    ['10.0', '1'],
    ['9.9', '2'],
  ],
  asks: [
    ['10.2', '3'],
    ['10.10', '4'],
  ],
} as const;
const diff = (first: number, last: number, previous: number, bids: readonly Level[] = [], asks: readonly Level[] = []): BookDiff => ({
  first,
  last,
  previous,
  bids,
  asks,
});

function loaded(): TapeBook {
  const book = new TapeBook();
  book.onSnapshot(SNAPSHOT);
  return book;
}

test('TapeBook buffers diffs until its snapshot and stitches by U <= L <= u', () => {
  const book = new TapeBook();
  expect([book.synced, book.lastUpdateId, book.top(5), book.at(100)]).toEqual([false, null, null, null]);
  expect(book.onDiff(diff(90, 95, 89, [['10.0', '77']]))).toBe('buffered');
  expect(book.onDiff(diff(96, 101, 95, [['10.0', '5']]))).toBe('buffered');
  expect(book.onDiff(diff(102, 110, 101, [['9.9', '0']]))).toBe('buffered');
  book.onSnapshot(SNAPSHOT);
  expect(book.lastUpdateId).toBe(110);
  expect(book.top(5)).toEqual({
    lastUpdateId: 110,
    bids: [['10.0', '5']],
    asks: [
      ['10.10', '4'],
      ['10.2', '3'],
    ],
  });
});

test.each([
  ['drops what ends before the snapshot', diff(90, 99, 80), 'dropped', 100],
  ['takes what spans the snapshot', diff(90, 105, 80), 'applied', 105],
  ['takes what ends at the snapshot', diff(90, 100, 80), 'applied', 100],
  ['sees a gap behind the snapshot', diff(101, 105, 100), 'gap', null],
] as const)('TapeBook.onDiff() %s', (_name, first, outcome, lastUpdateId) => {
  const book = loaded();
  expect(book.onDiff(first)).toBe(outcome);
  expect(book.lastUpdateId).toBe(lastUpdateId);
});

test('TapeBook.onDiff() chains by pu, drops repeats, loses sync at a gap and finds back with a snapshot', () => {
  const book = loaded();
  book.onDiff(diff(99, 105, 98));
  expect(book.onDiff(diff(106, 110, 105, [['10.0', '9']]))).toBe('applied');
  expect(book.onDiff(diff(106, 110, 105, [['10.0', '8']]))).toBe('dropped');
  expect(book.sizeAt('buy', '10.00')).toBe('9');
  expect(book.onDiff(diff(112, 115, 111, [['10.0', '7']]))).toBe('gap');
  expect([book.synced, book.best()]).toEqual([false, { bid: null, ask: null }]);
  book.onSnapshot({ ...SNAPSHOT, lastUpdateId: 113 });
  expect([book.lastUpdateId, book.best().bid]).toEqual([115, ['10.0', '7']]);
});

test('TapeBook ignores a snapshot that is not newer than a live book', () => {
  const book = loaded();
  book.onDiff(diff(99, 105, 98, [['10.0', '9']]));
  book.onSnapshot(SNAPSHOT);
  expect([book.lastUpdateId, book.sizeAt('buy', '10.0'), book.sizeAt('sell', '11')]).toEqual([105, '9', '0']);
});

test('TapeBook.at() remembers a bounded number of states', () => {
  const book = new TapeBook({ statesMax: 4 });
  book.onSnapshot(SNAPSHOT);
  for (let u = 100; u < 110; u++) book.onDiff(diff(u, u + 1, u, [['10.0', `${u}`]]));
  expect([105, 106, 107, 108, 109, 110].map((u) => book.at(u)?.bids[0]?.[1] ?? null)).toEqual([null, null, '106', '107', '108', '109']);
});

const level = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 3 }))
  .map(([price, size]): Level => [`${price}.50`, `${size}`]);

test('TapeBook agrees with a plain map at every update it remembers', () => {
  const updates = fc.array(fc.tuple(fc.array(level, { maxLength: 6 }), fc.array(level, { maxLength: 6 })), { maxLength: 40 });
  const run = fc.property(updates, (drawn) => {
    const [bids, asks] = [new Map<string, string>(), new Map<string, string>()];
    const book = new TapeBook();
    book.onSnapshot({ lastUpdateId: 0, bids: [], asks: [] });
    const states = drawn.map(([bidLevels, askLevels], i) => {
      for (const [map, levels] of [
        [bids, bidLevels],
        [asks, askLevels],
      ] as const) {
        for (const [price, size] of levels) size === '0' ? map.delete(price) : map.set(price, size);
      }
      expect(book.onDiff(diff(i, i + 1, i, bidLevels, askLevels))).toBe('applied');
      const sorted = (map: Map<string, string>, sign: number): Level[] => [...map].sort(([a], [b]) => sign * (Number(a) - Number(b)));
      return { lastUpdateId: i + 1, bids: sorted(bids, -1), asks: sorted(asks, 1) };
    });
    for (const state of states) expect(book.at(state.lastUpdateId)).toEqual(state);
    const last = states.at(-1);
    if (last)
      expect([book.top(3), book.best().ask]).toEqual([
        { ...last, bids: last.bids.slice(0, 3), asks: last.asks.slice(0, 3) },
        last.asks[0] ?? null,
      ]);
  });
  fc.assert(run, { numRuns: 100 });
});

test('TextSide drops its farthest level beyond the bound', () => {
  const side = new TextSide('asks');
  for (let price = 1; price <= TEXT_LEVELS_MAX + 5; price++) side.set([`${price}`, '1']);
  expect([side.count, side.best(), side.sizeOf(`${TEXT_LEVELS_MAX}`), side.sizeOf(`${TEXT_LEVELS_MAX + 1}`)]).toEqual([
    TEXT_LEVELS_MAX,
    ['1', '1'],
    '1',
    null,
  ]);
});

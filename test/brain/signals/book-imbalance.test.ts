import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookImbalance } from '../../../brain/signals/book-imbalance.ts';
import { levels } from '../../kit/brain.ts';
import { lots, ticks } from '../../../shared/units.ts';

const bids = levels(['60000.00', '3.000'], ['59999.90', '1.000'], ['59999.80', '9.000']);
const asks = levels(['60000.10', '1.000'], ['60000.20', '1.000']);

test.each([
  ['the best level alone: (3 - 1) / 4', 1, 0.5],
  ['two levels: (4 - 2) / 6', 2, 1 / 3],
  ['more levels than there are: (13 - 2) / 15', 50, 11 / 15],
])('bookImbalance() over %s', (_name, count, want) => {
  expect(bookImbalance({ bids, asks, levels: count })).toBeCloseTo(want, 12);
});

test('bookImbalance() is 1 with bids alone, -1 with asks alone, 0 with neither', () => {
  expect(bookImbalance({ bids, asks: [], levels: 5 })).toBe(1);
  expect(bookImbalance({ bids: [], asks, levels: 5 })).toBe(-1);
  expect(bookImbalance({ bids: [], asks: [], levels: 5 })).toBe(0);
});

test('bookImbalance() changes its sign with the book, and never leaves -1 to 1', () => {
  const side = fc
    .array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 8 })
    .map((sizes) => sizes.map((size) => ({ price: ticks(1), size: lots(size) })));
  fc.assert(
    fc.property(side, side, fc.integer({ min: 1, max: 8 }), (a, b, count) => {
      const one = bookImbalance({ bids: a, asks: b, levels: count });
      expect(bookImbalance({ bids: b, asks: a, levels: count }) + one).toBe(0);
      expect(Math.abs(one)).toBeLessThanOrEqual(1);
    }),
  );
});

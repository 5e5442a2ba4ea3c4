import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jumpOf, type PriceRange, priceRange } from '../../../brain/signals/price-range.ts';
import { after, type Look, someHistory, stored } from '../../kit/market-history.ts';

const withinMs = 1_000;
const jump = (history: readonly Look[]): number => {
  const state = after<PriceRange>(history, (before, { mid, atMs }) => priceRange(stored(before), { mid, atMs, withinMs }));
  return jumpOf(state, { ...history.at(-1)!, withinMs });
};
const looks = (...rows: readonly (readonly [number, number])[]): Look[] => rows.map(([atMs, mid]) => ({ atMs, mid, trades: null }));

test.each([
  ['a rise from the lowest', looks([0, 10], [100, 4], [200, 9]), 5],
  ['a fall from the highest', looks([0, 10], [100, 14], [200, 5]), -9],
  ['nothing of what is older', looks([0, 10], [5_000, 14], [5_100, 15]), 1],
  ['nothing where nothing moved', looks([0, 10], [500, 10]), 0],
])('jumpOf() sees %s', (_name, history, want) => {
  expect(jump(history)).toBe(want);
});

test('jumpOf() agrees with a search through the history, its window between one and 1.1 times as long as told', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      const { atMs, mid } = history.at(-1)!;
      const moves = (longMs: number): number[] =>
        history.filter((look) => look.atMs > atMs - longMs).map((look) => Math.abs(mid - look.mid));
      const found = Math.abs(jump(history));
      expect(found).toBeGreaterThanOrEqual(Math.max(...moves(withinMs + 1)));
      expect(found).toBeLessThanOrEqual(Math.max(...moves(1.1 * withinMs + 1)));
    }),
  );
});

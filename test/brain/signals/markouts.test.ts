import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forgetMarkouts, type Markouts, markouts, meanMarkout, NO_MARKOUTS } from '../../../brain/signals/markouts.ts';
import type { OwnFill } from '../../../brain/strategy/strategy.ts';
import { lots, ticks, wallMs } from '../../../shared/units.ts';
import { someHistory, stored } from '../../kit/market-history.ts';

const horizonMs = 1_000;
const fill = (side: 'buy' | 'sell', price: number, atMs: number): OwnFill => ({
  side,
  price: ticks(price),
  size: lots(1),
  maker: true,
  atMs: wallMs(atMs),
});
const update = (before: Markouts, atMs: number, mid: number, fills: readonly OwnFill[] = []) =>
  markouts(before, { fills, mid, atMs, horizonMs, keep: 4 });

// bought at 10,000, mid 10,003 a second later: 3 basis points; sold at 10,000: -3
test('markouts() measures at the first mid after the horizon, gains positive', () => {
  const early = update(NO_MARKOUTS, 0, 10_001, [fill('buy', 10_000, 0), fill('sell', 10_000, 0)]);
  expect(update(early, 999, 10_002)).toBe(early);
  const done = update(early, 1_000, 10_003).done;
  expect(done).toEqual([expect.closeTo(3, 9), expect.closeTo(-3, 9)]);
});

test('markouts() takes fills out of order, and drops those nobody looked at in time', () => {
  const state = update(update(NO_MARKOUTS, 0, 1), 500, 10_000, [fill('buy', 10_000, 400), fill('buy', 10_000, 100)]);
  expect(update(state, 1_200, 10_010)).toEqual({ waiting: [expect.objectContaining({ atMs: 400 })], done: [expect.closeTo(10, 9)] });
  expect(update(state, 2_200, 10_010)).toEqual({ waiting: [], done: [expect.closeTo(10, 9)] });
  expect(update(state, 9_000, 10_010)).toEqual({ waiting: [], done: [] });
});

test('meanMarkout() is of the last fills, unknown while there are fewer; forgetMarkouts() keeps those that wait', () => {
  expect(meanMarkout({ waiting: [], done: [1, 2, 6] }, 2)).toBe(4);
  expect(meanMarkout({ waiting: [], done: [1] }, 2)).toBeNull();
  const state = update(NO_MARKOUTS, 0, 1, [fill('buy', 1, 0)]);
  expect(forgetMarkouts({ ...state, done: [1] })).toEqual(state);
});

test('markouts() agrees with a search through the whole history, bounded, over restarts too', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      let state = NO_MARKOUTS;
      const fills = history.map(({ trades, atMs }) =>
        (trades ?? []).map(({ aggressor, price }, i) => fill(aggressor === 'buy' ? 'sell' : 'buy', price, atMs + i)),
      );
      for (const [i, { atMs, mid }] of history.entries()) {
        state = update(stored(state), atMs, mid, fills[i]);
        expect(state.waiting.length).toBeLessThanOrEqual(100);
      }
      const measured = fills
        .flat()
        .sort((a, b) => a.atMs - b.atMs)
        .flatMap(({ side, price, atMs }) => {
          const seen = history.find((look) => look.atMs >= atMs + horizonMs);
          const gain = seen && ((seen.mid - price) / price) * 10_000;
          return seen && gain !== undefined && seen.atMs <= atMs + 2 * horizonMs ? [side === 'buy' ? gain : -gain] : [];
        });
      expect(state.done).toEqual(measured.slice(-4).map((one) => expect.closeTo(one, 9)));
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heldMean } from '../../../brain/signals/held-mean.ts';
import { type Momentum, momentum, momentumBps } from '../../../brain/signals/momentum.ts';
import { after, type Look, someHistory } from '../../kit/market-history.ts';

const update = (before: Momentum | null, { mid, atMs }: Look) => momentum(before, { mid, atMs, fastMs: 500, slowMs: 5_000 });
const meanOf = (history: readonly Look[], halfLifeMs: number): number =>
  after<ReturnType<typeof heldMean>>(history, (before, { mid, atMs }) => heldMean(before, { value: mid, atMs, halfLifeMs })).mean;

// after a step from 100 to 101 that held for 500 ms: fast 100.5, slow 101 - 2^(-0.1) = 100.06697; (100.5 / 100.06697 - 1) 10^4 = 43.27
test('momentumBps() is how far the fast mean is from the slow one', () => {
  const looks = [
    { atMs: 0, mid: 100, trades: null },
    { atMs: 1, mid: 101, trades: null },
    { atMs: 501, mid: 101, trades: null },
  ];
  expect(momentumBps(after(looks, update))).toBeCloseTo(43.27, 1);
});

test('momentumBps() agrees with the two means, is 0 for a mid that never moved, and has the sign of a rise', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      expect(momentumBps(after(history, update))).toBeCloseTo((meanOf(history, 500) / meanOf(history, 5_000) - 1) * 10_000, 8);
      expect(
        momentumBps(
          after(
            history.map((look) => ({ ...look, mid: 7 })),
            update,
          ),
        ),
      ).toBeCloseTo(0, 9);
      const rising = history.map((look, i) => ({ ...look, mid: 600_000 + i }));
      expect(momentumBps(after(rising, update))).toBeGreaterThanOrEqual(-1e-9);
    }),
  );
});

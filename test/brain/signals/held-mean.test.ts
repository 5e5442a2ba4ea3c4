import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heldMean } from '../../../brain/signals/held-mean.ts';
import { after, type Look, someHistory } from '../../kit/market-history.ts';

const halfLifeMs = 1_000;
const update = (before: ReturnType<typeof heldMean> | null, { mid, atMs }: Look) => heldMean(before, { value: mid, atMs, halfLifeMs });

// 10 holds for one half-life, then 20 for another: 1/2 (1/2 x 10 + 1/2 x 10) + 1/2 x 20 = 15
test('heldMean() weighs a value by how long it held', () => {
  const looks = [
    { atMs: 0, mid: 10, trades: null },
    { atMs: 1_000, mid: 20, trades: null },
    { atMs: 2_000, mid: 99, trades: null },
  ];
  expect(after(looks, update)).toEqual({ mean: 15, last: 99, atMs: 2_000 });
});

test('heldMean() agrees with the integral over the whole history', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      const end = history.at(-1)!.atMs;
      const weightSince = (atMs: number): number => 2 ** (-(end - atMs) / halfLifeMs);
      const held = history.slice(0, -1).map(({ mid, atMs }, i) => mid * (weightSince(history[i + 1]!.atMs) - weightSince(atMs)));
      const whole = history[0]!.mid * weightSince(history[0]!.atMs) + held.reduce((sum, one) => sum + one, 0);
      expect(after(history, update).mean).toBeCloseTo(whole, 6);
    }),
  );
});

test('heldMean() is not changed by looking more often', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      const often = history.flatMap((look, i) => (i === 0 ? [look] : [{ ...history[i - 1]!, atMs: look.atMs }, look]));
      expect(after(often, update).mean).toBeCloseTo(after(history, update).mean, 6);
    }),
  );
});

test('heldMean() counts a clock set back as no time, and goes on from there', () => {
  const back = heldMean({ mean: 5, last: 7, atMs: 10_000 }, { value: 9, atMs: 4_000, halfLifeMs });
  expect(back).toEqual({ mean: 5, last: 9, atMs: 4_000 });
  expect(heldMean(back, { value: 9, atMs: 5_000, halfLifeMs }).mean).toBe(7);
});

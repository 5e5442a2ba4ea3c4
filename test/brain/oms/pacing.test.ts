import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toleranceStretch } from '../../../brain/oms/pacing.ts';
import { wallMs } from '../../../shared/units.ts';

const MINUTE = 1_795_000_020_000; // a minute begins here
const use = (over: { weight?: number; orders1m?: number; orders10s?: number } = {}) => ({
  weight: { used: over.weight ?? 0, limit: 2_400 },
  orders1m: { used: over.orders1m ?? 0, limit: 1_200 },
  orders10s: { used: over.orders10s ?? 0, limit: 300 },
});
const at = (intoMinuteMs: number, over: Parameters<typeof use>[0]) =>
  toleranceStretch({ budgets: use(over), wallMs: wallMs(MINUTE + intoMinuteMs) });

test.each([
  ['nothing used', 30_000, {}, 1],
  ['orders at a pace of 60 % of the minute', 30_000, { orders1m: 360 }, 1],
  ['orders at a pace of 80 %', 30_000, { orders1m: 480 }, 2.5],
  ['orders at the pace of the limit', 30_000, { orders1m: 600 }, 4],
  ['twice the pace of the limit', 30_000, { orders1m: 1_200 }, 4],
  ['weight at a pace of 80 %', 45_000, { weight: 1_440 }, 2.5],
  ['orders of ten seconds at the pace of the limit', 35_000, { orders10s: 150 }, 4],
  ['a burst at the start of the windows', 0, { orders1m: 24, orders10s: 24 }, 1],
])('toleranceStretch() with %s', (_name, into, over, want) => {
  expect(at(into, over)).toBeCloseTo(want, 9);
});

test('toleranceStretch() is 1 to 4 and never falls when more is used', () => {
  const some = fc.integer({ min: 0, max: 3_000 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 59_999 }), some, some, (into, one, two) => {
      const [less, more] = [Math.min(one, two), Math.max(one, two)].map((n) => at(into, { weight: n, orders1m: n, orders10s: n }));
      expect(less).toBeGreaterThanOrEqual(1);
      expect(more).toBeLessThanOrEqual(4);
      expect(more).toBeGreaterThanOrEqual(less ?? 0);
    }),
  );
});

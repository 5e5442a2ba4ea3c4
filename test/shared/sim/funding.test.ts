import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Funding, fundingRate, fundingTermsOf } from '../../../shared/sim/funding.ts';
import { money } from '../../kit/walls.ts';

const TERMS = { hours: 8, cap: 0.02 } as const;

test.each([
  [0, 8, 0.02, 10_000n], // the interest alone
  [0.0004, 8, 0.02, 10_000n], // within the pull the rate is the interest
  [-0.0004, 8, 0.02, 10_000n],
  [0.0008, 8, 0.02, 30_000n], // 0.08 % less the largest pull
  [-0.0008, 8, 0.02, -30_000n],
  [0.0008, 4, 0.02, 15_000n], // half of it for half the time
  [0.01, 8, 0.003, 300_000n], // capped
  [-0.01, 8, 0.003, -300_000n],
] as const)('fundingRate() of premium %f over %i h with cap %f is %s parts of 1e-8', (premium, hours, cap, want) => {
  expect(fundingRate(premium, { hours, cap })).toBe(want);
});

test('a rate never leaves its cap and rises with the premium', () => {
  const premium = fc.double({ min: -0.2, max: 0.2, noNaN: true });
  fc.assert(
    fc.property(premium, premium, (a, b) => {
      const [low, high] = [fundingRate(Math.min(a, b), TERMS), fundingRate(Math.max(a, b), TERMS)];
      expect(low <= high && low >= -2_000_000n && high <= 2_000_000n).toBe(true);
    }),
  );
});

test('Funding settles on its hours with later samples weighing more, then begins anew', () => {
  const hourMs = 3_600_000;
  const funding = new Funding({ symbol: '1000PEPEUSDT', atMs: hourMs * 4 - 3_000, history: [] });
  expect([fundingTermsOf('1000PEPEUSDT').hours, funding.nextMs]).toEqual([4, hourMs * 4]);
  const mark = money('0.01');
  for (const [i, premium] of [0, 0, 0.006].entries()) funding.second({ premium, mark, atMs: hourMs * 4 - 2_000 + i * 1_000 });
  // weights 1, 2, 3: half of 0.006 is 0.003, less 0.0005, for four of eight hours
  expect(funding.settledAt(hourMs * 4)).toEqual({ atMs: hourMs * 4, rate: 125_000n, mark });
  expect([funding.nextMs, funding.rate()]).toEqual([hourMs * 8, 5_000n]);
  expect(funding.settledAt(hourMs * 4 + 1_000)).toBeNull();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reservationShift, stoikovSpread } from '../../../../brain/strategy/market-making/avellaneda-stoikov.ts';

/**
 * With the parameters of the paper's own simulation: sigma 2, T 1, gamma 0.1, k 1.5. The arithmetic:
 *
 *     ln(1 + gamma/k) = ln(1 + 1/15) = 1/15 - 1/450 + 1/10125 - 1/202500 + ... = 0.0645385
 *     (2/gamma) ln(1 + gamma/k) = 20 x 0.0645385 = 1.290770
 *     gamma sigma^2 (T - t) = 0.1 x 4 x 1 = 0.4 at t = 0, 0.2 half way, 0 at the end
 */
const PAPER = { gamma: 0.1, sigma: 2, k: 1.5 };

test.each([
  ['at the begin: 0.4 + 1.290770', 1, 1.69077],
  ['half way, which is the mean over the whole run: 0.2 + 1.290770', 0.5, 1.49077],
  ['at the end: 1.290770', 0, 1.29077],
])('stoikovSpread() %s', (_name, horizonS, want) => {
  expect(stoikovSpread({ ...PAPER, horizonS })).toBeCloseTo(want, 5);
});

// gamma 0.5: 4 ln(1 + 1/3) = 4 x 0.2876821 = 1.150728, and 0.5 x 4 / 2 = 1 half way
// gamma 0.01: 200 ln(1 + 1/150) = 200 x 0.00664454 = 1.328908, and 0.01 x 4 / 2 = 0.02
test.each([
  [0.5, 2.150728],
  [0.01, 1.348908],
])('stoikovSpread() with gamma %d', (gamma, want) => {
  expect(stoikovSpread({ ...PAPER, gamma, horizonS: 0.5 })).toBeCloseTo(want, 5);
});

// q gamma sigma^2 (T - t) = 3 x 0.1 x 4 x 0.5 = 0.6 below mid
test('reservationShift() is below mid when long, above when short, nothing when flat', () => {
  const at = (orders: number): number => reservationShift({ ...PAPER, horizonS: 0.5, orders });
  expect([at(3), at(-3), at(0)]).toEqual([expect.closeTo(0.6, 12), expect.closeTo(-0.6, 12), 0]);
});

// basis points of a mid of 50,000 against quote currency: sigma x 5, gamma and k / 5
test('both hold in any unit of price: the same quotes in basis points and in quote currency', () => {
  const some = fc.double({ min: 0.01, max: 10, noNaN: true });
  fc.assert(
    fc.property(some, some, some, fc.integer({ min: -9, max: 9 }), (gamma, sigma, k, orders) => {
      const bps = { gamma, sigma, k, horizonS: 30, orders };
      const money = { ...bps, sigma: sigma * 5, gamma: gamma / 5, k: k / 5 };
      expect(stoikovSpread(money) / (5 * stoikovSpread(bps))).toBeCloseTo(1, 9);
      expect(reservationShift(money)).toBeCloseTo(5 * reservationShift(bps), 6);
    }),
  );
});

test('stoikovSpread() rises with sigma and falls with k; without risk it tends to 2 / k', () => {
  const some = fc.double({ min: 0.01, max: 10, noNaN: true });
  fc.assert(
    fc.property(some, some, some, some, (gamma, sigma, k, more) => {
      const at = { gamma, sigma, k, horizonS: 1 };
      expect(stoikovSpread({ ...at, sigma: sigma + more })).toBeGreaterThanOrEqual(stoikovSpread(at));
      expect(stoikovSpread({ ...at, k: k + more })).toBeLessThanOrEqual(stoikovSpread(at));
    }),
  );
  expect(stoikovSpread({ gamma: 1e-6, sigma: 0, horizonS: 1, k: 4 })).toBeCloseTo(0.5, 6);
});

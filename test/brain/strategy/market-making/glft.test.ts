import fc from 'fast-check';
import { expect, test } from 'vitest';
import { glftShiftPerOrder, glftSpread } from '../../../../brain/strategy/market-making/glft.ts';

/**
 * The numbers below the figures of the paper, in ticks and seconds: sigma 0.3, A 0.9, k 0.3, gamma 0.01.
 *
 *     gamma/k = 1/30                     ln(1 + 1/30) = 0.03278982
 *     1/gamma ln(1 + gamma/k)          = 100 x 0.03278982 = 3.278982
 *     (1 + gamma/k)^(1 + k/gamma)      = exp(31 x 0.03278982) = exp(1.01648451) = 2.763463
 *     gamma / (2 k A)                  = 0.01 / 0.54 = 0.01851852
 *     c = sqrt(0.01851852 x 2.763463)  = sqrt(0.05117524) = 0.2262194
 *     sigma c                          = 0.3 x 0.2262194 = 0.06786583 for each order held
 *     bid, flat: 3.278982 + 1/2 x 0.06786583 = 3.312915; with 3 orders: 3.278982 + 7/2 x 0.06786583 = 3.516512
 *     ask, with 3 orders: 3.278982 - 5/2 x 0.06786583 = 3.109317
 */
const PAPER = { gamma: 0.01, sigma: 0.3, a: 0.9, k: 0.3 };

/** Distances of (4.6) and (4.7), from the half spread and the shift. */
const bidAt = (orders: number, input = PAPER): number => glftSpread(input) / 2 + orders * glftShiftPerOrder(input);
const askAt = (orders: number, input = PAPER): number => glftSpread(input) / 2 - orders * glftShiftPerOrder(input);

test('glftShiftPerOrder() and glftSpread() are the quotes of the paper', () => {
  expect(glftShiftPerOrder(PAPER)).toBeCloseTo(0.06786583, 7);
  expect(glftSpread(PAPER)).toBeCloseTo(2 * 3.312915, 5);
  expect([bidAt(0), bidAt(3), askAt(3)]).toEqual([expect.closeTo(3.312915, 5), expect.closeTo(3.516512, 5), expect.closeTo(3.109317, 5)]);
});

/**
 * The second set of the paper: sigma 1, A 0.2, k 0.3, gamma 0.01: c = sqrt(0.01 / 0.12 x 2.763463) = sqrt(0.2302886) = 0.4798839,
 * bid flat 3.278982 + 0.2399419 = 3.518924.
 */
test('glftSpread() widens where it is riskier and takers are rarer', () => {
  expect(bidAt(0, { ...PAPER, sigma: 1, a: 0.2 })).toBeCloseTo(3.518924, 5);
});

test('the quotes solve what they approximate: without risk left they stand at 1 / k', () => {
  const calm = { gamma: 1e-6, sigma: 0, a: 1, k: 0.5 };
  expect([bidAt(0, calm), askAt(0, calm)]).toEqual([expect.closeTo(2, 5), expect.closeTo(2, 5)]);
});

const some = fc.double({ min: 0.01, max: 10, noNaN: true });
test('the quotes mirror each other, rise with sigma, fall with A, and are the same in any unit of price', () => {
  fc.assert(
    fc.property(fc.record({ gamma: some, sigma: some, a: some, k: some }), some, fc.integer({ min: 0, max: 9 }), (input, more, orders) => {
      expect(bidAt(orders, input)).toBeCloseTo(askAt(-orders, input), 9);
      expect(glftSpread({ ...input, sigma: input.sigma + more })).toBeGreaterThanOrEqual(glftSpread(input));
      expect(glftSpread({ ...input, a: input.a + more })).toBeLessThanOrEqual(glftSpread(input));
      expect(bidAt(orders + 1, input)).toBeGreaterThanOrEqual(bidAt(orders, input));
      const money = { gamma: input.gamma / 5, sigma: input.sigma * 5, a: input.a, k: input.k / 5 };
      expect(bidAt(orders, money) / (5 * bidAt(orders, input))).toBeCloseTo(1, 9);
    }),
  );
});

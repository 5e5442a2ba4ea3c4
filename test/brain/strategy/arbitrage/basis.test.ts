import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Basis, edgeOf, followBasis, leftOf, type Priced, ratioOf } from '../../../../brain/strategy/arbitrage/basis.ts';

const top = (mid: number, half = 0) => ({ bid: mid - half, ask: mid + half });
const FREE = { takerFee: 0, fundingRate: 0 };
const priced = (over: Partial<Priced> = {}): Priced => ({
  a: top(100),
  b: top(100),
  mean: 0,
  costsA: FREE,
  costsB: FREE,
  fundings: 0,
  ...over,
});
const bps = (share: number) => share * 10_000;

test('edgeOf() is the distance of executable prices from the mean, less four fees and half of both spreads', () => {
  const fee = { takerFee: 0.0005, fundingRate: 0 };
  const edge = edgeOf('long-b', priced({ a: top(101, 0.01), b: top(100, 0.01), costsA: fee, costsB: fee }));
  // ln(100.99 / 100.01) = 0.0097512; half spreads: (ln(101.01/100.99) + ln(100.01/99.99)) / 2 = (0.00019802 + 0.00020000) / 2
  expect(bps(edge.gross)).toBeCloseTo(97.512, 2);
  expect(bps(edge.costs)).toBeCloseTo(20 + 1.99, 2);
  expect(bps(edge.net)).toBeCloseTo(97.512 - 21.99, 2);
});

test('edgeOf() counts funding: the short of the dearer leg receives its rate, the long of the other pays its own', () => {
  const costs = { costsA: { takerFee: 0, fundingRate: 0.0003 }, costsB: { takerFee: 0, fundingRate: 0.0001 } };
  expect(bps(edgeOf('long-b', priced({ ...costs, fundings: 2 })).carry)).toBeCloseTo(-4, 9);
  expect(bps(edgeOf('long-a', priced({ ...costs, fundings: 2 })).carry)).toBeCloseTo(4, 9);
});

const price = fc.double({ min: 10, max: 1_000, noNaN: true });
const half = fc.double({ min: 0.0001, max: 0.5, noNaN: true });

test('edgeOf(): never both ways at once, symmetric in the legs, and dearer with a wider book or a higher fee', () => {
  fc.assert(
    fc.property(price, price, half, half, fc.double({ min: -0.1, max: 0.1, noNaN: true }), (p, q, g, h, mean) => {
      const one = priced({ a: top(p, g), b: top(q, h), mean });
      const other = priced({ a: top(q, h), b: top(p, g), mean: -mean });
      const [long, short] = [edgeOf('long-a', one), edgeOf('long-b', one)];
      expect(long.gross + short.gross).toBeLessThanOrEqual(0);
      expect(edgeOf('long-b', other).net).toBeCloseTo(long.net, 9);
      expect(edgeOf('long-a', { ...one, a: top(p, 2 * g) }).net).toBeLessThan(long.net);
      expect(edgeOf('long-a', { ...one, costsB: { takerFee: 0.001, fundingRate: 0 } }).net).toBeLessThan(long.net);
      expect(leftOf('long-a', one)).toBeCloseTo(-leftOf('long-b', one), 12);
    }),
  );
});

test('followBasis() forgets with its time constant, whatever the steps: many small ones equal one large', () => {
  const start: Basis = { mean: 1, variance: 0, atMs: 0, sinceMs: 0 };
  const once = followBasis(start, { ratio: 0, nowMs: 60_000, tauMs: 60_000 });
  expect(once.mean).toBeCloseTo(Math.exp(-1), 12);
  let many: Basis = start;
  for (let n = 1; n <= 600; n++) many = followBasis(many, { ratio: 0, nowMs: n * 100, tauMs: 60_000 });
  expect(many?.mean).toBeCloseTo(Math.exp(-1), 9);
});

test('followBasis() agrees with a plain weighted recomputation', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: -0.01, max: 0.01, noNaN: true })), {
        minLength: 1,
        maxLength: 40,
      }),
      (looks) => {
        let basis: Basis = null;
        let [at, plain] = [0, Number.NaN];
        for (const [gapMs, ratio] of looks) {
          at += gapMs;
          plain = Number.isNaN(plain) ? ratio : plain * Math.exp(-gapMs / 3_000) + ratio * (1 - Math.exp(-gapMs / 3_000));
          basis = followBasis(basis, { ratio, nowMs: at, tauMs: 3_000 });
        }
        expect(basis?.mean).toBeCloseTo(plain, 12);
        expect(basis?.variance).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});

test('ratioOf() of equal books is zero', () => {
  expect(ratioOf(top(123, 1), top(123, 2))).toBe(0);
});

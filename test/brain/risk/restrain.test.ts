import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BreakerState, CLOSED } from '../../../brain/risk/breaker.ts';
import { FREE, type Restraint, restrain, restraintOf } from '../../../brain/risk/restrain.ts';
import type { SymbolView, Wish } from '../../../brain/strategy/strategy.ts';
import { TIERS, type Tier } from '../../../shared/risk.ts';
import { atoms, lots, ticks } from '../../../shared/units.ts';
import { view } from '../../kit/brain.ts';

/** Mid 600000.5 ticks. */
const WISH: Wish = {
  quotes: [
    { side: 'buy', price: ticks(599_990), size: lots(10), level: 0 },
    { side: 'sell', price: ticks(600_011), size: lots(10), level: 0 },
  ],
  target: null,
  reason: 'quoting',
  signals: {},
};
const at = (tier: Tier): BreakerState => ({ at: 'open', tier, relapses: 0, sinceMs: 0, findings: [] });
const HALF: BreakerState = { at: 'half-open', relapses: 0, sinceMs: 0 };
const of = (state: BreakerState): Restraint => restraintOf(state, { probeSizePercent: 25 });
const left = (state: BreakerState, wish: Wish = WISH, over: Partial<SymbolView> = {}) =>
  restrain(wish, { restraint: of(state), view: view(over), widenFactor: 2 });
const quotes = (wish: Wish) => wish.quotes.map(({ side, price, size }) => [side, price, size]);

test('restrain() leaves a wish alone while the breaker is closed', () => {
  expect(left(CLOSED)).toBe(WISH);
});

test('restrain() in tier widen moves quotes to twice their distance from mid, rounded away', () => {
  expect(quotes(left(at('widen')))).toEqual([
    ['buy', 599_979, 10],
    ['sell', 600_022, 10],
  ]);
  expect(left(at('widen')).reason).toBe('breaker-widened');
});

test.each([
  [0, []],
  [4, [['sell', 600_022, 4]]],
  [40, [['sell', 600_022, 10]]],
  [-40, [['buy', 599_979, 10]]],
])('restrain() in tier one-sided with %i lots leaves only what reduces', (position, want) => {
  expect(quotes(left(at('one-sided'), WISH, { position: lots(position) }))).toEqual(want);
});

test.each(['pause', 'emergency'] as const)('restrain() in tier %s leaves nothing', (tier) => {
  expect(left(at(tier), { ...WISH, target: { position: lots(0), slippageBps: 1 } })).toMatchObject({
    quotes: [],
    target: null,
    reason: 'breaker-paused',
  });
});

test('restrain() while probing makes sizes small, but no smaller than the venue takes', () => {
  expect(quotes(left(HALF))).toEqual([
    ['buy', 599_990, 2],
    ['sell', 600_011, 2],
  ]);
  const sizesAt = (size: number, minNotional: number): number[] => {
    const { instrument } = view();
    const wish = { ...WISH, quotes: WISH.quotes.map((quote) => ({ ...quote, size: lots(size) })) };
    const market = { instrument: { ...instrument, minNotionalAtoms: atoms(BigInt(minNotional) * 100_000_000n) } };
    return left(HALF, wish, market).quotes.map((quote) => quote.size);
  };
  expect(sizesAt(3, 0)).toEqual([1, 1]);
  expect(sizesAt(10, 180)).toEqual([4, 3]); // 179.997 and 180.0033
  expect(sizesAt(3, 180)).toEqual([3]); // even all of the bid is less than the venue takes
});

test('restrain() in tier one-sided lets all levels together no further than flat', () => {
  const sells = [7, 7, 7].map((size, level) => ({ side: 'sell' as const, price: ticks(600_011 + level), size: lots(size), level }));
  expect(left(at('one-sided'), { ...WISH, quotes: sells }, { position: lots(10) }).quotes.map(({ size }) => size)).toEqual([7, 3]);
});

test.each<[string, BreakerState, number, number, number | null]>([
  ['one-sided: an entry is no way out', at('one-sided'), 0, 20, null],
  ['one-sided: growing is not', at('one-sided'), 10, 20, null],
  ['one-sided: turning over goes to flat', at('one-sided'), 10, -20, 0],
  ['one-sided: reducing is let through', at('one-sided'), 20, 5, 5],
  ['probing: an entry is a quarter', HALF, 0, 20, 5],
  ['probing: a way out is whole', HALF, 20, 0, 0],
  ['probing: what is held already is not sold for being above the quarter', HALF, 10, 20, 10],
])('restrain() of a target, %s', (_name, state, held, target, want) => {
  const wish = { ...WISH, quotes: [], target: { position: lots(target), slippageBps: 5 } };
  expect(left(state, wish, { position: lots(held) }).target?.position ?? null).toBe(want);
});

test('restrain() never makes a wish larger, nearer, or crossing; with less allowed never more is left', () => {
  const quote = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    price: fc.integer({ min: 590_000, max: 610_000 }).map(ticks),
    size: fc.integer({ min: 1, max: 50 }).map(lots),
    level: fc.constant(0),
  });
  fc.assert(
    fc.property(fc.array(quote, { maxLength: 6 }), fc.integer({ min: -60, max: 60 }), (wanted, position) => {
      const wish = { ...WISH, quotes: wanted };
      const counts = [CLOSED, ...TIERS.map(at)].map((state) => {
        const result = left(state, wish, { position: lots(position) }).quotes;
        expect(result.length).toBeLessThanOrEqual(wanted.length);
        for (const one of result) {
          const origin = wanted.filter(({ side, size }) => side === one.side && size >= one.size);
          expect(origin.some(({ price }) => (one.side === 'buy' ? one.price <= price : one.price >= price))).toBe(true);
        }
        return result.reduce((sum, { size }) => sum + size, 0);
      });
      expect(counts).toEqual([...counts].sort((a, b) => b - a));
    }),
  );
  expect(of(CLOSED)).toBe(FREE);
});

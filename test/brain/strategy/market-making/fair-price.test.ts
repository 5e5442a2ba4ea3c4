import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fairPriceOf } from '../../../../brain/strategy/market-making/fair-price.ts';
import type { Senses } from '../../../../brain/strategy/market-making/senses.ts';
import type { MicroPrice } from '../../../../brain/signals/micro-price.ts';
import { lots, ticks } from '../../../../shared/units.ts';
import { levels } from '../../../kit/brain.ts';
import { marketIn, mmParameters, senses } from '../../../kit/market-making.ts';

// best bid 60000.00 x 3, best ask 60000.20 x 1: mid 600,001 ticks, spread 2
const BOOK = {
  bids: levels(['60000.00', '3.000'], ['59999.90', '1.000']),
  asks: levels(['60000.20', '1.000'], ['60000.30', '5.000']),
};
const fair = (fairPrice: object, { of = {}, mark = null }: { of?: Partial<Senses>; mark?: number | null } = {}) =>
  fairPriceOf({ market: marketIn(BOOK), senses: senses(of), parameters: mmParameters({ fairPrice }), markTicks: mark });
const flow = (buys: number, sells: number) => ({ flow: { buys, sells, sinceMs: 0, atMs: 1 } });
const trend = (fast: number, slow: number) => ({
  momentum: { fast: { mean: fast, last: fast, atMs: 0 }, slow: { mean: slow, last: slow, atMs: 0 } },
});
const micro = (adjustment: readonly number[] | null): Partial<Senses> => ({
  microPrice: {
    seen: { cell: 2, sign: 1, mid: 600_001, spread: 2 },
    moved: [],
    looks: [],
    drift: [],
    adjustment,
    solvedMs: 0,
  } satisfies MicroPrice,
});

describe('fairPriceOf() of', () => {
  test.each<[string, object, Parameters<typeof fair>[1], number]>([
    ['mid', { model: 'mid' }, {}, 600_001],
    // (600,000 x 1 + 600,002 x 3) / 4
    ['microprice, weighted by the size opposite', { model: 'microprice' }, {}, 600_001.5],
    // (4 - 6) / 10 = -0.2 of half the spread of 2
    ['the imbalance of two levels, of half the spread', { model: 'book-imbalance', imbalanceLevels: 2 }, {}, 600_000.8],
    // -0.2 of 5 basis points of 600,001
    ['the imbalance, of a distance given', { model: 'book-imbalance', imbalanceLevels: 2, imbalanceBps: 5 }, {}, 600_001 - 60.0001],
    ['what mid is expected to move', { model: 'stoikov-microprice' }, { of: micro([0, 0, 1.25, 0, 0]) }, 600_002.25],
    // 0.5 x 2 basis points of 600,001
    ['takers who buy three times as much as they sell', { flowBps: 2 }, { of: flow(3, 1) }, 600_061.0001],
    // fast over slow is 10 basis points; half of it, but no more than 3
    ['momentum, at most so far', { momentumWeight: 0.5, signalBpsMax: 3 }, { of: trend(100_100, 100_000) }, 600_181.0003],
    ['momentum, against it', { momentumWeight: -0.5, signalBpsMax: 3 }, { of: trend(100_100, 100_000) }, 599_820.9997],
    ['the mark price, by a quarter', { markWeight: 0.25 }, { mark: 600_401 }, 600_101],
    ['the mark price alone', { markWeight: 1 }, { mark: 600_401.5 }, 600_401.5],
  ])('%s', (_name, fairPrice, over, want) => {
    expect(fair(fairPrice, over)).toBeCloseTo(want, 4);
  });

  test('what is not known is a reason, not another price', () => {
    expect(fair({ model: 'stoikov-microprice' })).toBe('warming-up');
    expect(fair({ model: 'stoikov-microprice' }, { of: micro(null) })).toBe('warming-up');
    expect(fair({ markWeight: 0.1 })).toBe('mark-unknown');
    expect(fair({ flowBps: 5, momentumWeight: 5 })).toBe(600_001); // nothing seen yet moves nothing
  });
});

const sizes = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 6 });
test('fairPriceOf() mirrors a mirrored book to the last bit, and stays between the best prices where it is made of them', () => {
  fc.assert(
    fc.property(
      sizes,
      sizes,
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom('mid', 'microprice', 'book-imbalance'),
      (a, b, spread, model) => {
        const side = (of: readonly number[], from: number, step: number) =>
          of.map((size, i) => ({ price: ticks(from + i * step), size: lots(size) }));
        const [bid, ask] = [600_000, 600_000 + spread];
        const parameters = mmParameters({ fairPrice: { model, imbalanceLevels: 3 } });
        const of = (bids: readonly number[], asks: readonly number[]) =>
          fairPriceOf({
            market: marketIn({ bids: side(bids, bid, -1), asks: side(asks, ask, 1) }),
            senses: senses(),
            parameters,
            markTicks: null,
          }) as number;
        const mid = (bid + ask) / 2;
        expect(of(a, b) - mid + (of(b, a) - mid)).toBe(0);
        expect(of(a, b)).toBeGreaterThanOrEqual(bid);
        expect(of(a, b)).toBeLessThanOrEqual(ask);
      },
    ),
  );
});

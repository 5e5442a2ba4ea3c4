import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { follow, type HeldNow, isSame, type Track } from '../../../brain/risk/exit-track.ts';
import type { ExitParameters } from '../../../shared/exit-parameters.ts';

const held = (over: Partial<HeldNow> = {}): HeldNow => ({
  ...{ side: 1, opening: { tradeId: '7', atMs: 5_000 }, entry: 100, size: 2, price: 100, atMs: 6_000 },
  ...over,
});
const rules = (over: Partial<ExitParameters> = {}, feeShare = 0.001) => ({
  parameters: { cooldownMs: 0, maxMarkAgeMs: 3_000, ...over },
  feeShare,
});
/** The track after each price in turn. */
const trackAfter = (prices: readonly (number | null)[], parameters: Partial<ExitParameters>, over: Partial<HeldNow> = {}): Track =>
  prices.reduce<Track | null>((track, price) => follow(track, { held: held({ price, ...over }), rules: rules(parameters) }), null)!;

describe('isSame()', () => {
  const known = follow(null, { held: held(), rules: rules() });
  const unknown = follow(null, { held: held({ opening: null }), rules: rules() });
  test.each<[string, Track, Partial<HeldNow>, boolean]>([
    ['the same trade opened it', known, {}, true],
    ['it grew, by the same opening', known, { size: 5, entry: 90 }, true],
    ['it shrank, by the same opening', known, { size: 1 }, true],
    ['it turned', known, { side: -1 }, false],
    ['a later trade opened it', known, { opening: { tradeId: '9', atMs: 5_001 } }, false],
    ['a later trade opened it, at the same price and size', known, { opening: { tradeId: '9', atMs: 5_000 } }, false],
    ['a fill told late had opened it', known, { opening: { tradeId: '6', atMs: 4_999 } }, true],
    ['nobody knows who opened it: the same entry price', unknown, { opening: null, size: 1 }, true],
    ['nobody knows who opened it: it grew', unknown, { opening: null, size: 3, entry: 101 }, true],
    ['nobody knows who opened it: another entry price without growing', unknown, { opening: null, entry: 101 }, false],
    ['nobody knows who opened it: another entry price of a smaller one', unknown, { opening: null, entry: 99.9, size: 1 }, false],
    ['its opening is known only now', unknown, {}, true],
    ['its opening is not known any more', known, { opening: null }, true],
    ['digits of a sum', unknown, { opening: null, entry: 100.00000001 }, true],
  ])('%s: %4$s', (_name, track, now, want) => {
    expect(isSame(track, held(now))).toBe(want);
  });
});

describe('follow()', () => {
  test('counts the holding from the trade that opened it, or from when it was first seen', () => {
    expect(trackAfter([100], {}).heldSinceMs).toBe(5_000);
    const adopted = trackAfter([100], {}, { opening: null });
    expect(adopted.heldSinceMs).toBe(6_000);
    expect(follow(adopted, { held: held({ opening: null, atMs: 9_000 }), rules: rules() }).heldSinceMs).toBe(6_000);
    expect(follow(adopted, { held: held({ atMs: 9_000 }), rules: rules() }).heldSinceMs).toBe(5_000);
  });

  test('another position has nothing of the one before', () => {
    const before = trackAfter([110, 105], { trailing: { distance: '2' }, breakEven: { afterPercent: 1, feesPercent: 0.2 } });
    expect([before.peak, before.trail]).toEqual([110, 108]);
    const next = held({ opening: { tradeId: '9', atMs: 7_000 }, entry: 104, price: 104, atMs: 7_000 });
    const parameters = { trailing: { activationPercent: 5, distance: '2' }, breakEven: { afterPercent: 1 } };
    expect(follow(before, { held: next, rules: rules(parameters) })).toMatchObject({
      ...{ heldSinceMs: 7_000, peak: 104, trail: null, breakEven: null, entry: 104 },
    });
  });

  test.each<[string, Partial<ExitParameters>, readonly (number | null)[], number | null]>([
    ['at once without an activation', { trailing: { distance: '2' } }, [100], 98],
    ['not before its activation', { trailing: { activationPercent: 3, distance: '2' } }, [100, 102.99], null],
    ['from its activation on', { trailing: { activationPercent: 3, distance: '2' } }, [100, 103], 101],
    ['by distance', { trailing: { activationDistance: '3', percent: 2 } }, [100, 103], 101],
    ['behind the best price, whatever came after', { trailing: { distance: '2' } }, [100, 110, 109, null, 104], 108],
    ['behind the best price of the whole holding', { trailing: { activationPercent: 3, distance: '2' } }, [100, 103, 102], 101],
    ['unmoved while no price is known', { trailing: { distance: '2' } }, [100, null], 98],
    ['nowhere when the rule is gone', {}, [100, 110], null],
  ])('trails %s', (_name, parameters, prices, want) => {
    expect(trackAfter(prices, parameters).trail).toBe(want);
    const short = trackAfter(
      prices.map((price) => (price === null ? null : 200 - price)),
      parameters,
      { side: -1 },
    );
    expect(short.trail).toBe(want === null ? null : 200 - want);
  });

  test.each<[string, readonly (number | null)[], number | null]>([
    ['not before the profit', [100, 100.99], null],
    ['at entry and fees with it', [100, 101], 100.1],
    ['and there it stays', [100, 101, 100.2, null], 100.1],
  ])('moves to break-even %s', (_name, prices, want) => {
    const parameters = { breakEven: { afterPercent: 1 } };
    expect(trackAfter(prices, parameters).breakEven).toEqual(want === null ? null : expect.closeTo(want, 9));
    const short = trackAfter(
      prices.map((price) => (price === null ? null : 200 - price)),
      parameters,
      { side: -1 },
    );
    expect(short.breakEven).toEqual(want === null ? null : expect.closeTo(200 - want, 9));
  });

  test('a position that grows keeps its stops, and counts from its new entry price', () => {
    const parameters = { trailing: { activationPercent: 3, distance: '1' }, breakEven: { afterPercent: 3 } };
    const first = trackAfter([103], parameters);
    expect([first.trail, first.breakEven]).toEqual([102, expect.closeTo(100.1, 9)]);
    const grown = follow(first, { held: held({ size: 4, entry: 101.4, price: 102.5 }), rules: rules(parameters) });
    expect(grown).toMatchObject({ trail: 102, breakEven: expect.closeTo(100.1, 9), entry: 101.4, size: 4 });
    const higher = follow(grown, { held: held({ size: 4, entry: 101.4, price: 104.5 }), rules: rules(parameters) });
    expect(higher).toMatchObject({ trail: 103.5, breakEven: expect.closeTo(101.4 * 1.001, 9) });
  });

  test('one that is bought down does not trail from a peak far above it', () => {
    const parameters = { trailing: { activationPercent: 6, distance: '1' } };
    const first = trackAfter([101], parameters);
    const down = follow(first, { held: held({ size: 4, entry: 95, price: 90 }), rules: rules(parameters) });
    expect([down.peak, down.trail]).toEqual([101, null]);
  });

  test('a tighter distance takes effect at once, a wider one does not loosen what stands', () => {
    const first = trackAfter([110], { trailing: { distance: '2' } });
    const next = (distance: string) => follow(first, { held: held({ price: 109 }), rules: rules({ trailing: { distance } }) }).trail;
    expect([next('1'), next('5')]).toEqual([109, 108]);
  });
});

test('follow(): within one position a trailing stop never loosens and break-even never moves back, whatever price and size do', () => {
  const moment = fc.record({
    price: fc.option(
      fc.integer({ min: 9_000, max: 11_000 }).map((n) => n / 100),
      { nil: null, freq: 5 },
    ),
    entry: fc.integer({ min: 9_500, max: 10_500 }).map((n) => n / 100),
    size: fc.integer({ min: 1, max: 50 }),
  });
  const parameters = fc.record({
    trailing: fc.option(
      fc.record({
        activationPercent: fc.option(
          fc.integer({ min: 1, max: 50 }).map((n) => n / 10),
          { nil: undefined },
        ),
        percent: fc.integer({ min: 1, max: 50 }).map((n) => n / 10),
      }),
      { nil: undefined },
    ),
    breakEven: fc.option(fc.record({ afterPercent: fc.integer({ min: 1, max: 50 }).map((n) => n / 10) }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.constantFrom<1 | -1>(1, -1), parameters, fc.array(moment, { minLength: 2, maxLength: 40 }), (side, one, moments) => {
      let before: Track | null = null;
      for (const { price, entry, size } of moments) {
        const track: Track = follow(before, { held: held({ side, price, entry, size }), rules: rules(one) });
        for (const stop of ['trail', 'breakEven', 'peak'] as const) {
          const was = before?.[stop] ?? null;
          if (was !== null) expect(side * ((track[stop] ?? Number.NaN) - was)).toBeGreaterThanOrEqual(0);
        }
        if (track.trail !== null && track.peak !== null) expect(side * (track.peak - track.trail)).toBeGreaterThan(0);
        before = track;
      }
    }),
    { numRuns: 300 },
  );
});

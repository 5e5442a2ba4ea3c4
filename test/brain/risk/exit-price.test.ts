import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executableTicks, exitPrice, type PriceView } from '../../../brain/risk/exit-price.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { INSTRUMENT, levels, px, qty } from '../../kit/brain.ts';

const view = (over: Partial<PriceView> = {}): PriceView => ({
  instrument: INSTRUMENT,
  position: qty('0.010'),
  taken: levels(['60000.00', '1.000']),
  markPrice: '59990.5',
  markAgeMs: 900,
  ...over,
});

test.each<[string, Partial<PriceView>, number | null]>([
  ['the book, while it is live', {}, 60_000],
  ['the book for the whole size', { position: qty('0.020'), taken: levels(['60000.00', '0.010'], ['59990.00', '0.010']) }, 59_995],
  ['the book also when the mark is old', { markAgeMs: null }, 60_000],
  ['the mark while the book is blind', { taken: null }, 59_990.5],
  ['the mark while that side is empty', { taken: [] }, 59_990.5],
  ['the mark at its greatest age', { taken: null, markAgeMs: 3_000 }, 59_990.5],
  ['nothing when the mark is older', { taken: null, markAgeMs: 3_001 }, null],
  ['nothing when the age of the mark is not known', { taken: null, markAgeMs: null }, null],
  ['nothing without a mark', { taken: null, markPrice: null }, null],
])('exitPrice() is of %s', (_name, over, want) => {
  const price = exitPrice(view(over), 3_000);
  if (want === null) expect(price).toBeNull();
  else expect(price).toBeCloseTo(want, 6);
});

describe('executableTicks()', () => {
  test('walks the levels and prices the rest at the last one', () => {
    const two = levels(['60000.00', '0.010'], ['59990.00', '0.010']);
    expect(executableTicks(two, qty('0.005'))).toBe(px('60000.00'));
    expect(executableTicks(two, qty('0.020'))).toBe(px('59995.00'));
    expect(executableTicks(two, qty('0.040'))).toBe((px('60000.00') + 3 * px('59990.00')) / 4);
    expect(executableTicks([], 5)).toBeNull();
    expect(executableTicks(two, 0)).toBeNull();
  });

  test('never gets better with size', () => {
    const depth = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(depth, fc.integer({ min: 1, max: 400 }), (sizes, size) => {
        const bids = sizes.map((one, n) => ({ price: ticks(px('60000.00') - n), size: lots(one) }));
        expect(executableTicks(bids, size + 1)!).toBeLessThanOrEqual(executableTicks(bids, size)! + 1e-9);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Buckets } from '../../shared/buckets.ts';

test('Buckets agrees with a plain count for any durations', () => {
  const seconds = fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constantFrom(0, 0.1, 0.5, 1, 2));
  fc.assert(
    fc.property(fc.array(seconds), (added) => {
      const buckets = new Buckets([0.1, 0.5, 1]);
      for (const one of added) buckets.add(one);
      const { upTo, count, sum } = buckets.read();
      expect(upTo).toEqual([0.1, 0.5, 1].map((bound) => added.filter((one) => one <= bound).length));
      expect(count).toBe(added.length);
      expect(sum).toBeCloseTo(
        added.reduce((total, one) => total + one, 0),
        6,
      );
    }),
  );
});

test('Buckets counts a time before its beginning in the lowest, and takes nothing from the sum', () => {
  const buckets = new Buckets([0.1]);
  buckets.add(-1);
  expect(buckets.read()).toEqual({ upTo: [1], sum: 0, count: 1 });
});

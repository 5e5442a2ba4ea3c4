import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addToBuckets, type Buckets, foldBuckets } from '../../../brain/signals/buckets.ts';
import { someHistory } from '../../kit/market-history.ts';

const SPAN = { bucketMs: 500, count: 4 };
const plus = (a: number, b: number): number => a + b;
const add = (before: Buckets<number> | null, atMs: number, value: number) => addToBuckets(before, { ...SPAN, atMs, value, merge: plus });
const sum = (buckets: Buckets<number>, atMs: number): number => foldBuckets(buckets, { ...SPAN, atMs, from: 0, add: plus });

test('addToBuckets() and foldBuckets() agree with a sum over the whole history, and stay bounded', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      let buckets: Buckets<number> | null = null;
      for (const [i, { atMs }] of history.entries()) {
        buckets = add(buckets, atMs, i + 1);
        const first = Math.floor(atMs / 500) - 3;
        const whole = history.slice(0, i + 1).reduce((total, one, n) => total + (Math.floor(one.atMs / 500) >= first ? n + 1 : 0), 0);
        expect(sum(buckets, atMs)).toBe(whole);
        expect(buckets.closed.length).toBeLessThan(4);
      }
    }),
  );
});

test('foldBuckets() forgets what has become too old without anything added', () => {
  const buckets = add(add(null, 1_000, 1), 1_600, 2);
  expect([sum(buckets, 1_600), sum(buckets, 2_900), sum(buckets, 3_000), sum(buckets, 3_500)]).toEqual([3, 3, 2, 0]);
});

test('addToBuckets() adds to the newest when the clock went back a little, and begins anew when it went back beyond the window', () => {
  const buckets = add(null, 10_000, 1);
  expect(sum(add(buckets, 9_000, 2), 10_000)).toBe(3);
  expect(add(buckets, 8_000, 2)).toEqual(add(null, 8_000, 2));
});

test('addToBuckets() begins anew with buckets of another width: ids of two widths are not compared', () => {
  const wide = addToBuckets(add(null, 10_000, 1), { atMs: 10_000, bucketMs: 5_000, count: 4, value: 2, merge: plus });
  expect(wide).toEqual({ bucketMs: 5_000, open: { id: 2, value: 2 }, closed: [] });
});

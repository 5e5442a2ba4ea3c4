import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SnapshotBudget } from '../../../gateway/market/snapshot-budget.ts';
import { monoMs } from '../../../shared/units.ts';

test('fifty at once go on, and the sixty-first of a minute waits for the first to be a minute old', () => {
  const budget = new SnapshotBudget();
  const waits = Array.from({ length: 61 }, (_, n) => budget.take(monoMs(n), 60));
  expect(waits.slice(0, 60).every((wait) => wait === 0)).toBe(true);
  expect(waits[60]).toBe(60_000 - 60);
  expect(budget.take(monoMs(60_000), 60)).toBe(0);
});

test('no minute holds more than its share, however they are asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (gaps, perMinute) => {
      const budget = new SnapshotBudget();
      const begun: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        const wait = budget.take(monoMs(now), perMinute);
        if (wait > 0) {
          expect(budget.take(monoMs(now + wait - 0.5), perMinute)).toBeGreaterThan(0);
          now += wait;
          expect(budget.take(monoMs(now), perMinute)).toBe(0); // told the truth about the wait
        }
        begun.push(now);
      }
      for (const at of begun) expect(begun.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(perMinute);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldsOf } from '../../../../scripts/lib/sweep/splits.ts';

const DAY = 86_400_000;
const options = { range: { fromMs: 0, toMs: 100 * DAY }, folds: 4, trainLengths: 3, anchored: false, embargoMs: DAY, stepMs: DAY };

test('foldsOf() moves on by the length of a test', () => {
  const folds = foldsOf({ ...options, range: { fromMs: 0, toMs: 70 * DAY } });
  const days = folds.ok
    ? folds.value.map(({ train, test: t }) => [train.fromMs, train.toMs, t?.fromMs ?? 0, t?.toMs ?? 0].map((ms) => ms / DAY))
    : [];
  expect(days).toEqual([
    [0, 30, 31, 40],
    [10, 40, 41, 50],
    [20, 50, 51, 60],
    [30, 60, 61, 70],
  ]);
});

test('foldsOf() without folds searches on all of the time, and refuses folds of nothing', () => {
  expect(foldsOf({ ...options, folds: 0 })).toMatchObject({ value: [{ train: options.range, test: null }] });
  expect(foldsOf({ ...options, embargoMs: 20 * DAY })).toMatchObject({
    ok: false,
    error: expect.stringContaining('--walk-forward: fold 1 would be empty'),
  });
  expect(foldsOf({ ...options, folds: 100, stepMs: 5 * DAY })).toMatchObject({ ok: false });
});

test('no test begins before the search of its fold and the embargo have ended, and no two tests overlap', () => {
  const any = fc.record({
    range: fc
      .tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 5_000 }))
      .map(([from, steps]) => ({ fromMs: from, toMs: from + steps * 1_000 })),
    folds: fc.integer({ min: 1, max: 20 }),
    trainLengths: fc.integer({ min: 1, max: 10 }),
    anchored: fc.boolean(),
    embargoMs: fc.integer({ min: 0, max: 20_000 }),
    stepMs: fc.constantFrom(1_000, 5_000),
  });
  fc.assert(
    fc.property(any, (given) => {
      const folds = foldsOf(given);
      if (!folds.ok) return;
      expect(folds.value).toHaveLength(given.folds);
      let endMs = given.range.fromMs;
      for (const { train, test: tested } of folds.value) {
        if (tested === null) throw new Error('a fold has a test');
        expect(train.fromMs).toBeGreaterThanOrEqual(given.range.fromMs);
        expect(train.toMs - train.fromMs).toBeGreaterThan(0);
        expect(tested.fromMs - train.toMs).toBe(given.embargoMs);
        expect(tested.toMs).toBeGreaterThan(tested.fromMs);
        expect(tested.fromMs).toBeGreaterThanOrEqual(endMs);
        endMs = tested.toMs;
      }
      expect(endMs).toBe(given.range.toMs);
    }),
    { numRuns: 200 },
  );
});

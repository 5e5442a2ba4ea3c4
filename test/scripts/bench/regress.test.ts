import { expect, test } from 'vitest';
import type { Figure } from '../../../scripts/bench/measure.ts';
import { betterOf, fails, judge, judgementLines, type Ratio, ratiosOf } from '../../../scripts/bench/regress.ts';

const ratio = (value: number, over: Partial<Ratio> = {}): Ratio => ({ name: 'book', value, conclusive: true, ...over });
const verdicts = (...ratios: readonly Ratio[]): readonly string[] => judge(ratios, { book: 0.2 }).map(({ verdict }) => verdict);

test.each([
  [0.1, true, 'held'],
  [0.26, true, 'held'], // 30 % above is the last that holds
  [0.2601, true, 'regressed'],
  [0.5, false, 'inconclusive'],
  [0.1, false, 'inconclusive'], // a disturbed floor flatters too
  [Number.NaN, true, 'inconclusive'],
] as const)('a ratio of %d, conclusive %s, against 0.2 recorded: %s', (value, conclusive, wanted) => {
  expect(verdicts(ratio(value, { conclusive }))).toEqual([wanted]);
});

test('only what regressed or is gone fails, each with one line', () => {
  const judged = judge(
    [ratio(0.3), ratio(1, { name: 'guard', conclusive: false }), ratio(2, { name: 'fresh' }), ratio(5, { name: 'same' })],
    {
      ...{ book: 0.2, guard: 1, same: 5, lost: 3 },
    },
  );
  expect(judged.filter(fails).map(({ name }) => name)).toEqual(['book', 'lost']);
  expect(judgementLines(judged)).toEqual([
    'regressed: book is 0.300, recorded 0.200, 50 % above',
    'inconclusive: guard is 1.000, recorded 1.000; the floor was too noisy to judge',
    'new: fresh is 2.000; nothing is recorded to hold it against (--record)',
    'gone: lost was recorded as 3.000 and not measured',
  ]);
});

test('of two tries the one that can be judged counts, then the better', () => {
  expect(betterOf([ratio(0.3)], [ratio(0.2)])).toEqual([ratio(0.2)]);
  expect(betterOf([ratio(0.2)], [ratio(0.3)])).toEqual([ratio(0.2)]);
  const noisy = ratio(0.1, { conclusive: false });
  expect(betterOf([noisy], [ratio(0.3)])).toEqual([ratio(0.3)]);
  expect(betterOf([ratio(0.3)], [noisy])).toEqual([ratio(0.3)]);
  expect(betterOf([ratio(0.3)], [])).toEqual([ratio(0.3)]);
});

test('the ratio of a figure is what it is, or its two sides', () => {
  const figure = (over: Partial<Figure>): Figure => ({ name: 'f', value: 4, unit: '×', goal: null, beside: '', conclusive: true, ...over });
  expect(ratiosOf([figure({})])).toEqual([{ name: 'f', value: 4, conclusive: true }]);
  expect(ratiosOf([figure({ unit: 'µs', ours: 3, floor: 2, conclusive: false })])).toEqual([
    { name: 'f, of its floor', value: 1.5, conclusive: false },
  ]);
  expect(ratiosOf([figure({ unit: 'µs', ours: 3, floor: 2, conclusive: false, sidesConclusive: true })])).toMatchObject([
    { conclusive: true },
  ]);
  expect(ratiosOf([figure({ unit: 'ms' })])).toEqual([]);
});

import { expect, test } from 'vitest';
import { type Dimension, type Point, sizeOf } from '../../../../scripts/lib/sweep/dimension.ts';
import { Sampler } from '../../../../scripts/lib/sweep/sampler.ts';
import type { SearchName, Tried } from '../../../../scripts/lib/sweep/search.ts';

const range = (key: string, over: object = {}): Dimension => ({
  ...{ kind: 'range', key, min: 0, max: 1, log: false, whole: false, text: false, ...over },
});
const RANGES = [range('a'), range('b'), range('c', { min: 0.01, max: 100, log: true })];
const MIXED: readonly Dimension[] = [
  ...[range('a'), range('b', { min: 1, max: 40, whole: true })],
  { kind: 'list', key: 'c', values: ['x', 'y', 'z', 'u', 'v'], ordered: false },
];

/** Best, and zero, at 0.3, 0.7 and 1. */
const hill = (point: Point): number => {
  const [a = 0, b = 0, c = 1] = point.map(Number);
  return -((a - 0.3) ** 2) - (b - 0.7) ** 2 - Math.log10(c) ** 2 / 8;
};
const mixed = ([a, b, c]: Point): number => -((Number(a) - 0.8) ** 2) - ((Number(b) - 12) / 40) ** 2 + (c === 'u' ? 0.3 : 0);

type Asked = { readonly name: SearchName; readonly dimensions: readonly Dimension[]; readonly seed: number; readonly budget: number };

function search({ name, dimensions, seed, budget }: Asked, worth: (point: Point) => number, generation = 10): readonly Tried[] {
  const sampler = new Sampler({ search: { name, dimensions, seed }, budget, generation, refusalOf: () => [] });
  const tried: Tried[] = [];
  for (let points = sampler.next(tried); points.length > 0; points = sampler.next(tried))
    tried.push(...points.map((point) => ({ point, value: worth(point) })));
  return tried;
}
const bestOf = (tried: readonly Tried[]): number => Math.max(...tried.map(({ value }) => value ?? Number.NEGATIVE_INFINITY));

test.each([
  ['ranges', RANGES, hill],
  ['ranges, whole numbers and words', MIXED, mixed],
])('TPE finds better points than chance with the same budget, on %s', (_, dimensions, worth) => {
  const seeds = Array.from({ length: 20 }, (__, n) => n + 1);
  const of = (name: SearchName): readonly number[] => seeds.map((seed) => bestOf(search({ name, dimensions, seed, budget: 60 }, worth)));
  const [tpe, chance] = [of('tpe'), of('random')];
  expect(tpe.filter((value, n) => value > (chance[n] ?? 0)).length).toBeGreaterThanOrEqual(15);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(tpe)).toBeGreaterThan(mean(chance));
});

test.each(['random', 'tpe'] as const)(
  '%s: the same seed tries the same points, another seed others, and more trials only go on',
  (name) => {
    const asked = { name, dimensions: MIXED, seed: 7, budget: 45 };
    const once = search(asked, mixed);
    expect(search(asked, mixed)).toEqual(once);
    expect(search({ ...asked, seed: 8 }, mixed)).not.toEqual(once);
    expect(search({ ...asked, budget: 60 }, mixed).slice(0, 45)).toEqual(once);
  },
);

test('TPE passes over trials of which nothing can be said', () => {
  const tried = search({ name: 'tpe', dimensions: RANGES, seed: 1, budget: 60 }, (point) =>
    Number(point[0]) > 0.5 ? Number.NaN : hill(point),
  );
  expect(tried).toHaveLength(60);
});

test('a grid is tried whole, the last key first; what the configuration refuses is listed, not tried', () => {
  const dimensions: readonly Dimension[] = [
    { kind: 'list', key: 'fast', values: [5, 20], ordered: true },
    range('slow', { min: 10, max: 30, whole: true }),
  ];
  const sampler = new Sampler({
    ...{ search: { name: 'grid', dimensions, seed: 1 }, budget: sizeOf(dimensions), generation: 4 },
    refusalOf: ([fast, slow]) => (Number(fast) >= Number(slow) ? ['slow: above fast'] : []),
  });
  const points = sampler.next([]);
  expect(points.slice(0, 2)).toEqual([
    [5, 10],
    [5, 11],
  ]);
  expect([points.length, sampler.refused.length]).toEqual([31, 11]);
  expect(sampler.refused[0]).toEqual({ point: [20, 10], lines: ['slow: above fast'] });
  expect(sampler.next([])).toEqual([]);
});

test('no point is tried twice, and a space that is used up ends the search', () => {
  const dimensions = [range('a', { min: 1, max: 3, whole: true }), range('b', { min: 1, max: 3, whole: true })];
  for (const name of ['random', 'tpe'] as const) {
    const tried = search({ name, dimensions, seed: 3, budget: 50 }, () => 1);
    expect(new Set(tried.map(({ point }) => JSON.stringify(point))).size).toBe(9);
    expect(tried).toHaveLength(9);
  }
});

test('points that the configuration refuses cost no trial', () => {
  const sampler = new Sampler({
    ...{ search: { name: 'random', dimensions: [range('a')], seed: 1 }, budget: 20, generation: 5 },
    refusalOf: ([a]) => (Number(a) < 0.5 ? ['a: 0.2: allowed is more'] : []),
  });
  expect(sampler.next([])).toHaveLength(20);
  expect(sampler.refused.length).toBeGreaterThan(5);
});

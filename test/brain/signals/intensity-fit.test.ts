import { expect, test } from 'vitest';
import { type Counts, fitIntensity } from '../../../brain/signals/intensity-fit.ts';
import { Random } from '../../../shared/random.ts';

const WIDTH = 0.25;
const BINS = 20;

/** Windows of a Poisson flow: trades come at A a second, each reaching an exponential distance with mean 1/k; the farthest counts. */
function poissonCounts(random: Random, { a, k, windows, seconds }: { a: number; k: number; windows: number; seconds: number }): Counts {
  const cells = new Array<number>(BINS + 1).fill(0);
  for (let i = 0; i < windows; i++) {
    let farthest = 0;
    for (let at = random.exponential(1 / a); at < seconds; at += random.exponential(1 / a))
      farthest = Math.max(farthest, random.exponential(1 / k));
    const cell = Math.min(BINS, Math.floor(farthest / WIDTH));
    cells[cell] = cells[cell]! + 1;
  }
  return { cells, seconds: windows * seconds };
}
/** The counts that are expected, not drawn: exp(-A w exp(-k d)) between the edges. */
function expectedCounts({ a, k, windows, seconds }: { a: number; k: number; windows: number; seconds: number }): Counts {
  const nearer = (edge: number): number => (edge === BINS + 1 ? 1 : edge === 0 ? 0 : Math.exp(-a * seconds * Math.exp(-k * edge * WIDTH)));
  return { cells: Array.from({ length: BINS + 1 }, (_, j) => windows * (nearer(j + 1) - nearer(j))), seconds: windows * seconds };
}

test.each([
  { a: 1, k: 1 },
  { a: 0.2, k: 0.5 },
  { a: 12, k: 2 },
  { a: 40, k: 1.3 },
])('fitIntensity() finds A = $a and k = $k in the counts that they lead one to expect', ({ a, k }) => {
  const fit = fitIntensity(expectedCounts({ a, k, windows: 1_000, seconds: 1 }), WIDTH)!;
  expect([fit.a / a, fit.k / k, fit.observations]).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6), expect.closeTo(1_000, 6)]);
});

test.each([
  [1.5, 0.8],
  [12, 1.2], // nearly every window is reached: A and k are hard to tell apart
])('fitIntensity() finds A = %d and k = %d of a Poisson flow, its standard errors as large as its errors are', (a, k) => {
  const random = new Random(11);
  const fits = Array.from({ length: 60 }, () => fitIntensity(poissonCounts(random, { a, k, windows: 600, seconds: 1 }), WIDTH)!);
  const misses = fits.map((fit) => [Math.log(fit.a / a) / fit.errorA, Math.log(fit.k / k) / fit.errorK] as const);
  for (const of of [0, 1] as const) {
    const inBounds = misses.filter((miss) => Math.abs(miss[of]) < 1.96).length / misses.length;
    const spread = Math.sqrt(misses.reduce((sum, miss) => sum + miss[of] ** 2, 0) / misses.length);
    expect(inBounds).toBeGreaterThan(0.85); // 95 % of 60: more than 51 but for one seed in a thousand
    expect(spread).toBeGreaterThan(0.75);
    expect(spread).toBeLessThan(1.3);
  }
  for (const fit of fits) expect([fit.errorA < 0.1, fit.errorK < 0.08]).toEqual([true, true]);
});

test('fitIntensity() has smaller errors with more observations, by the square root', () => {
  const few = fitIntensity(expectedCounts({ a: 1, k: 1, windows: 100, seconds: 1 }), WIDTH)!;
  const many = fitIntensity(expectedCounts({ a: 1, k: 1, windows: 1_600, seconds: 1 }), WIDTH)!;
  expect([few.errorA / many.errorA, few.errorK / many.errorK]).toEqual([expect.closeTo(4, 4), expect.closeTo(4, 4)]);
});

test('fitIntensity() does not depend on how long it is watched at once: saturation is no bias', () => {
  for (const seconds of [0.2, 1, 5]) {
    const fit = fitIntensity(expectedCounts({ a: 3, k: 1, windows: 1_000, seconds }), WIDTH)!;
    expect([fit.a, fit.k]).toEqual([expect.closeTo(3, 5), expect.closeTo(1, 5)]);
  }
});

test.each<[string, readonly number[]]>([
  ['nothing was seen', new Array(BINS + 1).fill(0)],
  ['no trade came', [500, ...new Array(BINS).fill(0)]],
  ['all fell into two bins', [300, 0, 200, ...new Array(BINS - 2).fill(0)]],
])('fitIntensity() says so when %s', (_name, cells) => {
  expect(fitIntensity({ cells, seconds: 500 }, WIDTH)).toBeNull();
});

test('fitIntensity() of counts that grow with the distance is refused or flat, never a rate that rises', () => {
  const fit = fitIntensity({ cells: [10, ...Array.from({ length: BINS }, (_, i) => i)], seconds: 200 }, WIDTH);
  expect(fit === null || (fit.k > 0 && Number.isFinite(fit.a))).toBe(true);
});

import { expect, test } from 'vitest';
import { chanceSharpe, deflatedSharpe, probabilisticSharpe, sharpeOf } from '../../../../scripts/lib/sweep/deflated-sharpe.ts';
import { normalCdf, normalQuantile } from '../../../../scripts/lib/sweep/normal.ts';
import { overfitProbability } from '../../../../scripts/lib/sweep/overfit.ts';
import { Random } from '../../../../shared/random.ts';

test.each([
  [0, 0.5],
  [1, 0.841_344_746_068_543],
  [1.959_963_984_540_054, 0.975],
  [-3, 0.001_349_898_031_630_09],
  [-8, 6.220_960_574_271_78e-16],
])('normalCdf(%d) is %d, and normalQuantile() leads back', (x, p) => {
  expect(normalCdf(x) / p).toBeCloseTo(1, x < -5 ? 6 : 12);
  if (x > -5) expect(normalQuantile(p)).toBeCloseTo(x, 9);
});

test('normalQuantile() refuses what is no probability within', () => {
  expect(() => normalQuantile(1)).toThrow(RangeError);
});

// The numerical example of the paper: 100 trials, their yearly ratios with a variance of 1/2, five years of 250 days, the best 2.5 a year,
// skewness -3, kurtosis 10: chance alone gives 0.1132 a day, and the deflated ratio is 0.9004; with 46 trials it is 0.9505.
const PAPER = { sharpe: 2.5 / Math.sqrt(250), returns: 1_250, skewness: -3, kurtosis: 10 };
const variance = 1 / 2 / 250;

test.each([
  [100, 0.1132, 0.9004],
  [46, 0.1004, 0.9505],
])('of %d trials the best has %d by chance, and %d of a chance to be real', (trials, chance, probability) => {
  expect(chanceSharpe({ trials, variance })).toBeCloseTo(chance, 4);
  expect(probabilisticSharpe(PAPER, chanceSharpe({ trials, variance }))).toBeCloseTo(probability, 4);
});

test('by hand: one trial is not deflated, and two are by what they differ', () => {
  expect(chanceSharpe({ trials: 1, variance: 4 })).toBe(0);
  // 1 - 1/2 is reached at 0; 1 - 1/(2e) = 0.816060 at 0.900453; times Euler's 0.577216 and a deviation of 2
  expect(chanceSharpe({ trials: 2, variance: 4 })).toBeCloseTo(2 * 0.577_216 * 0.900_453, 4);
  // sqrt(100) * 0.1 / sqrt(1 + 0.5 * 0.01) = 0.997509
  expect(probabilisticSharpe({ sharpe: 0.1, returns: 101, skewness: 0, kurtosis: 3 }, 0)).toBeCloseTo(normalCdf(0.997_509), 6);
});

const random = new Random(5);
const noise = (count: number, mean = 0): readonly number[] => Array.from({ length: count }, () => mean + random.normal());
const best = (all: readonly (readonly number[])[]): readonly number[] => all.toSorted((a, b) => sharpeOf(b) - sharpeOf(a))[0] ?? [];

test('deflatedSharpe() does not believe the best of much noise, and believes skill; too little says nothing', () => {
  const luck = Array.from({ length: 200 }, () => noise(250));
  expect(sharpeOf(best(luck)) * Math.sqrt(250)).toBeGreaterThan(2); // what a person would like to believe
  expect(deflatedSharpe(best(luck), luck)?.probability).toBeLessThan(0.8);
  const skilled = [...luck.slice(1), noise(250, 0.5)];
  expect(deflatedSharpe(best(skilled), skilled)?.probability).toBeGreaterThan(0.99);
  expect(deflatedSharpe(noise(19), luck)).toBeNull();
  expect(
    deflatedSharpe(
      Array.from({ length: 30 }, () => 0),
      luck,
    ),
  ).toBeNull();
});

test('overfitProbability() is about a half for noise, nothing for skill, and unknown for too little', () => {
  const luck = Array.from({ length: 40 }, () => noise(200));
  expect(overfitProbability(luck)).toBeGreaterThan(0.25);
  expect(overfitProbability([...luck, noise(200, 1)])).toBe(0);
  expect(overfitProbability([noise(200)])).toBeNull();
  expect(overfitProbability([noise(20), noise(20)])).toBeNull();
});

test('overfitProbability() of a trial that is best on each half of the time alone is one', () => {
  // each of ten trials earns in one tenth of the time and loses in the others: whatever half is searched, its best loses on the other
  const trials = Array.from({ length: 10 }, (_, k) =>
    Array.from({ length: 100 }, (__, n) => (Math.floor(n / 10) === k ? 1 : -0.1) + (n % 2) * 0.01),
  );
  expect(overfitProbability(trials)).toBe(1);
});

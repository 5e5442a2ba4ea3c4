import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BacktestResult } from '../../../../scripts/lib/backtest/result.ts';
import { moments, returnsOf, statisticsOf } from '../../../../scripts/lib/report/statistics.ts';
import { backtestResult, START_MS } from '../../../kit/backtest-result.ts';

/** Alternating +2 % and -1 % in minutes: mean 0.5 %, deviation 1.5 % times the root of n / (n - 1). */
const equity = Array.from({ length: 60 }, (_, n) => 1_000 * 1.02 ** Math.ceil((n + 1) / 2) * 0.99 ** Math.floor((n + 1) / 2));

const hourly = (values: readonly number[]): BacktestResult => {
  const base = backtestResult(values);
  const periodMs = 3_600_000;
  return { ...base, samples: { ...base.samples, periodMs }, meta: { ...base.meta, toMs: START_MS + values.length * periodMs } };
};

test('ratios of a curve are those counted by hand', () => {
  const said = statisticsOf(hourly(equity));
  const yearly = Math.sqrt(365 * 24);
  expect(said).toMatchObject({ periodMs: 3_600_000, returns: 60, yearlyReturn: null, calmar: null, winning: 0.5 });
  expect(said.sharpe).toBeCloseTo((0.005 / (0.015 * Math.sqrt(60 / 59))) * yearly, 6);
  expect(said.sortino).toBeCloseTo((0.005 / Math.sqrt(0.0001 / 2)) * yearly, 6);
  expect(said.valueAtRisk95).toBeCloseTo(0.01, 9);
  expect(said.valueAtRisk99).toBeNull(); // not one in a hundred of sixty
  expect([said.skewness, said.kurtosis]).toEqual([expect.closeTo(0, 6), expect.closeTo(1, 6)]);
});

test('an hour of minutes has no ratio a year, and still a value at risk', () => {
  expect(statisticsOf(backtestResult(equity))).toMatchObject({ periodMs: 60_000, returns: 60, sharpe: null, sortino: null });
  expect(statisticsOf(backtestResult(equity)).valueAtRisk95).toBeCloseTo(0.01, 9);
});

test('a flat curve, a short one and a lost account have no ratios, and say so by null', () => {
  expect(statisticsOf(hourly(new Array(60).fill(1_000)))).toMatchObject({
    totalReturn: 0,
    sharpe: null,
    sortino: null,
    winning: null,
  });
  expect(statisticsOf(backtestResult([1_000, 1_001], { meta: { ...backtestResult().meta, toMs: START_MS + 1_000 } }))).toMatchObject({
    periodMs: null,
    returns: 0,
    sharpe: null,
    valueAtRisk95: null,
  });
  expect(statisticsOf(backtestResult(new Array(60).fill(0)))).toMatchObject({ totalReturn: -1, yearlyReturn: null });
});

test('a year of days has yearly figures', () => {
  const days = Array.from({ length: 365 }, (_, n) => 1_000 + n);
  const base = backtestResult(days);
  const dayMs = 86_400_000;
  const result = { ...base, samples: { ...base.samples, periodMs: dayMs }, meta: { ...base.meta, toMs: START_MS + 365 * dayMs } };
  const said = statisticsOf(result);
  expect(said).toMatchObject({ periodMs: dayMs, returns: 365 });
  expect(said.yearlyReturn).toBeCloseTo(0.364, 9);
  expect(said.calmar).toBeCloseTo(36.4 / 0.5, 6);
});

test('returns chain to the whole change, whatever the period', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 500, max: 2_000 }), { minLength: 12, maxLength: 120 }),
      fc.integer({ min: 1, max: 6 }),
      (values, every) => {
        const { samples } = backtestResult(values);
        const whole = Math.floor(values.length / every) * every;
        const chained = returnsOf(samples, 1_000, every * 60_000).reduce((product, r) => product * (1 + r), 1_000);
        expect(chained).toBeCloseTo(values[whole - 1] ?? 1_000, 6);
      },
    ),
  );
});

test('moments of a die', () => {
  const { mean, deviation, skewness, kurtosis } = moments([1, 2, 3, 4, 5, 6]);
  expect([mean, deviation ** 2, skewness]).toEqual([3.5, expect.closeTo(3.5, 9), expect.closeTo(0, 9)]);
  expect(kurtosis).toBeCloseTo(3 - 1.2685714, 6);
});

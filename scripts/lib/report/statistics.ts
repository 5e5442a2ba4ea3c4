/**
 * Figures of one equity curve, as the field defines them. Numbers, not money: sums that must be exact come from the result itself. What
 * cannot be said of so short a run is null, never zero. Pure.
 */
import type { BacktestResult, Samples } from '../backtest/result.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Fewer returns than this say nothing about their spread. */
const RETURNS_MIN = 20;
/** Ratios a year of returns that are closer together than this are arithmetic, too: seconds of one evening say nothing about a year. */
const RATIO_PERIOD_MIN_MS = DAY_MS / 24;
/** A yearly figure made from less time than this is arithmetic, not evidence. */
const YEARLY_MIN_MS = 30 * DAY_MS;
/** Longest first: the first that gives enough returns is used. */
const PERIODS = [DAY_MS, DAY_MS / 24, DAY_MS / 24 / 60, 1_000] as const;

export type Statistics = {
  /** Time between two returns, ms; null: the run is too short for any. */
  readonly periodMs: number | null;
  readonly returns: number;
  /** Of the equity at the start, 0.01 is one percent. */
  readonly totalReturn: number;
  /** Compound, a year of 365 days; null below 30 days. */
  readonly yearlyReturn: number | null;
  /** Mean over standard deviation of the returns, times the root of the periods in a year; without a risk-free rate; of hours or days only. */
  readonly sharpe: number | null;
  /** As `sharpe`, over the deviation of the losses only. */
  readonly sortino: number | null;
  /** Yearly return over the largest drawdown in percent of its peak. */
  readonly calmar: number | null;
  /** Loss of one period not passed in 95 and 99 of 100 of them, of the equity before it; above zero is a loss. */
  readonly valueAtRisk95: number | null;
  readonly valueAtRisk99: number | null;
  /** Share of the returns above zero among those that are not zero. */
  readonly winning: number | null;
  /** Third and fourth standardised moments; 0 and 3 for a normal distribution. Used to deflate a Sharpe ratio. */
  readonly skewness: number | null;
  readonly kurtosis: number | null;
};

export function statisticsOf({ samples, startEquity, endEquity, extremes, meta }: BacktestResult): Statistics {
  const start = Number(startEquity);
  const totalReturn = start > 0 ? (Number(endEquity) - start) / start : 0;
  const spanMs = meta.toMs - meta.fromMs;
  const yearlyReturn = spanMs < YEARLY_MIN_MS || totalReturn <= -1 ? null : (1 + totalReturn) ** (YEAR_MS / spanMs) - 1;
  const periodMs = PERIODS.find((ms) => ms >= samples.periodMs && Math.floor(spanMs / ms) >= RETURNS_MIN) ?? null;
  const returns = periodMs === null ? [] : returnsOf(samples, start, periodMs);
  return {
    periodMs,
    returns: returns.length,
    totalReturn,
    yearlyReturn,
    ...ratios(returns, periodMs),
    calmar: yearlyReturn === null || extremes.maxDrawdownPercent <= 0 ? null : (yearlyReturn * 100) / extremes.maxDrawdownPercent,
  };
}

/** Relative changes of the equity from one period's end to the next; the last, unfinished period is left out. */
export function returnsOf(samples: Samples, startEquity: number, periodMs: number): readonly number[] {
  const returns: number[] = [];
  let before = startEquity;
  const periods = Math.floor((samples.rows * samples.periodMs) / periodMs);
  for (let n = 1; n <= periods; n++) {
    const row = Math.min(samples.rows - 1, Math.max(0, Math.round((n * periodMs) / samples.periodMs) - 1));
    const now = Number(samples.equity[row]);
    if (before > 0) returns.push((now - before) / before);
    before = now;
  }
  return returns;
}

type Ratios = Pick<Statistics, 'sharpe' | 'sortino' | 'valueAtRisk95' | 'valueAtRisk99' | 'winning' | 'skewness' | 'kurtosis'>;

function ratios(returns: readonly number[], periodMs: number | null): Ratios {
  if (periodMs === null || returns.length < RETURNS_MIN)
    return { sharpe: null, sortino: null, valueAtRisk95: null, valueAtRisk99: null, winning: null, skewness: null, kurtosis: null };
  const { mean, deviation, skewness, kurtosis } = moments(returns);
  const yearly = periodMs >= RATIO_PERIOD_MIN_MS ? Math.sqrt(YEAR_MS / periodMs) : null;
  const downside = Math.sqrt(returns.reduce((sum, r) => sum + Math.min(r, 0) ** 2, 0) / returns.length);
  const moved = returns.filter((r) => r !== 0);
  return {
    sharpe: yearly !== null && deviation > 0 ? (mean / deviation) * yearly : null,
    sortino: yearly !== null && downside > 0 ? (mean / downside) * yearly : null,
    valueAtRisk95: valueAtRisk(returns, 0.95),
    valueAtRisk99: valueAtRisk(returns, 0.99),
    winning: moved.length > 0 ? moved.filter((r) => r > 0).length / moved.length : null,
    skewness,
    kurtosis,
  };
}

export type Moments = {
  readonly mean: number;
  /** Of a sample: divided by n - 1. */
  readonly deviation: number;
  readonly skewness: number | null;
  readonly kurtosis: number | null;
};

export function moments(values: readonly number[]): Moments {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const about = (power: number): number => values.reduce((sum, v) => sum + (v - mean) ** power, 0) / n;
  const variance = about(2);
  const spread = variance > 0;
  return {
    mean,
    deviation: n > 1 ? Math.sqrt((variance * n) / (n - 1)) : 0,
    skewness: spread ? about(3) / variance ** 1.5 : null,
    kurtosis: spread ? about(4) / variance ** 2 : null,
  };
}

/** Of history, without a model: needs as many returns as leave one beyond the level. */
function valueAtRisk(returns: readonly number[], level: number): number | null {
  const beyond = Math.floor(returns.length * (1 - level) + 1e-9);
  if (beyond < 1) return null;
  const sorted = [...returns].sort((a, b) => a - b);
  return -(sorted[beyond - 1] ?? 0);
}

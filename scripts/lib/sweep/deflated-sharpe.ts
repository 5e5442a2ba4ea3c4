/**
 * How probable it is that the best of many trials has a Sharpe ratio above zero at all: D. Bailey and M. López de Prado, The Deflated Sharpe
 * Ratio, Journal of Portfolio Management 40 (5), 2014. The more trials, and the more they differ, the higher is the best of them by chance
 * alone; few, skewed and fat-tailed returns tell less. All trials count as independent, which is strict where they are alike. Ratios here
 * are of one period, not of a year. Pure.
 */
import { moments } from '../report/statistics.ts';
import { normalCdf, normalQuantile } from './normal.ts';

const EULER = 0.577_215_664_901_532_9;
/** Fewer returns say nothing about their distribution. */
const RETURNS_MIN = 20;

/** Sharpe ratio that the best of so many trials without any skill is expected to have. */
export function chanceSharpe({ trials, variance }: { readonly trials: number; readonly variance: number }): number {
  if (trials < 2) return 0;
  return Math.sqrt(variance) * ((1 - EULER) * normalQuantile(1 - 1 / trials) + EULER * normalQuantile(1 - 1 / (trials * Math.E)));
}

/** Of one period. */
export type Observed = {
  readonly sharpe: number;
  readonly returns: number;
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
};

/** Probability that the true ratio is above `threshold`, 0 to 1. */
export function probabilisticSharpe({ sharpe, returns, skewness, kurtosis }: Observed, threshold: number): number {
  const spread = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2;
  return normalCdf(((sharpe - threshold) * Math.sqrt(returns - 1)) / Math.sqrt(Math.max(spread, Number.EPSILON)));
}

export type Deflated = { readonly probability: number; readonly sharpe: number; readonly chance: number; readonly trials: number };

/** Of one trial among all, each by its returns; null where they are too few, or do not move. */
export function deflatedSharpe(chosen: readonly number[], all: readonly (readonly number[])[]): Deflated | null {
  if (chosen.length < RETURNS_MIN) return null;
  const { mean, deviation, skewness, kurtosis } = moments(chosen);
  if (deviation === 0 || skewness === null || kurtosis === null) return null;
  const sharpes = all.map(sharpeOf);
  const chance = chanceSharpe({ trials: all.length, variance: sharpes.length < 2 ? 0 : moments(sharpes).deviation ** 2 });
  const sharpe = mean / deviation;
  return {
    probability: probabilisticSharpe({ sharpe, returns: chosen.length, skewness, kurtosis }, chance),
    sharpe,
    chance,
    trials: all.length,
  };
}

/** Of one period; what never moves has earned nothing. */
export function sharpeOf(returns: readonly number[]): number {
  if (returns.length < 2) return 0;
  const { mean, deviation } = moments(returns);
  return deviation > 0 ? mean / deviation : 0;
}

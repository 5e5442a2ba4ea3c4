/**
 * What macd-trend computes from bars, one bar at a time in constant time: MACD with its signal line, the deviation of the histogram, the
 * trend average and the average true range. The state is plain JSON. MACD is that of `technicalindicators`, number for number: averages
 * begin with the plain mean of their first values.
 */
import type { MacdParameters } from '../../shared/macd-parameters.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import { Warming } from './macd-warming.ts';

/** `value` is the sum of the first values while `n` is below the period, and the average from then on. */
export type Average = { readonly n: number; readonly value: number };
export type MacdPoint = { readonly macd: number; readonly signal: number; readonly histogram: number };
export type Series = {
  /** Interval and periods that it was made with. */
  readonly key: string;
  /** Open time of the newest bar in it. */
  readonly barMs: number;
  readonly close: number;
  readonly fast: Average;
  readonly slow: Average;
  readonly signal: Average;
  readonly trend: Average;
  readonly range: Average;
  /** Of the squared histogram. */
  readonly square: Average;
  /** Null while there are too few bars. */
  readonly point: MacdPoint | null;
  /** Bars in a row on which the histogram rose (above zero) or fell (below zero). */
  readonly run: number;
};

export const INTERVAL_MS: Readonly<Record<MacdParameters['interval'], number>> = {
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
};

const NONE: Average = { n: 0, value: 0 };

/** Asked for at every bar, of parameters that never change. */
const KEYS = new WeakMap<MacdParameters, string>();

/** Tells apart series that cannot go on from each other. */
export function keyOf(parameters: MacdParameters): string {
  const known = KEYS.get(parameters);
  if (known !== undefined) return known;
  const { interval, fastPeriod, slowPeriod, signalPeriod, trendPeriod, atrPeriod, deviationBars } = parameters;
  const key = [interval, fastPeriod, slowPeriod, signalPeriod, trendPeriod, atrPeriod, deviationBars].join(' ');
  KEYS.set(parameters, key);
  return key;
}

type Next = { readonly bar: BarRow; readonly parameters: MacdParameters };

/** Takes in the next bar; null begins a series. The caller sees to it that no bar is missing between. */
export function advance(before: Series | null, { bar, parameters }: Next): Series {
  const { slowPeriod, signalPeriod, trendPeriod, atrPeriod, deviationBars } = parameters;
  const close = Number(bar[4]);
  const fast = averaged(before?.fast ?? NONE, close, parameters.fastPeriod);
  const slow = averaged(before?.slow ?? NONE, close, slowPeriod);
  const macd = slow.n < slowPeriod ? null : fast.value - slow.value;
  const signal = macd === null ? (before?.signal ?? NONE) : averaged(before?.signal ?? NONE, macd, signalPeriod);
  const point = macd === null || signal.n < signalPeriod ? null : { macd, signal: signal.value, histogram: macd - signal.value };
  const trueRange = before === null ? null : Math.max(Number(bar[2]), before.close) - Math.min(Number(bar[3]), before.close);
  const range = before?.range ?? NONE;
  const square = before?.square ?? NONE;
  return {
    key: keyOf(parameters),
    barMs: bar[0],
    close,
    fast,
    slow,
    signal,
    trend: trendPeriod === 0 ? NONE : averaged(before?.trend ?? NONE, close, trendPeriod),
    range: trueRange === null ? range : smoothed(range, { value: trueRange, period: atrPeriod, share: 1 / atrPeriod }),
    square: point === null ? square : averaged(square, point.histogram ** 2, deviationBars),
    point,
    run: runOf(before, point),
  };
}

/** A series over bars, oldest first, from the newest hole in them on; null without any. */
export function warmUp(bars: readonly BarRow[], parameters: MacdParameters): Series | null {
  const step = INTERVAL_MS[parameters.interval];
  let first = bars.length - 1;
  while (first > 0 && bars[first]?.[0] === (bars[first - 1]?.[0] ?? 0) + step) first -= 1;
  const warming = new Warming(parameters);
  for (let n = Math.max(0, first); n < bars.length; n++) warming.take(bars[n] as BarRow);
  return warming.series(keyOf(parameters));
}

/** Null while there are too few bars, or none is asked for. */
export const filledValue = ({ n, value }: Average, period: number): number | null => (period === 0 || n < period ? null : value);

/** Root of the mean square of the histogram; null while there are too few bars. */
export function deviationOf({ square }: Series, { deviationBars }: MacdParameters): number | null {
  const mean = filledValue(square, deviationBars);
  return mean === null ? null : Math.sqrt(mean);
}

/** `share`: what the newest value counts for. */
type Taken = { readonly value: number; readonly period: number; readonly share: number };

const averaged = (before: Average, value: number, period: number): Average => smoothed(before, { value, period, share: 2 / (period + 1) });

/** The operations in the order of the reference implementation, so that not even the last bit differs. */
function smoothed({ n, value: before }: Average, { value, period, share }: Taken): Average {
  if (n >= period) return { n, value: (value - before) * share + before };
  const sum = before + value;
  return { n: n + 1, value: n + 1 === period ? sum / period : sum };
}

function runOf(before: Series | null, point: MacdPoint | null): number {
  if (!before?.point || !point) return 0;
  const step = Math.sign(point.histogram - before.point.histogram);
  return step === 0 ? 0 : step === Math.sign(before.run) ? before.run + step : step;
}

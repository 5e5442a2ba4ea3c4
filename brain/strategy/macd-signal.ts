/** When macd-trend acts: crosses of the histogram through its threshold, and what an entry waits for besides. Pure. */
import type { MacdParameters } from '../../shared/macd-parameters.ts';
import { deviationOf, type MacdPoint, type Series, filledValue } from './macd-series.ts';

/** 1 up, -1 down. */
export type Side = 1 | -1;
/** A cross whose confirmation is awaited: `bars` have closed since its own. */
export type Waiting = { readonly side: Side; readonly barMs: number; readonly bars: number };
/** `enter`: confirmed. `leave`: what is held the other way has to go, an entry may follow. */
export type Called = { readonly what: 'enter' | 'leave'; readonly side: Side; readonly barMs: number };
export type Judged = { readonly waiting: Waiting | null; readonly called: Called | null };

const BPS = 10_000;

/** Histogram beyond which a bar counts; null while the deviation that it needs is not known. The bar itself does not widen it. */
export function thresholdOf(
  { before, close }: { readonly before: Series; readonly close: number },
  parameters: MacdParameters,
): number | null {
  const { thresholdBps, thresholdDeviations } = parameters;
  const share = (close * thresholdBps) / BPS;
  if (thresholdDeviations === 0) return share;
  const deviation = deviationOf(before, parameters);
  return deviation === null ? null : Math.max(share, thresholdDeviations * deviation);
}

/** -1 when the histogram fell through minus the threshold on this bar, 1 when it rose through the threshold, else 0. */
export function crossOf([before, now]: readonly [MacdPoint, MacdPoint], threshold: number): -1 | 0 | 1 {
  if (before.histogram <= threshold && now.histogram > threshold) return 1;
  if (before.histogram >= -threshold && now.histogram < -threshold) return -1;
  return 0;
}

/**
 * One bar more. A cross calls at once for leaving the other side; it is an entry on the first bar on which all confirmations are there,
 * and is forgotten when the histogram comes back behind its threshold, or when that takes too long.
 */
export function judgeBar(
  waiting: Waiting | null,
  { before, after, parameters }: { readonly before: Series; readonly after: Series; readonly parameters: MacdParameters },
): Judged {
  const threshold = thresholdOf({ before, close: after.close }, parameters);
  if (!before.point || !after.point || threshold === null) return { waiting: null, called: null };
  const cross = crossOf([before.point, after.point], threshold);
  const side = cross === 0 ? waiting?.side : cross;
  if (side === undefined || side * after.point.histogram <= threshold) return { waiting: null, called: null };
  const now: Waiting = cross === 0 && waiting ? { ...waiting, bars: waiting.bars + 1 } : { side, barMs: after.barMs, bars: 0 };
  const { confirmBars, confirmWithinBars } = parameters;
  if (isConfirmed(now, { after, parameters })) return { waiting: null, called: { what: 'enter', side, barMs: after.barMs } };
  const over = now.bars >= confirmBars + confirmWithinBars;
  return { waiting: over ? null : now, called: cross === 0 ? null : { what: 'leave', side, barMs: after.barMs } };
}

function isConfirmed(
  { side, bars }: Waiting,
  { after, parameters }: { readonly after: Series; readonly parameters: MacdParameters },
): boolean {
  const { confirmBars, confirmSlopeBars, trendPeriod } = parameters;
  if (bars < confirmBars || side * after.run < confirmSlopeBars) return false;
  if (trendPeriod === 0) return true;
  const trend = filledValue(after.trend, trendPeriod);
  return trend !== null && side * (after.close - trend) > 0;
}

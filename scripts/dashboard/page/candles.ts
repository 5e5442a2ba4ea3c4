/** Bars of any interval out of closed K-lines and of the short bars of the stream, and the fills on them. Pure. */
import type { BarView, Logs } from '../model.ts';

export type Candle = { readonly time: number; readonly open: number; readonly high: number; readonly low: number; readonly close: number };
export type Mark = { readonly time: number; readonly side: 'buy' | 'sell'; readonly size: number; readonly atPriceMiddle: number };

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

export const secondsOf = (interval: string): number => Number.parseInt(interval, 10) * (UNITS[interval.slice(-1)] ?? 1);

/** Closed bars where there are any; what came after the last of them from the short ones. */
export function aggregate({
  bars,
  klines,
  interval,
}: {
  bars: readonly BarView[];
  klines: Readonly<Record<string, readonly BarView[]>>;
  interval: string;
}): readonly Candle[] {
  const step = secondsOf(interval);
  const closed = (klines[interval] ?? []).map(candleOf);
  const from = (closed.at(-1)?.time ?? Number.NEGATIVE_INFINITY) + step;
  const open: Candle[] = [];
  for (const bar of bars.toSorted(([a], [b]) => a - b)) {
    const time = Math.floor(bar[0] / step) * step;
    if (time < from) continue;
    const last = open.at(-1);
    if (last?.time === time) open[open.length - 1] = joined(last, candleOf(bar));
    else open.push({ ...candleOf(bar), time });
  }
  return [...closed, ...open];
}

const candleOf = ([time, open, high, low, close]: BarView): Candle => ({ time, open, high, low, close });
const joined = (a: Candle, b: Candle): Candle => ({ ...a, high: Math.max(a.high, b.high), low: Math.min(a.low, b.low), close: b.close });

/** Fills within the time that is shown, each on its bar. */
export function markersOf(
  fills: readonly Logs['fills'][],
  { candles, interval }: { candles: readonly Candle[]; interval: string },
): readonly Mark[] {
  const step = secondsOf(interval);
  const times = new Set(candles.map(({ time }) => time));
  return fills
    .map(({ wallMs, side, price }) => ({ time: Math.floor(wallMs / 1_000 / step) * step, side, size: 1, atPriceMiddle: Number(price) }))
    .filter(({ time }) => times.has(time))
    .toSorted((a, b) => a.time - b.time);
}

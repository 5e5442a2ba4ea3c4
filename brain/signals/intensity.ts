/**
 * How often public trades reach a distance from mid: what A and k of lambda(delta) = A exp(-k delta) are fitted to. One observation for
 * each side and each `observeMs`: mid at its begin, as a quote would have been set then, and the farthest trade on that side until its
 * end. Extremes and not trades are counted, because one taker that walks the book prints many trades but fills a quote once.
 */
import type { TradeSeen } from '../strategy/strategy.ts';
import { addToBuckets, type Buckets, foldBuckets } from './buckets.ts';
import { type Counts, fitIntensity, type Fit } from './intensity-fit.ts';

/** Farthest trades so far, basis points of `mid`; 0 or less: none beyond it. */
type Observation = { readonly sinceMs: number; readonly mid: number; readonly up: number; readonly down: number };
export type Intensity = {
  /** Width of a bin, basis points; that of the first look for good. */
  readonly widthBps: number;
  /** What it was begun with: observations made by other options are not mixed with these. */
  readonly of: Observing;
  readonly current: Observation;
  readonly counts: Buckets<Counts> | null;
  readonly fit: Fit | null;
  readonly fittedMs: number;
};
type Observing = { readonly observeMs: number; readonly binBps: number; readonly bins: number };
export type IntensityOptions = Observing & { readonly windowMs: number; readonly refitMs: number };

/** `mid` in ticks. */
type Look = {
  readonly mid: number;
  readonly atMs: number;
  readonly trades: readonly TradeSeen[] | null;
  readonly options: IntensityOptions;
};

const BPS = 10_000;
const BLOCKS = 10;
/** An observation that took longer than this many times `observeMs` was not watched and is dropped. */
const LATE = 1.5;

/** Trades that were missed (null) spoil the observation under way, not those before. */
export function intensity(before: Intensity | null, { mid, atMs, trades, options }: Look): Intensity {
  const opened = { sinceMs: atMs, mid, up: 0, down: 0 };
  if (before === null || !isOf(before, options)) return begun(options, opened);
  const state = refit(before, { atMs, options });
  if (trades === null || atMs < state.current.sinceMs) return { ...state, current: opened };
  const current = reach(state.current, trades);
  const tookMs = atMs - current.sinceMs;
  if (tookMs < options.observeMs) return current === state.current ? state : { ...state, current };
  if (tookMs > options.observeMs * LATE) return { ...state, current: opened };
  return { ...state, current: opened, counts: count(state, { current, tookMs, atMs, options }) };
}

const begun = ({ observeMs, binBps, bins }: IntensityOptions, current: Observation): Intensity => ({
  widthBps: Math.max(binBps, BPS / current.mid),
  of: { observeMs, binBps, bins },
  current,
  counts: null,
  fit: null,
  fittedMs: current.sinceMs,
});

const isOf = ({ of }: Intensity, { observeMs, binBps, bins }: IntensityOptions): boolean =>
  of.observeMs === observeMs && of.binBps === binBps && of.bins === bins;

/** `trades` are taken as made after the observation began: those before came with the look before. */
function reach(current: Observation, trades: readonly TradeSeen[]): Observation {
  let { up, down } = current;
  for (const { price, aggressor } of trades) {
    const bps = ((price - current.mid) / current.mid) * BPS;
    if (aggressor === 'buy') up = Math.max(up, bps);
    else down = Math.max(down, -bps);
  }
  return up === current.up && down === current.down ? current : { ...current, up, down };
}

type Counting = {
  readonly current: Observation;
  readonly tookMs: number;
  readonly atMs: number;
  readonly options: IntensityOptions;
};

function count({ counts, widthBps }: Intensity, { current, tookMs, atMs, options }: Counting): Buckets<Counts> {
  const cells = new Array<number>(options.bins + 1).fill(0);
  for (const depth of [current.up, current.down]) {
    const cell = Math.min(options.bins, Math.floor(depth / widthBps));
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  return addToBuckets(counts, { ...spanOf({ atMs, options }), value: { cells, seconds: (2 * tookMs) / 1_000 }, merge: plus });
}

function refit(state: Intensity, { atMs, options }: { readonly atMs: number; readonly options: IntensityOptions }): Intensity {
  if (atMs >= state.fittedMs && atMs - state.fittedMs < options.refitMs) return state;
  if (state.counts === null) return { ...state, fittedMs: atMs };
  const none: Counts = { cells: new Array<number>(options.bins + 1).fill(0), seconds: 0 };
  const counts = foldBuckets(state.counts, { ...spanOf({ atMs, options }), from: none, add: plus });
  return { ...state, fittedMs: atMs, fit: fitIntensity(counts, state.widthBps) };
}

const spanOf = ({ atMs, options }: { readonly atMs: number; readonly options: IntensityOptions }) => ({
  atMs,
  bucketMs: options.windowMs / BLOCKS,
  count: BLOCKS,
});
const plus = (a: Counts, b: Counts): Counts => ({
  cells: a.cells.map((cell, i) => cell + (b.cells[i] ?? 0)),
  seconds: a.seconds + b.seconds,
});

/** What macd-trend remembers between two looks, and how it is read back after a restart. */
import * as z from 'zod';
import type { Series } from './macd-series.ts';
import type { Waiting } from './macd-signal.ts';

/**
 * A position on its way: `size` in base units without a sign, `barMs` of the bar that called for it. `tries` orders were sent, the last at
 * `last.atMs` of the venue's time from the position `from`, in lots; null before the first. `nearest`: of the positions seen meanwhile the
 * one closest to it, lots, and `seenMs` when it was last pursued.
 */
export type Goal = {
  readonly to: 'long' | 'short' | 'flat';
  readonly size: string;
  readonly barMs: number;
  readonly tries: number;
  readonly last: { readonly atMs: number; readonly from: number } | null;
  readonly nearest: number;
  readonly seenMs: number;
};
export type MacdState = {
  /** Null before the first look. */
  readonly series: Series | null;
  readonly waiting: Waiting | null;
  readonly goal: Goal | null;
  /** The newest entry that was begun. */
  readonly entry: { readonly barMs: number; readonly atMs: number } | null;
  /** What was called for on a bar that was still open: it is not called for again at its close, and taken back when that disagrees. */
  readonly early: { readonly barMs: number; readonly side: 1 | -1 } | null;
};

export const NO_STATE: MacdState = { series: null, waiting: null, goal: null, entry: null, early: null };

const side = z.union([z.literal(1), z.literal(-1)]);
const average = z.strictObject({ n: z.int().nonnegative(), value: z.number() });
const StateRow = z.strictObject({
  series: z
    .strictObject({
      ...{ key: z.string(), barMs: z.number(), close: z.number() },
      ...{ fast: average, slow: average, signal: average, trend: average, range: average, square: average },
      point: z.strictObject({ macd: z.number(), signal: z.number(), histogram: z.number() }).nullable(),
      run: z.int(),
    })
    .nullable(),
  waiting: z.strictObject({ side, barMs: z.number(), bars: z.int().nonnegative() }).nullable(),
  goal: z
    .strictObject({
      ...{
        to: z.enum(['long', 'short', 'flat']),
        size: z.string().regex(/^\d+(\.\d+)?$/),
        barMs: z.number(),
        tries: z.int().nonnegative(),
        nearest: z.int(),
        seenMs: z.number(),
      },
      last: z.strictObject({ atMs: z.number(), from: z.int() }).nullable(),
    })
    .nullable(),
  entry: z.strictObject({ barMs: z.number(), atMs: z.number() }).nullable(),
  early: z.strictObject({ barMs: z.number(), side }).nullable(),
});

/** Null when it is none: then it begins anew, and the bars there are count as history. */
export function readMacdState(saved: unknown): MacdState | null {
  const read = StateRow.safeParse(saved);
  return read.success ? read.data : null;
}

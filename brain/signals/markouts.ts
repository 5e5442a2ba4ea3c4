/** What own fills were worth a little later: mid after the horizon against the fill's price. Negative: the price ran through the quotes. */
import type { OwnFill } from '../strategy/strategy.ts';

/** `sign` 1 for a buy, -1 for a sell; ticks. */
type Waiting = { readonly sign: 1 | -1; readonly price: number; readonly atMs: number };
/** `done`: basis points of the fill's price, oldest first. */
export type Markouts = { readonly waiting: readonly Waiting[]; readonly done: readonly number[] };
type Look = {
  readonly fills: readonly OwnFill[];
  readonly mid: number;
  readonly atMs: number;
  readonly horizonMs: number;
  /** How many are kept. */
  readonly keep: number;
};

export const NO_MARKOUTS: Markouts = { waiting: [], done: [] };
const BPS = 10_000;
/** Bound of the fills that wait for their horizon; beyond it the oldest are given up. */
const WAITING_MAX = 100;

/** Measured by the first mid at or after the horizon; a fill that nobody looked at for twice the horizon tells nothing and is dropped. */
export function markouts(before: Markouts, { fills, mid, atMs, horizonMs, keep }: Look): Markouts {
  if (fills.length === 0 && (before.waiting.length === 0 || atMs < (before.waiting[0]?.atMs ?? 0) + horizonMs)) return before;
  const all = [...before.waiting, ...fills.map(waitingOf)].sort((a, b) => a.atMs - b.atMs);
  const due = all.filter((one) => atMs >= one.atMs + horizonMs);
  const measured = due
    .filter((one) => atMs <= one.atMs + 2 * horizonMs)
    .map(({ sign, price }) => ((sign * (mid - price)) / price) * BPS + 0);
  return { waiting: all.slice(due.length).slice(-WAITING_MAX), done: [...before.done, ...measured].slice(-keep) };
}

/** Mean of the last `fills`, basis points; null while there are fewer. */
export function meanMarkout({ done }: Markouts, fills: number): number | null {
  if (done.length < fills) return null;
  let sum = 0;
  for (const one of done.slice(-fills)) sum += one;
  return sum / fills;
}

const waitingOf = ({ side, price, atMs }: OwnFill): Waiting => ({ sign: side === 'buy' ? 1 : -1, price, atMs });

/** Begins the mean anew; fills whose horizon has not come yet stay. */
export const forgetMarkouts = ({ waiting }: Markouts): Markouts => ({ waiting, done: [] });

/** At which price a position could be closed now: out of the book for its whole size, by the mark price while the book is blind. Pure. */
import { fractionalTicks, type Instrument } from '../../shared/instrument.ts';
import type { Lots } from '../../shared/units.ts';
import type { Level } from '../strategy/strategy.ts';

export type PriceView = {
  readonly instrument: Instrument;
  readonly position: Lots;
  /** Side of the book that a close would take from, best first; null while the book is not live. */
  readonly taken: readonly Level[] | null;
  readonly markPrice: string | null;
  /** Null: not known, so it may be of any age. */
  readonly markAgeMs: number | null;
};

/** Quote units; null when it cannot be told: the book is blind, or empty on that side, and the mark price is not there or too old. */
export function exitPrice({ instrument, position, taken, markPrice, markAgeMs }: PriceView, maxMarkAgeMs: number): number | null {
  const ticks = taken ? executableTicks(taken, Math.abs(position)) : null;
  if (ticks !== null) return ticks * Number(instrument.tickSize);
  const fresh = markPrice !== null && markAgeMs !== null && markAgeMs <= maxMarkAgeMs;
  return fresh ? fractionalTicks(instrument, markPrice) * Number(instrument.tickSize) : null;
}

/**
 * Average price for `size` lots walked through the levels. Beyond the last published level the rest counts at that level's price: the
 * real price would be worse, so on a thin book the true loss is at least the one told. Null without levels.
 */
export function executableTicks(levels: readonly Level[], size: number): number | null {
  let [left, cost, last] = [size, 0, 0];
  for (const { price, size: offered } of levels) {
    const take = Math.min(left, offered);
    cost += take * price;
    left -= take;
    last = price;
    if (left <= 0) break;
  }
  return levels.length === 0 || size <= 0 ? null : (cost + left * last) / size;
}

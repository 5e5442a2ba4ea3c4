/**
 * Entry price and realized profit as the venue counts them, against those from our fills. They can be compared only while both sides speak
 * of the same moment: sizes agree, and no fill booked is newer than the venue's word. The venue's profit is a running total of its own, so
 * what is compared is what was added since both were first seen side by side. Pure.
 */
import type { PositionReport } from '../../shared/events.ts';
import { type Atoms, atoms, ZERO_ATOMS } from '../../shared/units.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { entryPriceOf, type Holding } from './position.ts';

/** Averages are rounded differently: a share of the price. */
const ENTRY_NEAR = 1e-5;
/** Profits of single fills are rounded to four places where the venue shows them, quote atoms. */
const REALIZED_NEAR_PER_FILL = 10_000n;

/** Where the totals stood when they were first compared, and how many fills there have been since. */
export type Mark = { readonly venue: Atoms; readonly ours: Atoms; readonly fills: number; readonly atMs: number };
export type Compared = {
  readonly instrument: Instrument;
  readonly holding: Holding;
  readonly venue: PositionReport;
  readonly newestFillMs: number;
  readonly fills: number;
  readonly mark: Mark | null;
};
export type MoneyDifference = 'entry-price' | 'realized';

export const isComparable = ({ holding, venue, newestFillMs }: Compared): boolean =>
  venue.size === holding.size && newestFillMs <= venue.atMs;

export const markOf = ({ holding, venue, fills }: Compared): Mark | null =>
  venue.realized === undefined ? null : { venue: venue.realized, ours: holding.realized, fills, atMs: venue.atMs };

export function moneyDifference(compared: Compared): MoneyDifference | null {
  if (!isComparable(compared)) return null;
  if (differsInEntry(compared)) return 'entry-price';
  const wanted = realizedByVenue(compared);
  if (wanted === null || compared.mark === null) return null;
  const off = wanted - compared.holding.realized;
  const near = REALIZED_NEAR_PER_FILL * BigInt(compared.fills - compared.mark.fills + 1);
  return (off < 0n ? -off : off) > near ? 'realized' : null;
}

/** What we should have realized by the venue's count; null where it does not tell, or has begun to count anew. */
export function realizedByVenue({ venue, mark }: Pick<Compared, 'venue' | 'mark'>): Atoms | null {
  if (venue.realized === undefined || mark === null) return null;
  if (venue.realized === ZERO_ATOMS && mark.venue !== ZERO_ATOMS) return null;
  return atoms(mark.ours + venue.realized - mark.venue);
}

function differsInEntry({ instrument, holding, venue }: Compared): boolean {
  const [ours, theirs] = [Number(entryPriceOf(instrument, holding) ?? '0'), Number(venue.entryPrice)];
  return Math.abs(ours - theirs) > ENTRY_NEAR * Math.abs(theirs);
}

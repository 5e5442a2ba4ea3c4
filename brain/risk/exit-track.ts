/**
 * What must be remembered of the position that is held: since when, the best executable price, and the stops that only ever move towards
 * it. Bound to that one position, so that nothing of it outlives a close:
 * - Flat, or on the other side: all begins anew.
 * - The same side, and both then and now the trade is known that took the position away from flat: it is the same position when that trade
 *   is the same. An earlier trade is a fill told late, which opened this very position before; a later one opened another position.
 * - The same side without such a trade (adopted, or corrected by the venue's word): the same position when it has grown, or when its entry
 *   price is the same. Reducing never moves an entry price, so a size that did not grow at another entry price is another position.
 * Growing moves the entry price that distances count from; a stop that was there before stays where it is, or moves nearer.
 */
import type { ExitParameters } from '../../shared/exit-parameters.ts';
import { profitOf, type Side } from './exit-rules.ts';

/** Prices in quote units, sizes in base units, times by the venue's clock. */
export type Track = {
  readonly side: Side;
  /** Trade that opened it and its time; null when none is known. */
  readonly opening: { readonly tradeId: string; readonly atMs: number } | null;
  readonly entry: number;
  readonly size: number;
  readonly heldSinceMs: number;
  /** Best executable price so far; null before the first. */
  readonly peak: number | null;
  /** Where the trailing stop stands; null before it began. */
  readonly trail: number | null;
  /** Where the break-even stop stands; null before the profit that sets it. */
  readonly breakEven: number | null;
};
/** The position as a snapshot shows it; `price` is the executable one, null when it cannot be told. */
export type HeldNow = {
  readonly side: Side;
  readonly opening: Track['opening'];
  readonly entry: number;
  readonly size: number;
  readonly price: number | null;
  readonly atMs: number;
};
export type Trailing = {
  readonly parameters: ExitParameters /** Of opening and closing, share of the entry price. */;
  readonly feeShare: number;
};

/** Entry prices are told by the venue or summed up from fills: they may differ in the last digits. */
const SAME_ENTRY = 1e-6;

/** The track after this snapshot. */
export function follow(before: Track | null, { held, rules }: { readonly held: HeldNow; readonly rules: Trailing }): Track {
  const known = before !== null && isSame(before, held) ? before : begin(held);
  const since = held.opening ? Math.min(held.opening.atMs, known.heldSinceMs) : known.heldSinceMs;
  const peak = held.price === null ? known.peak : nearer(held.side, { before: known.peak, now: held.price });
  const { side, trail, breakEven } = known;
  const { entry, size } = held;
  const moved = { side, opening: held.opening ?? known.opening, entry, size, heldSinceMs: since, peak, trail, breakEven };
  const moving = { held, rules };
  const next = { ...moved, trail: trailOf(moved, moving), breakEven: breakEvenOf(moved, moving) };
  return before !== null && isAlike(before, next) ? before : next;
}

/** Nothing has moved: most looks, so that nothing is made anew for them. */
const isAlike = (a: Track, b: Track): boolean =>
  a.side === b.side &&
  a.opening === b.opening &&
  a.entry === b.entry &&
  a.size === b.size &&
  a.heldSinceMs === b.heldSinceMs &&
  a.peak === b.peak &&
  a.trail === b.trail &&
  a.breakEven === b.breakEven;

export function isSame(before: Track, held: HeldNow): boolean {
  if (before.side !== held.side) return false;
  if (before.opening && held.opening) return before.opening.tradeId === held.opening.tradeId || held.opening.atMs < before.opening.atMs;
  return held.size > before.size || Math.abs(held.entry - before.entry) <= SAME_ENTRY * before.entry;
}

const begin = ({ side, opening, entry, size, atMs }: HeldNow): Track => ({
  ...{ side, opening, entry, size },
  heldSinceMs: opening?.atMs ?? atMs,
  ...{ peak: null, trail: null, breakEven: null },
});

type Moving = { readonly held: HeldNow; readonly rules: Trailing };

/** Behind the best price, never farther from it than it was. */
function trailOf({ side, peak, trail, entry }: Track, { held, rules }: Moving): number | null {
  const rule = rules.parameters.trailing;
  if (!rule || peak === null) return rule ? trail : null;
  const start = fromEntry(entry, { percent: rule.activationPercent, distance: rule.activationDistance });
  const begun = trail !== null || (held.price !== null && profitOf(held, held.price) >= start);
  return begun ? nearer(side, { before: trail, now: peak - side * fromEntry(entry, rule) }) : null;
}

/** At the entry price and the fees, once the profit was there; never back, also when the entry price moves. */
function breakEvenOf({ side, breakEven, entry }: Track, { held, rules }: Moving): number | null {
  const rule = rules.parameters.breakEven;
  if (!rule) return null;
  const after = fromEntry(entry, { percent: rule.afterPercent, distance: rule.afterDistance });
  if (held.price === null || profitOf(held, held.price) < after) return breakEven;
  return nearer(side, { before: breakEven, now: entry * (1 + side * rules.feeShare) });
}

/** A length of price from its rule. */
const fromEntry = (
  entry: number,
  { percent, distance }: { readonly percent?: number | undefined; readonly distance?: string | undefined },
): number => (percent === undefined ? Number(distance ?? 0) : (entry * percent) / 100);

/** The higher one of a long, the lower one of a short. */
const nearer = (side: Side, { before, now }: { readonly before: number | null; readonly now: number }): number =>
  before === null || side * (now - before) > 0 ? now : before;

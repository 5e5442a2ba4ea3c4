/**
 * Which moves are due now. A quote that stands off is moved when it has done so for some snapshots in a row, or when it stands off by far;
 * one that would only go back to where it just came from waits twice as long each time. What stands too near to the market, or is too
 * large, is not waited with. Pure.
 */
import type { MonoMs, Ticks } from '../../shared/units.ts';
import { distanceOf, isTooLarge, priceTolerance, type Tolerance } from './pair.ts';
import { type Move, standsTooNear } from './plan.ts';

export type SettleRules = {
  /** Snapshots in a row. */
  readonly snapshots: number;
  /** Standing off by more than this many tolerances is far. */
  readonly farFactor: number;
};
/** Of one order, as far as moves are concerned. */
export type Moved = {
  /** Placed, or last amended. */
  readonly movedAt: MonoMs;
  /** Where it stood before its last move; null when it was never moved. */
  readonly cameFrom: Ticks | null;
  /** Moves in a row that went back to where the one before came from. */
  readonly flips: number;
  /** Snapshots in a row, this one not counted, in which it stood off. */
  readonly offFor: number;
};
export type Settling = { readonly moved: Moved; readonly rules: SettleRules; readonly tolerance: Tolerance; readonly now: MonoMs };

/** Going back after longer than this is no flip. */
const FLIP_MS = 2_000;
/** The wait is doubled at most this often. */
const FLIPS_COUNTED = 4;

export function isDue(move: Move, settling: Settling): boolean {
  const { order, quote } = move;
  const { moved, rules, tolerance, now } = settling;
  const far = distanceOf(order, quote) > rules.farFactor * priceTolerance(quote, tolerance);
  const tooNear = standsTooNear(order, { quote, tolerance });
  if (isTooLarge(order, { quote, tolerance }) || (tooNear && far)) return true;
  if (now - moved.movedAt < (quote.minLifeMs ?? 0)) return false;
  if (tooNear) return true;
  const flips = isFlip(quote.price, settling) ? moved.flips + 1 : 0;
  if (far && flips === 0) return true;
  return moved.offFor + 1 >= rules.snapshots * 2 ** Math.min(flips, FLIPS_COUNTED);
}

/** Back to where it came from, and soon. */
export function isFlip(price: Ticks, { moved, tolerance, now }: Pick<Settling, 'moved' | 'tolerance' | 'now'>): boolean {
  if (moved.cameFrom === null || now - moved.movedAt > FLIP_MS) return false;
  return Math.abs(price - moved.cameFrom) <= priceTolerance({ price }, tolerance);
}

/**
 * Which moves are due now. A quote that stands off is moved when it has done so for some snapshots in a row, or when it stands off by far;
 * one that would only go back to where it just came from waits twice as long each time. What stands too near to the market, or is too
 * large, is not waited with. Pure.
 */
import type { MonoMs, Ticks } from '../../shared/units.ts';
import { distanceOf, isTooLarge, priceTolerance, type Tolerance } from './pair.ts';
import { type Move, standsTooNear } from './plan.ts';

export type SettleRules = {
  /** Snapshots in a row; of those that are pushed in between no more count than the gateway's ticks have room for. */
  readonly snapshots: number;
  /** Period of those ticks. */
  readonly tickMs: number;
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
  /** Snapshots that counted, this one left out, in a row of such in which it stood off. */
  readonly offFor: number;
  /** The gateway's time of the newest that counted; null: none did. */
  readonly offAtMs: number | null;
};
export type Settling = {
  readonly moved: Moved;
  readonly rules: SettleRules;
  readonly tolerance: Tolerance;
  readonly now: MonoMs;
  /** The gateway's time of this snapshot. */
  readonly atMs: number;
};

/** Going back after longer than this is no flip. */
const FLIP_MS = 2_000;
/** The wait is doubled at most this often. */
const FLIPS_COUNTED = 4;
/** A tick may come a little early after one that was late. */
const TICK_SHARE = 0.75;

export function isDue(move: Move, settling: Settling): boolean {
  const { order, quote } = move;
  const { moved, rules, tolerance, now, atMs } = settling;
  const far = distanceOf(order, quote) > rules.farFactor * priceTolerance(quote, tolerance);
  const tooNear = standsTooNear(order, { quote, tolerance });
  if (isTooLarge(order, { quote, tolerance }) || (tooNear && far)) return true;
  if (now - moved.movedAt < (quote.minLifeMs ?? 0)) return false;
  if (tooNear) return true;
  const flips = isFlip(quote.price, settling) ? moved.flips + 1 : 0;
  if (far && flips === 0) return true;
  return standsOff(moved, { rules, atMs }).offFor >= rules.snapshots * 2 ** Math.min(flips, FLIPS_COUNTED);
}

/** With this snapshot, in which it stands off: one that comes sooner than a tick after the last that counted counts as the same. */
export function standsOff(
  { offFor, offAtMs }: Pick<Moved, 'offFor' | 'offAtMs'>,
  { rules, atMs }: Pick<Settling, 'rules' | 'atMs'>,
): Pick<Moved, 'offFor' | 'offAtMs'> {
  const isSame = offAtMs !== null && atMs >= offAtMs && atMs - offAtMs < TICK_SHARE * rules.tickMs; // earlier: the clock was set back
  return isSame ? { offFor, offAtMs } : { offFor: offFor + 1, offAtMs: atMs };
}

/** Back to where it came from, and soon. */
export function isFlip(price: Ticks, { moved, tolerance, now }: Pick<Settling, 'moved' | 'tolerance' | 'now'>): boolean {
  if (moved.cameFrom === null || now - moved.movedAt > FLIP_MS) return false;
  return Math.abs(price - moved.cameFrom) <= priceTolerance({ price }, tolerance);
}

/**
 * The spread between two books of one coin, and what taking it would leave. The books may be quoted in different money (USDT and USDC), so
 * their ratio has a level of its own that drifts; what is traded is the distance from a mean that follows slowly. Logarithms of prices,
 * so that a ratio is a difference; shares of the notional throughout (0.0001 is a basis point). Pure; state is plain data.
 */

/** Mean of ln(mid of A / mid of B); null before the first look. */
export type Basis = { readonly mean: number; readonly variance: number; readonly atMs: number; readonly sinceMs: number } | null;

export type BookTop = { readonly bid: number; readonly ask: number };
export type LegCosts = {
  readonly takerFee: number /** Paid by longs, received by shorts, at each funding time. */;
  readonly fundingRate: number;
};
/** Long A and short B, or the other way round. */
export type Direction = 'long-a' | 'long-b';

/** Follows with a time constant; looks that come late weigh more. */
export function followBasis(
  before: Basis,
  { ratio, nowMs, tauMs }: { readonly ratio: number; readonly nowMs: number; readonly tauMs: number },
): NonNullable<Basis> {
  if (before === null) return { mean: ratio, variance: 0, atMs: nowMs, sinceMs: nowMs };
  const weight = 1 - Math.exp(-Math.max(0, nowMs - before.atMs) / tauMs);
  const off = ratio - before.mean;
  return {
    mean: before.mean + weight * off,
    variance: (1 - weight) * (before.variance + weight * off * off),
    atMs: nowMs,
    sinceMs: before.sinceMs,
  };
}

const midOf = ({ bid, ask }: BookTop): number => (bid + ask) / 2;
export const ratioOf = (a: BookTop, b: BookTop): number => Math.log(midOf(a) / midOf(b));

export type Edge = {
  /** What the prices that can be had now are away from the mean. */
  readonly gross: number;
  /** Fees of four takes (in and out on both legs) and half the spread of both books on the way out. */
  readonly costs: number;
  /** Funding paid (negative: received) while it is expected to be held. */
  readonly carry: number;
  readonly net: number;
};
export type Priced = {
  readonly a: BookTop;
  readonly b: BookTop;
  readonly mean: number;
  readonly costsA: LegCosts;
  readonly costsB: LegCosts;
  /** Funding times that are expected to pass while it is held. */
  readonly fundings: number;
};

/** Of entering now: take the ask of one and the bid of the other, and leave at the mean. */
export function edgeOf(direction: Direction, { a, b, mean, costsA, costsB, fundings }: Priced): Edge {
  const gross = direction === 'long-b' ? Math.log(a.bid / b.ask) - mean : mean - Math.log(a.ask / b.bid);
  const halfSpreads = (Math.log(a.ask / a.bid) + Math.log(b.ask / b.bid)) / 2;
  const costs = 2 * (costsA.takerFee + costsB.takerFee) + halfSpreads;
  const longRate = direction === 'long-a' ? costsA.fundingRate : costsB.fundingRate;
  const shortRate = direction === 'long-a' ? costsB.fundingRate : costsA.fundingRate;
  const carry = (longRate - shortRate) * fundings;
  return { gross, costs, carry, net: gross - costs - carry };
}

/** How far the mids are from the mean in favour of a position: what is still to come. */
export const leftOf = (direction: Direction, { a, b, mean }: Pick<Priced, 'a' | 'b' | 'mean'>): number =>
  direction === 'long-b' ? ratioOf(a, b) - mean : mean - ratioOf(a, b);

/** How near to the fair price a quote may come: a round trip must be worth its fees. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import type { Side } from '../../../shared/order.ts';
import type { Commission } from '../strategy.ts';
import type { Reason } from './reasons.ts';

const BPS = 10_000;

/**
 * Least distance of each quote from the fair price, basis points: half of what a round trip costs (maker fee in, maker or taker fee out)
 * and must earn. Null: not looked at; a negative rest (rebates) is none. Fail closed: with fees unknown there is no distance to keep.
 */
export function edgeOf({ edge }: MarketMakingParameters, commission: Commission | null): number | null | Reason {
  if (edge.minProfitBps === null) return null;
  if (commission === null) return 'commission-unknown';
  const fees = (commission.maker + (edge.exit === 'taker' ? commission.taker : commission.maker)) * BPS;
  return Math.max(0, (fees + edge.minProfitBps) / 2);
}

/** The side that shrinks the inventory may be let out for less. */
export const edgeOfSide = (
  edgeBps: number,
  { edge, side, position }: { readonly edge: MarketMakingParameters['edge']; readonly side: Side; readonly position: number },
): number => ((side === 'buy' ? position < 0 : position > 0) ? edgeBps * edge.reducingShare : edgeBps);

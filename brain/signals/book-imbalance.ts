/** Which side of the book is heavier: 1 when there are only bids, -1 when only asks, 0 when both are equal. */
import type { Level } from '../strategy/strategy.ts';

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[]; readonly levels: number };

/** Over the best `levels` of each side, all weighing the same; 0 for an empty book. */
export function bookImbalance({ bids, asks, levels }: Sides): number {
  const [bid, ask] = [sizeOf(bids, levels), sizeOf(asks, levels)];
  return bid + ask === 0 ? 0 : (bid - ask) / (bid + ask);
}

function sizeOf(side: readonly Level[], levels: number): number {
  let sum = 0;
  for (let i = 0; i < side.length && i < levels; i++) sum += side[i]?.size ?? 0;
  return sum;
}

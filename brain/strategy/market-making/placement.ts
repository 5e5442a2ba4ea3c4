/** What the book around a quote does to its price: join the best, improve on it, or step behind a wall. Prices of others only. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import type { Side } from '../../../shared/order.ts';
import type { Level } from '../strategy.ts';

type Placing = {
  readonly placement: MarketMakingParameters['placement'];
  readonly side: Side;
  /** Others' levels of the own side, best first. */
  readonly levels: readonly Level[];
  /** How far a price may be moved, ticks. */
  readonly reach: number;
  readonly level: number;
};

/** `price` as the model has it; the caller still keeps it from crossing and outside the fee edge. */
export function placed(price: number, placing: Placing): number {
  switch (placing.placement.mode) {
    case 'model':
      return price;
    case 'join':
      return placing.level === 0 ? towards(price, { ...placing, ticks: 0 }) : price;
    case 'improve':
      return placing.level === 0 ? towards(price, { ...placing, ticks: placing.placement.improveTicks }) : price;
    case 'behind-wall':
      return behindWall(price, placing);
    default:
      throw new Error(`Cannot place by ${JSON.stringify(placing.placement.mode satisfies never)}`);
  }
}

/** A quote that would stand in front of the target steps back to it; one that stands behind comes up to it when it is within reach. */
function towards(price: number, { side, levels, reach, ticks }: Placing & { readonly ticks: number }): number {
  const best = levels[0]?.price;
  if (best === undefined) return price;
  const out = side === 'buy' ? -1 : 1;
  const target = best - out * ticks;
  const behind = out * (price - target);
  return behind <= reach ? target : price;
}

/** One tick behind the nearest wall at the price or up to `reach` behind it. */
function behindWall(price: number, { placement, side, levels, reach }: Placing): number {
  const out = side === 'buy' ? -1 : 1;
  let sum = 0;
  for (const level of levels) sum += level.size;
  const wall = (sum / levels.length) * placement.wallFactor;
  for (const level of levels) {
    const behind = out * (level.price - price);
    if (behind >= 0 && behind < reach && level.size >= wall) return level.price + out;
  }
  return price;
}

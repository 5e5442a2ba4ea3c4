/**
 * The market without our own orders: what we quote must not move what we take for its price. An order is taken out of the level it rests
 * on only where the two agree: a level smaller than our order was told at another moment and stays as it is.
 */
import type { Side } from '../../../shared/order.ts';
import { lots } from '../../../shared/units.ts';
import type { WorkingOrder } from '../../oms/working.ts';
import type { Level, SymbolView } from '../strategy.ts';

/** `mid` in ticks, a whole number or a half. Neither side is empty. */
export type Market = {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly bestBid: Level;
  readonly bestAsk: Level;
  readonly mid: number;
};

export function marketOf(view: SymbolView): Market {
  const bids = withoutOwn(view.bids, { orders: view.orders, side: 'buy' });
  const asks = withoutOwn(view.asks, { orders: view.orders, side: 'sell' });
  const [bestBid, bestAsk] = [bids[0] ?? { price: view.bestBid, size: lots(0) }, asks[0] ?? { price: view.bestAsk, size: lots(0) }];
  return { bids, asks, bestBid, bestAsk, mid: (bestBid.price + bestAsk.price) / 2 };
}

/** A side that is all ours is left as it is: there is no other price to tell. */
function withoutOwn(
  levels: readonly Level[],
  { orders, side }: { readonly orders: readonly WorkingOrder[]; readonly side: Side },
): readonly Level[] {
  const own = orders.filter((order) => order.side === side && RESTING.has(order.status));
  if (own.length === 0) return levels;
  const others = levels.flatMap((level) => {
    let size = level.size as number;
    for (const order of own) if (order.price === level.price) size -= order.size - order.filled;
    return size === level.size || size < 0 ? [level] : size === 0 ? [] : [{ price: level.price, size: lots(size) }];
  });
  return others.length === 0 ? levels : others;
}

const RESTING: ReadonlySet<string> = new Set(['open', 'partially-filled']);

/**
 * Reduce-only rules: such orders close the position and together never exceed it. When it shrinks, those of lowest priority (worst
 * price for whoever would trade with them, then newest) shrink or expire (Binance USD-M docs, ORDER_TRADE_UPDATE `er` 4; reference sheet 2026-11).
 */
import { type Lots, lots } from '../units.ts';
import type { SimOrder } from './exchange-events.ts';
import type { Side } from './market.ts';
import type { Position, PositionSide } from './position.ts';

/** Whether an order can only close: in hedge mode selling a long or buying a short, whatever it says of itself. */
export const closes = ({ side, positionSide }: { readonly side: Side; readonly positionSide: PositionSide }): boolean =>
  positionSide === 'both' ? false : (positionSide === 'long') === (side === 'sell');

type Wanted = { readonly side: Side; readonly positionSide: PositionSide; readonly size: Lots };

/**
 * What of a wanted reduce-only size the position allows; zero when it would open or increase. One-way mode takes what it can of a
 * larger size, hedge mode nothing.
 */
export function reducible({ position, request }: { readonly position: Position; readonly request: Wanted }): Lots {
  const fits = request.side === 'sell' ? position.size > 0 : position.size < 0;
  const held = Math.abs(position.size);
  if (!fits || (request.positionSide !== 'both' && request.size > held)) return lots(0);
  return lots(Math.min(request.size, held));
}

export type Trim = { readonly order: SimOrder /** What may stay open of it. */; readonly size: Lots };

/** The orders that have to shrink, each with the open size it may keep. */
export function planReduceOnly({
  position,
  orders,
}: {
  readonly position: Position;
  readonly orders: readonly SimOrder[];
}): readonly Trim[] {
  const closing: Side = position.size > 0 ? 'sell' : 'buy';
  let room = Math.abs(position.size);
  const trims: Trim[] = [];
  for (const order of orders.toSorted(byPriority)) {
    const left = order.size - order.filled;
    const size = order.side === closing ? Math.min(left, room) : 0;
    room -= size;
    if (size < left) trims.push({ order, size: lots(size) });
  }
  return trims;
}

function byPriority(a: SimOrder, b: SimOrder): number {
  const price = a.side === 'sell' ? a.price - b.price : b.price - a.price;
  return price !== 0 ? price : a.key - b.key;
}

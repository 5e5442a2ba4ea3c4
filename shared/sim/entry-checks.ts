/** Whether an order may enter: filters, names, counts, margin, and what the book says of it. No order is changed here. */
import { type Instrument, notionalOf } from '../instrument.ts';
import { type Atoms, atoms, lots, type Ticks, ticks } from '../units.ts';
import type { SimOrder } from './exchange-events.ts';
import { checkOpening } from './margin.ts';
import type { Side } from './market.ts';
import { opposite } from './matching.ts';
import { checkFilters, priceBand, type Reject } from './order-checks.ts';
import type { AmendRequest, PlaceRequest, Trader } from './order-desk.ts';
import { leftOf } from './order-store.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type Entering = {
  readonly market: SymbolMarket;
  readonly trader: Trader;
  /** Available balance of the quote asset. */
  readonly available: () => Atoms;
};

export function checkPlace({ market, trader, available }: Entering, request: PlaceRequest): Reject | null {
  const { symbol, clientId } = request;
  const filters = checkFilters(market.instrument, { ...request, markAtoms: markOf(market) });
  if (filters) return filters;
  if (trader.orders.findOpen({ symbol, clientId })) return { kind: 'duplicate-client-id' };
  if (trader.orders.open(symbol).length >= market.instrument.maxOpenOrders) return { kind: 'too-many-orders' };
  if (request.reduceOnly) return null;
  const price = request.price ?? market.best(opposite(request.side))?.price ?? ticks(0);
  const added = notionalOf(market.instrument, { price, size: request.size });
  return checkOpening({ market, trader }, { side: request.side, positionSide: request.positionSide, added, available });
}

/** Post-only, fill-or-kill, and the band around the mark for a market order's counterparty. */
export function checkBook(market: SymbolMarket, request: PlaceRequest): Reject | null {
  const { side, price } = request;
  if (request.timeInForce === 'post-only' && market.wouldTake({ side, price })) return { kind: 'would-take' };
  if (request.timeInForce === 'fok' && market.takeable({ ...request, key: 0, owner: null }) < request.size) return { kind: 'unfillable' };
  const counter = price === null ? market.best(opposite(side)) : null;
  if (!counter) return null;
  const band = priceBand(market.instrument, markOf(market));
  const outside = side === 'buy' ? counter.price > band.up : counter.price < band.down;
  return outside ? { kind: 'counterparty-outside-band' } : null;
}

export function checkAmend(entering: Entering, order: SimOrder, request: AmendRequest): Reject | null {
  const { side, price, size, reduceOnly } = request;
  if (order.type !== 'limit') return { kind: 'not-limit' };
  if (side !== order.side) return { kind: 'side-differs' };
  if (reduceOnly && !order.reduceOnly) return { kind: 'not-reduce-only' };
  if (price === order.price && size === order.size) return { kind: 'no-change' };
  const { instrument } = entering.market;
  const filters = checkFilters(instrument, { side, price, size, reduceOnly: order.reduceOnly, markAtoms: markOf(entering.market) });
  if (filters || order.reduceOnly || size <= order.filled) return filters;
  const added = atoms(growthOf(instrument, order, request));
  return checkOpening(entering, { side, positionSide: order.positionSide, added, available: entering.available });
}

/** A market order takes no price outside the band around the mark. */
export function marketLimit(market: SymbolMarket, side: Side): Ticks {
  const band = priceBand(market.instrument, markOf(market));
  return ticks(side === 'buy' ? Math.floor(band.up) : Math.ceil(band.down));
}

function growthOf(instrument: Instrument, order: SimOrder, { price, size }: AmendRequest): bigint {
  const now = notionalOf(instrument, { price: order.price, size: leftOf(order) });
  return notionalOf(instrument, { price, size: lots(size - order.filled) }) - now;
}

const markOf = ({ feed }: SymbolMarket): Atoms => feed.mark.get().mark;

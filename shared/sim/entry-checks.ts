/** Whether an order may enter: filters, names, counts, margin, and what the book says of it. No order is changed here. */
import { type Instrument, notionalOf } from '../instrument.ts';
import { type Atoms, atoms, lots, type Ticks, ticks } from '../units.ts';
import type { SimOrder } from './exchange-events.ts';
import { checkOpening } from './margin.ts';
import type { Side } from './market.ts';
import { checkGrid, type Listing } from './listing.ts';
import { opposite, type SelfTrade } from './matching.ts';
import { checkFilters, marketBound, priceBand, type Reject } from './order-checks.ts';
import type { AmendRequest, PlaceRequest, Trader } from './order-desk.ts';
import { leftOf } from './order-store.ts';
import type { SymbolMarket } from './symbol-market.ts';
import { checkStatus } from './trading-status.ts';

export type Entering = {
  readonly market: SymbolMarket;
  readonly trader: Trader;
  readonly listing: Listing;
  /** Available balance of the quote asset. */
  readonly available: () => Atoms;
  readonly extraOpenOrders: () => number;
};

/** An order is amended this often and no more (reference sheet 2026-11, section 3.1, -5026). */
export const AMENDS_MAX = 10_000;

/** Self-trade prevention works for these times in force only (reference sheet 2026-11, section 3.1); others trade with their own account. */
export const effectiveSelfTrade = ({ timeInForce, selfTrade }: Pick<PlaceRequest, 'timeInForce' | 'selfTrade'>): SelfTrade =>
  timeInForce === 'gtc' || timeInForce === 'ioc' || timeInForce === 'gtd' ? selfTrade : 'none';

export function checkPlace(entering: Entering, request: PlaceRequest): Reject | null {
  const { symbol, clientId } = request;
  const { market, trader, listing, extraOpenOrders } = entering;
  const halted = checkStatus(listing.status, { closing: request.reduceOnly });
  if (halted) return halted;
  const filters = checkGrid(listing, request) ?? checkFilters(listing.rules, { ...request, markAtoms: markOf(market) });
  if (filters) return filters;
  if (trader.orders.findOpen({ symbol, clientId })) return { kind: 'duplicate-client-id' };
  if (trader.orders.openCount(symbol) + extraOpenOrders() >= listing.announced.maxOpenOrders) return { kind: 'too-many-orders' };
  if (request.reduceOnly) return null;
  const price = request.price ?? market.best(opposite(request.side))?.price ?? ticks(0);
  const added = notionalOf(market.instrument, { price, size: request.size });
  return checkOpening({ market, trader }, { side: request.side, positionSide: request.positionSide, added, available: entering.available });
}

/** Post-only, fill-or-kill, and the band around the mark for a market order's counterparty. */
export function checkBook(market: SymbolMarket, request: PlaceRequest): Reject | null {
  const { side, price } = request;
  if (request.timeInForce === 'post-only' && market.wouldTake({ side, price })) return { kind: 'would-take' };
  if (request.timeInForce === 'fok' && market.takeable({ ...request, key: 0, owner: null }) < request.size) return { kind: 'unfillable' };
  if (price !== null) return null;
  const counter = market.best(opposite(side));
  if (!counter) return { kind: 'no-depth' };
  const band = priceBand(market.instrument, markOf(market));
  const outside = side === 'buy' ? counter.price > band.up : counter.price < band.down;
  return outside ? { kind: 'counterparty-outside-band' } : null;
}

export function checkAmend(entering: Entering, order: SimOrder, request: AmendRequest): Reject | null {
  const { side, price, size, reduceOnly } = request;
  if (order.amends >= AMENDS_MAX) return { kind: 'too-many-amends' };
  if (order.type !== 'limit') return { kind: 'not-limit' };
  if (side !== order.side) return { kind: 'side-differs' };
  if (reduceOnly && !order.reduceOnly) return { kind: 'not-reduce-only' };
  if (price === order.price && size === order.size) return { kind: 'no-change' };
  const { instrument } = entering.market;
  const { listing } = entering;
  const input = { side, price, size, reduceOnly: order.reduceOnly, markAtoms: markOf(entering.market) };
  const filters = checkGrid(listing, input) ?? checkFilters(listing.rules, input);
  if (filters || order.reduceOnly || size <= order.filled) return filters;
  const added = atoms(growthOf(instrument, order, request));
  return checkOpening(entering, { side, positionSide: order.positionSide, added, available: entering.available });
}

/** A market order takes no price further from the mark than its bound. */
export const marketLimit = (market: SymbolMarket, side: Side): Ticks => marketBound(market.instrument, side, markOf(market));

function growthOf(instrument: Instrument, order: SimOrder, { price, size }: AmendRequest): bigint {
  const now = notionalOf(instrument, { price: order.price, size: leftOf(order) });
  return notionalOf(instrument, { price, size: lots(size - order.filled) }) - now;
}

const markOf = ({ feed }: SymbolMarket): Atoms => feed.mark.get().mark;

/** Whether a conditional order may wait, and what it sends to the market when it fires. Margin is not asked before then. */
import { formatPrice, type Instrument } from '../instrument.ts';
import { type Result, err, ok } from '../result.ts';
import { type Atoms, lots, type Lots, parseAtoms, type Ticks, ZERO_ATOMS } from '../units.ts';
import { type AlgoOrder, type AlgoReason, type AlgoRequest, firesAt, isLimit, takesProfit } from './algo-order.ts';
import type { AlgoStore } from './algo-store.ts';
import { checkGrid, type Listing } from './listing.ts';
import { checkFilters, type Reject } from './order-checks.ts';
import type { PlaceRequest, Trader } from './order-desk.ts';
import { matchedPrice } from './price-match.ts';
import type { SymbolMarket } from './symbol-market.ts';
import { checkStatus } from './trading-status.ts';

/** Waiting conditional orders of one account over all symbols (reference sheet 2026-11, section 3.2). */
const WAITING_MAX = 200;

export type AlgoRejectKind =
  | Reject['kind']
  | 'would-trigger'
  | 'too-many-conditionals'
  | 'close-order-exists'
  | 'no-position'
  | 'limit-too-far-above-trigger'
  | 'limit-too-far-below-trigger'
  | 'triggering';
export type AlgoReject = { readonly kind: AlgoRejectKind; readonly limit?: string };

export type AlgoEntering = {
  readonly trader: Trader;
  readonly market: SymbolMarket;
  readonly listing: Listing;
  readonly store: AlgoStore;
  /** The price the order watches, fractional ticks. */
  readonly price: number;
};

export function checkAlgo(entering: AlgoEntering, request: AlgoRequest): AlgoReject | null {
  const closing = request.reduceOnly || request.size === null;
  return (
    checkStatus(entering.listing.status, { closing }) ??
    checkSteps(entering.listing, request) ??
    checkLimits(entering, request) ??
    checkCounts(entering, request) ??
    checkState(entering, request)
  );
}

function checkSteps(listing: Listing, { size, price, trigger, activate }: AlgoRequest): AlgoReject | null {
  for (const level of [price, trigger, activate]) {
    const reject = checkGrid(listing, { price: level, size: size ?? lots(0) });
    if (reject) return reject;
  }
  return null;
}

function checkLimits({ market, listing }: AlgoEntering, request: AlgoRequest): AlgoReject | null {
  const { rules } = listing;
  for (const level of [request.trigger, request.activate]) {
    if (level === null) continue;
    if (level < rules.minPriceTicks) return { kind: 'price-below-minimum' };
    if (level > rules.maxPriceTicks) return { kind: 'price-above-maximum' };
  }
  if (request.size === null) return null;
  // the price band and the value are counted from the trigger: the mark will be near it when they matter
  const markAtoms = request.trigger === null ? market.feed.mark.get().mark : atomsOf(market.instrument, request.trigger);
  const { side, size, reduceOnly } = request;
  const reject = checkFilters(rules, { side, price: priceOf(request), size, reduceOnly, markAtoms });
  if (reject?.kind === 'price-too-high') return { kind: 'limit-too-far-above-trigger' };
  if (reject?.kind === 'price-too-low') return { kind: 'limit-too-far-below-trigger' };
  return reject;
}

function checkCounts({ trader, listing, store }: AlgoEntering, request: AlgoRequest): AlgoReject | null {
  const { apiKey } = trader.account;
  const waiting = store.waiting((order) => order.apiKey === apiKey);
  if (waiting.some(({ clientId }) => clientId === request.clientId)) return { kind: 'duplicate-client-id' };
  if (waiting.length >= WAITING_MAX) return { kind: 'too-many-conditionals' };
  const here = waiting.filter(({ symbol }) => symbol === request.symbol);
  if (here.length + trader.orders.openCount(request.symbol) >= listing.announced.maxOpenOrders) return { kind: 'too-many-orders' };
  return request.size === null && here.some((order) => closesLike(order, request)) ? { kind: 'close-order-exists' } : null;
}

function checkState({ trader, price }: AlgoEntering, request: AlgoRequest): AlgoReject | null {
  const { size } = trader.account.position(request.symbol, request.positionSide);
  if (request.timeInForce === 'while-held' && size === 0) return { kind: 'no-position' };
  return firesAt(request, price) ? { kind: 'would-trigger' } : null;
}

export type AlgoFailure = { readonly status: 'expired' | 'rejected'; readonly reason: AlgoReason };

/** The order to send when it fires, or why there is none. */
export function childOf(
  order: AlgoOrder,
  { trader, market, listing }: Pick<AlgoEntering, 'trader' | 'market' | 'listing'>,
): Result<PlaceRequest, AlgoFailure> {
  if (listing.status !== 'TRADING') return err({ status: 'expired', reason: 'symbol-halted' });
  const { symbol, side, positionSide, selfTrade, clientId, priceMatch, goodTillMs, timeInForce } = order;
  const held = trader.account.position(symbol, positionSide).size;
  const closes = side === 'sell' ? held > 0 : held < 0;
  if (order.size === null && !closes) return err({ status: 'expired', reason: 'no-position' });
  const size: Lots = order.size ?? lots(Math.abs(held));
  const reduceOnly = order.reduceOnly || order.size === null;
  const common = { symbol, side, positionSide, selfTrade, clientId, size, reduceOnly };
  if (!isLimit(order)) return ok({ ...common, type: 'market', timeInForce: 'ioc', price: null });
  const price = priceMatch === 'none' ? order.price : matchedPrice(market, { side, match: priceMatch });
  if (price === null) return err({ status: 'rejected', reason: 'no-depth' });
  const dated = goodTillMs === null ? {} : { goodTillMs };
  return ok({ ...common, ...dated, type: 'limit', timeInForce: timeInForce === 'while-held' ? 'gtc' : timeInForce, price, priceMatch });
}

/** One stop and one take-profit may close a position; in hedge mode the side of the order tells which of the two positions. */
const closesLike = (order: AlgoOrder, request: AlgoRequest): boolean =>
  order.size === null && order.side === request.side && takesProfit(order) === takesProfit(request);

const priceOf = (request: AlgoRequest): Ticks | null => (isLimit(request) ? (request.price ?? request.trigger) : null);
const atomsOf = (instrument: Instrument, price: Ticks): Atoms => parseAtoms(formatPrice(instrument, price)) ?? ZERO_ATOMS;

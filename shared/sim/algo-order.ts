/**
 * One conditional (algo) order as a record, and the pure rules of its trigger (Binance USD-M algo service; reference sheet 2026-11,
 * section 3.2). Until it triggers such an order stands in no book: it only watches a price.
 */
import type { Lots, Ticks } from '../units.ts';
import type { Side } from './market.ts';
import type { SelfTrade, TimeInForce } from './matching.ts';
import type { RejectKind } from './order-checks.ts';
import type { PositionSide } from './position.ts';
import type { PriceMatch } from './price-match.ts';

export type AlgoType = 'stop' | 'stop-market' | 'take-profit' | 'take-profit-market' | 'trailing-stop-market';
export type AlgoStatus = 'new' | 'triggering' | 'triggered' | 'finished' | 'canceled' | 'rejected' | 'expired';
/** Which price is watched: that of the last public trade, or the mark. */
export type WorkingPrice = 'last' | 'mark';
/** `while-held` lives as long as its position does (the venue's GTE_GTC). */
export type AlgoTimeInForce = TimeInForce | 'while-held';
/** Why it ended without an order in the market, or without a fill of one. */
export type AlgoReason = RejectKind | 'no-position' | 'symbol-halted' | 'date-reached';

export type AlgoRequest = {
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly type: AlgoType;
  readonly timeInForce: AlgoTimeInForce;
  /** Null closes whatever is held at the trigger. */
  readonly size: Lots | null;
  /** Of the order that follows; null for a market order, and where the book is asked at the trigger. */
  readonly price: Ticks | null;
  readonly priceMatch: PriceMatch;
  /** When it expires, and the order that follows with it; null for none but good-till-date ones. */
  readonly goodTillMs: number | null;
  /** Null for a trailing stop. */
  readonly trigger: Ticks | null;
  readonly working: WorkingPrice;
  /** Fires only while mark and last price are near each other. */
  readonly priceProtect: boolean;
  readonly reduceOnly: boolean;
  /** Trailing only: follows the price from there on; null follows at once. */
  readonly activate: Ticks | null;
  /** Trailing only: how far the price must turn, in hundredths of a percent. */
  readonly callbackBps: number | null;
  readonly clientId: string;
  readonly selfTrade: SelfTrade;
};

/** Plain data: survives JSON as it is. */
export type AlgoOrder = AlgoRequest & {
  /** Unique in the exchange, beyond 2^53. */
  readonly id: string;
  readonly apiKey: string;
  readonly status: AlgoStatus;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Zero before. */
  readonly triggeredMs: number;
  /** Trailing only: the price is being followed. */
  readonly activated: boolean;
  /** Trailing only: the best price since then, fractional ticks. */
  readonly extreme: number | null;
  readonly child: AlgoChild | null;
  readonly reason: AlgoReason | null;
};

/** The ordinary order that a trigger made. */
export type AlgoChild = {
  readonly key: number;
  readonly id: string;
  readonly type: 'limit' | 'market';
  readonly filled: Lots;
  /** Notional of what is filled, quote units. */
  readonly filledNotional: string;
};

export const isWaiting = ({ status }: AlgoOrder): boolean => status === 'new' || status === 'triggering';
export const isTrailing = ({ type }: Pick<AlgoOrder, 'type'>): boolean => type === 'trailing-stop-market';
export const isLimit = ({ type }: Pick<AlgoOrder, 'type'>): boolean => type === 'stop' || type === 'take-profit';
export const takesProfit = ({ type }: Pick<AlgoOrder, 'type'>): boolean => type === 'take-profit' || type === 'take-profit-market';

/** Prices (fractional ticks) at or beyond which an order wants to be asked again; null is none. */
export type Watch = { readonly rising: number | null; readonly falling: number | null };

/** A buy stop and a selling take-profit fire when the price has risen to them, the others when it has fallen. */
export function watchOf(order: AlgoOrder): Watch {
  if (!isTrailing(order)) return toward(firesRising(order), order.trigger);
  if (!order.activated || order.extreme === null) return toward(order.side === 'sell', order.activate);
  return order.side === 'sell'
    ? { rising: above(order.extreme), falling: turnOf(order, order.extreme) }
    : { rising: turnOf(order, order.extreme), falling: below(order.extreme) };
}

/** Whether a price at this moment would fire the order at once, or start a trailing one that names another start. */
export function firesAt(request: AlgoRequest, price: number): boolean {
  const level = isTrailing(request) ? request.activate : request.trigger;
  if (level === null) return false;
  return firesRising(request) ? price >= level : price <= level;
}

/** What a price makes of an order that watches it. */
export function onPrice(order: AlgoOrder, price: number): { readonly order: AlgoOrder; readonly fires: boolean } {
  if (!isTrailing(order)) return { order, fires: firesAt(order, price) };
  if (!order.activated) return { order: firesAt(order, price) ? { ...order, activated: true, extreme: price } : order, fires: false };
  const before = order.extreme ?? price;
  const extreme = order.side === 'sell' ? Math.max(before, price) : Math.min(before, price);
  const turn = turnOf(order, extreme);
  return { order: extreme === before ? order : { ...order, extreme }, fires: order.side === 'sell' ? price <= turn : price >= turn };
}

/** Trailing: where a price that comes back from `extreme` fires. */
const turnOf = ({ side, callbackBps }: AlgoOrder, extreme: number): number =>
  (extreme * (10_000 + (side === 'sell' ? -1 : 1) * (callbackBps ?? 0))) / 10_000;

/** A trailing sell starts when the price has risen to its start, a trailing buy when it has fallen. */
const firesRising = (request: AlgoRequest): boolean =>
  takesProfit(request) || isTrailing(request) ? request.side === 'sell' : request.side === 'buy';
const toward = (rising: boolean, level: Ticks | null): Watch =>
  rising ? { rising: level, falling: null } : { rising: null, falling: level };
/** The next price beyond an extreme: any new one asks again. */
const above = (price: number): number => price * (1 + Number.EPSILON);
const below = (price: number): number => price * (1 - Number.EPSILON);

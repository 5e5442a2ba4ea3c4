/** Order entry of the simulated exchange: checks, the life of each own order, and the events that tell of it. */
import { notionalOf } from '../instrument.ts';
import { type Result, err, ok } from '../result.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks, ticks, ZERO_ATOMS } from '../units.ts';
import type { Account } from './account.ts';
import type { Agenda, Entry } from './agenda.ts';
import type { Execution, ExpiryReason, ForcedClose, OrderStatus, OwnTrade, SimOrder, UserEvent } from './exchange-events.ts';
import type { Interference } from './interference.ts';
import type { Listing } from './listing.ts';
import type { Side } from './market.ts';
import type { AddOutcome, SelfTrade, TimeInForce } from './matching.ts';
import { checkAmend, checkBook, checkPlace, effectiveSelfTrade, type Entering, marketLimit } from './entry-checks.ts';
import type { Reject } from './order-checks.ts';
import { isOpen, leftOf, type OrderName, type OrderStore } from './order-store.ts';
import { OrderTelling } from './order-telling.ts';
import type { PositionSide } from './position.ts';
import type { PriceMatch } from './price-match.ts';
import { closes, planReduceOnly, reducible } from './reduce-only.ts';
import type { OwnFill, SymbolMarket } from './symbol-market.ts';

export type Trader = { readonly account: Account; readonly orders: OrderStore };

export type PlaceRequest = {
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly type: 'limit' | 'market';
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTrade;
  /** Null for a market order. */
  readonly price: Ticks | null;
  /** How `price` was found; default none: the client gave it. */
  readonly priceMatch?: PriceMatch;
  /** When a good-till-date order expires. */
  readonly goodTillMs?: number;
  readonly size: Lots;
  readonly reduceOnly: boolean;
  readonly clientId: string;
};

/** A position the venue closes: `price` bounds what the market may give. */
export type ForceRequest = Pick<PlaceRequest, 'symbol' | 'side' | 'positionSide' | 'size' | 'clientId'> & {
  readonly price: Ticks;
  readonly forced: ForcedClose;
};

export type AmendRequest = OrderName & {
  readonly side: Side;
  readonly price: Ticks;
  /** How `price` was found; default none: the client gave it. */
  readonly priceMatch?: PriceMatch;
  /** The new total, what is filled already included. */
  readonly size: Lots;
  readonly modifyId: string | null;
  /** True asserts that the order is reduce-only. */
  readonly reduceOnly: boolean;
};

export type DeskOptions = {
  readonly market: (symbol: string) => SymbolMarket;
  readonly agenda: Pick<Agenda, 'at'>;
  readonly listing: (symbol: string) => Listing;
  /** Available balance of an asset for an account. */
  readonly available: (trader: Trader, asset: string) => Atoms;
  /** Orders that wait elsewhere (for a trigger) but count on the symbol's limit. */
  readonly extraOpenOrders: (trader: Trader, symbol: string) => number;
  readonly nextKey: () => number;
  readonly nextId: (symbol: string) => string;
  readonly nowMs: () => number;
  readonly tell: (event: UserEvent) => void;
  readonly interference: Interference;
};

type Telling = { readonly execution: 'new' | 'amended'; readonly modifyId: string | null };
type Ending = { readonly status: OrderStatus; readonly execution: Execution; readonly expiry: ExpiryReason };

const CANCELED: Ending = { status: 'canceled', execution: 'canceled', expiry: 'none' };
const expired = (expiry: ExpiryReason): Ending => ({ status: 'expired', execution: 'expired', expiry });
const expiredInMatch = (expiry: ExpiryReason): Ending => ({ ...expired(expiry), status: 'expired-in-match' });

export class OrderDesk {
  readonly #options: DeskOptions;
  readonly #telling: OrderTelling;
  readonly #keyOwners = new Map<number, Trader>();
  readonly #expiries = new Map<number, Entry>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#telling = new OrderTelling(options);
  }

  place(trader: Trader, asked: PlaceRequest): Result<SimOrder, Reject> {
    const market = this.#options.market(asked.symbol);
    const request = { ...asked, reduceOnly: asked.reduceOnly || closes(asked) };
    const size = request.reduceOnly ? this.#reducible(trader, request) : request.size;
    const reject =
      checkPlace(this.#entering(trader, market), request) ??
      (size === 0 ? { kind: 'reduce-only' as const } : null) ??
      checkBook(market, request);
    if (reject) return err(reject);
    const key = this.#options.nextKey();
    const id = this.#options.nextId(request.symbol);
    const order = newOrder({ ...request, size }, { key, id, apiKey: trader.account.apiKey, atMs: this.#options.nowMs() });
    if (order.reduceOnly && order.timeInForce !== 'ioc' && order.type === 'limit' && this.#displaced(trader, order))
      return err({ kind: 'reduce-only' });
    trader.orders.put(order);
    this.#own(trader, order);
    this.#enter(trader, order, { execution: 'new', modifyId: null });
    this.#options.interference.afterPlace(this.#current(trader, order.key));
    return ok(this.#current(trader, order.key));
  }

  /** An order that rested before a restart stands in its market again, at the end of its level. */
  reenter(trader: Trader, order: SimOrder): void {
    this.#own(trader, order);
    const { key, apiKey: owner, side, price, timeInForce } = order;
    const terms = { owner, side, price, size: leftOf(order), timeInForce: timeInForce === 'post-only' ? 'gtc' : timeInForce } as const;
    const outcome = this.#options.market(order.symbol).submit({ key, ...terms, selfTrade: effectiveSelfTrade(order) });
    this.#finish(trader, key, outcome);
  }

  /** What `place` would refuse before it looks at the book; nothing is changed. */
  check(trader: Trader, asked: PlaceRequest): Reject | null {
    const request = { ...asked, reduceOnly: asked.reduceOnly || closes(asked) };
    return checkPlace(this.#entering(trader, this.#options.market(asked.symbol)), request);
  }

  /** Changes price and size; the order goes to the back of the queue. May end in a cancel, which the result then shows. */
  amend(trader: Trader, request: AmendRequest): Result<SimOrder, Reject> {
    if (this.#options.listing(request.symbol).status !== 'TRADING') return err({ kind: 'amend-not-trading' });
    const order = this.#findOpen(trader, request, 'amend');
    if (!order) return err({ kind: 'unknown-order' });
    const market = this.#options.market(order.symbol);
    const { price, priceMatch = 'none' } = request;
    const left = lots(request.size - order.filled);
    const size = order.reduceOnly && left > 0 ? lots(order.filled + this.#reducible(trader, { ...order, size: left })) : request.size;
    const reject =
      checkAmend(this.#entering(trader, market), order, request) ?? (size === order.filled && left > 0 ? { kind: 'reduce-only' } : null);
    if (reject) return err(reject);
    const taking = order.timeInForce === 'post-only' && market.wouldTake({ side: order.side, price });
    if (left <= 0 || taking) return ok(this.#end(trader, order, CANCELED));
    market.cancel(order.key);
    const changed = { ...order, price, priceMatch, size, amends: order.amends + 1, updatedMs: this.#options.nowMs() };
    trader.orders.put(changed);
    trader.orders.amendments.add({ before: order, after: changed }, request.modifyId);
    this.#enter(trader, changed, { execution: 'amended', modifyId: request.modifyId });
    return ok(this.#current(trader, order.key));
  }

  cancel(trader: Trader, name: OrderName): Result<SimOrder, Reject> {
    const order = this.#findOpen(trader, name, 'cancel');
    if (!order) return err({ kind: 'unknown-order' });
    return ok(this.#end(trader, order, CANCELED));
  }

  cancelAll(trader: Trader, symbol: string): number {
    const open = trader.orders.open(symbol);
    for (const order of open) this.#end(trader, order, CANCELED);
    return open.length;
  }

  /** Expires whatever an account has open on a symbol that stops trading. */
  delist(trader: Trader, symbol: string): void {
    for (const order of trader.orders.open(symbol)) this.#end(trader, order, expired('delisted'));
  }

  /** Expires all that an account has open on a symbol, because it is being liquidated. */
  expireAll(trader: Trader, symbol: string): void {
    for (const order of trader.orders.open(symbol)) this.#end(trader, order, expired('liquidated'));
  }

  /** Closes for the venue, unasked and unchecked: a liquidation takes what the market gives within `price`, the rest changes hands at it. */
  force(trader: Trader, request: ForceRequest): SimOrder {
    const { symbol, side, price, size, forced } = request;
    const market = this.#options.market(symbol);
    const terms = { type: 'limit', timeInForce: forced === 'adl' ? 'gtc' : 'ioc', selfTrade: 'none', reduceOnly: false } as const;
    const born = {
      key: this.#options.nextKey(),
      id: this.#options.nextId(symbol),
      apiKey: trader.account.apiKey,
      atMs: this.#options.nowMs(),
    };
    const order: SimOrder = { ...newOrder({ ...request, ...terms }, born), forced };
    const { key, apiKey: owner } = order;
    trader.orders.put(order);
    this.#keyOwners.set(key, trader);
    const run = (): void => {
      if (forced === 'liquidation') market.submit({ key, owner, side, price, size, timeInForce: 'ioc', selfTrade: 'none' });
      const left = leftOf(this.#current(trader, key));
      if (left > 0) this.onFill({ key, tradeId: market.nextTradeId(), price, size: left, maker: false });
    };
    this.#telling.enter(key, { news: this.#telling.orderEvent(trader, order, { execution: 'new' }), run });
    return this.#current(trader, key);
  }

  /** A fill the market made, taking or resting. */
  onFill(fill: OwnFill): void {
    const trader = this.#ownerOf(fill.key);
    const before = this.#current(trader, fill.key);
    const { instrument } = this.#options.market(before.symbol);
    const atMs = this.#options.nowMs();
    const { side, positionSide } = before;
    const { tradeId, price, size, maker } = fill;
    const { realized, fee } = trader.account.fill({
      instrument,
      side,
      positionSide,
      price,
      size,
      maker,
      free: before.forced !== null,
      tradeId,
      atMs,
    });
    const filled = lots(before.filled + size);
    const filledNotional = atoms(before.filledNotional + notionalOf(instrument, fill));
    const status: OrderStatus = filled >= before.size ? 'filled' : 'partially-filled';
    const order: SimOrder = { ...before, filled, filledNotional, status, updatedMs: atMs };
    trader.orders.put(order);
    const trade: OwnTrade = { id: fill.tradeId, order, price, size, maker, fee, feeAsset: instrument.quoteAsset, realized, atMs };
    trader.orders.putTrade(trade);
    this.#telling.fill(trader, trade);
    if (!isOpen(order)) this.#release(order);
    this.#trimReduceOnly(trader, order);
  }

  /** A resting order that met its own account's taker. */
  onSelfExpired(key: number): void {
    const trader = this.#ownerOf(key);
    this.#end(trader, this.#current(trader, key), expiredInMatch('self-trade'));
  }

  #own(trader: Trader, { key, goodTillMs }: SimOrder): void {
    this.#keyOwners.set(key, trader);
    if (goodTillMs === null) return;
    this.#expiries.set(
      key,
      this.#options.agenda.at(goodTillMs, () => this.#onDate(key)),
    );
  }

  #onDate(key: number): void {
    const trader = this.#ownerOf(key);
    this.#end(trader, this.#current(trader, key), expired('none'));
  }

  #entering(trader: Trader, market: SymbolMarket): Entering {
    const { symbol, quoteAsset } = market.instrument;
    return {
      market,
      trader,
      listing: this.#options.listing(symbol),
      available: () => this.#options.available(trader, quoteAsset),
      extraOpenOrders: () => this.#options.extraOpenOrders(trader, symbol),
    };
  }

  #reducible(trader: Trader, request: Pick<PlaceRequest, 'symbol' | 'side' | 'positionSide' | 'size'>): Lots {
    return reducible({ position: trader.account.position(request.symbol, request.positionSide), request });
  }

  /** Sends an order to the market and tells what came of it. */
  #enter(trader: Trader, order: SimOrder, telling: Telling): void {
    const market = this.#options.market(order.symbol);
    const { timeInForce, side, key } = order;
    const price = order.type === 'limit' ? order.price : marketLimit(market, side);
    const entry = { key, owner: order.apiKey, side, price, size: leftOf(order), timeInForce, selfTrade: effectiveSelfTrade(order) };
    const news = this.#telling.orderEvent(trader, order, telling);
    const outcome = this.#telling.enter(key, { news, run: () => market.submit(entry) });
    this.#finish(trader, key, outcome);
    this.#trimReduceOnly(trader, order);
  }

  #finish(trader: Trader, key: number, { end }: AddOutcome): void {
    const order = this.#current(trader, key);
    if (end === 'rested' || end === 'filled' || !isOpen(order)) return;
    if (end === 'self-trade') this.#end(trader, order, expiredInMatch(order.timeInForce === 'ioc' ? 'ioc-self-trade' : 'self-trade'));
    else this.#end(trader, order, expired(order.type === 'market' ? 'market-left' : 'ioc-left'));
  }

  #end(trader: Trader, order: SimOrder, { status, execution, expiry }: Ending): SimOrder {
    this.#options.market(order.symbol).cancel(order.key);
    this.#release(order);
    const ended: SimOrder = { ...order, status, expiry, updatedMs: this.#options.nowMs() };
    trader.orders.put(ended);
    this.#telling.order(trader, ended, { execution });
    return ended;
  }

  #release({ key, goodTillMs }: SimOrder): void {
    this.#keyOwners.delete(key);
    if (goodTillMs === null) return;
    this.#expiries.get(key)?.cancel();
    this.#expiries.delete(key);
  }

  /** Reduce-only orders never exceed the position: the lowest in priority shrink without a word or expire. */
  #trimReduceOnly(trader: Trader, { symbol, positionSide }: SimOrder): void {
    const reducing = trader.orders.reducing(symbol);
    if (reducing.length === 0) return;
    const { entering } = this.#telling;
    const orders = reducing.filter((order) => order.positionSide === positionSide && order.key !== entering);
    for (const { order, size } of planReduceOnly({ position: trader.account.position(symbol, positionSide), orders })) {
      if (size === 0) {
        this.#end(trader, order, expired('reduce-only'));
        continue;
      }
      this.#options.market(symbol).reduce(order.key, size);
      trader.orders.put({ ...order, size: lots(order.filled + size) });
    }
  }

  /** Whether a new reduce-only order would expire at once because others of higher priority cover the position. */
  #displaced(trader: Trader, order: SimOrder): boolean {
    const { symbol, positionSide } = order;
    const others = trader.orders.reducing(symbol).filter((other) => other.positionSide === positionSide);
    const plan = planReduceOnly({ position: trader.account.position(symbol, positionSide), orders: [...others, order] });
    return plan.some((step) => step.order.key === order.key && step.size === 0);
  }

  /** The open order a command names, as it stands once all that was faster than the command has happened. */
  #findOpen(trader: Trader, name: OrderName, command: 'cancel' | 'amend'): SimOrder | null {
    const order = trader.orders.findOpen(name);
    if (order) this.#options.interference.beforeChange(order, command);
    return order && trader.orders.findOpen(name);
  }

  #current(trader: Trader, key: number): SimOrder {
    const order = trader.orders.get(key);
    if (!order) throw new Error(`Cannot find order ${key}: it is not in its account`);
    return order;
  }

  #ownerOf(key: number): Trader {
    const trader = this.#keyOwners.get(key);
    if (!trader) throw new Error(`Cannot book on order ${key}: nobody owns it`);
    return trader;
  }
}

type Born = { readonly key: number; readonly id: string; readonly apiKey: string; readonly atMs: number };

/** An order as it is before the market has seen it. */
export const newOrder = (request: PlaceRequest, { key, id, apiKey, atMs }: Born): SimOrder => ({
  key,
  id,
  apiKey,
  symbol: request.symbol,
  clientId: request.clientId,
  side: request.side,
  positionSide: request.positionSide,
  type: request.type,
  timeInForce: request.timeInForce,
  selfTrade: request.selfTrade,
  reduceOnly: request.reduceOnly,
  priceMatch: request.priceMatch ?? 'none',
  goodTillMs: request.goodTillMs ?? null,
  forced: null,
  amends: 0,
  price: request.price ?? ticks(0),
  size: request.size,
  filled: lots(0),
  filledNotional: ZERO_ATOMS,
  status: 'new',
  expiry: 'none',
  createdMs: atMs,
  updatedMs: atMs,
});

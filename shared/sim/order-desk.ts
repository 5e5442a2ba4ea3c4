/**
 * Order entry of the simulated exchange: checks, the life of each own order, and the events that tell of it. Order of events as the
 * venue sends them: fill notice first, then NEW or AMENDMENT, then for each fill the account and the order.
 */
import { notionalOf } from '../instrument.ts';
import { type Result, err, ok } from '../result.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks, ticks, ZERO_ATOMS } from '../units.ts';
import type { Account } from './account.ts';
import { accountEvent, noChange } from './account-events.ts';
import type { Execution, ExpiryReason, OrderStatus, OwnTrade, SimOrder, UserEvent } from './exchange-events.ts';
import type { Interference } from './interference.ts';
import type { Side } from './market.ts';
import type { AddOutcome, SelfTrade, TimeInForce } from './matching.ts';
import { checkAmend, checkBook, checkPlace, type Entering, marketLimit } from './entry-checks.ts';
import type { Reject } from './order-checks.ts';
import { isOpen, leftOf, type OrderName, type OrderStore } from './order-store.ts';
import type { PositionSide } from './position.ts';
import { planReduceOnly, reducible } from './reduce-only.ts';
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
  readonly size: Lots;
  readonly reduceOnly: boolean;
  readonly clientId: string;
};

export type AmendRequest = OrderName & {
  readonly side: Side;
  readonly price: Ticks;
  /** The new total, what is filled already included. */
  readonly size: Lots;
  readonly modifyId: string | null;
  /** True asserts that the order is reduce-only. */
  readonly reduceOnly: boolean;
};

export type DeskOptions = {
  readonly market: (symbol: string) => SymbolMarket;
  /** Available balance of an asset for an account. */
  readonly available: (trader: Trader, asset: string) => Atoms;
  readonly nextKey: () => number;
  readonly nextId: (symbol: string) => string;
  readonly nowMs: () => number;
  readonly tell: (event: UserEvent) => void;
  readonly interference: Interference;
};

type Telling = { readonly execution: 'new' | 'amended'; readonly modifyId: string | null };
/** Events of one command, held back until their order is known. */
type Batch = { readonly key: number; readonly notices: UserEvent[]; readonly results: UserEvent[] };

export class OrderDesk {
  readonly #options: DeskOptions;
  readonly #keyOwners = new Map<number, Trader>();
  #batch: Batch | null = null;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  place(trader: Trader, request: PlaceRequest): Result<SimOrder, Reject> {
    const market = this.#options.market(request.symbol);
    const size = request.reduceOnly
      ? reducible({ position: trader.account.position(request.symbol, request.positionSide), request })
      : request.size;
    const reject =
      checkPlace(this.#entering(trader, market), request) ??
      (size === 0 ? { kind: 'reduce-only' as const } : null) ??
      checkBook(market, request);
    if (reject) return err(reject);
    const order = this.#record(trader, { ...request, size });
    if (order.reduceOnly && order.timeInForce !== 'ioc' && order.type === 'limit' && this.#displaced(trader, order))
      return err({ kind: 'reduce-only' });
    trader.orders.put(order);
    this.#keyOwners.set(order.key, trader);
    this.#enter(trader, order, { execution: 'new', modifyId: null });
    this.#options.interference.afterPlace(this.#current(trader, order.key));
    return ok(this.#current(trader, order.key));
  }

  /** Changes price and size; the order goes to the back of the queue. May end in a cancel, which the result then shows. */
  amend(trader: Trader, request: AmendRequest): Result<SimOrder, Reject> {
    const order = this.#findOpen(trader, request, 'amend');
    if (!order) return err({ kind: 'unknown-order' });
    const market = this.#options.market(order.symbol);
    const reject = checkAmend(this.#entering(trader, market), order, request);
    if (reject) return err(reject);
    const pointless = request.size <= order.filled;
    const taking = order.timeInForce === 'post-only' && market.wouldTake({ side: order.side, price: request.price });
    if (pointless || taking) return ok(this.#end(trader, order, { status: 'canceled', execution: 'canceled', expiry: 'none' }));
    market.cancel(order.key);
    const changed = { ...order, price: request.price, size: request.size, updatedMs: this.#options.nowMs() };
    trader.orders.put(changed);
    this.#enter(trader, changed, { execution: 'amended', modifyId: request.modifyId });
    return ok(this.#current(trader, order.key));
  }

  cancel(trader: Trader, name: OrderName): Result<SimOrder, Reject> {
    const order = this.#findOpen(trader, name, 'cancel');
    if (!order) return err({ kind: 'unknown-order' });
    return ok(this.#end(trader, order, { status: 'canceled', execution: 'canceled', expiry: 'none' }));
  }

  cancelAll(trader: Trader, symbol: string): number {
    const open = trader.orders.open(symbol);
    for (const order of open) this.#end(trader, order, { status: 'canceled', execution: 'canceled', expiry: 'none' });
    return open.length;
  }

  /** A fill the market made, taking or resting. */
  onFill(fill: OwnFill): void {
    const trader = this.#ownerOf(fill.key);
    const before = this.#current(trader, fill.key);
    const { instrument } = this.#options.market(before.symbol);
    const atMs = this.#options.nowMs();
    const booked = trader.account.fill({
      instrument,
      side: before.side,
      positionSide: before.positionSide,
      price: fill.price,
      size: fill.size,
      maker: fill.maker,
      tradeId: fill.tradeId,
      atMs,
    });
    const filled = lots(before.filled + fill.size);
    const filledNotional = atoms(before.filledNotional + notionalOf(instrument, fill));
    const status: OrderStatus = filled >= before.size ? 'filled' : 'partially-filled';
    const order: SimOrder = { ...before, filled, filledNotional, status, updatedMs: atMs };
    trader.orders.put(order);
    const { realized, fee } = booked;
    const trade: OwnTrade = {
      id: fill.tradeId,
      order,
      price: fill.price,
      size: fill.size,
      maker: fill.maker,
      fee,
      feeAsset: instrument.quoteAsset,
      realized,
      atMs,
    };
    trader.orders.putTrade(trade);
    this.#tellFill(trader, trade);
    if (!isOpen(order)) this.#keyOwners.delete(order.key);
    this.#trimReduceOnly(trader, order);
  }

  /** A resting order that met its own account's taker. */
  onSelfExpired(key: number): void {
    const trader = this.#ownerOf(key);
    this.#end(trader, this.#current(trader, key), { status: 'expired-in-match', execution: 'expired', expiry: 'self-trade' });
  }

  #entering(trader: Trader, market: SymbolMarket): Entering {
    return { market, trader, available: () => this.#options.available(trader, market.instrument.quoteAsset) };
  }

  #record(trader: Trader, request: PlaceRequest): SimOrder {
    const atMs = this.#options.nowMs();
    return {
      ...request,
      key: this.#options.nextKey(),
      id: this.#options.nextId(request.symbol),
      apiKey: trader.account.apiKey,
      price: request.price ?? ticks(0),
      filled: lots(0),
      filledNotional: ZERO_ATOMS,
      status: 'new',
      expiry: 'none',
      createdMs: atMs,
      updatedMs: atMs,
    };
  }

  /** Sends an order to the market and tells what came of it, in the venue's order of events. */
  #enter(trader: Trader, order: SimOrder, { execution, modifyId }: Telling): void {
    const market = this.#options.market(order.symbol);
    const notice = this.#orderEvent(trader, order, { execution, modifyId });
    const batch: Batch = { key: order.key, notices: [], results: [] };
    this.#batch = batch;
    const { timeInForce, selfTrade, side, key } = order;
    const price = order.type === 'limit' ? order.price : marketLimit(market, side);
    const outcome = market.submit({ key, owner: order.apiKey, side, price, size: leftOf(order), timeInForce, selfTrade });
    this.#batch = null;
    for (const event of [...batch.notices, notice, ...batch.results]) this.#options.tell(event);
    this.#finish(trader, key, outcome);
    this.#trimReduceOnly(trader, order);
  }

  #finish(trader: Trader, key: number, { end }: AddOutcome): void {
    const order = this.#current(trader, key);
    if (end === 'rested' || end === 'filled' || !isOpen(order)) return;
    if (end === 'self-trade') this.#end(trader, order, { status: 'expired-in-match', execution: 'expired', expiry: 'self-trade' });
    else
      this.#end(trader, order, { status: 'expired', execution: 'expired', expiry: order.type === 'market' ? 'market-left' : 'ioc-left' });
  }

  #end(
    trader: Trader,
    order: SimOrder,
    how: { readonly status: OrderStatus; readonly execution: Execution; readonly expiry: ExpiryReason },
  ): SimOrder {
    this.#options.market(order.symbol).cancel(order.key);
    this.#keyOwners.delete(order.key);
    const ended: SimOrder = { ...order, status: how.status, expiry: how.expiry, updatedMs: this.#options.nowMs() };
    trader.orders.put(ended);
    this.#tell(order.key, this.#orderEvent(trader, ended, { execution: how.execution, modifyId: null }));
    return ended;
  }

  #tellFill(trader: Trader, trade: OwnTrade): void {
    const { order, atMs } = trade;
    const { apiKey } = trader.account;
    const market = this.#options.market(order.symbol);
    const notice: UserEvent = { kind: 'fill', apiKey, atMs, trade };
    const results: UserEvent[] = [
      accountEvent({
        trader,
        atMs,
        reason: 'order',
        wallets: [noChange(market.instrument.quoteAsset)],
        positions: [{ market, side: order.positionSide }],
      }),
      this.#orderEvent(trader, order, { execution: 'trade', modifyId: null, trade }),
    ];
    if (this.#batch?.key === order.key) {
      this.#batch.notices.push(notice);
      this.#batch.results.push(...results);
      return;
    }
    for (const event of [notice, ...results]) this.#tell(order.key, event);
  }

  /** Events about other orders during a command follow that command's own. */
  #tell(key: number, event: UserEvent): void {
    if (this.#batch && this.#batch.key !== key) this.#batch.results.push(event);
    else this.#options.tell(event);
  }

  #orderEvent(
    trader: Trader,
    order: SimOrder,
    {
      execution,
      modifyId,
      trade = null,
    }: { readonly execution: Execution; readonly modifyId: string | null; readonly trade?: OwnTrade | null },
  ): UserEvent {
    const { bids, asks } = trader.orders.openNotional(this.#options.market(order.symbol).instrument);
    return { kind: 'order', apiKey: order.apiKey, atMs: order.updatedMs, execution, order, trade, modifyId, bids, asks };
  }

  /** Reduce-only orders never exceed the position: the lowest in priority shrink without a word or expire. */
  #trimReduceOnly(trader: Trader, { symbol, positionSide }: SimOrder): void {
    const open = trader.orders
      .open(symbol)
      .filter((order) => order.reduceOnly && order.positionSide === positionSide && order.key !== this.#batch?.key);
    if (open.length === 0) return;
    for (const { order, size } of planReduceOnly({ position: trader.account.position(symbol, positionSide), orders: open })) {
      if (size === 0) {
        this.#end(trader, order, { status: 'expired', execution: 'expired', expiry: 'reduce-only' });
        continue;
      }
      this.#options.market(symbol).reduce(order.key, size);
      trader.orders.put({ ...order, size: lots(order.filled + size) });
    }
  }

  /** Whether a new reduce-only order would expire at once because others of higher priority cover the position. */
  #displaced(trader: Trader, order: SimOrder): boolean {
    const others = trader.orders
      .open(order.symbol)
      .filter(({ reduceOnly, positionSide }) => reduceOnly && positionSide === order.positionSide);
    const plan = planReduceOnly({ position: trader.account.position(order.symbol, order.positionSide), orders: [...others, order] });
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

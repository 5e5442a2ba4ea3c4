/**
 * The conditional order service of the simulated exchange (Binance USD-M algo service; reference sheet 2026-11, sections 3.2 and 8.6).
 * Prices are told to it in the middle of matching, so a reached trigger is only noted and told there: the order that follows is placed
 * from the agenda, at the same simulated time or `triggerDelayMs` later.
 */
import { type Result, err, ok } from '../result.ts';
import { fractionalTicks } from '../instrument.ts';
import { formatAtoms, lots, type Ticks } from '../units.ts';
import type { Agenda } from './agenda.ts';
import { type AlgoReject, checkAlgo, childOf } from './algo-checks.ts';
import {
  type AlgoChild,
  type AlgoOrder,
  type AlgoReason,
  type AlgoRequest,
  isTrailing,
  onPrice,
  watchOf,
  type WorkingPrice,
} from './algo-order.ts';
import { type AlgoName, AlgoStore } from './algo-store.ts';
import { PriceWatch } from './algo-watch.ts';
import type { SimOrder, UserEvent } from './exchange-events.ts';
import type { Listing } from './listing.ts';
import type { Reject } from './order-checks.ts';
import type { PlaceRequest, Trader } from './order-desk.ts';
import { isOpen } from './order-store.ts';
import type { PositionSide } from './position.ts';
import type { Journal } from './saved.ts';
import type { SymbolMarket } from './symbol-market.ts';

/** Mark and last price may differ by this much at the trigger of a protected order (exchangeInfo `triggerProtect`). */
const PROTECT_SHARE = 0.05;

export type AlgoTerms = {
  /** Between the trigger and the order that follows; a cancel in between is refused. */
  readonly triggerDelayMs: number;
  /** Share of triggers after which the events of the order in the market come before the one that tells of the trigger, 0 to 1. */
  readonly childFirstShare: number;
  /** Whether the dead man's switch takes conditional orders too; no source says what the venue does. */
  readonly countdownSweeps: boolean;
};

export const ALGO_TERMS: AlgoTerms = { triggerDelayMs: 0, childFirstShare: 0.25, countdownSweeps: false };

export type AlgoDeskOptions = AlgoTerms & {
  readonly agenda: Agenda;
  readonly nowMs: () => number;
  readonly market: (symbol: string) => SymbolMarket;
  readonly listing: (symbol: string) => Listing;
  readonly trader: (apiKey: string) => Trader;
  readonly place: (trader: Trader, request: PlaceRequest) => Result<SimOrder, Reject>;
  readonly nextId: () => string;
  readonly chance: (share: number) => boolean;
  readonly journal: Journal;
  readonly tell: (event: UserEvent) => void;
};

export class AlgoDesk {
  readonly #options: AlgoDeskOptions;
  readonly #store: AlgoStore;
  readonly #watches = new Map<string, PriceWatch>();
  /** Events while the order of a trigger is being placed. */
  #held: UserEvent[] | null = null;
  /** The one being placed: it gives its own place to the order that follows. */
  #leaving: string | null = null;

  constructor(options: AlgoDeskOptions) {
    this.#options = options;
    this.#store = new AlgoStore(options.journal);
  }

  place(trader: Trader, request: AlgoRequest): Result<AlgoOrder, AlgoReject> {
    const market = this.#options.market(request.symbol);
    const price = this.#price(market, request.working);
    const listing = this.#options.listing(request.symbol);
    const reject = checkAlgo({ trader, market, listing, store: this.#store, price }, request);
    if (reject) return err(reject);
    const atMs = this.#options.nowMs();
    const follows = isTrailing(request) && request.activate === null;
    const order: AlgoOrder = {
      ...request,
      id: this.#options.nextId(),
      apiKey: trader.account.apiKey,
      status: 'new',
      createdMs: atMs,
      updatedMs: atMs,
      triggeredMs: 0,
      activated: follows,
      extreme: follows ? price : null,
      child: null,
      reason: null,
    };
    this.#put(order);
    this.#await(order);
    return ok(order);
  }

  cancel(trader: Trader, name: AlgoName): Result<AlgoOrder, AlgoReject> {
    const order = this.#store.find(trader.account.apiKey, name);
    if (order?.status === 'triggering') return err({ kind: 'triggering' });
    if (order?.status !== 'new') return err({ kind: 'unknown-order' });
    return ok(this.#end(order, 'canceled', null));
  }

  /** Of one symbol, all that can still be canceled. */
  cancelAll(trader: Trader, symbol: string): number {
    const open = this.open(trader, symbol).filter(({ status }) => status === 'new');
    for (const order of open) this.#end(order, 'canceled', null);
    return open.length;
  }

  /** The dead man's switch of that account and symbol has gone off. */
  onCountdown(trader: Trader, symbol: string): void {
    if (this.#options.countdownSweeps) this.cancelAll(trader, symbol);
  }

  find(trader: Trader, name: AlgoName): AlgoOrder | null {
    return this.#store.find(trader.account.apiKey, name);
  }

  /** Waiting orders of one symbol or of all, oldest first. */
  open(trader: Trader, symbol: string | null): readonly AlgoOrder[] {
    const { apiKey } = trader.account;
    return this.#store.waiting((order) => order.apiKey === apiKey && (symbol === null || order.symbol === symbol));
  }

  openCount(trader: Trader, symbol: string | null): number {
    const { apiKey } = trader.account;
    return this.#store.countWaiting(
      (order) => order.apiKey === apiKey && (symbol === null || order.symbol === symbol) && order.id !== this.#leaving,
    );
  }

  all(trader: Trader, symbol: string): readonly AlgoOrder[] {
    return this.#store.all().filter((order) => order.apiKey === trader.account.apiKey && order.symbol === symbol);
  }

  /** Everything known, oldest first, as plain data. */
  records(): readonly AlgoOrder[] {
    return this.#store.all();
  }

  /** Takes up again what `records` gave, without telling anybody. */
  restore(records: readonly AlgoOrder[]): void {
    for (const order of records) {
      this.#store.put(order);
      if (order.status === 'new') this.#await(order);
      if (order.status === 'triggering') this.#placeSoon(order.id, this.#options.nowMs());
    }
  }

  /** A public trade. May be called while orders are being matched. */
  onLast(symbol: string, price: Ticks): void {
    this.#onPrice({ symbol, working: 'last', price });
  }

  /** The mark price has been computed anew. */
  onMark(symbol: string): void {
    if (this.#watches.has(watchName(symbol, 'mark')))
      this.#onPrice({ symbol, working: 'mark', price: this.#price(this.#options.market(symbol), 'mark') });
  }

  /** The symbol stopped trading: nothing of it can fire any more. */
  onHalt(symbol: string): void {
    for (const order of this.#store.waiting((waiting) => waiting.symbol === symbol)) this.#end(order, 'expired', 'symbol-halted');
  }

  /** Passes on what the order desk tells, and learns from it what became of the orders that triggers made. */
  relay(event: UserEvent): void {
    this.#tell(event);
    if (event.kind === 'account')
      for (const state of event.positions) if (state.position.size === 0) this.#expireSoon(event.apiKey, state.symbol, state.side);
    const parent = event.kind === 'order' ? this.#store.ofChild(event.order.key) : null;
    if (parent && event.kind === 'order') this.#follow(parent, event.order);
  }

  #onPrice({ symbol, working, price }: { readonly symbol: string; readonly working: WorkingPrice; readonly price: number }): void {
    for (const id of this.#watches.get(watchName(symbol, working))?.reached(price) ?? []) {
      const before = this.#store.get(id);
      if (!before) throw new Error(`Cannot trigger algo order ${id}: it is not known`);
      const { order, fires } = onPrice(before, price);
      if (fires && this.#mayFire(order)) this.#fire(order);
      else if (order !== before) this.#move(order, order.activated !== before.activated);
    }
  }

  /** A protected order waits until mark and last price are near each other again. */
  #mayFire({ priceProtect, symbol }: AlgoOrder): boolean {
    if (!priceProtect) return true;
    const market = this.#options.market(symbol);
    const [last, mark] = [this.#price(market, 'last'), this.#price(market, 'mark')];
    return Math.abs(mark - last) <= PROTECT_SHARE * last;
  }

  #move(order: AlgoOrder, told: boolean): void {
    const moved = told ? { ...order, updatedMs: this.#options.nowMs() } : order;
    if (told) this.#put(moved);
    else this.#store.put(moved);
    this.#watch(moved);
  }

  #fire(order: AlgoOrder): void {
    const atMs = this.#options.nowMs();
    this.#unwatch(order);
    this.#put({ ...order, status: 'triggering', triggeredMs: atMs, updatedMs: atMs });
    this.#placeSoon(order.id, atMs + this.#options.triggerDelayMs);
  }

  #placeSoon(id: string, atMs: number): void {
    this.#options.agenda.at(atMs, () => {
      const order = this.#store.get(id);
      if (order?.status === 'triggering') this.#placeChild(order);
    });
  }

  #placeChild(order: AlgoOrder): void {
    const { place, chance, childFirstShare } = this.#options;
    const trader = this.#options.trader(order.apiKey);
    const market = this.#options.market(order.symbol);
    const request = childOf(order, { trader, market, listing: this.#options.listing(order.symbol) });
    if (!request.ok) {
      this.#end(order, request.error.status, request.error.reason);
      return;
    }
    this.#held = [];
    this.#leaving = order.id;
    const placed = place(trader, request.value);
    const held = this.#held;
    this.#held = null;
    this.#leaving = null;
    if (!placed.ok) {
      for (const event of held) this.#tell(event);
      this.#end(order, 'rejected', placed.error.kind);
      return;
    }
    const childFirst = chance(childFirstShare);
    const triggered: AlgoOrder = { ...order, status: 'triggered', updatedMs: this.#options.nowMs(), child: shownOf(placed.value) };
    this.#store.put(triggered);
    const told: UserEvent = this.#event({ ...triggered, child: { ...shownOf(placed.value), filled: lots(0), filledNotional: '0' } });
    for (const event of childFirst ? [...held, told] : [told, ...held]) this.#tell(event);
    this.#follow(triggered, placed.value);
  }

  /** Keeps what is filled, and ends with the order in the market. */
  #follow(parent: AlgoOrder, child: SimOrder): void {
    const order: AlgoOrder = { ...parent, child: shownOf(child) };
    if (isOpen(child)) this.#store.put(order);
    else this.#put({ ...order, status: 'finished', updatedMs: this.#options.nowMs() });
  }

  #end(order: AlgoOrder, status: 'canceled' | 'expired' | 'rejected', reason: AlgoReason | null): AlgoOrder {
    const ended: AlgoOrder = { ...order, status, reason, updatedMs: this.#options.nowMs() };
    this.#unwatch(order);
    this.#put(ended);
    return ended;
  }

  /** The position is closed: what was to live as long ends, unless it is opened again in the same instant. */
  #expireSoon(apiKey: string, symbol: string, positionSide: PositionSide): void {
    const bound = (order: AlgoOrder): boolean =>
      order.timeInForce === 'while-held' &&
      order.apiKey === apiKey &&
      order.symbol === symbol &&
      order.positionSide === positionSide &&
      order.status === 'new';
    if (this.#store.waiting(bound).length === 0) return;
    this.#options.agenda.at(this.#options.nowMs(), () => {
      if (this.#options.trader(apiKey).account.position(symbol, positionSide).size !== 0) return;
      for (const order of this.#store.waiting(bound)) this.#end(order, 'expired', 'no-position');
    });
  }

  /** In fractional ticks. */
  #price({ instrument, feed }: SymbolMarket, working: WorkingPrice): number {
    return working === 'last' ? feed.last : fractionalTicks(instrument, formatAtoms(feed.mark.get().mark));
  }

  /** Watches its price, and its date when it has one. */
  #await(order: AlgoOrder): void {
    this.#watch(order);
    if (order.goodTillMs === null) return;
    this.#options.agenda.at(order.goodTillMs, () => {
      const late = this.#store.get(order.id);
      if (late?.status === 'new') this.#end(late, 'expired', 'date-reached');
    });
  }

  #watch(order: AlgoOrder): void {
    const name = watchName(order.symbol, order.working);
    const watch = this.#watches.get(name) ?? new PriceWatch();
    this.#watches.set(name, watch);
    watch.set(order.id, watchOf(order));
  }

  #unwatch({ id, symbol, working }: AlgoOrder): void {
    this.#watches.get(watchName(symbol, working))?.delete(id);
  }

  #put(order: AlgoOrder): void {
    this.#store.put(order);
    this.#tell(this.#event(order));
  }

  #event(order: AlgoOrder): UserEvent {
    return { kind: 'algo', apiKey: order.apiKey, atMs: order.updatedMs, order };
  }

  #tell(event: UserEvent): void {
    if (this.#held) this.#held.push(event);
    else this.#options.tell(event);
  }
}

const shownOf = ({ key, id, type, filled, filledNotional }: SimOrder): AlgoChild => ({
  key,
  id,
  type,
  filled,
  filledNotional: formatAtoms(filledNotional),
});
const watchName = (symbol: string, working: WorkingPrice): string => `${working} ${symbol}`;

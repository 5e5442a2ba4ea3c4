/**
 * All orders and trades of one account, by every name they can be asked for. What is asked at every order action (how many are open,
 * their notional, the reduce-only ones) is kept as sums, never searched for. Ended orders are forgotten as the venue does
 * (reference sheet 2026-11, section 3.1: without fills after 3 days, others after 90), and the oldest ones beyond a bound.
 */
import type { Instrument } from '../instrument.ts';
import { type Atoms, atoms, type Lots, lots } from '../units.ts';
import { Amendments } from './amendments.ts';
import type { OwnTrade, SimOrder } from './exchange-events.ts';
import { Fifo } from './fifo.ts';
import { type Journal, NO_JOURNAL } from './saved.ts';

const DAY_MS = 86_400_000;
const UNFILLED_KEPT_MS = 3 * DAY_MS;
const FILLED_KEPT_MS = 90 * DAY_MS;
/** Of each kind of ended order. */
const ORDERS_MAX = 20_000;
const TRADES_MAX = 50_000;
const LEAN_MAX = 100;

/** What is resting, opening orders only (reduce-only ones need no margin). */
export type OpenNotional = { readonly bids: Atoms; readonly asks: Atoms };

/** Which order is meant; the id wins when both are given. */
export type OrderName = { readonly symbol: string; readonly id?: string | undefined; readonly clientId?: string | undefined };

/** An order in its newest state. */
type Kept = { order: SimOrder };

/** One symbol's share. Notional of what opens (not reduce-only) is in ticks times lots. */
type Shelf = {
  readonly open: Map<number, Kept>;
  readonly reducing: Map<number, Kept>;
  readonly byId: Map<string, Kept>;
  /** The newest order of that client id: at most one of them is open. */
  readonly byClientId: Map<string, Kept>;
  bids: bigint;
  asks: bigint;
};

export class OrderStore {
  readonly amendments = new Amendments();
  readonly #nowMs: () => number;
  readonly #journal: Journal;
  /** Every order by key, oldest first. */
  readonly #orders = new Map<number, Kept>();
  readonly #shelves = new Map<string, Shelf>();
  /** Ended orders in the order of their end. */
  readonly #unfilled = new Fifo<SimOrder>();
  readonly #filled = new Fifo<SimOrder>();
  #trades: OwnTrade[] = [];
  readonly #ordersMax: number;
  readonly #tradesMax: number;

  /** `lean`: nobody asks for what has ended, so that next to nothing of it is kept. */
  constructor({
    nowMs,
    journal = NO_JOURNAL,
    lean = false,
  }: { readonly nowMs: () => number; readonly journal?: Journal; readonly lean?: boolean }) {
    this.#nowMs = nowMs;
    this.#journal = journal;
    this.#ordersMax = lean ? LEAN_MAX : ORDERS_MAX;
    this.#tradesMax = lean ? LEAN_MAX : TRADES_MAX;
  }

  /** Keeps the newest state of an order. */
  put(order: SimOrder): void {
    this.#journal.order(order);
    const shelf = this.#shelf(order.symbol);
    const kept = this.#orders.get(order.key);
    if (kept) change(shelf, kept, order);
    else this.#add(shelf, order);
    if (isOpen(order)) return;
    shelf.open.delete(order.key);
    if (order.reduceOnly) shelf.reducing.delete(order.key);
    (order.filled === 0 ? this.#unfilled : this.#filled).push(order);
    this.#forget();
  }

  putTrade(trade: OwnTrade): void {
    this.#journal.trade(trade);
    this.#trades.push(trade);
    if (this.#trades.length > this.#tradesMax) this.#trades = this.#trades.slice(this.#tradesMax / 2);
  }

  get(key: number): SimOrder | null {
    return this.#orders.get(key)?.order ?? null;
  }

  find(name: OrderName): SimOrder | null {
    this.#forget();
    return this.#named(name);
  }

  findOpen(name: OrderName): SimOrder | null {
    const order = this.#named(name);
    return order && isOpen(order) ? order : null;
  }

  /** Open orders of one symbol or of all, oldest first. */
  open(symbol: string | null): readonly SimOrder[] {
    if (symbol !== null) return ordersOf(this.#shelves.get(symbol)?.open);
    return [...this.#shelves.values()].flatMap(({ open }) => ordersOf(open)).sort((a, b) => a.key - b.key);
  }

  openCount(symbol: string): number {
    return this.#shelves.get(symbol)?.open.size ?? 0;
  }

  /** Open reduce-only orders of one symbol, oldest first. */
  reducing(symbol: string): readonly SimOrder[] {
    return ordersOf(this.#shelves.get(symbol)?.reducing);
  }

  all(symbol: string | null): readonly SimOrder[] {
    this.#forget();
    return ordersOf(this.#orders).filter((order) => symbol === null || order.symbol === symbol);
  }

  /** Of the last 90 days, oldest first. */
  trades(symbol: string | null): readonly OwnTrade[] {
    const fromMs = this.#nowMs() - FILLED_KEPT_MS;
    return this.#trades.filter(({ order, atMs }) => (symbol === null || order.symbol === symbol) && atMs >= fromMs);
  }

  /** Notional of what rests of the opening (not reduce-only) orders. */
  openNotional({ symbol, atomsPerTickLot }: Instrument): OpenNotional {
    const { bids, asks } = this.#shelf(symbol);
    return { bids: atoms(bids * atomsPerTickLot), asks: atoms(asks * atomsPerTickLot) };
  }

  #add(shelf: Shelf, order: SimOrder): void {
    const kept = { order };
    this.#orders.set(order.key, kept);
    shelf.byId.set(order.id, kept);
    shelf.byClientId.set(order.clientId, kept);
    shelf.open.set(order.key, kept);
    if (order.reduceOnly) shelf.reducing.set(order.key, kept);
    else count(shelf, order, 1n);
  }

  #named({ symbol, id, clientId = '' }: OrderName): SimOrder | null {
    const shelf = this.#shelves.get(symbol);
    const kept = id === undefined ? shelf?.byClientId.get(clientId) : shelf?.byId.get(id);
    return kept?.order ?? null;
  }

  #shelf(symbol: string): Shelf {
    let shelf = this.#shelves.get(symbol);
    if (!shelf) {
      shelf = { open: new Map(), reducing: new Map(), byId: new Map(), byClientId: new Map(), bids: 0n, asks: 0n };
      this.#shelves.set(symbol, shelf);
    }
    return shelf;
  }

  #forget(): void {
    this.#forgetOf(this.#unfilled, UNFILLED_KEPT_MS);
    this.#forgetOf(this.#filled, FILLED_KEPT_MS);
  }

  #forgetOf(ended: Fifo<SimOrder>, keptMs: number): void {
    const fromMs = this.#nowMs() - keptMs;
    for (let first = ended.first(); first && (first.updatedMs < fromMs || ended.length > this.#ordersMax); first = ended.first()) {
      ended.shift();
      const { key, id, clientId, symbol } = first;
      const shelf = this.#shelf(symbol);
      this.#orders.delete(key);
      shelf.byId.delete(id);
      if (shelf.byClientId.get(clientId)?.order.key === key) shelf.byClientId.delete(clientId);
    }
  }
}

export const isOpen = ({ status }: SimOrder): boolean => status === 'new' || status === 'partially-filled';
export const leftOf = ({ size, filled }: SimOrder): Lots => lots(size - filled);

const ordersOf = (kept: ReadonlyMap<number, Kept> | undefined): SimOrder[] =>
  kept && kept.size > 0 ? Array.from(kept.values(), ({ order }) => order) : [];

function change(shelf: Shelf, kept: Kept, order: SimOrder): void {
  if (!order.reduceOnly) {
    count(shelf, kept.order, -1n);
    count(shelf, order, 1n);
  }
  kept.order = order;
}

/** Adds an open order's notional to the sums, or with -1 takes it out. */
function count(shelf: Shelf, order: SimOrder, times: bigint): void {
  if (!isOpen(order)) return;
  const { price, size, filled, side } = order;
  const tickLots = BigInt(price) * BigInt(size - filled) * times;
  if (side === 'buy') shelf.bids += tickLots;
  else shelf.asks += tickLots;
}

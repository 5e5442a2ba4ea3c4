/** All orders and trades of one account, by every name they can be asked for. Finished ones are forgotten beyond a bound. */
import { notionalOf, type Instrument } from '../instrument.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks } from '../units.ts';
import type { OwnTrade, SimOrder } from './exchange-events.ts';
import type { PositionSide } from './position.ts';

const ORDERS_MAX = 20_000;
const TRADES_MAX = 50_000;

/** What is resting, opening orders only (reduce-only ones need no margin). */
export type OpenNotional = { readonly bids: Atoms; readonly asks: Atoms };

/** Which order is meant; the id wins when both are given. */
export type OrderName = { readonly symbol: string; readonly id?: string | undefined; readonly clientId?: string | undefined };

export class OrderStore {
  /** Every order by key, oldest first. */
  readonly #orders = new Map<number, SimOrder>();
  readonly #open = new Map<number, SimOrder>();
  readonly #keyById = new Map<string, number>();
  /** The newest order of that client id: at most one of them is open. */
  readonly #keyByClientId = new Map<string, number>();
  #trades: OwnTrade[] = [];

  /** Keeps the newest state of an order. */
  put(order: SimOrder): void {
    if (!this.#orders.has(order.key)) {
      this.#keyById.set(idName(order), order.key);
      this.#keyByClientId.set(clientName(order), order.key);
      this.#forgetOldest();
    }
    this.#orders.set(order.key, order);
    if (isOpen(order)) this.#open.set(order.key, order);
    else this.#open.delete(order.key);
  }

  putTrade(trade: OwnTrade): void {
    this.#trades.push(trade);
    if (this.#trades.length > TRADES_MAX) this.#trades = this.#trades.slice(TRADES_MAX / 2);
  }

  get(key: number): SimOrder | null {
    return this.#orders.get(key) ?? null;
  }

  find({ symbol, id, clientId }: OrderName): SimOrder | null {
    const key =
      id !== undefined
        ? this.#keyById.get(idName({ symbol, id }))
        : this.#keyByClientId.get(clientName({ symbol, clientId: clientId ?? '' }));
    return key === undefined ? null : this.get(key);
  }

  findOpen(name: OrderName): SimOrder | null {
    const order = this.find(name);
    return order && isOpen(order) ? order : null;
  }

  /** Open orders of one symbol or of all, oldest first. */
  open(symbol: string | null): readonly SimOrder[] {
    return [...this.#open.values()].filter((order) => symbol === null || order.symbol === symbol);
  }

  all(symbol: string | null): readonly SimOrder[] {
    return [...this.#orders.values()].filter((order) => symbol === null || order.symbol === symbol);
  }

  trades(symbol: string | null): readonly OwnTrade[] {
    return this.#trades.filter((trade) => symbol === null || trade.order.symbol === symbol);
  }

  /** Notional of what rests of the opening (not reduce-only) orders, of one position or of all of the symbol. */
  openNotional(instrument: Instrument, side: PositionSide | null = null): OpenNotional {
    let [bids, asks] = [0n, 0n];
    for (const order of this.#open.values()) {
      if (order.symbol !== instrument.symbol || order.reduceOnly) continue;
      if (side !== null && order.positionSide !== side) continue;
      const notional = notionalOf(instrument, { price: order.price as Ticks, size: lots(order.size - order.filled) as Lots });
      if (order.side === 'buy') bids += notional;
      else asks += notional;
    }
    return { bids: atoms(bids), asks: atoms(asks) };
  }

  #forgetOldest(): void {
    if (this.#orders.size < ORDERS_MAX) return;
    for (const order of this.#orders.values()) {
      if (isOpen(order)) continue;
      this.#orders.delete(order.key);
      this.#keyById.delete(idName(order));
      if (this.#keyByClientId.get(clientName(order)) === order.key) this.#keyByClientId.delete(clientName(order));
      return;
    }
  }
}

export const isOpen = ({ status }: SimOrder): boolean => status === 'new' || status === 'partially-filled';
export const leftOf = ({ size, filled }: SimOrder): Lots => lots(size - filled);

const idName = ({ symbol, id }: { readonly symbol: string; readonly id: string }): string => `${symbol} ${id}`;
const clientName = ({ symbol, clientId }: { readonly symbol: string; readonly clientId: string }): string => `${symbol} ${clientId}`;

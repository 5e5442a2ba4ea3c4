/**
 * One symbol of a shadow's made-up account. It sees what the brain sees: a book and the trades between two snapshots. What was asked at one
 * snapshot is done at the next, after the trades in between: an order rests one period late, and a cancel may come too late. Orders that
 * rest fill by their place in line, those that take walk the levels shown. Nothing of it moves the market. Deterministic, without I/O.
 */
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import { hasEnded, type OrderStatus } from '../../shared/order.ts';
import type { QueueModelName } from '../../shared/sim/queue.ts';
import { RestingOrders } from '../../shared/sim/resting.ts';
import { formatAtoms, lots, type Lots, type Ticks } from '../../shared/units.ts';
import type { FillDoc, OrderDoc, PositionDoc, Stamp } from '../../shared/snapshot.ts';
import type { OrderCommand, PlaceCommand } from '../oms/working.ts';
import { tradesSeen } from '../view.ts';
import type { TradeNews } from '../news.ts';
import { booked, heldLots, positionOf, settled, type ShadowMoney, type ShadowTrade } from './shadow-money.ts';
import { SeenBook, type Sides } from './seen-book.ts';

type Order = Omit<PlaceCommand, 'kind' | 'price' | 'size' | 'reason'> & {
  readonly key: number;
  readonly bornMs: number;
  price: Ticks;
  size: Lots;
  filled: Lots;
  status: OrderStatus;
  endedMs: number;
  /** Why it ended. */
  reason: string;
};
/** What a snapshot shows of the symbol. */
export type Seen = {
  readonly instrument: Instrument;
  /** Null: not proved. */
  readonly sides: Sides | null;
  readonly trades: TradeNews | null;
  readonly position: PositionDoc & { readonly commission: NonNullable<PositionDoc['commission']> };
  readonly atMs: number;
};
export type ShadowSymbolOptions = {
  readonly role: string;
  readonly queueModel: QueueModelName;
  readonly money: ShadowMoney;
  /** Number of the next fill. */
  readonly number: () => number;
};

/** Ended orders are shown for this long, as the gateway does. */
const SHOWN_MS = 5_000;

export class ShadowSymbol {
  readonly #options: ShadowSymbolOptions;
  readonly #book = new SeenBook();
  readonly #resting: RestingOrders;
  readonly #orders = new Map<string, Order>();
  #asked: readonly OrderCommand[] = [];
  #closing = false;
  #money: ShadowMoney;
  #keys = 0;
  #fills: FillDoc[] = [];
  /** Place in the row of public trades up to which all were seen. */
  #place: number | null = null;
  #missed = 0;

  constructor(options: ShadowSymbolOptions) {
    this.#options = options;
    this.#money = options.money;
    this.#resting = new RestingOrders({ levels: this.#book, queueModel: options.queueModel });
  }

  get money(): ShadowMoney {
    return this.#money;
  }

  /** A position is to be taken out of the book, and was not yet. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Snapshots before which trades were missed: fills may be missing there. */
  get missed(): number {
    return this.#missed;
  }

  get working(): number {
    return this.#resting.size;
  }

  /** To be done at the next snapshot. */
  ask(commands: readonly OrderCommand[], close: boolean): void {
    this.#asked = commands;
    this.#closing ||= close;
  }

  /** What came of the time since the snapshot before, and of what was asked then. */
  look(seen: Seen): readonly FillDoc[] {
    this.#fills = [];
    this.#book.see(seen.sides);
    this.#money = settled(this.#money, { document: seen.position, atMs: seen.atMs });
    this.#hear(seen);
    for (const due of this.#resting.onBook()) this.#fillResting(due, seen);
    for (const command of this.#asked) this.#perform(command, seen);
    this.#asked = [];
    if (this.#closing) this.#close(seen);
    for (const [clientId, { status, endedMs }] of this.#orders)
      if (hasEnded(status) && seen.atMs - endedMs > SHOWN_MS) this.#orders.delete(clientId);
    return this.#fills;
  }

  /** What the gateway would show of this account. */
  documents(
    seen: Seen,
    stamp: Stamp,
  ): {
    readonly position: PositionDoc;
    readonly orders: { readonly known: true; readonly symbol: string; readonly orders: OrderDoc[] } & Stamp;
  } {
    const { instrument, position: document, atMs } = seen;
    const orders = [...this.#orders.values()].map((order) => this.#shown(order, { instrument, atMs }));
    return {
      position: positionOf(this.#money, { document, instrument }),
      orders: { ...stamp, symbol: instrument.symbol, known: true, orders },
    };
  }

  #shown(order: Order, { instrument, atMs }: Pick<Seen, 'instrument' | 'atMs'>): OrderDoc {
    const { clientId, side, timeInForce, reduceOnly, status, strategy, reason } = order;
    const texts = {
      price: formatPrice(instrument, order.price),
      size: formatSize(instrument, order.size),
      filled: formatSize(instrument, order.filled),
    };
    return {
      clientId,
      role: this.#options.role,
      side,
      kind: 'limit',
      timeInForce,
      reduceOnly,
      status,
      ...texts,
      ageMs: Math.max(0, atMs - order.bornMs),
      reason,
      strategy,
    };
  }

  #hear(seen: Seen): void {
    const { trades, instrument } = seen;
    if (trades === null) return;
    if (this.#place !== null && trades.from !== this.#place) this.#missed++;
    this.#place = trades.to;
    for (const trade of tradesSeen(instrument, trades) ?? []) for (const due of this.#resting.onTrade(trade)) this.#fillResting(due, seen);
  }

  #fillResting({ key, size }: { readonly key: number; readonly size: number }, seen: Seen): void {
    const order = [...this.#orders.values()].find((one) => one.key === key);
    const most = order?.reduceOnly ? this.#reducible(order, seen) : size;
    const fill = this.#resting.fill({ key, size: Math.min(size, most) });
    if (order && fill) this.#bookFill(order, { ...fill, maker: true, seen });
    if (order && fill === null && most <= 0) this.#end(order, { status: 'expired', reason: 'reduce-only', seen });
  }

  #perform(command: OrderCommand, seen: Seen): void {
    const order = this.#orders.get(command.clientId);
    if (command.kind === 'place') this.#placeOrder(command, seen);
    else if (!order || hasEnded(order.status))
      return; // it was filled before
    else if (command.kind === 'cancel') this.#end(order, { status: 'canceled', reason: '', seen });
    else this.#amend(order, { price: command.price, size: command.size, seen });
  }

  #placeOrder(command: PlaceCommand, seen: Seen): void {
    const { kind: _, ...asked } = command;
    const order: Order = { ...asked, key: this.#keys++, bornMs: seen.atMs, status: 'open', filled: lots(0), endedMs: 0, reason: '' };
    this.#orders.set(order.clientId, order);
    const size = order.reduceOnly ? lots(Math.min(order.size, this.#reducible(order, seen))) : order.size;
    const refusal = this.#refusal(order, size);
    if (refusal !== null) this.#end(order, { status: 'rejected', reason: refusal, seen });
    else if (order.timeInForce === 'ioc') this.#take(order, { size, seen });
    else this.#resting.add({ key: order.key, side: order.side, price: order.price, size });
  }

  #refusal(order: Order, size: Lots): string | null {
    if (size <= 0) return 'reduce-only-refused';
    if (order.timeInForce === 'ioc') return null;
    if (!this.#book.live) return 'book-not-live';
    return this.#book.reach(order, 1) > 0 ? 'post-only-would-take' : null;
  }

  #take(order: Order, { size, seen }: { readonly size: Lots; readonly seen: Seen }): void {
    for (const part of this.#book.take(order, size)) this.#bookFill(order, { ...part, maker: false, seen });
    if (!hasEnded(order.status)) this.#end(order, { status: 'expired', reason: '', seen });
  }

  /** A smaller size alone keeps its place in line; one that would take leaves the order as it was. */
  #amend(order: Order, { price, size, seen }: { readonly price: Ticks; readonly size: Lots; readonly seen: Seen }): void {
    const left = lots(size - order.filled);
    if (left <= 0) this.#end(order, { status: 'canceled', reason: '', seen });
    if (left <= 0 || this.#book.reach({ side: order.side, price }, 1) > 0) return;
    if (price === order.price && size <= order.size) this.#resting.reduce(order.key, left);
    else {
      this.#resting.cancel(order.key);
      this.#resting.add({ key: order.key, side: order.side, price, size: left });
    }
    order.price = price;
    order.size = size;
  }

  /** As the ladder's taking rung would; what the levels do not hold is taken from the next snapshot's. */
  #close(seen: Seen): void {
    for (const order of this.#orders.values()) if (!hasEnded(order.status)) this.#end(order, { status: 'canceled', reason: '', seen });
    const held = heldLots(this.#money, seen.instrument);
    const side = held > 0 ? 'sell' : 'buy';
    for (const part of held === 0 ? [] : this.#book.take({ side, price: null }, lots(Math.abs(held))))
      this.#count({ side, ...part, maker: false }, { seen, clientId: 'close', role: 'close' });
    this.#closing = heldLots(this.#money, seen.instrument) !== 0;
  }

  #reducible({ side }: Pick<Order, 'side'>, { instrument }: Seen): Lots {
    const held = heldLots(this.#money, instrument);
    return lots(Math.max(0, side === 'buy' ? -held : held));
  }

  #bookFill(
    order: Order,
    { price, size, maker, seen }: { readonly price: Ticks; readonly size: Lots; readonly maker: boolean; readonly seen: Seen },
  ): void {
    order.filled = lots(order.filled + size);
    order.status = order.filled >= order.size ? 'filled' : 'partially-filled';
    if (order.status === 'filled') order.endedMs = seen.atMs;
    const { clientId, side, strategy } = order;
    this.#count({ side, price, size, maker }, { seen, clientId, role: this.#options.role, strategy });
  }

  #end(order: Order, { status, reason, seen }: { readonly status: OrderStatus; readonly reason: string; readonly seen: Seen }): void {
    this.#resting.cancel(order.key);
    Object.assign(order, { status, reason, endedMs: seen.atMs });
  }

  #count(
    trade: ShadowTrade,
    { seen, ...of }: { readonly seen: Seen; readonly clientId: string; readonly role: string; readonly strategy?: string },
  ): void {
    const { instrument, atMs, position } = seen;
    const n = this.#options.number();
    const tradeId = `shadow-${n}`;
    const { money, fee, realized } = booked(this.#money, {
      trade: { ...trade, tradeId },
      booking: { instrument, commission: position.commission, atMs },
    });
    this.#money = money;
    const texts = { price: formatPrice(instrument, trade.price), size: formatSize(instrument, trade.size) };
    const paid = { fee: formatAtoms(fee), feeAsset: instrument.quoteAsset, realizedPnl: formatAtoms(realized) };
    this.#fills.push({
      n,
      symbol: instrument.symbol,
      tradeId,
      side: trade.side,
      ...texts,
      maker: trade.maker,
      ...paid,
      wallMs: atMs,
      ...of,
    });
  }
}

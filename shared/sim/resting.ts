/**
 * Own simulated orders that rest beside a live book, of one symbol. They fill at their own price from two things that the public does: trades at or through the price,
 * by the place in line that the queue model gives; and orders of the other side that come to rest at or through the price, which could not
 * have rested there had ours been real. Of the latter only what is new since the last look counts.
 */
import type { PublicTrade } from '../events.ts';
import type { Side } from '../order.ts';
import { type Lots, lots, type Ticks } from '../units.ts';
import { crosses } from './matching.ts';
import { QueueModel, type QueueModelName } from './queue.ts';

/** The public side as it is seen now. */
export interface SeenLevels {
  /** Whether the book is proved at this moment. */
  readonly live: boolean;
  /** What rests at a price in public. */
  sizeOf(side: Side, price: Ticks): Lots;
  /** Lots of the other side that an order at this price reaches, counted up to `max`. */
  reach(order: { readonly side: Side; readonly price: Ticks | null }, max: number): Lots;
}

export type RestingOrder = { readonly key: number; readonly side: Side; readonly price: Ticks; readonly size: Lots };
/** What is to be filled; `fill` books it, as far as the order still stands then. */
export type Due = { readonly key: number; readonly size: number };

type Resting = {
  readonly key: number;
  readonly side: Side;
  readonly price: Ticks;
  left: number;
  /** Null until the book could be seen: it joins the line then. */
  visible: number | null;
  /** Lots of the other side at or through its price at the last look. */
  crossing: number;
};

export class RestingOrders {
  readonly #levels: SeenLevels;
  readonly #queue: QueueModel;
  readonly #orders = new Map<number, Resting>();

  constructor({ levels, queueModel }: { readonly levels: SeenLevels; readonly queueModel: QueueModelName }) {
    this.#levels = levels;
    this.#queue = new QueueModel({ model: queueModel });
  }

  get size(): number {
    return this.#orders.size;
  }

  add({ key, side, price, size }: RestingOrder): void {
    const order: Resting = { key, side, price, left: size, visible: null, crossing: 0 };
    this.#orders.set(key, order);
    if (this.#levels.live) this.#join(order);
  }

  /** What was left of it; null when it does not rest here. */
  cancel(key: number): Lots | null {
    const order = this.#orders.get(key);
    if (!order) return null;
    this.#orders.delete(key);
    this.#queue.cancel(String(key));
    return lots(order.left);
  }

  /** Shrinks an order in its place; its fills are clipped to this. */
  reduce(key: number, size: Lots): void {
    const order = this.#orders.get(key);
    if (order && size < order.left) order.left = size;
  }

  /** Keys of the orders that one of `side` at `price` would meet, best price first. */
  metBy({ side, price }: { readonly side: Side; readonly price: Ticks }): readonly number[] {
    const met = [...this.#orders.values()].filter((order) => order.side !== side && crosses({ side, price, against: order.price }));
    return met.toSorted((a, b) => (side === 'buy' ? a.price - b.price : b.price - a.price)).map(({ key }) => key);
  }

  /** Books that `size` of it was taken; null when it does not rest here. */
  fill({ key, size }: Due): { readonly price: Ticks; readonly size: Lots } | null {
    const order = this.#orders.get(key);
    const filled = Math.min(size, order?.left ?? 0);
    if (!order || filled <= 0) return null;
    order.left -= filled;
    if (order.left === 0) this.cancel(key);
    return { price: order.price, size: lots(filled) };
  }

  onTrade({ price, size, aggressor }: Pick<PublicTrade, 'price' | 'size' | 'aggressor'>): readonly Due[] {
    return this.#queue.onTrade({ price, size, aggressor }).map((fill) => ({ key: Number(fill.id), size: fill.size }));
  }

  /** To be told after the book may have changed. */
  onBook(): readonly Due[] {
    if (this.#orders.size === 0 || !this.#levels.live) return [];
    for (const order of this.#orders.values()) this.#look(order);
    return [...this.#crossed('buy'), ...this.#crossed('sell')];
  }

  #join(order: Resting): void {
    const { key, side, price, left } = order;
    const visibleAhead = this.#levels.sizeOf(side, price);
    order.visible = visibleAhead;
    this.#queue.place({ id: String(key), side, price, size: lots(left), visibleAhead });
  }

  /** Depth is told to the queue only when it changed: told twice, a trade would count as a cancel. */
  #look(order: Resting): void {
    if (order.visible === null) {
      this.#join(order);
      return;
    }
    const visible = this.#levels.sizeOf(order.side, order.price);
    if (visible === order.visible) return;
    for (const other of this.#orders.values())
      if (other.side === order.side && other.price === order.price && other.visible !== null) other.visible = visible;
    this.#queue.onDepth({ side: order.side, price: order.price, visible });
  }

  /** What came to rest against orders of one side, given to the best price first and there to the oldest. */
  #crossed(side: Side): Due[] {
    const orders = [...this.#orders.values()].filter((order) => order.side === side);
    const dues: Due[] = [];
    let used = 0;
    for (const order of orders.toSorted((a, b) => (side === 'buy' ? b.price - a.price : a.price - b.price) || a.key - b.key)) {
      const crossing = this.#levels.reach(order, Number.MAX_SAFE_INTEGER);
      const fresh = crossing - order.crossing - used;
      order.crossing = crossing;
      if (fresh <= 0) continue;
      const size = Math.min(fresh, order.left);
      used += size;
      dues.push({ key: order.key, size });
    }
    return dues;
  }
}

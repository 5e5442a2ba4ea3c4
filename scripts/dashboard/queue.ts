/**
 * Where own quotes stand in line, from what Redis tells: the size visible at their price and the public trades, by the queue model of the
 * configuration. An estimate: an order that already rested when somebody began to look is nearer to its turn than told. Pure.
 */
import { formatSize, type Instrument, parsePrice, parseSize } from '../../shared/instrument.ts';
import type { BookDoc, OrderDoc, TradeDoc } from '../../shared/snapshot.ts';
import { QueueModel, type QueueModelName } from '../../shared/sim/queue.ts';
import { type Lots, lots, type Ticks } from '../../shared/units.ts';
import type { QueuePlace } from './model.ts';

type Resting = { readonly price: Ticks; readonly side: OrderDoc['side']; readonly atMost: boolean };
export type Seen = { readonly book: BookDoc; readonly orders: readonly OrderDoc[]; readonly trades: readonly TradeDoc[] };

const RESTS = new Set(['open', 'partially-filled']);
/** One that is younger was placed under our eyes. */
const FRESH_MS = 600;

export type QueueWatchOptions = {
  readonly instrument: Instrument;
  readonly model: QueueModelName;
  /** The public book shows own orders as well, as that of every real venue does. */
  readonly ownShown: boolean;
};

export class QueueWatch {
  readonly #instrument: Instrument;
  readonly #model: QueueModel;
  readonly #ownShown: boolean;
  readonly #resting = new Map<string, Resting>();

  constructor({ instrument, model, ownShown }: QueueWatchOptions) {
    this.#instrument = instrument;
    this.#ownShown = ownShown;
    this.#model = new QueueModel({ model });
  }

  look({ book, orders, trades }: Seen): readonly QueuePlace[] {
    for (const trade of trades) this.#onTrade(trade);
    const live = orders.filter(({ status, role, price }) => RESTS.has(status) && role !== 'foreign' && price !== null);
    const visible = this.#strangers(book, live);
    const lowest = this.#ticksOf(book.bids.at(-1)?.[0]) ?? Number.POSITIVE_INFINITY;
    const highest = this.#ticksOf(book.asks.at(-1)?.[0]) ?? Number.NEGATIVE_INFINITY;
    const isPublished = (side: OrderDoc['side'], price: Ticks | null): boolean =>
      price !== null && (side === 'buy' ? price >= lowest : price <= highest);
    this.#leave(new Map(live.map((order) => [order.clientId, this.#ticksOf(order.price)])));
    for (const { side, price } of this.#resting.values())
      if (isPublished(side, price)) this.#model.onDepth({ side, price, visible: visible.get(`${side} ${price}`) ?? lots(0) });
    const seen = live.filter(({ side, price }) => isPublished(side, this.#ticksOf(price))); // of the others nothing is known
    for (const order of seen) this.#join(order, visible);
    return seen.flatMap((order) => this.#placeOf(order));
  }

  #onTrade({ price, size, aggressor }: TradeDoc): void {
    const [at, amount] = [parsePrice(this.#instrument, price), parseSize(this.#instrument, size)];
    if (at !== null && amount !== null) this.#model.onTrade({ price: at, size: amount, aggressor });
  }

  /** Orders that are gone, or stand at another price by an amend: there they join anew. */
  #leave(live: ReadonlyMap<string, Ticks | null>): void {
    for (const [id, { price }] of this.#resting) {
      if (live.get(id) === price) continue;
      this.#model.cancel(id);
      this.#resting.delete(id);
    }
  }

  #join(order: OrderDoc, visible: ReadonlyMap<string, Lots>): void {
    const { clientId: id, side, ageMs } = order;
    const [price, size] = [this.#ticksOf(order.price), parseSize(this.#instrument, order.size)];
    if (price === null || size === null || this.#resting.has(id)) return;
    this.#model.cancel(id); // filled whole by the model, but not by the venue
    this.#model.place({ id, side, price, size, visibleAhead: visible.get(`${side} ${price}`) ?? lots(0) });
    this.#resting.set(id, { price, side, atMost: ageMs > FRESH_MS && (order.amends ?? 0) === 0 });
  }

  #placeOf({ clientId }: OrderDoc): QueuePlace[] {
    const ahead = this.#model.aheadOf(clientId) ?? lots(0); // past its turn by the model
    const resting = this.#resting.get(clientId);
    return resting ? [{ clientId, ahead: formatSize(this.#instrument, ahead), atMost: resting.atMost }] : [];
  }

  #ticksOf = (price: string | null | undefined): Ticks | null =>
    price === null || price === undefined ? null : parsePrice(this.#instrument, price);

  /** Sizes of others by side and price. */
  #strangers(book: BookDoc, live: readonly OrderDoc[]): ReadonlyMap<string, Lots> {
    const visible = this.#levels(book);
    if (!this.#ownShown) return visible;
    for (const order of live) {
      const key = `${order.side} ${this.#ticksOf(order.price)}`;
      const own = (parseSize(this.#instrument, order.size) ?? 0) - (parseSize(this.#instrument, order.filled) ?? 0);
      visible.set(key, lots(Math.max(0, (visible.get(key) ?? 0) - own)));
    }
    return visible;
  }

  #levels({ bids, asks }: BookDoc): Map<string, Lots> {
    const side = (name: OrderDoc['side'], levels: BookDoc['bids']): [string, Lots][] =>
      levels.flatMap(([price, size]) => {
        const [at, amount] = [parsePrice(this.#instrument, price), parseSize(this.#instrument, size)];
        return at === null || amount === null ? [] : [[`${name} ${at}`, amount]];
      });
    return new Map([...side('buy', bids), ...side('sell', asks)]);
  }
}

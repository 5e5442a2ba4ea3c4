/**
 * One side's public liquidity as paper orders meet it: the live levels less what paper takers took of them. Nobody outside sees our taking,
 * so a level counts as whole again with the next message of the book, not before: an order cannot be filled twice from one picture.
 */
import type { Side } from '../../../shared/order.ts';
import type { PriceSize } from '../../../shared/sim/exchange-events.ts';
import { crosses, opposite } from '../../../shared/sim/matching.ts';
import { type Lots, lots, type Ticks } from '../../../shared/units.ts';
import { topUpdateId } from '../../market/top.ts';
import type { BookView } from '../venue.ts';

type Order = { readonly side: Side; readonly price: Ticks | null };
export type Taken = { readonly price: Ticks; readonly size: Lots };

export class Levels {
  readonly #view: () => BookView;
  readonly #taken: Readonly<Record<Side, Map<number, number>>> = { buy: new Map(), sell: new Map() };
  #takenOf = -1;

  constructor(view: () => BookView) {
    this.#view = view;
  }

  /** Whether the book is proved by the stream at this moment. */
  get live(): boolean {
    return this.#view().status === 'live';
  }

  get lastUpdateId(): number {
    return this.#view().lastUpdateId;
  }

  get atMs(): number {
    return this.#view().exchangeMs;
  }

  best(side: Side): { readonly price: Ticks; readonly size: Lots } | null {
    for (const [price, size] of this.of(side)) return { price, size };
    return null;
  }

  /** Best first, with the newest best level where that is known to be ahead of the book; a crossed or empty book has none. */
  *of(side: Side): Generator<PriceSize> {
    const { book, top } = this.#view();
    if (!book.sound) return;
    const levels = side === 'buy' ? book.bids : book.asks;
    const taken = this.#takenNow(side);
    const left = (price: Ticks, size: Lots): Lots => lots(Math.max(0, size - (taken.get(price) ?? 0)));
    const best = top && (side === 'buy' ? top.bid : top.ask);
    if (best && left(best.price, best.size) > 0) yield [best.price, left(best.price, best.size)];
    for (let n = 0; n < levels.count; n++) {
      const price = levels.priceAt(n);
      if (price === null) return;
      const isGone = best !== null && (side === 'buy' ? price >= best.price : price <= best.price);
      const size = left(price, levels.sizeAt(n));
      if (!isGone && size > 0) yield [price, size];
    }
  }

  /** What rests at a price in public. */
  sizeOf(side: Side, price: Ticks): Lots {
    const { bids, asks } = this.#view().book;
    return (side === 'buy' ? bids : asks).sizeOf(price);
  }

  /** Lots of the other side that an order at this price reaches, counted up to `max`. */
  reach({ side, price }: Order, max: number): Lots {
    let sum = 0;
    for (const [against, size] of this.of(opposite(side))) {
      if (sum >= max || !crosses({ side, price, against })) break;
      sum += size;
    }
    return lots(Math.min(sum, max));
  }

  /** Takes up to `size`, best level first. */
  take({ side, price }: Order, size: Lots): readonly Taken[] {
    const out: Taken[] = [];
    let left: number = size;
    const taken = this.#takenNow(opposite(side));
    for (const [against, visible] of this.of(opposite(side))) {
      if (left === 0 || !crosses({ side, price, against })) break;
      const part = Math.min(left, visible);
      left -= part;
      out.push({ price: against, size: lots(part) });
    }
    for (const part of out) taken.set(part.price, (taken.get(part.price) ?? 0) + part.size);
    return out;
  }

  #takenNow(side: Side): Map<number, number> {
    const updateId = topUpdateId(this.#view());
    if (updateId !== this.#takenOf) {
      this.#takenOf = updateId;
      this.#taken.buy.clear();
      this.#taken.sell.clear();
    }
    return this.#taken[side];
  }
}

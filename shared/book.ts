/** Level-2 order book on whole ticks and lots. Sequence rules live with the venue; this only holds levels and answers questions. */
import { type Lots, lots, type Ticks, ticks } from './units.ts';

/** Farthest levels beyond this many a side are dropped, so a runaway stream cannot grow memory. */
export const LEVELS_MAX = 20_000;

/** One side, sorted with the best level last, so that changes near the best move few elements. */
export class BookSide {
  readonly #sign: 1 | -1;
  #prices = new Float64Array(512);
  #sizes = new Float64Array(512);
  #count = 0;

  /** Bids are best when high, asks when low. */
  constructor(side: 'bids' | 'asks') {
    this.#sign = side === 'bids' ? 1 : -1;
  }

  get count(): number {
    return this.#count;
  }

  /** Sets the absolute size at a price; 0 removes the level, and removing an unknown level is normal. */
  set(price: number, size: number): void {
    const key = price * this.#sign;
    const at = this.#find(key);
    const found = at < this.#count && this.#prices[at] === key;
    if (size === 0) {
      if (found) this.#removeAt(at);
    } else if (found) this.#sizes[at] = size;
    else this.#insertAt(at, key, size);
  }

  clear(): void {
    this.#count = 0;
  }

  /** Price of the n-th best level (0 = best), or null. */
  priceAt(n: number): Ticks | null {
    return n < this.#count ? ticks((this.#prices[this.#count - 1 - n] ?? 0) * this.#sign) : null;
  }

  /** Size of the n-th best level (0 = best); 0 when there is none. */
  sizeAt(n: number): Lots {
    return lots(n < this.#count ? (this.#sizes[this.#count - 1 - n] ?? 0) : 0);
  }

  /** Size resting at a price; 0 when none is known. */
  sizeOf(price: number): Lots {
    const key = price * this.#sign;
    const at = this.#find(key);
    return lots(at < this.#count && this.#prices[at] === key ? (this.#sizes[at] ?? 0) : 0);
  }

  /** First index whose key is >= `key`. Searches outward from the best end, where most changes are. */
  #find(key: number): number {
    let high = this.#count;
    let step = 1;
    while (high > 0 && (this.#prices[Math.max(0, high - step)] ?? 0) >= key) {
      high = Math.max(0, high - step);
      step *= 2;
    }
    let low = Math.max(0, high - step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#prices[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #removeAt(at: number): void {
    this.#prices.copyWithin(at, at + 1, this.#count);
    this.#sizes.copyWithin(at, at + 1, this.#count);
    this.#count--;
  }

  #insertAt(at: number, key: number, size: number): void {
    if (this.#count === LEVELS_MAX) {
      if (at === 0) return; // farther than everything kept
      this.#removeAt(0);
      this.#insertAt(at - 1, key, size);
      return;
    }
    if (this.#count === this.#prices.length) this.#grow();
    this.#prices.copyWithin(at + 1, at, this.#count);
    this.#sizes.copyWithin(at + 1, at, this.#count);
    this.#prices[at] = key;
    this.#sizes[at] = size;
    this.#count++;
  }

  #grow(): void {
    const [prices, sizes] = [new Float64Array(this.#count * 2), new Float64Array(this.#count * 2)];
    prices.set(this.#prices);
    sizes.set(this.#sizes);
    this.#prices = prices;
    this.#sizes = sizes;
  }
}

export class Book {
  readonly bids = new BookSide('bids');
  readonly asks = new BookSide('asks');

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  get bestBid(): Ticks | null {
    return this.bids.priceAt(0);
  }

  get bestAsk(): Ticks | null {
    return this.asks.priceAt(0);
  }

  /** Best bid at or above best ask: never true of a venue's book, so nothing may be traded on it. */
  get crossed(): boolean {
    const [bid, ask] = [this.bestBid, this.bestAsk];
    return bid !== null && ask !== null && bid >= ask;
  }

  /** Neither empty on a side nor crossed. */
  get sound(): boolean {
    return this.bids.count > 0 && this.asks.count > 0 && !this.crossed;
  }
}

/** Level-2 order book on whole ticks and lots. Sequence rules live with the venue; this only holds levels and answers questions. */
import { SortedLevels } from './sorted-levels.ts';
import { type Lots, lots, type Ticks, ticks } from './units.ts';

/** Farthest levels beyond this many a side are dropped, so a runaway stream cannot grow memory. */
export const LEVELS_MAX = 20_000;

/** Ticks of the window: nearly all changes are within it. A power of two, so that a price has its place by its last bits. */
const WINDOW = 4_096;
const MASK = WINDOW - 1;
const WORDS = WINDOW / 32;
/** Where the best price is put when the window moves, and how far it may come down in it before the window follows. */
const BEST_AT = (WINDOW / 4) * 3;
const BEST_AT_LEAST = WINDOW / 4;

/**
 * One side. The levels within a window of ticks that follows the best price stand in a ring, each at the place of its price, so that a change
 * moves nothing; those far from it are kept sorted. Inside, prices are keys: the higher, the better, whatever the side.
 */
export class BookSide {
  readonly #sign: 1 | -1;
  /** Sizes of the keys from `#base` on, `WINDOW` of them; which of them are levels, a bit each. */
  readonly #sizes = new Float64Array(WINDOW);
  readonly #bits = new Int32Array(WORDS);
  #base = 0;
  #inside = 0;
  /** Key of the best level while there is any in the window. */
  #best = 0;
  /** All keys of it are below `#base`. */
  readonly #far = new SortedLevels();
  /** Where the n-th level was found, so that the next one is found from there; -1: nowhere. */
  #seenN = -1;
  #seenKey = 0;

  /** Bids are best when high, asks when low. */
  constructor(side: 'bids' | 'asks') {
    this.#sign = side === 'bids' ? 1 : -1;
  }

  get count(): number {
    return this.#inside + this.#far.count;
  }

  /** Sets the absolute size at a price; 0 removes the level, and removing an unknown level is normal. */
  set(price: number, size: number): void {
    const key = price * this.#sign;
    const offset = key - this.#base;
    if (this.#inside > 0 && offset >= 0 && offset < WINDOW) {
      const at = key & MASK;
      const known = (this.#bit(at) & (1 << (at & 31))) !== 0;
      if (size === 0) {
        if (known) this.#remove(key);
      } else if (known) this.#sizes[at] = size;
      else this.#insert(key, size);
    } else if (this.#inside > 0 && offset < 0) this.#setFar(key, size);
    else if (size !== 0) this.#insertBeyond(key, size);
  }

  clear(): void {
    this.#bits.fill(0);
    this.#inside = 0;
    this.#seenN = -1;
    this.#far.clear();
  }

  /** Price of the n-th best level (0 = best), or null. */
  priceAt(n: number): Ticks | null {
    return n < this.count ? ticks(this.#keyAt(n) * this.#sign) : null;
  }

  /** Size of the n-th best level (0 = best); 0 when there is none. */
  sizeAt(n: number): Lots {
    if (n >= this.count) return lots(0);
    return lots(n < this.#inside ? (this.#sizes[this.#keyAt(n) & MASK] ?? 0) : this.#far.sizeAt(n - this.#inside));
  }

  /** Size resting at a price; 0 when none is known. */
  sizeOf(price: number): Lots {
    const key = price * this.#sign;
    const offset = key - this.#base;
    if (this.#inside === 0 || offset >= WINDOW) return lots(0);
    if (offset < 0) return lots(this.#far.sizeOf(key));
    const at = key & MASK;
    return lots((this.#bit(at) & (1 << (at & 31))) === 0 ? 0 : (this.#sizes[at] ?? 0));
  }

  /** Prices and sizes of the best `count` levels, alternating; how many there were. */
  top(count: number, into: Float64Array): number {
    const found = Math.min(count, this.count);
    let key = this.#best;
    for (let n = 0; n < found; n++) {
      if (n >= this.#inside) {
        into[2 * n] = this.#far.keyAt(n - this.#inside) * this.#sign;
        into[2 * n + 1] = this.#far.sizeAt(n - this.#inside);
        continue;
      }
      if (n > 0) key = this.#below(key);
      into[2 * n] = key * this.#sign;
      into[2 * n + 1] = this.#sizes[key & MASK] as number;
    }
    return found;
  }

  #bit(at: number): number {
    return this.#bits[at >>> 5] as number;
  }

  #keyAt(n: number): number {
    if (n >= this.#inside) return this.#far.keyAt(n - this.#inside);
    if (n === 0) return this.#best; // and who walks down a side goes on from where he was
    let [at, key] = this.#seenN >= 0 && this.#seenN <= n ? [this.#seenN, this.#seenKey] : [0, this.#best];
    for (; at < n; at++) key = this.#below(key);
    this.#seenN = n;
    this.#seenKey = key;
    return key;
  }

  /** The next level below a key within the window; the caller knows that there is one. */
  #below(key: number): number {
    const at = (key - 1) & MASK;
    let word = at >>> 5;
    const left = (this.#bits[word] as number) & (-1 >>> (31 - (at & 31)));
    if (left !== 0) return key - 1 - ((at & 31) - (31 - Math.clz32(left)));
    let passed = (at & 31) + 1;
    for (;;) {
      word = (word + WORDS - 1) & (WORDS - 1);
      const bits = this.#bits[word] as number;
      if (bits !== 0) return key - 1 - passed - Math.clz32(bits);
      passed += 32;
    }
  }

  #insert(key: number, size: number): void {
    if (this.count >= LEVELS_MAX) this.#far.dropLowest(); // a window holds fewer than may be kept: there are far ones
    const at = key & MASK;
    this.#bits[at >>> 5] = this.#bit(at) | (1 << (at & 31));
    this.#sizes[at] = size;
    this.#inside += 1;
    if (key > this.#best || this.#inside === 1) this.#best = key;
    if (key > this.#seenKey) this.#seenN = -1;
  }

  #remove(key: number): void {
    const at = key & MASK;
    this.#bits[at >>> 5] = this.#bit(at) & ~(1 << (at & 31));
    this.#inside -= 1;
    if (key >= this.#seenKey) this.#seenN = -1;
    if (key !== this.#best) return;
    if (this.#inside > 0) {
      this.#best = this.#below(key);
      if (this.#best - this.#base < BEST_AT_LEAST && this.#far.count > 0) this.#follow(this.#best);
    } else if (this.#far.count > 0) this.#follow(this.#far.keyAt(0));
  }

  /** The window comes down to a best level at `best`, and takes in what it comes over. */
  #follow(best: number): void {
    this.#base = best - BEST_AT;
    while (this.#far.count > 0 && this.#far.keyAt(0) >= this.#base) {
      const [key, size] = [this.#far.keyAt(0), this.#far.sizeAt(0)];
      this.#far.pop();
      this.#insert(key, size);
    }
  }

  /** A level better than all that the window reaches: the window goes up, and leaves behind what it no longer reaches. */
  #insertBeyond(key: number, size: number): void {
    const base = key - BEST_AT;
    const end = Math.min(base, this.#base + WINDOW);
    for (let left = this.#base; this.#inside > 0 && left < end; left++) {
      const at = left & MASK;
      if ((this.#bit(at) & (1 << (at & 31))) === 0) continue;
      this.#bits[at >>> 5] = this.#bit(at) & ~(1 << (at & 31));
      this.#inside -= 1;
      this.#far.set(left, this.#sizes[at] ?? 0);
    }
    this.#base = base;
    this.#seenN = -1;
    this.#insert(key, size);
  }

  #setFar(key: number, size: number): void {
    if (size !== 0 && this.count >= LEVELS_MAX && this.#far.sizeOf(key) === 0) {
      if (this.#far.count === 0 || key < this.#far.keyAt(this.#far.count - 1)) return; // farther than everything kept
      this.#far.dropLowest();
    }
    this.#far.set(key, size);
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

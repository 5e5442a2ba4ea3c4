/**
 * A book stitched from its own snapshot and diffs, in whole ticks and lots. Rules: "Binance USD-M docs", how to manage a local order book
 * (reference sheet 2026-11, section 7): buffer, drop `u < lastUpdateId`, first kept `U <= lastUpdateId <= u`, then `pu` = the `u` before.
 * It also answers how the book was after an earlier update: each applied diff leaves a note of what it overwrote.
 */
import { Book, BookSide } from '../book.ts';
import type { Lots, Ticks } from '../units.ts';
import type { PriceSize } from './exchange-events.ts';
import type { Side } from './market.ts';

/** Ticks and absolute lots alternating; lots of zero remove. */
export type StepDiff = {
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
};
/** Levels best first. */
export type StepSnapshot = { readonly lastUpdateId: number; readonly bids: readonly PriceSize[]; readonly asks: readonly PriceSize[] };
export type DiffOutcome = 'buffered' | 'dropped' | 'applied' | 'gap';

/** What stood there before an update, to be written back from behind. */
type Undo = { readonly last: number; readonly bids: readonly number[]; readonly asks: readonly number[] };

const BUFFER_MAX = 10_000;
const STATES_MAX = 64;

export class StepBook {
  readonly #statesMax: number;
  readonly #book = new Book();
  /** `stitching`: a snapshot is loaded, the first diff that spans it is awaited. */
  #phase: 'empty' | 'stitching' | 'live' = 'empty';
  #lastUpdateId = 0;
  #buffer: StepDiff[] = [];
  #undos: Undo[] = [];

  /** `statesMax` 0: of earlier states nothing is known. */
  constructor(options: { readonly statesMax?: number } = {}) {
    this.#statesMax = options.statesMax ?? STATES_MAX;
  }

  /** Null before the first snapshot and after a gap. */
  get lastUpdateId(): number | null {
    return this.#phase === 'empty' ? null : this.#lastUpdateId;
  }

  get synced(): boolean {
    return this.#phase !== 'empty';
  }

  /** Loads a snapshot and applies what was buffered; one that is not newer than a live book is ignored. */
  onSnapshot({ lastUpdateId, bids, asks }: StepSnapshot): void {
    if (this.#phase === 'live' && lastUpdateId <= this.#lastUpdateId) return;
    this.#book.clear();
    for (const [side, levels] of [
      [this.#book.bids, bids],
      [this.#book.asks, asks],
    ] as const)
      for (let n = levels.length - 1; n >= 0; n--) side.set(levels[n]?.[0] ?? 0, levels[n]?.[1] ?? 0); // worst first: each is an append
    this.#phase = 'stitching';
    this.#lastUpdateId = lastUpdateId;
    this.#undos = [];
    const waiting = this.#buffer;
    this.#buffer = [];
    for (const diff of waiting) this.onDiff(diff);
  }

  /** 'buffered' until a snapshot is there; 'gap' empties the book, which then waits for the next snapshot. */
  onDiff(diff: StepDiff): DiffOutcome {
    if (this.#phase === 'empty') return this.#keep(diff);
    if (this.#phase === 'stitching') {
      if (diff.last < this.#lastUpdateId) return 'dropped';
      if (diff.first > this.#lastUpdateId) return this.#lose(diff);
    } else if (diff.previous !== this.#lastUpdateId) return diff.last <= this.#lastUpdateId ? 'dropped' : this.#lose(diff);
    this.#apply(diff);
    return 'applied';
  }

  /** The n-th best price of a side (0 = best) and what rests there; null when there is none. */
  level(side: Side, n: number): { readonly price: Ticks; readonly size: Lots } | null {
    const levels = this.#side(side);
    const price = levels.priceAt(n);
    return price === null ? null : { price, size: levels.sizeAt(n) };
  }

  /** The best `count` levels a side; null when not synced. */
  top(count: number): StepSnapshot | null {
    if (!this.synced) return null;
    const { bids, asks } = this.#book;
    return { lastUpdateId: this.#lastUpdateId, bids: levelsOf(bids, count), asks: levelsOf(asks, count) };
  }

  /** The whole book as it was after update `u`; null when `u` ends no update that is still remembered. */
  at(u: number): StepSnapshot | null {
    if (!this.synced) return null;
    const from = u === this.#lastUpdateId ? this.#undos.length : this.#undos.findIndex((undo) => undo.last === u);
    if (from < 0) return null;
    const [bids, asks] = [copyOf(this.#book.bids, 'bids'), copyOf(this.#book.asks, 'asks')];
    for (const undo of this.#undos.slice(from).reverse()) {
      writeBack(bids, undo.bids);
      writeBack(asks, undo.asks);
    }
    return { lastUpdateId: u, bids: levelsOf(bids, bids.count), asks: levelsOf(asks, asks.count) };
  }

  /** What rests at that price; zero when no level is known. */
  sizeAt(side: Side, price: Ticks): Lots {
    return this.#side(side).sizeOf(price);
  }

  #side(side: Side): BookSide {
    return side === 'buy' ? this.#book.bids : this.#book.asks;
  }

  #apply({ last, bids, asks }: StepDiff): void {
    if (this.#statesMax > 0) {
      const undo = { last: this.#lastUpdateId, bids: standing(this.#book.bids, bids), asks: standing(this.#book.asks, asks) };
      this.#undos.push(undo);
      if (this.#undos.length >= this.#statesMax) this.#undos.shift();
    }
    write(this.#book.bids, bids);
    write(this.#book.asks, asks);
    this.#lastUpdateId = last;
    this.#phase = 'live';
  }

  #keep(diff: StepDiff): DiffOutcome {
    this.#buffer.push(diff);
    if (this.#buffer.length > BUFFER_MAX) this.#buffer.shift();
    return 'buffered';
  }

  #lose(diff: StepDiff): DiffOutcome {
    this.#phase = 'empty';
    this.#book.clear();
    this.#undos = [];
    this.#buffer = [diff];
    return 'gap';
  }
}

function write(side: BookSide, changes: readonly number[]): void {
  for (let n = 0; n < changes.length; n += 2) side.set(changes[n] ?? 0, changes[n + 1] ?? 0);
}

/** From behind: a price that was told twice gets back what stood there first. */
function writeBack(side: BookSide, before: readonly number[]): void {
  for (let n = before.length - 2; n >= 0; n -= 2) side.set(before[n] ?? 0, before[n + 1] ?? 0);
}

/** What stands now at the prices that are about to change. */
const standing = (side: BookSide, changes: readonly number[]): number[] =>
  changes.map((value, n) => (n % 2 === 0 ? value : side.sizeOf(changes[n - 1] ?? 0)));

function levelsOf(side: BookSide, count: number): PriceSize[] {
  const levels: PriceSize[] = [];
  for (let n = 0; n < Math.min(count, side.count); n++) levels.push([side.priceAt(n) as Ticks, side.sizeAt(n)]);
  return levels;
}

function copyOf(side: BookSide, name: 'bids' | 'asks'): BookSide {
  const copy = new BookSide(name);
  const levels = new Float64Array(2 * side.count);
  side.top(side.count, levels);
  for (let n = 0; n < levels.length; n += 2) copy.set(levels[n] ?? 0, levels[n + 1] ?? 0); // best first: its window stays where it is
  return copy;
}

/**
 * A book stitched from its own snapshot and diffs, decimal strings kept as sent. Rules: "Binance USD-M docs", how to manage a local order
 * book (reference sheet 2026-11, section 7): buffer, drop `u < lastUpdateId`, first kept `U <= lastUpdateId <= u`, then `pu` = the `u` before.
 * It also answers how the book was after an earlier update: each applied diff leaves a note of what it overwrote.
 */
import type { Level } from '../../shared/sim/market.ts';
import { TextSide } from './text-side.ts';

export type BookDiff = {
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};
/** Levels best first. */
export type BookSnapshot = { readonly lastUpdateId: number; readonly bids: readonly Level[]; readonly asks: readonly Level[] };
export type DiffOutcome = 'buffered' | 'dropped' | 'applied' | 'gap';

type Undo = { readonly last: number; readonly bids: readonly Level[]; readonly asks: readonly Level[] };

const BUFFER_MAX = 10_000;
const STATES_MAX = 64;

export class TapeBook {
  readonly #statesMax: number;
  #bids = new TextSide('bids');
  #asks = new TextSide('asks');
  /** `stitching`: a snapshot is loaded, the first diff that spans it is awaited. */
  #phase: 'empty' | 'stitching' | 'live' = 'empty';
  #lastUpdateId = 0;
  #buffer: BookDiff[] = [];
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
  onSnapshot(snapshot: BookSnapshot): void {
    if (this.#phase === 'live' && snapshot.lastUpdateId <= this.#lastUpdateId) return;
    this.#bids = TextSide.of('bids', snapshot.bids);
    this.#asks = TextSide.of('asks', snapshot.asks);
    this.#phase = 'stitching';
    this.#lastUpdateId = snapshot.lastUpdateId;
    this.#undos = [];
    const waiting = this.#buffer;
    this.#buffer = [];
    for (const diff of waiting) this.onDiff(diff);
  }

  /** 'buffered' until a snapshot is there; 'gap' empties the book, which then waits for the next snapshot. */
  onDiff(diff: BookDiff): DiffOutcome {
    if (this.#phase === 'empty') return this.#keep(diff);
    if (this.#phase === 'stitching') {
      if (diff.last < this.#lastUpdateId) return 'dropped';
      if (diff.first > this.#lastUpdateId) return this.#lose(diff);
    } else if (diff.previous !== this.#lastUpdateId) return diff.last <= this.#lastUpdateId ? 'dropped' : this.#lose(diff);
    this.#apply(diff);
    return 'applied';
  }

  best(): { readonly bid: Level | null; readonly ask: Level | null } {
    return { bid: this.#bids.best(), ask: this.#asks.best() };
  }

  /** The best `count` levels a side; null when not synced. */
  top(count: number): BookSnapshot | null {
    if (!this.synced) return null;
    return { lastUpdateId: this.#lastUpdateId, bids: this.#bids.top(count), asks: this.#asks.top(count) };
  }

  /** The whole book as it was after update `u`; null when `u` ends no update that is still remembered. */
  at(u: number): BookSnapshot | null {
    if (!this.synced) return null;
    const from = u === this.#lastUpdateId ? this.#undos.length : this.#undos.findIndex((undo) => undo.last === u);
    if (from < 0) return null;
    const [bids, asks] = [this.#bids.copy(), this.#asks.copy()];
    for (const undo of this.#undos.slice(from).reverse()) {
      for (const level of undo.bids) bids.set(level);
      for (const level of undo.asks) asks.set(level);
    }
    return { lastUpdateId: u, bids: bids.top(bids.count), asks: asks.top(asks.count) };
  }

  /** Size as sent at that price; '0' when no level is known. The price may be written with other trailing zeros. */
  sizeAt(side: 'buy' | 'sell', price: string): string {
    return (side === 'buy' ? this.#bids : this.#asks).sizeOf(price) ?? '0';
  }

  #apply(diff: BookDiff): void {
    if (this.#statesMax === 0) {
      for (const level of diff.bids) this.#bids.set(level);
      for (const level of diff.asks) this.#asks.set(level);
      this.#lastUpdateId = diff.last;
      this.#phase = 'live';
      return;
    }
    const bids = diff.bids.map((level) => this.#bids.set(level)).reverse();
    const asks = diff.asks.map((level) => this.#asks.set(level)).reverse();
    this.#undos.push({ last: this.#lastUpdateId, bids, asks });
    if (this.#undos.length >= this.#statesMax) this.#undos.shift();
    this.#lastUpdateId = diff.last;
    this.#phase = 'live';
  }

  #keep(diff: BookDiff): DiffOutcome {
    this.#buffer.push(diff);
    if (this.#buffer.length > BUFFER_MAX) this.#buffer.shift();
    return 'buffered';
  }

  #lose(diff: BookDiff): DiffOutcome {
    this.#phase = 'empty';
    this.#bids = new TextSide('bids');
    this.#asks = new TextSide('asks');
    this.#undos = [];
    this.#buffer = [diff];
    return 'gap';
  }
}

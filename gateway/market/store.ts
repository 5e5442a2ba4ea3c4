/** What is known of the public side: books, marks and bars behind the one view that the rest of the gateway reads. */
import type { Mark } from '../../shared/events.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { BarsView, BookCounters, BookView, MarketView, StreamHealth } from '../venues/venue.ts';
import type { Bars } from './bars.ts';
import type { Books } from './books.ts';

/** By interval, then by symbol. */
export type BarSeries = ReadonlyMap<string, ReadonlyMap<string, Bars>>;
export type StoreOptions = {
  readonly books: Books;
  readonly bars: BarSeries;
  readonly health: () => readonly StreamHealth[];
  /** How long messages are on their way. */
  readonly delayMs: () => number | null;
  readonly now: () => MonoMs;
};

const RANK = { lost: 0, connecting: 1, live: 2 } as const;
const NO_BARS: BarsView = { status: 'bars-unknown', closed: [], open: null, version: 0 };

export class MarketStore implements MarketView {
  readonly #options: StoreOptions;
  readonly #marks = new Map<string, { readonly mark: Mark; readonly at: MonoMs }>();

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  book(symbol: string): BookView {
    return this.#options.books.view(symbol);
  }

  counters(symbol: string): BookCounters {
    return this.#options.books.counters(symbol);
  }

  mark(symbol: string): Mark | null {
    return this.#marks.get(symbol)?.mark ?? null;
  }

  markAgeMs(symbol: string): number | null {
    const at = this.#marks.get(symbol)?.at;
    return at === undefined ? null : this.#options.now() - at;
  }

  /** An interval that no strategy reads is not kept, so it is unknown. */
  bars(symbol: string, interval: string): BarsView {
    return this.#options.bars.get(interval)?.get(symbol)?.view() ?? NO_BARS;
  }

  /** The worse of the streams, with the older news. */
  health(): StreamHealth {
    const worse = (worst: StreamHealth, health: StreamHealth): StreamHealth => {
      const ageMs = worst.ageMs === null || health.ageMs === null ? null : Math.max(worst.ageMs, health.ageMs);
      return { state: RANK[health.state] < RANK[worst.state] ? health.state : worst.state, ageMs };
    };
    return { ...this.#options.health().reduce(worse), delayMs: this.#options.delayMs() };
  }

  setMark(mark: Mark): void {
    this.#marks.set(mark.symbol, { mark, at: this.#options.now() });
  }

  /** A mark price of a lost stream is not a present one. */
  clearMarks(): void {
    this.#marks.clear();
  }
}

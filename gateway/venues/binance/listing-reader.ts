/** Reads the contracts anew when something says that they changed: one read at a time, and a word that comes meanwhile is not lost. */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { InstrumentNews, VenueFault } from '../venue.ts';
import { rateLimitsOf } from './instruments.ts';
import { CALLS } from './limits.ts';
import { takeListing } from './listing.ts';
import type { Rest } from './rest.ts';
import { ExchangeInfo } from './wire.ts';

export type ListingReaderOptions = {
  readonly rest: Rest;
  readonly clock: Clock;
  /** The map that everybody reads; what changed is in it before it is told. */
  readonly instruments: Map<string, Instrument>;
  readonly retryMs: (failures: number) => number;
  readonly onNews: (news: InstrumentNews) => void;
  /** A read that failed and will be tried again. */
  readonly onFailed: (reason: string, fault: VenueFault) => void;
};

export class ListingReader implements Disposable {
  readonly #options: ListingReaderOptions;
  #reading = false;
  #again: string | null = null;
  #failures = 0;
  #retry: Timer | null = null;
  #disposed = false;

  constructor(options: ListingReaderOptions) {
    this.#options = options;
  }

  /** What was read before the word came may be older than it, so such a read is followed by another. */
  want(reason: string): void {
    if (this.#disposed) return;
    if (this.#reading) {
      this.#again = reason;
      return;
    }
    this.#retry?.cancel();
    this.#retry = null;
    this.#reading = true;
    void this.#read(reason).finally(() => this.#next());
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#retry?.cancel();
  }

  async #read(reason: string): Promise<void> {
    const { rest, clock, instruments, retryMs, onNews, onFailed } = this.#options;
    const info = await rest.call(CALLS.exchangeInfo, { schema: ExchangeInfo, parameters: [] });
    if (this.#disposed) return;
    if (!info.ok) {
      onFailed(reason, info.error);
      this.#retry = clock.after(retryMs(this.#failures++), () => this.want(reason));
      return;
    }
    this.#failures = 0;
    rest.setLimits(rateLimitsOf(info.value));
    for (const news of takeListing(instruments, info.value)) onNews(news);
  }

  /** A retry that waits serves a word that came meanwhile, too. */
  #next(): void {
    this.#reading = false;
    const again = this.#again;
    this.#again = null;
    if (again !== null && this.#retry === null) this.want(again);
  }
}

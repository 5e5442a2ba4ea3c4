/** The public side of the venue: frames of both routes and REST snapshots into books, bars, marks and trades. Owns no socket. */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { Bar } from '../../../shared/events.ts';
import { err, ok } from '../../../shared/result.ts';
import { Bars } from '../../market/bars.ts';
import { Books } from '../../market/books.ts';
import { MarketStore } from '../../market/store.ts';
import type { MarketListener, StreamHealth, VenueFault, VenueResult } from '../venue.ts';
import { decodeMarket } from './decode.ts';
import { exactly } from './exact.ts';
import { barsOf, snapshotOf } from './decode-rest.ts';
import { DepthRule } from './depth.ts';
import { type DepthReader, depthReader, depthScale } from './depth-frame.ts';
import { CALLS, DEPTH_LIMIT, KLINES_LIMIT } from './limits.ts';
import type { Rest } from './rest.ts';
import { Depth, Klines } from './wire.ts';

const UNREADABLE = 'unreadable';

export type FeedOptions = {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly interval: string;
  readonly barsKept: number;
  readonly bookStaleMs: number;
  readonly retryMs: (failures: number) => number;
  readonly health: () => readonly StreamHealth[];
  /** A frame that was refused, for log and metrics. */
  readonly onRefused: (stream: 'public' | 'market', sentence: string) => void;
  /** A REST read that failed and will be asked again. */
  readonly onReadFailed: (what: 'depth' | 'klines', symbol: string, fault: VenueFault) => void;
};

export class MarketFeed implements Disposable {
  readonly store: MarketStore;
  readonly #options: FeedOptions;
  readonly #read: DepthReader;
  readonly #books: Books;
  readonly #bars: ReadonlyMap<string, Bars>;
  #listener: MarketListener | null = null;
  readonly #timers = new Set<Timer>();
  #disposed = false;
  /** Snapshots go one after the other: after a reconnect of many symbols their weight is spread out. */
  #snapshots: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    const { instruments, interval, barsKept, retryMs, bookStaleMs, health } = options;
    const symbols = [...instruments.keys()];
    const bars = { fetchBars: (symbol: string, delayMs: number) => this.#later(delayMs, () => this.#fetchBars(symbol)), retryMs };
    this.#options = options;
    this.#read = depthReader(instruments.values());
    this.#bars = new Map(symbols.map((symbol) => [symbol, new Bars({ symbol, interval, keep: barsKept, port: bars })]));
    this.#books = new Books({
      symbols,
      rule: () => new DepthRule(),
      staleMs: bookStaleMs,
      port: {
        fetchSnapshot: (symbol, delayMs) => this.#later(delayMs, () => this.#queueSnapshot(symbol)),
        onLive: (symbol, live, reason) => this.#listener?.onBookLive(symbol, live, reason),
        onTop: (symbol) => this.#listener?.onTop?.(symbol),
        retryMs,
      },
    });
    this.store = new MarketStore({ books: this.#books, bars: this.#bars, interval, health });
  }

  listen(listener: MarketListener): void {
    this.#listener = listener;
  }

  /** Hot path. */
  publicFrame(text: string): void {
    const frame = this.#read(text);
    if ('refused' in frame) {
      this.#options.onRefused('public', frame.refused);
      this.#books.refused(frame.symbol);
    } else this.#books.frame(frame, this.#options.clock.monoMs());
  }

  marketFrame(text: string): void {
    const news = decodeMarket(text, this.#options.instruments);
    if (typeof news === 'string') {
      this.#options.onRefused('market', news);
      return;
    }
    if (news.kind === 'trade') this.#listener?.onTrade(news.trade);
    else if (news.kind === 'mark') this.store.setMark(news.mark);
    else if (news.interval === this.#options.interval) this.#bars.get(news.symbol)?.bar(news.bar, news.final);
  }

  publicLost(reason: string): void {
    this.#books.lost(reason);
  }

  marketLive(): void {
    for (const bars of this.#bars.values()) bars.refill();
  }

  marketLost(): void {
    this.store.clearMarks();
    for (const bars of this.#bars.values()) bars.lost();
  }

  tick(): void {
    this.#books.tick(this.#options.clock.monoMs());
    const nowMs = this.#options.rest.nowMs();
    for (const bars of this.#bars.values()) bars.tick(nowMs);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const timer of this.#timers) timer.cancel();
  }

  #later(delayMs: number, run: () => void): void {
    if (this.#disposed) return;
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #queueSnapshot(symbol: string): void {
    this.#snapshots = this.#snapshots.then(() => (this.#disposed ? undefined : this.#fetchSnapshot(symbol)));
  }

  async #fetchSnapshot(symbol: string): Promise<void> {
    const { rest, clock, instruments, onReadFailed } = this.#options;
    const instrument = instruments.get(symbol);
    if (!instrument) throw new Error(`Cannot read depth of ${symbol}: it is not a configured symbol`);
    const answer = await rest.call(CALLS.depth, {
      schema: Depth,
      parameters: [
        ['symbol', symbol],
        ['limit', DEPTH_LIMIT],
      ],
    });
    if (this.#disposed) return;
    const snapshot = answer.ok ? exactly(() => snapshotOf(answer.value, depthScale(instrument))) : answer.error;
    if (typeof snapshot !== 'string' && 'lastUpdateId' in snapshot) {
      this.#books.load(symbol, snapshot, clock.monoMs());
      return;
    }
    onReadFailed('depth', symbol, typeof snapshot === 'string' ? { kind: 'unknown', reason: UNREADABLE, sentence: snapshot } : snapshot);
    this.#books.snapshotFailed(symbol);
  }

  #fetchBars(symbol: string): void {
    void this.#readBars(symbol).then((result) => {
      if (this.#disposed) return;
      if (result.ok) this.#bars.get(symbol)?.load(result.value);
      else {
        this.#options.onReadFailed('klines', symbol, result.error);
        this.#bars.get(symbol)?.loadFailed();
      }
    });
  }

  /** The open bar and as many closed ones as are kept, oldest first, page by page from the newest. */
  async #readBars(symbol: string): Promise<VenueResult<readonly Bar[]>> {
    const { rest, interval, barsKept } = this.#options;
    let bars: readonly Bar[] = [];
    while (bars.length <= barsKept) {
      const limit = Math.min(KLINES_LIMIT, barsKept + 1 - bars.length);
      const first = bars[0];
      const before = first ? ([['endTime', first.openMs - 1]] as const) : [];
      const page = await rest.call(CALLS.klines, {
        schema: Klines,
        parameters: [['symbol', symbol], ['interval', interval], ...before, ['limit', limit]],
      });
      if (!page.ok) return err(page.error);
      bars = [...barsOf(page.value), ...bars];
      if (page.value.length < limit) break; // the venue has no older ones
    }
    return ok(bars);
  }
}

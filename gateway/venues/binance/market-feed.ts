/** The public side of the venue: frames of both routes and REST snapshots into books, bars, marks and trades. Owns no socket. */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { Bar, PublicTrade } from '../../../shared/events.ts';
import type { Random } from '../../../shared/random.ts';
import { err, ok } from '../../../shared/result.ts';
import { Bars } from '../../market/bars.ts';
import { Books } from '../../market/books.ts';
import { Delay } from '../../market/delay.ts';
import { Join } from '../../market/join.ts';
import { SnapshotBudget } from '../../market/snapshot-budget.ts';
import { type BarSeries, MarketStore } from '../../market/store.ts';
import type { MarketListener, StreamHealth, VenueFault, VenueResult } from '../venue.ts';
import { isBest, readBest } from './best-frame.ts';
import { decodeMarket } from './decode.ts';
import { exactly } from './exact.ts';
import { barsOf, snapshotOf } from './decode-rest.ts';
import { DepthRule } from './depth.ts';
import { type ByteReader, byteReader } from './depth-bytes.ts';
import { type DepthReader, depthReader, depthScale, type SentFrame } from './depth-frame.ts';
import { CALLS, DEPTH_LIMIT, KLINES_LIMIT } from './limits.ts';
import type { Rest } from './rest.ts';
import { streamName } from './stream-name.ts';
import { Depth, Klines } from './wire.ts';

const UNREADABLE = 'unreadable';
/** Depth snapshots take at most this part of the request weight of a minute; the rest is for orders, cancels and account reads. */
const SNAPSHOT_SHARE = 0.5;
/** Snapshots asked for at the same time. */
const SNAPSHOTS_AT_ONCE = 4;
/** Those that wait for the budget go on spread over so long. */
const JITTER_MS = 500;

export type FeedOptions = {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly instruments: ReadonlyMap<string, Instrument>;
  /** Intervals of the bars that strategies read, and how many closed ones of each are kept. */
  readonly bars: ReadonlyMap<string, number>;
  readonly bookStaleMs: number;
  /** A book whose newest message was longer on its way is not live. */
  readonly lagMsMax: number;
  /** After the end of a bar its close is waited for so long. */
  readonly closeGraceMs: number;
  readonly random: Random;
  readonly retryMs: (failures: number) => number;
  readonly health: () => readonly StreamHealth[];
  /** A frame that was refused, for log and metrics. */
  readonly onRefused: (stream: 'public' | 'market', sentence: string) => void;
  /** A REST read that failed and will be asked again. */
  readonly onReadFailed: (what: 'depth' | 'klines', symbol: string, fault: VenueFault) => void;
  /** A depth message was not in the usual form: the slower readers decided what it was. */
  readonly onUnusual: () => void;
  /** How long a depth message was on its way, and whether that was too long. */
  readonly onDelay: (delayMs: number, late: boolean) => void;
  /** The listing of a symbol of ours changed, or may have while nobody told. */
  readonly onContract: (reason: string) => void;
};

type BarsWanted = { readonly symbol: string; readonly interval: string; readonly keep: number };

export class MarketFeed implements Disposable {
  readonly store: MarketStore;
  readonly #options: FeedOptions;
  readonly #read: DepthReader;
  readonly #readBytes: ByteReader;
  readonly #books: Books;
  readonly #bars: BarSeries;
  #listener: MarketListener | null = null;
  readonly #timers = new Set<Timer>();
  #disposed = false;
  readonly #scales: ReadonlyMap<string, ReturnType<typeof depthScale>>;
  readonly #delay = new Delay();
  readonly #budget = new SnapshotBudget();
  #waiting: string[] = [];
  #reading = 0;
  #pause: Timer | null = null;
  #join: Join<SentFrame> | null = null;
  readonly #lastTrade = new Map<string, number>();
  #overlap = false;

  constructor(options: FeedOptions) {
    const { instruments, retryMs, bookStaleMs, lagMsMax, health } = options;
    const symbols = [...instruments.keys()];
    this.#options = options;
    this.#scales = new Map([...instruments].map(([symbol, instrument]) => [symbol, depthScale(instrument)]));
    this.#read = depthReader(instruments.values());
    this.#readBytes = byteReader(instruments.values());
    this.#bars = new Map([...options.bars].map(([interval, keep]) => [interval, this.#barsOf(interval, keep)]));
    this.#books = new Books({
      symbols,
      rule: () => new DepthRule(),
      staleMs: bookStaleMs,
      lagMsMax,
      port: {
        fetchSnapshot: (symbol, delayMs) => this.#later(delayMs, () => this.#queueSnapshot(symbol)),
        onLive: (symbol, live, reason) => this.#listener?.onBookLive(symbol, live, reason),
        onTop: (symbol) => this.#listener?.onTop?.(symbol),
        retryMs,
      },
    });
    this.store = new MarketStore({
      books: this.#books,
      bars: this.#bars,
      health,
      delayMs: () => this.#delay.ms,
      now: () => options.clock.monoMs(),
    });
  }

  listen(listener: MarketListener): void {
    this.#listener = listener;
  }

  /** Hot path: a frame of the connection that feeds the books, with its bytes where they are at hand. */
  publicFrame(text: string, bytes?: Uint8Array): void {
    if (isBest(streamName(text))) {
      this.#best(text);
      return;
    }
    const frame = this.#depth(text, bytes);
    if ('refused' in frame) {
      this.#options.onRefused('public', frame.refused);
      this.#books.refused(frame.symbol);
      return;
    }
    this.#apply(frame);
    this.#join?.caughtUp(frame.symbol);
  }

  /** A new connection is being opened beside the one that feeds the books. */
  beginJoin(): void {
    this.#join = new Join({ follows: (frame) => this.#books.follows(frame), apply: (frame) => this.#apply(frame) });
  }

  /** A frame of that new connection. What cannot be read is left out here: the chain shows whether it was missed. */
  joiningFrame(text: string, bytes?: Uint8Array): void {
    if (isBest(streamName(text))) {
      this.#best(text);
      return;
    }
    const frame = this.#depth(text, bytes);
    if ('refused' in frame) this.#options.onRefused('public', frame.refused);
    else this.#join?.take(frame);
  }

  /** Whether the new connection could go on alone. */
  get isJoined(): boolean {
    return this.#join?.isDone(this.#options.instruments.keys()) ?? false;
  }

  /** The new connection is the one that feeds the books from now on. */
  endJoin(): void {
    const join = this.#join;
    this.#join = null;
    join?.finish();
  }

  /** Two connections bring the same trades for a while. */
  setOverlap(overlap: boolean): void {
    this.#overlap = overlap;
  }

  marketFrame(text: string): void {
    const news = decodeMarket(text, this.#options.instruments);
    if (typeof news === 'string') {
      this.#options.onRefused('market', news);
      return;
    }
    if (news.kind === 'trade') this.#trade(news.trade);
    else if (news.kind === 'mark') this.store.setMark(news.mark);
    else if (news.kind === 'contract') this.#contract(news);
    else this.#bars.get(news.interval)?.get(news.symbol)?.bar(news.bar, news.final);
  }

  publicLost(reason: string): void {
    this.#books.lost(reason);
  }

  marketLive(): void {
    this.#options.onContract('market-live');
    for (const bars of this.#everyBars()) bars.refill();
  }

  marketLost(): void {
    this.store.clearMarks();
    this.#lastTrade.clear();
    for (const symbol of this.#options.instruments.keys()) this.#listener?.onTradesMissed?.(symbol);
    for (const bars of this.#everyBars()) bars.lost();
  }

  tick(): void {
    this.#books.tick(this.#options.clock.monoMs());
    const nowMs = this.#options.rest.nowMs();
    for (const bars of this.#everyBars()) bars.tick(nowMs);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const timer of this.#timers) timer.cancel();
  }

  #depth(text: string, bytes: Uint8Array | undefined): ReturnType<DepthReader> {
    const scanned = bytes ? this.#readBytes(bytes) : null;
    if (scanned !== null) return scanned;
    if (bytes) this.#options.onUnusual();
    return this.#read(text);
  }

  #later(delayMs: number, run: () => void): Timer | null {
    if (this.#disposed) return null;
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }

  #apply(frame: SentFrame): void {
    const { clock, rest, lagMsMax, onDelay } = this.#options;
    const delayMs = this.#delay.add(rest.nowMs() - frame.sentMs);
    onDelay(delayMs, delayMs > lagMsMax);
    this.#books.frame(frame, clock.monoMs(), delayMs);
  }

  #best(text: string): void {
    const best = readBest(text, this.#scales);
    if (typeof best === 'string') this.#options.onRefused('public', best);
    else this.#books.best(best.symbol, best, this.#options.clock.monoMs());
  }

  #contract({ symbol, status }: { readonly symbol: string | null; readonly status: string }): void {
    if (symbol !== null) this.#options.onContract(`contract-news ${symbol} ${status}`);
  }

  #trade(trade: PublicTrade): void {
    const id = Number(trade.tradeId);
    const last = this.#lastTrade.get(trade.symbol);
    if (this.#overlap && last !== undefined && id <= last) return;
    if (last !== undefined && id !== last + 1) this.#listener?.onTradesMissed?.(trade.symbol);
    this.#lastTrade.set(trade.symbol, id);
    this.#listener?.onTrade(trade);
  }

  #queueSnapshot(symbol: string): void {
    this.#waiting.push(symbol);
    this.#readNext();
  }

  /** A few at a time, and no more a minute than their share of the weight. */
  #readNext(): void {
    const { clock, rest, random } = this.#options;
    while (this.#waiting.length > 0 && this.#reading < SNAPSHOTS_AT_ONCE && !this.#pause) {
      const perMinute = (SNAPSHOT_SHARE * rest.budgets().weight.limit) / CALLS.depth.weight;
      const waitMs = this.#budget.take(clock.monoMs(), perMinute);
      if (waitMs > 0) {
        this.#pause = this.#later(waitMs + random.float() * JITTER_MS, () => {
          this.#pause = null;
          this.#readNext();
        });
        return;
      }
      const symbol = this.#waiting.shift() ?? '';
      this.#reading++;
      void this.#fetchSnapshot(symbol).finally(() => {
        this.#reading--;
        if (!this.#disposed) this.#readNext();
      });
    }
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

  #barsOf(interval: string, keep: number): ReadonlyMap<string, Bars> {
    const { instruments, retryMs, closeGraceMs: graceMs } = this.#options;
    const fetchBars = (symbol: string, delayMs: number): void =>
      void this.#later(delayMs, () => void this.#fetchBars({ symbol, interval, keep }));
    const port = { fetchBars, retryMs };
    return new Map([...instruments.keys()].map((symbol) => [symbol, new Bars({ symbol, interval, keep, port, graceMs })]));
  }

  *#everyBars(): Generator<Bars> {
    for (const series of this.#bars.values()) yield* series.values();
  }

  async #fetchBars(wanted: BarsWanted): Promise<void> {
    const result = await this.#readBars(wanted);
    if (this.#disposed) return;
    const bars = this.#bars.get(wanted.interval)?.get(wanted.symbol);
    if (result.ok) bars?.load(result.value);
    else {
      this.#options.onReadFailed('klines', wanted.symbol, result.error);
      bars?.loadFailed();
    }
  }

  /** The open bar and as many closed ones as are kept, oldest first, page by page from the newest. */
  async #readBars({ symbol, interval, keep }: BarsWanted): Promise<VenueResult<readonly Bar[]>> {
    const { rest } = this.#options;
    let bars: readonly Bar[] = [];
    while (bars.length <= keep) {
      const limit = Math.min(KLINES_LIMIT, keep + 1 - bars.length);
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

/** The public side of a tape through the cores that kept it live: books with their chain, marks, trades and bars. Owns no clock. */
import { Books } from '../../../gateway/market/books.ts';
import { Join } from '../../../gateway/market/join.ts';
import type { BookView } from '../../../gateway/venues/venue.ts';
import type { Bar, Mark, PublicTrade } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { type MonoMs, monoMs } from '../../../shared/units.ts';
import { answeredMarks, type Decoders, decodersOf, depthSymbol, TapeRule } from './decoders.ts';

type Frame = Exclude<ReturnType<Decoders['depth']>, { readonly refused: string }>;
export type TradeCount = { readonly count: number; readonly last: PublicTrade };

/** As in the gateway's configuration; a book that nothing proves for longer is stale. */
const STALE_MS = 3_000;

export class ReplayMarket {
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly marks = new Map<string, Mark>();
  readonly trades = new Map<string, TradeCount>();
  /** By symbol and interval. */
  readonly bars = new Map<string, Bar>();
  /** Frames that could not be read. */
  refused = 0;
  readonly #decoders: Decoders;
  readonly #books: Books;
  /** Connections of the route `public`, in the order in which they were opened. */
  #open: readonly string[] = [];
  #join: Join<Frame> | null = null;
  #now: MonoMs = monoMs(0);

  constructor(instruments: ReadonlyMap<string, Instrument>) {
    this.instruments = instruments;
    this.#decoders = decodersOf(instruments);
    this.#books = new Books({
      ...{ symbols: [...instruments.keys()], rule: () => new TapeRule(), staleMs: STALE_MS },
      port: { fetchSnapshot: () => undefined, onLive: () => undefined, onTop: () => undefined, retryMs: () => 0 }, // answers are on the tape
    });
  }

  book(symbol: string): BookView {
    return this.#books.view(symbol);
  }

  counters(symbol: string) {
    return this.#books.counters(symbol);
  }

  take(record: TapeRecord): void {
    const { source, name, raw } = record;
    this.#now = monoMs(record.atMs);
    if (source === 'stream' && name.startsWith('public#')) this.#public(name, raw);
    else if (source === 'stream' && name.startsWith('market#')) this.#market(raw);
    else if (source === 'connection' && name.startsWith('public#')) this.#connection(name, raw);
    else if (source === 'book') this.#begin(name, raw);
    else if (source === 'rest') this.#answer(name, raw);
    else if (source === 'clock') this.#books.tick(this.#now);
    else if (source === 'gap') this.#books.lost('tape-gap');
  }

  #public(name: string, text: string): void {
    if (this.#decoders.isBest(text)) {
      const best = this.#decoders.best(text);
      if (typeof best === 'string') this.refused++;
      else this.#books.best(best.symbol, best, this.#now);
      return;
    }
    const frame = this.#decoders.depth(text);
    const isCurrent = this.#open.length < 2 || this.#open[0] === name;
    if ('refused' in frame) {
      this.refused++;
      if (isCurrent) this.#books.refused(frame.symbol);
    } else if (isCurrent) {
      this.#books.frame(frame, this.#now);
      this.#join?.caughtUp(frame.symbol);
    } else this.#join?.take(frame);
  }

  /** As the gateway replaces a connection: the new one takes over where the old one ends. */
  #connection(name: string, raw: string): void {
    const { event }: { readonly event?: string } = JSON.parse(raw);
    if (event === 'opened') {
      this.#open = [...this.#open, name];
      if (this.#open.length > 1) {
        const apply = (frame: Frame): void => this.#books.frame(frame, this.#now);
        this.#join ??= new Join({ follows: (frame) => this.#books.follows(frame), apply });
      }
      return;
    }
    const wasCurrent = this.#open[0] === name;
    this.#open = this.#open.filter((other) => other !== name);
    if (this.#open.length === 0) this.#books.lost('disconnected');
    else if (wasCurrent) this.#join?.finish();
    if (this.#open.length < 2) this.#join = null;
  }

  /** A mark that was asked for at the start counts until the stream tells one. */
  #answer(name: string, raw: string): void {
    this.#load(depthSymbol(name), raw);
    for (const mark of answeredMarks(name, raw))
      if (this.instruments.has(mark.symbol) && !this.marks.has(mark.symbol)) this.marks.set(mark.symbol, mark);
  }

  #market(text: string): void {
    const news = this.#decoders.market(text);
    if (typeof news === 'string') this.refused++;
    else if (news.kind === 'mark') this.marks.set(news.mark.symbol, news.mark);
    else if (news.kind === 'bar') this.bars.set(`${news.symbol} ${news.interval}`, news.bar);
    else if (news.kind === 'trade') this.#trade(news.trade);
  }

  #trade(trade: PublicTrade): void {
    const before = this.trades.get(trade.symbol);
    if (before && Number(trade.tradeId) <= Number(before.last.tradeId)) return; // two connections told it
    this.trades.set(trade.symbol, { count: (before?.count ?? 0) + 1, last: trade });
  }

  /** The book at the beginning of a file, for those who have not read the files before it. */
  #begin(symbol: string, raw: string): void {
    if (this.instruments.has(symbol) && this.book(symbol).status !== 'live') this.#load(symbol, raw);
  }

  #load(symbol: string | null, raw: string): void {
    if (symbol === null || !this.instruments.has(symbol)) return;
    const snapshot = this.#decoders.snapshot(symbol, raw);
    if (typeof snapshot === 'string') this.refused++;
    else this.#books.load(symbol, snapshot, this.#now);
  }
}

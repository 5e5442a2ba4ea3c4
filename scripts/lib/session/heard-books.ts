/** The market as the gateway of a recorded session heard it: its own books, driven by what stands on the tape, record by record. */
import type { BookView } from '../../../gateway/venues/venue.ts';
import type { Mark } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import type { TradeDoc } from '../../../shared/snapshot.ts';
import type { BookWindow, Look } from '../backtest/local-books.ts';
import { EPOCH } from '../backtest/depth-snapshot.ts';
import { formatPrice, formatSize } from '../../../shared/instrument.ts';
import { ReplayMarket } from '../replay/market.ts';

type Marked = { readonly mark: Mark; readonly atMs: number };

export class HeardBooks implements BookWindow {
  readonly #market: ReplayMarket;
  readonly #marks = new Map<string, Marked>();
  readonly #counts = new Map<string, number>();
  #trades: { readonly symbol: string; readonly trade: TradeDoc }[] = [];
  #nowMs = 0;

  constructor(instruments: ReadonlyMap<string, Instrument>) {
    this.#market = new ReplayMarket(instruments);
  }

  take(record: TapeRecord): void {
    this.#nowMs = record.atMs;
    this.#market.take(record);
    const isMarket = record.source === 'stream' && record.name.startsWith('market#');
    if (!isMarket && record.source !== 'rest') return; // the first marks are asked for
    for (const [symbol, mark] of this.#market.marks)
      if (this.#marks.get(symbol)?.mark !== mark) this.#marks.set(symbol, { mark, atMs: record.atMs });
    for (const symbol of this.#market.trades.keys()) this.#trade(symbol);
  }

  /** Public trades heard since the last call. */
  trades(): readonly { readonly symbol: string; readonly trade: TradeDoc }[] {
    const trades = this.#trades;
    this.#trades = [];
    return trades;
  }

  view(symbol: string): BookView {
    return this.#market.book(symbol);
  }

  mark(symbol: string): Mark | null {
    return this.#marks.get(symbol)?.mark ?? null;
  }

  markAgeMs(symbol: string): number | null {
    const marked = this.#marks.get(symbol);
    return marked ? Math.max(0, this.#nowMs - marked.atMs) : null;
  }

  look(symbol: string): Look {
    const { status, book } = this.view(symbol);
    const [bid, ask] = [book.bestBid, book.bestAsk];
    const best = status === 'live' && bid !== null && ask !== null ? { bid, ask } : null;
    return { best, markPrice: this.mark(symbol)?.markPrice ?? null };
  }

  #trade(symbol: string): void {
    const told = this.#market.trades.get(symbol);
    const instrument = this.#market.instruments.get(symbol);
    if (!told || !instrument || told.count === (this.#counts.get(symbol) ?? 0)) return;
    this.#counts.set(symbol, told.count);
    const { tradeId, price, size, aggressor } = told.last;
    const texts = { price: formatPrice(instrument, price), size: formatSize(instrument, size) };
    this.#trades.push({ symbol, trade: { epoch: EPOCH, n: told.count, tradeId, ...texts, aggressor, wallMs: Math.floor(this.#nowMs) } });
  }
}

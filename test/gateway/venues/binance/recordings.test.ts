import { describe, expect, test } from 'vitest';
import { Books, type DepthFrame, type DepthSnapshot } from '../../../../gateway/market/books.ts';
import type { BestPrices } from '../../../../gateway/market/top.ts';
import { readBest } from '../../../../gateway/venues/binance/best-frame.ts';
import { snapshotOf } from '../../../../gateway/venues/binance/decode-rest.ts';
import { DepthRule } from '../../../../gateway/venues/binance/depth.ts';
import { depthReader, depthScale } from '../../../../gateway/venues/binance/depth-frame.ts';
import { Depth } from '../../../../gateway/venues/binance/wire.ts';
import { Book, type BookSide } from '../../../../shared/book.ts';
import { formatPrice, formatSize, type Instrument } from '../../../../shared/instrument.ts';
import { monoMs } from '../../../../shared/units.ts';
import { recorded } from '../../../kit/data.ts';
import { BTCUSDT, instrumentWith, rawMessages } from '../../../kit/venue-data.ts';

type Replayed = {
  readonly books: Books;
  readonly refused: number;
  readonly lastTicker: ReadonlyMap<string, readonly string[]>;
  /** Best prices that were ahead of the live book, those of which the book reached the same update id, and those it contradicted then. */
  readonly fused: { readonly ahead: number; readonly met: number; readonly wrong: number };
};

/** Bare application of the recorded frames: what a later snapshot of the venue would have said. */
class PlainBook {
  readonly #book = new Book();
  #loaded = false;
  #last: DepthFrame | null = null;

  load(snapshot: DepthSnapshot): void {
    this.#loaded = true;
    this.#write(snapshot);
  }

  apply(frame: DepthFrame): void {
    this.#write(frame);
    this.#last = frame;
  }

  /** The book after the last frame, a thousand levels a side; null before the recorded snapshot. */
  snapshot(): DepthSnapshot | null {
    const last = this.#last;
    if (!this.#loaded || !last) return null;
    const side = (of: BookSide): number[] =>
      Array.from({ length: Math.min(1_000, of.count) }, (_, n) => [of.priceAt(n) ?? 0, of.sizeAt(n)]).flat();
    const { bids, asks } = this.#book;
    const known = { knownFrom: bids.priceAt(999), knownTo: asks.priceAt(999) };
    return { lastUpdateId: last.lastId, exchangeMs: last.exchangeMs, bids: side(bids), asks: side(asks), ...known };
  }

  #write({ bids, asks }: Pick<DepthFrame, 'bids' | 'asks'>): void {
    for (let i = 0; i < bids.length; i += 2) this.#book.bids.set(bids[i] ?? 0, bids[i + 1] ?? 0);
    for (let i = 0; i < asks.length; i += 2) this.#book.asks.set(asks[i] ?? 0, asks[i + 1] ?? 0);
  }
}

/** Runs recordings as they were received; a snapshot is for the symbol it names, or the next one asked in `snapshotOrder`. */
function replay(
  paths: readonly string[],
  { instruments, snapshotOrder }: { instruments: readonly Instrument[]; snapshotOrder: readonly string[] },
): Replayed {
  const read = depthReader(instruments);
  const bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
  const truths = new Map(instruments.map(({ symbol }) => [symbol, new PlainBook()]));
  const asked = new Set<string>();
  const books = new Books({
    symbols: [...bySymbol.keys()],
    rule: () => new DepthRule(),
    staleMs: 60_000,
    port: { fetchSnapshot: (symbol) => void asked.add(symbol), onLive: () => {}, onTop: () => {}, retryMs: () => 0 },
  });
  const lastTicker = new Map<string, readonly string[]>();
  const waiting = [...snapshotOrder];
  const scales = new Map(instruments.map((instrument) => [instrument.symbol, depthScale(instrument)]));
  const bests = new Map<string, BestPrices>();
  const fused = { ahead: 0, met: 0, wrong: 0 };
  let refused = 0;
  for (const text of paths.flatMap(rawMessages)) {
    const message = JSON.parse(text);
    if (message.lastUpdateId !== undefined) {
      const instrument = bySymbol.get(waiting.shift() ?? '')!;
      const snapshot = snapshotOf(Depth.parse(message), depthScale(instrument));
      truths.get(instrument.symbol)?.load(snapshot);
      asked.delete(instrument.symbol);
      books.load(instrument.symbol, snapshot, monoMs(0));
    } else if (message.data?.e === 'depthUpdate') {
      const frame = read(text);
      if ('refused' in frame) refused++;
      else {
        books.frame(frame, monoMs(0));
        const { status, book, lastUpdateId } = books.view(frame.symbol);
        const best = bests.get(`${frame.symbol} ${lastUpdateId}`);
        if (best && status === 'live') {
          fused.met++;
          const [ours, theirs] = [
            [book.bestBid, book.bids.sizeAt(0), book.bestAsk, book.asks.sizeAt(0)],
            [best.bid.price, best.bid.size, best.ask.price, best.ask.size],
          ];
          if (String(ours) !== String(theirs)) fused.wrong++;
        }
        const truth = truths.get(frame.symbol);
        truth?.apply(frame);
        const snapshot = asked.has(frame.symbol) ? truth?.snapshot() : null; // asked for after the recorded one
        if (snapshot && asked.delete(frame.symbol)) books.load(frame.symbol, snapshot, monoMs(0));
      }
    } else if (message.data?.e === 'bookTicker') {
      lastTicker.set(message.data.s, [message.data.b, message.data.B, message.data.a, message.data.A]);
      const best = readBest(text, scales);
      if (typeof best === 'string') throw new Error(best);
      books.best(best.symbol, best, monoMs(0));
      bests.set(`${best.symbol} ${best.updateId}`, best);
      if (books.view(best.symbol).top?.updateId === best.updateId) fused.ahead++;
    }
  }
  return { books, refused, lastTicker, fused };
}

const topOf = (books: Books, instrument: Instrument): readonly string[] => {
  const { book } = books.view(instrument.symbol);
  return [
    formatPrice(instrument, book.bestBid!),
    formatSize(instrument, book.bids.sizeAt(0)),
    formatPrice(instrument, book.bestAsk!),
    formatSize(instrument, book.asks.sizeAt(0)),
  ];
};

describe('recorded depth', () => {
  const btc = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
  test.skipIf(btc === null)('BTCUSDT of 2024 stitches without a gap, sees it leave its snapshot, and ends as the data says', () => {
    const { books, refused, fused } = replay([btc ?? ''], { instruments: [BTCUSDT], snapshotOrder: ['BTCUSDT'] });
    const counters = books.counters('BTCUSDT');
    expect(refused).toBe(0);
    expect(books.view('BTCUSDT').status).toBe('live');
    // At message 5,812 the market falls by 57 at once, below the lowest bid of the recorded snapshot: a new one is needed there.
    expect(counters).toMatchObject({ messages: 6_551, gaps: 0, gapsUnresolved: 0, resyncs: 1 });
    expect(counters.applied + counters.dropped).toBe(6_551);
    expect(fused).toEqual({ ahead: 64_854, met: 503, wrong: 0 }); // best prices are ahead ten times as often as depth comes
    expect(topOf(books, BTCUSDT)).toEqual(['61659.70', '1.486', '61659.80', '0.981']);
  });

  const coin = ['08', '09'].map((day) => recorded(`book/binance-coinm/BTCUSD_PERP_202408${day}.raw.gz`));
  test.skipIf(coin.includes(null))('BTCUSD_PERP stitches across midnight and ends with the last bookTicker', () => {
    const perp = instrumentWith({ symbol: 'BTCUSD_PERP', tickSize: '0.1', stepSize: '1' });
    const { books, refused, lastTicker, fused } = replay(coin.map(String), { instruments: [perp], snapshotOrder: ['BTCUSD_PERP'] });
    expect(refused).toBe(0);
    expect(books.counters('BTCUSD_PERP')).toMatchObject({ messages: 44_795, gaps: 0 });
    expect(books.view('BTCUSD_PERP').status).toBe('live');
    expect(fused).toEqual({ ahead: 48_345, met: 1_885, wrong: 0 });
    expect(topOf(books, perp)).toEqual(lastTicker.get('BTCUSD_PERP'));
  });

  const four = recorded('book/binance-usdm/SUSHI-AKRO-KEEP-CTK_20210722.jsonl.gz');
  test.skipIf(four === null)('four symbols of 2021 on one connection all come live', () => {
    const steps = { SUSHIUSDT: '0.0010', AKROUSDT: '0.00001', KEEPUSDT: '0.0001', CTKUSDT: '0.00100' };
    const instruments = Object.entries(steps).map(([symbol, tickSize]) => instrumentWith({ symbol, tickSize, stepSize: '1' }));
    const { books, refused } = replay([four ?? ''], { instruments, snapshotOrder: Object.keys(steps) });
    expect(refused).toBe(0);
    const seen = Object.keys(steps).map((symbol) => ({ symbol, status: books.view(symbol).status, gaps: books.counters(symbol).gaps }));
    expect(seen).toEqual(Object.keys(steps).map((symbol) => ({ symbol, status: 'live', gaps: 0 })));
    expect(Object.keys(steps).reduce((sum, symbol) => sum + books.counters(symbol).messages, 0)).toBe(764);
  });
});

/**
 * What each event of the exchange sends on which market stream (reference sheet 2026-11, sections 1.1 and 6). Nothing is written for
 * nobody: the names of a symbol's streams are made once, and a text only when somebody listens to one of them.
 */
import type { Exchange } from '../exchange.ts';
import type { MarketEvent } from '../exchange-events.ts';
import type { Bar } from '../market.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import { AllMarketStreams } from './all-market-streams.ts';
import { bestMessage, continuousKlineMessage, depthMessage, klineMessage, markMessage, tradesMessage } from './market-json.ts';
import { ALL_MARKET, type DepthNames, type StreamNames, streamNamesOf } from './stream-names.ts';
import { contractMessage, miniTickerEvent, tickerEvent } from './ticker-json.ts';

export type MarketRoute = 'public' | 'market';
export type StreamSink = {
  readonly wants: (route: MarketRoute, stream: string) => boolean;
  readonly send: (message: { readonly route: MarketRoute; readonly stream: string; readonly text: string }) => void;
};

type OfKind<K extends MarketEvent['kind']> = Extract<MarketEvent, { kind: K }>;

const SECOND_MS = 1_000;
const SLOW_MARK_PERIOD_S = 3;
/** `@ticker` and `@miniTicker` of one symbol (Binance USD-M docs, market streams). */
const TICKER_PERIOD_S = 2;

export class MarketStreams {
  readonly #exchange: Exchange;
  readonly #sink: StreamSink;
  readonly #all: AllMarketStreams;
  readonly #names = new Map<string, StreamNames>();
  /** Last trade id that a symbol's tickers have told. */
  readonly #tickerTold = new Map<string, number>();

  constructor({ exchange, sink }: { readonly exchange: Exchange; readonly sink: StreamSink }) {
    this.#exchange = exchange;
    this.#sink = sink;
    this.#all = new AllMarketStreams({ exchange, sink });
  }

  tell(event: MarketEvent): void {
    const market = this.#exchange.market(event.symbol);
    const names = this.#namesOf(event.symbol);
    switch (event.kind) {
      case 'depth':
        this.#depth(market, event);
        break;
      case 'best':
        if (this.#sink.wants('public', names.best)) this.#send('public', names.best, bestMessage(market.instrument, event));
        this.#all.best(event.symbol);
        break;
      case 'trades':
        if (this.#sink.wants('market', names.aggregates)) this.#send('market', names.aggregates, tradesMessage(market.instrument, event));
        break;
      case 'mark':
        this.#second(market, event.atMs);
        break;
      case 'bars':
        this.#bars(market, event.atMs);
        break;
      case 'bar-closed':
        this.#barClosed(market, event);
        break;
      case 'liquidation':
        this.#all.liquidation(event);
        break;
      case 'contract':
        if (this.#sink.wants('market', ALL_MARKET.contract))
          this.#send('market', ALL_MARKET.contract, contractMessage(this.#exchange.listing(event.symbol), event.atMs));
        break;
      case 'frame':
        this.#frame(market, event);
        break;
      default:
        throw new Error(`Cannot send event: ${JSON.stringify(event satisfies never)}`);
    }
  }

  #depth(market: SymbolMarket, event: OfKind<'depth'>): void {
    const names = this.#namesOf(event.symbol).depth.get(event.periodMs);
    if (!names) return;
    if (this.#anyWanted(names.diff)) this.#sendAll(names.diff, depthMessage(market.instrument, event));
    this.#partials(market, names, event);
  }

  /** The whole top of the book, with the field names of a diff. */
  #partials(market: SymbolMarket, names: DepthNames, event: OfKind<'depth'> | OfKind<'frame'>): void {
    for (const partial of names.partial) {
      if (!this.#anyWanted(partial.names)) continue;
      const { bids, asks, lastUpdateId } = market.depth(partial.levels);
      const ids =
        event.kind === 'depth' ? { first: event.first, previous: event.previous } : { first: lastUpdateId, previous: lastUpdateId };
      const { symbol, atMs } = event;
      const diff = { kind: 'depth', symbol, atMs, periodMs: 0, ...ids, last: lastUpdateId, bids, asks } as const;
      this.#sendAll(partial.names, depthMessage(market.instrument, diff));
    }
  }

  #second(market: SymbolMarket, atMs: number): void {
    const names = this.#namesOf(market.instrument.symbol);
    const second = Math.floor(atMs / SECOND_MS);
    const slow = second % SLOW_MARK_PERIOD_S === 0 && this.#sink.wants('market', names.mark);
    if (slow || this.#sink.wants('market', names.markFast)) {
      const text = JSON.stringify(markMessage(market.instrument.symbol, market.feed.mark));
      this.#send('market', names.markFast, text);
      if (slow) this.#send('market', names.mark, text);
    }
    if (second % TICKER_PERIOD_S === 0) this.#tickers(market, names, atMs);
    this.#all.second(market.instrument.symbol, atMs);
  }

  /** Told only when something traded since the last time. */
  #tickers(market: SymbolMarket, names: StreamNames, atMs: number): void {
    const { symbol } = market.instrument;
    const lastId = market.feed.log.last?.id;
    if (lastId === undefined || this.#tickerTold.get(symbol) === lastId) return;
    this.#tickerTold.set(symbol, lastId);
    if (this.#sink.wants('market', names.ticker)) this.#send('market', names.ticker, JSON.stringify(tickerEvent(market, atMs)));
    if (this.#sink.wants('market', names.miniTicker)) this.#send('market', names.miniTicker, JSON.stringify(miniTickerEvent(market, atMs)));
  }

  #bars(market: SymbolMarket, atMs: number): void {
    for (const interval of this.#namesOf(market.instrument.symbol).kline.keys()) {
      const bar = this.#klineWanted(market, interval) ? market.feed.bars.open(interval) : null;
      if (bar) this.#kline(market, { interval, bar, final: false, atMs });
    }
  }

  #barClosed(market: SymbolMarket, { interval, atMs, openMs }: OfKind<'bar-closed'>): void {
    if (!this.#klineWanted(market, interval)) return;
    const bar = market.feed.bars.closed(interval).findLast((each) => each.openMs === openMs);
    if (bar) this.#kline(market, { interval, bar, final: true, atMs });
  }

  /** A recording that tells its own bars of an interval is not told twice. */
  #klineWanted({ instrument, feed }: SymbolMarket, interval: string): boolean {
    const { kline, continuousKline } = this.#namesOf(instrument.symbol);
    const own = !feed.recorded.has(interval) && this.#sink.wants('market', kline.get(interval) ?? '');
    return own || this.#sink.wants('market', continuousKline.get(interval) ?? '');
  }

  #kline(
    { instrument, feed }: SymbolMarket,
    given: { readonly interval: string; readonly bar: Bar; readonly final: boolean; readonly atMs: number },
  ): void {
    const { kline, continuousKline } = this.#namesOf(instrument.symbol);
    const update = { ...given, symbol: instrument.symbol, lastTradeId: feed.log.last?.id ?? -1 };
    const [plain, continuous] = [kline.get(given.interval) ?? '', continuousKline.get(given.interval) ?? ''];
    if (!feed.recorded.has(given.interval) && this.#sink.wants('market', plain)) this.#send('market', plain, klineMessage(update));
    if (this.#sink.wants('market', continuous)) this.#send('market', continuous, continuousKlineMessage(update));
  }

  /** A recorded message goes out byte for byte, on every speed that was asked for. */
  #frame(market: SymbolMarket, event: OfKind<'frame'>): void {
    const names = this.#namesOf(event.symbol);
    switch (event.feed) {
      case 'depth':
        this.#sendAll(names.depthAll.diff, event.raw);
        this.#partials(market, names.depthAll, event);
        break;
      case 'best':
        this.#send('public', names.best, event.raw);
        this.#all.best(event.symbol);
        break;
      case 'trades':
        this.#send('market', names.aggregates, event.raw);
        break;
      case 'single-trade':
        this.#send('market', names.singleTrades, event.raw);
        break;
      case 'bar':
        this.#send('market', names.kline.get(event.interval ?? '') ?? '', event.raw);
        break;
      default:
        throw new Error(`Cannot send frame: ${JSON.stringify(event.feed satisfies never)}`);
    }
  }

  #send(route: MarketRoute, stream: string, text: string): void {
    this.#sink.send({ route, stream, text });
  }

  #sendAll(streams: readonly string[], text: string): void {
    for (const stream of streams) if (this.#sink.wants('public', stream)) this.#send('public', stream, text);
  }

  #anyWanted(streams: readonly string[]): boolean {
    for (const stream of streams) if (this.#sink.wants('public', stream)) return true;
    return false;
  }

  #namesOf(symbol: string): StreamNames {
    const known = this.#names.get(symbol);
    if (known) return known;
    const names = streamNamesOf(symbol);
    this.#names.set(symbol, names);
    return names;
  }
}

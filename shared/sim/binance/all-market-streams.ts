/** Streams that carry every symbol, and liquidations, which go out once a second (reference sheet 2026-11, section 6). */
import type { Exchange } from '../exchange.ts';
import type { MarketEvent } from '../exchange-events.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import { bestMessage, markMessage } from './market-json.ts';
import { ALL_MARKET, streamNamesOf } from './stream-names.ts';
import type { StreamSink } from './streams.ts';
import { liquidationMessage, miniTickerEvent, tickerEvent } from './ticker-json.ts';

type Liquidation = Extract<MarketEvent, { kind: 'liquidation' }>;

const SECOND_MS = 1_000;
const SLOW_MARK_PERIOD_S = 3;
/** `!bookTicker` since December 2023. */
const BEST_PERIOD_S = 5;

export class AllMarketStreams {
  readonly #exchange: Exchange;
  readonly #sink: StreamSink;
  /** Symbols whose best prices changed since they were told. */
  readonly #bestChanged = new Set<string>();
  readonly #tradeTold = new Map<string, number>();
  /** The largest of the present second, by symbol. */
  readonly #liquidations = new Map<string, Liquidation>();

  constructor({ exchange, sink }: { readonly exchange: Exchange; readonly sink: StreamSink }) {
    this.#exchange = exchange;
    this.#sink = sink;
  }

  best(symbol: string): void {
    this.#bestChanged.add(symbol);
  }

  liquidation(event: Liquidation): void {
    const largest = this.#liquidations.get(event.symbol);
    if (!largest || event.size > largest.size) this.#liquidations.set(event.symbol, event);
  }

  /** A second of one symbol is over; after that of the last symbol, what goes out for all of them together. */
  second(symbol: string, atMs: number): void {
    this.#flushLiquidation(symbol);
    const symbols = [...this.#exchange.markets.keys()];
    if (symbol !== symbols.at(-1)) return;
    const second = Math.floor(atMs / SECOND_MS);
    this.#marks(second);
    this.#tickers(atMs);
    if (second % BEST_PERIOD_S === 0) this.#bests(atMs);
  }

  #marks(second: number): void {
    const slow = second % SLOW_MARK_PERIOD_S === 0 && this.#sink.wants('market', ALL_MARKET.mark);
    if (!slow && !this.#sink.wants('market', ALL_MARKET.markFast)) return;
    const text = JSON.stringify(this.#markets().map(({ instrument, feed }) => markMessage(instrument.symbol, feed.mark)));
    this.#send('market', ALL_MARKET.markFast, text);
    if (slow) this.#send('market', ALL_MARKET.mark, text);
  }

  /** Only symbols that traded since the last time. */
  #tickers(atMs: number): void {
    const [full, mini] = [this.#sink.wants('market', ALL_MARKET.ticker), this.#sink.wants('market', ALL_MARKET.miniTicker)];
    if (!full && !mini) return;
    const changed = this.#markets().filter((market) => this.#tradedSince(market));
    if (changed.length === 0) return;
    if (full) this.#send('market', ALL_MARKET.ticker, JSON.stringify(changed.map((market) => tickerEvent(market, atMs))));
    if (mini) this.#send('market', ALL_MARKET.miniTicker, JSON.stringify(changed.map((market) => miniTickerEvent(market, atMs))));
  }

  #tradedSince({ instrument, feed }: SymbolMarket): boolean {
    const lastId = feed.log.last?.id;
    if (lastId === undefined || this.#tradeTold.get(instrument.symbol) === lastId) return false;
    this.#tradeTold.set(instrument.symbol, lastId);
    return true;
  }

  #bests(atMs: number): void {
    const changed = [...this.#bestChanged];
    this.#bestChanged.clear();
    if (!this.#sink.wants('public', ALL_MARKET.best)) return;
    for (const symbol of changed) {
      const market = this.#exchange.market(symbol);
      const [bid, ask] = [market.best('buy'), market.best('sell')];
      const level = (best: typeof bid) => best && ([best.price, best.size] as const);
      const updateId = market.depth(5).lastUpdateId;
      const event = { kind: 'best', symbol, atMs, updateId, bid: level(bid), ask: level(ask) } as const;
      this.#send('public', ALL_MARKET.best, bestMessage(market.instrument, event));
    }
  }

  #flushLiquidation(symbol: string): void {
    const largest = this.#liquidations.get(symbol);
    if (!largest) return;
    this.#liquidations.delete(symbol);
    const { instrument } = this.#exchange.market(symbol);
    this.#send('market', streamNamesOf(symbol).liquidation, liquidationMessage(instrument, largest, false));
    this.#send('market', ALL_MARKET.liquidation, liquidationMessage(instrument, largest, true));
  }

  #markets(): readonly SymbolMarket[] {
    return [...this.#exchange.markets.values()];
  }

  #send(route: 'public' | 'market', stream: string, text: string): void {
    this.#sink.send({ route, stream, text });
  }
}

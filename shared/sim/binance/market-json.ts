/** Market data as REST and the market streams show it (Binance USD-M docs, market data; reference sheet 2026-11, sections 3.4, 4, 6). */
import { formatPrice, formatSize, type Instrument } from '../../instrument.ts';
import type { Atoms } from '../../units.ts';
import { writeScaled } from '../decimal.ts';
import type { DepthDiff, MarketEvent, PriceSize } from '../exchange-events.ts';
import { INTERVALS } from '../history.ts';
import type { Bar } from '../market.ts';
import type { MarkPrice } from '../mark-price.ts';
import type { DepthView, SymbolMarket } from '../symbol-market.ts';

const levelsJson = (instrument: Instrument, levels: readonly PriceSize[]): readonly (readonly [string, string])[] =>
  levels.map(([price, size]) => [formatPrice(instrument, price), formatSize(instrument, size)]);

export function depthJson(instrument: Instrument, view: Omit<DepthView, 'raw'>): Record<string, unknown> {
  const atMs = Math.floor(view.atMs);
  return {
    lastUpdateId: view.lastUpdateId,
    E: atMs,
    T: atMs,
    bids: levelsJson(instrument, view.bids),
    asks: levelsJson(instrument, view.asks),
  };
}

export function depthMessage(instrument: Instrument, diff: DepthDiff): string {
  const { symbol, first, last, previous, bids, asks } = diff;
  const atMs = Math.floor(diff.atMs);
  const ids = { U: first, u: last, pu: previous };
  const sides = { b: levelsJson(instrument, bids), a: levelsJson(instrument, asks) };
  return JSON.stringify({ e: 'depthUpdate', E: atMs, T: atMs, s: symbol, ps: symbol, ...ids, ...sides, st: 1 });
}

export function bestMessage(instrument: Instrument, event: Extract<MarketEvent, { kind: 'best' }>): string {
  return JSON.stringify({
    e: 'bookTicker',
    u: event.updateId,
    E: Math.floor(event.atMs),
    T: Math.floor(event.atMs),
    s: event.symbol,
    ps: event.symbol,
    ...touch(instrument, event),
    st: 1,
  });
}

function touch(
  instrument: Instrument,
  { bid, ask }: { readonly bid: PriceSize | null; readonly ask: PriceSize | null },
): Record<'b' | 'B' | 'a' | 'A', string> {
  const price = (level: PriceSize | null): string => (level ? formatPrice(instrument, level[0]) : '0');
  const size = (level: PriceSize | null): string => (level ? formatSize(instrument, level[1]) : '0');
  return { b: price(bid), B: size(bid), a: price(ask), A: size(ask) };
}

export function bookTickerJson(market: SymbolMarket, nowMs: number): Record<string, unknown> {
  const { instrument } = market;
  const pair = (level: ReturnType<SymbolMarket['best']>): PriceSize | null => (level ? [level.price, level.size] : null);
  const { b, B, a, A } = touch(instrument, { bid: pair(market.best('buy')), ask: pair(market.best('sell')) });
  const lastUpdateId = market.depth(5).lastUpdateId;
  return { lastUpdateId, symbol: instrument.symbol, bidPrice: b, bidQty: B, askPrice: a, askQty: A, time: Math.floor(nowMs) };
}

export function tradesMessage(instrument: Instrument, event: Extract<MarketEvent, { kind: 'trades' }>): string {
  const atMs = Math.floor(event.atMs);
  const size = formatSize(instrument, event.size);
  const trade = { a: event.aggregateId, p: formatPrice(instrument, event.price), q: size, nq: size, f: event.firstId, l: event.lastId };
  return JSON.stringify({ e: 'aggTrade', E: atMs, s: event.symbol, ...trade, T: atMs, m: event.buyerIsMaker, st: 1 });
}

/** Eight decimals, as mark prices come. */
export const markText = (price: Atoms): string => {
  const digits = price.toString().padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
};

export function markMessage(symbol: string, price: MarkPrice): Record<string, unknown> {
  const mark = price.get();
  const prices = { p: markText(mark.mark), ap: markText(mark.average), i: markText(mark.index), P: markText(mark.index) };
  return {
    e: 'markPriceUpdate',
    E: mark.updatedMs,
    s: symbol,
    ...prices,
    r: writeScaled(price.funding.rate(), 8),
    T: price.funding.nextMs,
    st: 1,
  };
}

export function premiumIndexJson({ instrument, feed }: SymbolMarket, nowMs: number): Record<string, unknown> {
  const mark = feed.mark.get();
  return {
    symbol: instrument.symbol,
    markPrice: markText(mark.mark),
    indexPrice: markText(mark.index),
    estimatedSettlePrice: markText(mark.index),
    lastFundingRate: writeScaled(feed.mark.funding.rate(), 8),
    interestRate: '0.00010000',
    nextFundingTime: feed.mark.funding.nextMs,
    time: Math.floor(nowMs),
  };
}

export const closeMsOf = (interval: string, openMs: number): number => openMs + (INTERVALS[interval] ?? 0) - 1;

export const klineRow = (interval: string, bar: Bar): readonly unknown[] => [
  bar.openMs,
  bar.open,
  bar.high,
  bar.low,
  bar.close,
  bar.volume,
  closeMsOf(interval, bar.openMs),
  bar.quoteVolume,
  bar.trades,
  bar.takerBuyVolume,
  bar.takerBuyQuoteVolume,
  '0',
];

export type KlineUpdate = {
  readonly symbol: string;
  readonly interval: string;
  readonly bar: Bar;
  readonly final: boolean;
  readonly atMs: number;
  /** Last trade of the bar; -1 before anything traded. */
  readonly lastTradeId: number;
};

export function klineMessage(update: KlineUpdate): string {
  const { t, T, ...rest } = klineBody(update);
  return JSON.stringify({ e: 'kline', E: Math.floor(update.atMs), s: update.symbol, k: { t, T, s: update.symbol, ...rest } });
}

export function continuousKlineMessage(update: KlineUpdate): string {
  const head = { e: 'continuous_kline', E: Math.floor(update.atMs), ps: update.symbol, ct: 'PERPETUAL' };
  return JSON.stringify({ ...head, k: klineBody(update) });
}

function klineBody({ interval, bar, final, lastTradeId }: KlineUpdate) {
  const times = { t: bar.openMs, T: closeMsOf(interval, bar.openMs), i: interval };
  const ids = bar.trades === 0 || lastTradeId < 0 ? { f: -1, L: -1 } : { f: lastTradeId - bar.trades + 1, L: lastTradeId };
  const prices = { o: bar.open, c: bar.close, h: bar.high, l: bar.low };
  const volumes = { v: bar.volume, n: bar.trades, x: final, q: bar.quoteVolume, V: bar.takerBuyVolume, Q: bar.takerBuyQuoteVolume, B: '0' };
  return { ...times, ...ids, ...prices, ...volumes };
}

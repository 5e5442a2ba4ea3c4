/** The rolling day, prices and liquidations as REST and the market streams show them (reference sheet 2026-11, sections 3.4 and 6). */
import { formatPrice, formatSize, type Instrument } from '../../instrument.ts';
import { decimalsOf } from '../../units.ts';
import type { MarketEvent } from '../exchange-events.ts';
import type { Listing } from '../listing.ts';
import type { Bar } from '../market.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import { DELIVERY_NEVER_MS, ONBOARD_MS } from './exchange-info.ts';
import { sideWord, statusWord } from './words.ts';

const PERCENT_DECIMALS = 3;

type Day = {
  readonly change: string;
  readonly percent: string;
  readonly average: string;
  readonly lastSize: string;
  readonly closeMs: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly bar: Bar;
};

/** Null before the first price is known. */
function dayOf({ feed, instrument }: SymbolMarket, nowMs: number): Day | null {
  const bar = feed.day.read();
  if (!bar) return null;
  const [open, close, volume] = [Number(bar.open), Number(bar.close), Number(bar.volume)];
  const decimals = decimalsOf(bar.close);
  const last = feed.log.last;
  const lastId = last?.id ?? -1;
  return {
    change: (close - open).toFixed(decimals),
    percent: ((100 * (close - open)) / open).toFixed(PERCENT_DECIMALS),
    average: volume === 0 ? bar.close : (Number(bar.quoteVolume) / volume).toFixed(decimals),
    lastSize: last ? formatSize(instrument, last.size) : '0',
    closeMs: Math.floor(last?.atMs ?? nowMs),
    firstId: last ? lastId - bar.trades + 1 : -1,
    lastId,
    bar,
  };
}

/** GET ticker/24hr; null before the first price is known. */
export function dayTickerJson(market: SymbolMarket, nowMs: number): Record<string, unknown> | null {
  const day = dayOf(market, nowMs);
  if (!day) return null;
  const { bar, change, percent, average, lastSize, closeMs, firstId, lastId } = day;
  return {
    symbol: market.instrument.symbol,
    priceChange: change,
    priceChangePercent: percent,
    weightedAvgPrice: average,
    lastPrice: bar.close,
    lastQty: lastSize,
    openPrice: bar.open,
    highPrice: bar.high,
    lowPrice: bar.low,
    volume: bar.volume,
    quoteVolume: bar.quoteVolume,
    openTime: bar.openMs,
    closeTime: closeMs,
    firstId,
    lastId,
    count: bar.trades,
  };
}

const pairFields = ({ symbol }: Instrument): Record<string, unknown> => ({ ps: symbol, st: 1 });

/** One event of `@ticker`; null before the first price is known. */
export function tickerEvent(market: SymbolMarket, atMs: number): Record<string, unknown> | null {
  const day = dayOf(market, atMs);
  if (!day) return null;
  const { bar, change, percent, average, lastSize, closeMs, firstId, lastId } = day;
  const head = { e: '24hrTicker', E: Math.floor(atMs), s: market.instrument.symbol };
  const prices = { p: change, P: percent, w: average, c: bar.close, Q: lastSize, o: bar.open, h: bar.high, l: bar.low };
  const sums = { v: bar.volume, q: bar.quoteVolume, O: bar.openMs, C: closeMs, F: firstId, L: lastId, n: bar.trades };
  return { ...head, ...prices, ...sums, ...pairFields(market.instrument) };
}

/** One event of `@miniTicker`; null before the first price is known. */
export function miniTickerEvent({ feed, instrument }: SymbolMarket, atMs: number): Record<string, unknown> | null {
  const bar = feed.day.read();
  if (!bar) return null;
  const head = { e: '24hrMiniTicker', E: Math.floor(atMs), s: instrument.symbol };
  return { ...head, c: bar.close, o: bar.open, h: bar.high, l: bar.low, v: bar.volume, q: bar.quoteVolume, ...pairFields(instrument) };
}

/** GET ticker/price; null before the first price is known. */
export function priceJson({ feed, instrument }: SymbolMarket, nowMs: number): Record<string, unknown> | null {
  const bar = feed.bars.open('1m');
  return bar && { symbol: instrument.symbol, price: bar.close, time: Math.floor(feed.log.last?.atMs ?? nowMs) };
}

/** `all`: as the stream of all symbols writes it. */
export function liquidationMessage(instrument: Instrument, event: Extract<MarketEvent, { kind: 'liquidation' }>, all: boolean): string {
  const { symbol, side, price, averagePrice, size, status } = event;
  const atMs = Math.floor(event.atMs);
  const quantity = formatSize(instrument, size);
  const order = {
    s: symbol,
    S: sideWord(side),
    o: 'LIMIT',
    f: 'IOC',
    q: quantity,
    p: formatPrice(instrument, price),
    ap: formatPrice(instrument, averagePrice),
    X: statusWord({ status }),
    l: quantity,
    z: quantity,
    T: atMs,
  };
  return JSON.stringify({ e: 'forceOrder', E: atMs, o: order, ...(all ? pairFields(instrument) : {}) });
}

/** Brackets come with it only when they change. */
export function contractMessage({ announced, status }: Listing, atMs: number): string {
  const times = { dt: DELIVERY_NEVER_MS, ot: ONBOARD_MS };
  const { symbol } = announced;
  return JSON.stringify({
    ...{ e: 'contractInfo', E: Math.floor(atMs), s: symbol, ps: symbol, ct: 'PERPETUAL', ...times },
    ...{ cs: status, bks: [], st: 1 },
  });
}

/** exchangeInfo to the instruments of the configuration, with one clear sentence for a symbol that cannot be traded. Pure. Reference sheet 2026-11, 4. */
import { type Instrument, makeInstrument } from '../../../shared/instrument.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type ExchangeInfo, SymbolInfo } from './wire.ts';

/** The configured symbols as instruments, or a sentence. */
export function instrumentsOf(info: ExchangeInfo, symbols: readonly string[]): Result<ReadonlyMap<string, Instrument>, string> {
  const listed = new Map(info.symbols.map((row) => [row.symbol, row]));
  const found = new Map<string, Instrument>();
  for (const symbol of symbols) {
    const row = listed.get(symbol);
    if (!row)
      return err(`Cannot trade "${symbol}": the venue does not list it; nearest names: ${nearest(symbol, [...listed.keys()]).join(', ')}`);
    const parsed = SymbolInfo.safeParse(row);
    const instrument = parsed.success ? instrumentOf(parsed.data) : `${symbol}: its listing is not as documented`;
    if (typeof instrument === 'string') return err(`Cannot trade ${instrument}`);
    found.set(symbol, instrument);
  }
  return ok(found);
}

/** A sentence when it is not a perpetual, misses a filter, or is too fine to count. */
export function instrumentOf(info: SymbolInfo): Instrument | string {
  const { symbol, contractType } = info;
  if (contractType !== 'PERPETUAL') return `${symbol}: it is a ${contractType} contract, allowed are perpetuals`;
  const filter = (type: string) => info.filters.find((row) => row.filterType === type);
  const [price, lot, market, percent] = [filter('PRICE_FILTER'), filter('LOT_SIZE'), filter('MARKET_LOT_SIZE'), filter('PERCENT_PRICE')];
  if (!price?.tickSize || !price.minPrice || !price.maxPrice) return `${symbol}: it has no price filter`;
  if (!lot?.stepSize || !lot.minQty || !lot.maxQty) return `${symbol}: it has no size filter`;
  const maxOpenOrders = filter('MAX_NUM_ORDERS')?.limit;
  if (!percent?.multiplierUp || !percent.multiplierDown || maxOpenOrders === undefined)
    return `${symbol}: it has no price band or order limit`;
  return makeInstrument({
    symbol,
    baseAsset: info.baseAsset,
    quoteAsset: info.quoteAsset,
    tickSize: price.tickSize,
    stepSize: lot.stepSize,
    minPrice: price.minPrice,
    maxPrice: price.maxPrice,
    minQty: lot.minQty,
    maxQty: lot.maxQty,
    maxMarketQty: market?.maxQty ?? lot.maxQty,
    minNotional: filter('MIN_NOTIONAL')?.notional ?? '0',
    multiplierUp: percent.multiplierUp,
    multiplierDown: percent.multiplierDown,
    maxOpenOrders,
    trading: info.status === 'TRADING',
  });
}

export type RateLimits = { readonly weight1m: number; readonly orders1m: number; readonly orders10s: number };

/** The venue's own numbers (5): demo and mainnet differ. */
export function rateLimitsOf({ rateLimits }: ExchangeInfo): RateLimits {
  const limit = (type: string, interval: string, intervalNum: number) =>
    rateLimits.find((row) => row.rateLimitType === type && row.interval === interval && row.intervalNum === intervalNum)?.limit;
  return {
    weight1m: limit('REQUEST_WEIGHT', 'MINUTE', 1) ?? DEFAULT_LIMITS.weight1m,
    orders1m: limit('ORDERS', 'MINUTE', 1) ?? DEFAULT_LIMITS.orders1m,
    orders10s: limit('ORDERS', 'SECOND', 10) ?? DEFAULT_LIMITS.orders10s,
  };
}

/** The three names with the fewest changed letters. */
function nearest(name: string, known: readonly string[]): readonly string[] {
  const ranked = known.map((other) => ({ other, distance: distanceOf(name.toUpperCase(), other) }));
  return ranked
    .sort((a, b) => a.distance - b.distance || a.other.length - b.other.length)
    .slice(0, 3)
    .map(({ other }) => other);
}

/** Levenshtein. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The simulated universe: perpetuals with the filters of Binance USD-M exchangeInfo and a plausible start price each.
 * BTCUSDT and the ETHUSDT minimum notional are those of "Binance USD-M docs", filters (reference sheet 2026-11, section 4); the rest
 * are the last full responses known to us. They are for the simulator only: the gateway reads its filters from the venue at start.
 */
import type { InstrumentSpec } from '../instrument.ts';
import { trimDecimal } from '../units.ts';

export type SimInstrument = {
  readonly spec: InstrumentSpec;
  /** Quote units. */
  readonly startPrice: number;
};

/** tick, step, lowest and highest price, largest size, largest market size, minimum notional, start price. */
type Row = readonly [
  tick: string,
  step: string,
  minPrice: string,
  maxPrice: string,
  maxQty: string,
  maxMarketQty: string,
  minNotional: string,
  startPrice: number,
];

const QUOTES = ['USDT', 'USDC'] as const;

const ROWS: Readonly<Record<string, Row>> = {
  BTCUSDT: ['0.10', '0.001', '556.80', '4529764', '1000', '120', '50', 64_000],
  ETHUSDT: ['0.01', '0.001', '39.86', '306177', '10000', '2000', '20', 3_100],
  SOLUSDT: ['0.0100', '0.01', '0.4200', '6857', '1000000', '5000', '5', 150],
  XRPUSDT: ['0.0001', '0.1', '0.0143', '100000', '10000000', '2000000', '5', 2.1],
  BNBUSDT: ['0.010', '0.01', '6.600', '100000', '100000', '2000', '5', 620],
  DOGEUSDT: ['0.000010', '1', '0.002440', '30', '50000000', '30000000', '5', 0.19],
  '1000PEPEUSDT': ['0.0000001', '1', '0.0000001', '200', '800000000', '100000000', '5', 0.0105],
  BTCUSDC: ['0.1', '0.001', '0.1', '500000', '800', '25', '50', 64_000],
  ETHUSDC: ['0.01', '0.001', '0.01', '100000', '8000', '400', '20', 3_100],
  SOLUSDC: ['0.0100', '0.01', '0.1000', '100000', '800000', '1000', '5', 150],
  ADAUSDT: ['0.00010', '1', '0.01740', '100000', '2000000', '300000', '5', 0.62],
  AVAXUSDT: ['0.0010', '1', '0.1710', '100000', '150000', '7000', '5', 24.5],
  LINKUSDT: ['0.001', '0.01', '0.305', '100000', '200000', '20000', '20', 15.2],
  LTCUSDT: ['0.01', '0.001', '3.61', '100000', '10000', '5000', '20', 86],
  DOTUSDT: ['0.001', '0.1', '0.222', '100000', '1500000', '50000', '5', 4.1],
  TRXUSDT: ['0.00001', '1', '0.00132', '20', '20000000', '5000000', '5', 0.27],
  BCHUSDT: ['0.01', '0.001', '13.93', '100000', '10000', '850', '20', 480],
  NEARUSDT: ['0.0010', '1', '0.0530', '100000', '500000', '100000', '5', 2.6],
  SUIUSDT: ['0.000100', '0.1', '0.008300', '2000', '2000000', '350000', '5', 3.3],
  XRPUSDC: ['0.0001', '0.1', '0.0001', '100000', '8000000', '500000', '5', 2.1],
};

/** Every simulated contract, in a fixed order. */
export const SIM_INSTRUMENTS: readonly SimInstrument[] = Object.entries(ROWS).map(([symbol, row]) => fromRow(symbol, row));

/** The contract of that name, or null. */
export function findInstrument(symbol: string): SimInstrument | null {
  return SIM_INSTRUMENTS.find(({ spec }) => spec.symbol === symbol) ?? null;
}

/**
 * Spec for a recorded symbol whose prices and sizes carry that many decimals (trailing zeros not counted). A listed contract is taken
 * as it is when its steps can express the recording, with finer steps when they cannot (an old recording); an unlisted one gets
 * steps of one in the last decimal and wide ranges. A sentence when the contract is no USDT or USDC perpetual.
 */
export function nearestInstrument(symbol: string, priceDecimals: number, qtyDecimals: number): InstrumentSpec | string {
  const quote = quoteOf(symbol);
  if (quote === null || symbol.includes('_')) return `${symbol}: only perpetuals quoted in ${QUOTES.join(' or ')} can be simulated`;
  const listed = findInstrument(symbol)?.spec;
  if (listed) return { ...listed, ...finer(listed, priceDecimals, qtyDecimals) };
  const tickSize = unitOf(priceDecimals);
  const stepSize = unitOf(qtyDecimals);
  return makeSpec(symbol, quote, {
    tickSize,
    stepSize,
    minPrice: tickSize,
    maxPrice: '1000000',
    maxQty: '1000000',
    maxMarketQty: '100000',
    minNotional: '5',
  });
}

type Filters = Pick<InstrumentSpec, 'tickSize' | 'stepSize' | 'minPrice' | 'maxPrice' | 'maxQty' | 'maxMarketQty' | 'minNotional'>;

function fromRow(
  symbol: string,
  [tickSize, stepSize, minPrice, maxPrice, maxQty, maxMarketQty, minNotional, startPrice]: Row,
): SimInstrument {
  const quote = quoteOf(symbol) ?? 'USDT';
  return { spec: makeSpec(symbol, quote, { tickSize, stepSize, minPrice, maxPrice, maxQty, maxMarketQty, minNotional }), startPrice };
}

function makeSpec(symbol: string, quoteAsset: string, filters: Filters): InstrumentSpec {
  return {
    symbol,
    baseAsset: symbol.slice(0, -quoteAsset.length),
    quoteAsset,
    ...filters,
    minQty: filters.stepSize,
    multiplierUp: '1.0500',
    multiplierDown: '0.9500',
    maxOpenOrders: 200,
    trading: true,
  };
}

/** Replaces a listed step that is too coarse for the recording. */
function finer(
  listed: InstrumentSpec,
  priceDecimals: number,
  qtyDecimals: number,
): Partial<Pick<InstrumentSpec, 'tickSize' | 'stepSize' | 'minQty'>> {
  return {
    ...(digitsOf(listed.tickSize) < priceDecimals ? { tickSize: unitOf(priceDecimals) } : {}),
    ...(digitsOf(listed.stepSize) < qtyDecimals ? { stepSize: unitOf(qtyDecimals), minQty: unitOf(qtyDecimals) } : {}),
  };
}

function quoteOf(symbol: string): string | null {
  return QUOTES.find((quote) => symbol.length > quote.length && symbol.endsWith(quote)) ?? null;
}

const unitOf = (decimals: number): string => (decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`);
const digitsOf = (text: string): number => trimDecimal(text).split('.')[1]?.length ?? 0;

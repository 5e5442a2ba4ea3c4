/** Names of the market streams of one symbol, written once (reference sheet 2026-11, sections 1.1 and 6). */
import { INTERVALS } from '../history.ts';

export type DepthNames = {
  readonly diff: readonly string[];
  readonly partial: readonly { readonly levels: number; readonly names: readonly string[] }[];
};

export type StreamNames = {
  /** By period of the depth event, milliseconds. */
  readonly depth: ReadonlyMap<number, DepthNames>;
  /** All speeds together, for a recording that has one speed only. */
  readonly depthAll: DepthNames;
  readonly best: string;
  readonly aggregates: string;
  readonly singleTrades: string;
  readonly mark: string;
  readonly markFast: string;
  readonly miniTicker: string;
  readonly ticker: string;
  readonly liquidation: string;
  /** By interval. */
  readonly kline: ReadonlyMap<string, string>;
  readonly continuousKline: ReadonlyMap<string, string>;
};

/** Streams that carry every symbol. */
export const ALL_MARKET = {
  best: '!bookTicker',
  mark: '!markPrice@arr',
  markFast: '!markPrice@arr@1s',
  miniTicker: '!miniTicker@arr',
  ticker: '!ticker@arr',
  liquidation: '!forceOrder@arr',
  contract: '!contractInfo',
} as const;

const PARTIAL_LEVELS = [5, 10, 20];
/** Update speed as it is written in a stream name; 250 ms is written by leaving it out. */
const SPEEDS: ReadonlyMap<number, readonly string[]> = new Map([
  [100, ['@100ms', '@0ms']],
  [250, ['']],
  [500, ['@500ms']],
]);
/** The book with retail price improvement orders: nobody here sends any, so it is the plain book. */
const RPI_PERIOD_MS = 500;

export function streamNamesOf(symbol: string): StreamNames {
  const name = symbol.toLowerCase();
  const depth = new Map([...SPEEDS].map(([periodMs, suffixes]) => [periodMs, depthNames(name, suffixes, periodMs === RPI_PERIOD_MS)]));
  const intervals = Object.keys(INTERVALS);
  return {
    depth,
    depthAll: depthNames(name, [...SPEEDS.values()].flat(), true),
    best: `${name}@bookTicker`,
    aggregates: `${name}@aggTrade`,
    singleTrades: `${name}@trade`,
    mark: `${name}@markPrice`,
    markFast: `${name}@markPrice@1s`,
    miniTicker: `${name}@miniTicker`,
    ticker: `${name}@ticker`,
    liquidation: `${name}@forceOrder`,
    kline: new Map(intervals.map((interval) => [interval, `${name}@kline_${interval}`])),
    continuousKline: new Map(intervals.map((interval) => [interval, `${name}_perpetual@continuousKline_${interval}`])),
  };
}

function depthNames(name: string, suffixes: readonly string[], rpi: boolean): DepthNames {
  return {
    diff: [...suffixes.map((suffix) => `${name}@depth${suffix}`), ...(rpi ? [`${name}@rpiDepth@500ms`] : [])],
    partial: PARTIAL_LEVELS.map((levels) => ({ levels, names: suffixes.map((suffix) => `${name}@depth${levels}${suffix}`) })),
  };
}

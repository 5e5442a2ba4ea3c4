/**
 * Rows of market data files, as the readers of `scripts/data/` give them out: ascending in time, of one symbol, prices and sizes as decimal
 * strings as written. `knownMs` is the earliest moment at which somebody who listened could have known the row: nothing may be decided on it
 * before. Recordings of streams are read as `TapeFrame` (market.ts), records of our own tapes as `TapeRecord` (shared/tape.ts).
 */
import type { KlineRow } from './kline-table.ts';

/** A closed bar, or candle of the mark price (volume '0'); known at its end. */
export type BarRow = KlineRow & {
  readonly kind: 'bar';
  readonly knownMs: number;
  readonly closeMs: number;
  /** What six-column files do not tell is null. */
  readonly quoteVolume: string | null;
  readonly trades: number | null;
  readonly takerBuyVolume: string | null;
  readonly takerBuyQuoteVolume: string | null;
};
/** One aggregated trade: fills of one taker order at one price. */
export type TradeRow = {
  readonly kind: 'trade';
  readonly knownMs: number;
  readonly id: number;
  readonly price: string;
  readonly size: string;
  readonly firstId: number;
  readonly lastId: number;
  readonly buyerIsMaker: boolean;
};
/** Best prices; `updateId` is the one of the depth stream. */
export type BestRow = {
  readonly kind: 'best';
  readonly knownMs: number;
  readonly updateId: number;
  readonly bid: string;
  readonly bidSize: string;
  readonly ask: string;
  readonly askSize: string;
};
/** Depth within a band of the price: `percentage` is negative below it. */
export type BandRow = {
  readonly kind: 'band';
  readonly knownMs: number;
  readonly percentage: string;
  readonly depth: string;
  readonly notional: string;
};
/** Funding paid at that time; positive: longs pay. */
export type FundingRow = { readonly kind: 'funding'; readonly knownMs: number; readonly rate: string };

export type MarketRow = BarRow | TradeRow | BestRow | BandRow | FundingRow;
export type RowKind = MarketRow['kind'];
export type RowOf<K extends RowKind> = Extract<MarketRow, { readonly kind: K }>;

/**
 * A hole between two rows that follow each other. `trade-ids`: single trades that no aggregated one names, as the venue publishes now and
 * then.
 */
export type DataGap = {
  readonly what: 'bars' | 'trades' | 'trade-ids' | 'funding-times';
  readonly file: string;
  /** Of the row after the hole. */
  readonly line: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
};

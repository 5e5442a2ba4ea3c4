/**
 * What a backtest hands on: to the terminal summary, to the report, to a sweep, and to whoever compares two runs. Plain JSON. Prices,
 * sizes and money are decimal strings (money in the quote asset, signed from our side: a fee paid is negative, funding received positive);
 * times are milliseconds since the epoch on the clock of the data. The same data, configuration, seed and build give the same text.
 */
import type { Side } from '../../../shared/order.ts';

export const RESULT_SCHEMA = 1 as const;
/** Rows of the sampled series at most. */
export const SAMPLES_MAX = 4_000;
/** Single fills kept at most; what came after them is counted, and all sums still hold it. */
export const FILLS_MAX = 200_000;
/** Times after a fill at which the mid is looked at, ms. */
export const MARKOUT_MS = [100, 1_000, 5_000, 30_000, 300_000] as const;

export type BacktestKind = 'klines' | 'depth' | 'simulated';

export type RunMeta = {
  readonly schema: typeof RESULT_SCHEMA;
  readonly kind: BacktestKind;
  /** Twelve hex digits over the whole effective configuration, and over the content of all data files in the order given. */
  readonly configHash: string;
  readonly dataHash: string;
  /** Version of the product, and the commit it was run from where one is known. */
  readonly build: string;
  readonly seed: number;
  /** First and last moment that was traded; warm-up lies before. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Records of the data that were read, warm-up included: bars or frames. */
  readonly records: number;
  /** Names of the data files, without folders. */
  readonly files: readonly string[];
  /** What was assumed of the world, by name, for people: `intrabar: worst-first`, `order latency: fixed:20`, ... */
  readonly assumptions: Readonly<Record<string, string>>;
};

export type SymbolMeta = {
  readonly symbol: string;
  readonly quoteAsset: string;
  readonly tickSize: string;
  readonly stepSize: string;
  /** Ids of the runs that trade it, in the order of the configuration. */
  readonly strategies: readonly string[];
};

/**
 * Series on one grid of `periodMs`, column by column; row n covers the time up to `fromMs + (n + 1) * periodMs`. The period begins fine and
 * doubles, two rows becoming one, whenever there would be more than SAMPLES_MAX rows; so a row holds the last value of its time and the
 * extremes, and no peak is lost. A row in which nothing happened repeats the one before.
 */
export type Samples = {
  readonly fromMs: number;
  readonly periodMs: number;
  readonly rows: number;
  /** Wallet and unrealized profit of all assets, added one to one. */
  readonly equity: readonly string[];
  readonly equityLow: readonly string[];
  readonly equityHigh: readonly string[];
  readonly symbols: Readonly<Record<string, SymbolSamples>>;
};
export type SymbolSamples = {
  /** Mid price; of K-lines the price of the bar. */
  readonly price: readonly string[];
  readonly priceLow: readonly string[];
  readonly priceHigh: readonly string[];
  /** Base units, signed. */
  readonly position: readonly string[];
};

export type FillRow = {
  readonly atMs: number;
  readonly symbol: string;
  readonly side: Side;
  readonly price: string;
  readonly size: string;
  readonly maker: boolean;
  /** Signed as money: what was paid is negative. */
  readonly fee: string;
  readonly feeAsset: string;
  /** Of what it closed, before fees. */
  readonly realized: string;
  readonly clientId: string;
  /** Run whose order it was; `exit` for the hard exits, `venue` for a liquidation. */
  readonly strategy: string;
  /** Why the order was sent: a code of the strategy, the rule of a hard exit, or `liquidation`. */
  readonly reason: string;
  /** Mid at the fill; null where the data has none. */
  readonly mid: string | null;
  /** Mid that much later, in the order of MARKOUT_MS; null where the data ends before, or is coarser than that. */
  readonly midAfter: readonly (string | null)[];
  /** Signed position of the symbol after it, base units. */
  readonly position: string;
};

export type OrderCounts = {
  readonly placed: number;
  readonly amended: number;
  /** Cancels asked for. */
  readonly cancels: number;
  /** Orders that were filled at all, and filled whole. */
  readonly touched: number;
  readonly filled: number;
  readonly canceled: number;
  readonly expired: number;
  /** Post-only orders that would have taken. */
  readonly postOnlyRejected: number;
  /** Other refusals of the venue, by its word. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Commands that our own guard refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Cancels and amends that came too late: the order had been filled. */
  readonly lostRaces: number;
};

export type FundingRow = {
  readonly atMs: number;
  readonly symbol: string;
  readonly rate: string;
  readonly mark: string;
  readonly position: string;
  readonly amount: string;
};
export type LiquidationRow = {
  readonly atMs: number;
  readonly symbol: string;
  readonly side: Side;
  readonly size: string;
  readonly averagePrice: string;
  /** Clearance fee taken by the insurance fund, negative, or a hole that it filled, positive. */
  readonly insurance: string;
};
/** A hard exit that fired. */
export type ExitRow = { readonly atMs: number; readonly symbol: string; readonly rule: string; readonly price: string };
/** Data that is not there: from the end of the last record before it to the beginning of the next. */
export type GapRow = { readonly symbol: string; readonly fromMs: number; readonly toMs: number; readonly what: string };

/** `total` is what the equity changed by; the other parts add up to it exactly. */
export type PnlSplit = {
  readonly total: string;
  readonly realized: string;
  readonly unrealized: string;
  readonly fees: string;
  readonly funding: string;
  readonly insurance: string;
  /** Of the fees: makers and takers. */
  readonly makerFees: string;
  readonly takerFees: string;
  /** Notional traded. */
  readonly turnover: string;
  readonly fills: number;
};

/** From the finest looks at the account, not from the samples. */
export type Extremes = {
  readonly maxDrawdown: string;
  /** Of the peak before it. */
  readonly maxDrawdownPercent: number;
  readonly drawdownFromMs: number;
  readonly drawdownToMs: number;
  /** Longest time below an earlier peak. */
  readonly longestDrawdownMs: number;
  /** Share of the time in which a position was held, 0 to 1. */
  readonly exposed: number;
};

export type BacktestResult = {
  readonly meta: RunMeta;
  readonly symbols: readonly SymbolMeta[];
  readonly startEquity: string;
  readonly endEquity: string;
  /** By asset, at the end. */
  readonly wallets: Readonly<Record<string, string>>;
  readonly samples: Samples;
  readonly fills: readonly FillRow[];
  /** Fills that are counted and not in the list. */
  readonly fillsLeftOut: number;
  readonly orders: OrderCounts;
  readonly ordersBySymbol: Readonly<Record<string, OrderCounts>>;
  readonly funding: readonly FundingRow[];
  readonly liquidations: readonly LiquidationRow[];
  readonly exits: readonly ExitRow[];
  readonly gaps: readonly GapRow[];
  readonly pnl: PnlSplit;
  readonly pnlBySymbol: Readonly<Record<string, PnlSplit>>;
  readonly extremes: Extremes;
  /** How often each run gave each reason, by run. */
  readonly reasons: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

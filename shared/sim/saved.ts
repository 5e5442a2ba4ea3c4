/** An exchange as plain data: all that a restart of it must not lose. Streams, limits used and the public's orders are not in it. */
import type { AccountRecord } from './account.ts';
import type { AlgoOrder } from './algo-order.ts';
import type { OwnTrade, SimOrder } from './exchange-events.ts';
import type { IncomeRow } from './income.ts';
import type { FilterChange } from './listing.ts';
import type { TradingStatus } from './trading-status.ts';

/** Ids given so far on one symbol; the order's as text, beyond 2^53. */
export type MarketIds = { readonly update: number; readonly trade: number; readonly aggregate: number; readonly order: string };
export type ExchangeIds = { readonly key: number; readonly algo: string; readonly markets: Readonly<Record<string, MarketIds>> };

export type SavedAccount = Omit<AccountRecord, 'income'>;
export type SavedTimer = { readonly apiKey: string; readonly symbol: string; readonly dueMs: number };
export type SavedListing = { readonly status: TradingStatus; readonly filters: FilterChange };

export type SavedExchange = {
  /** None lower is ever given again. */
  readonly ids: ExchangeIds;
  /** Simulated time it was left at; what fell due since then is made up for. */
  readonly leftMs: number;
  readonly accounts: readonly SavedAccount[];
  readonly income: readonly { readonly apiKey: string; readonly row: IncomeRow }[];
  /** Open and ended, oldest first. */
  readonly orders: readonly SimOrder[];
  readonly trades: readonly OwnTrade[];
  readonly algos: readonly AlgoOrder[];
  readonly countdowns: readonly SavedTimer[];
  readonly listings: Readonly<Record<string, SavedListing>>;
};

/** Told of everything that is to be kept, as it changes. */
export type Journal = {
  readonly order: (order: SimOrder) => void;
  readonly trade: (trade: OwnTrade) => void;
  readonly algo: (order: AlgoOrder) => void;
};

export const NO_JOURNAL: Journal = { order: () => undefined, trade: () => undefined, algo: () => undefined };

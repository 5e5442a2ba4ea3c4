/** Venue-neutral events of the private and public streams, in ticks, lots and atoms. Adapters make them; nobody above knows a venue's words. */
import type { Side } from './order.ts';
import type { Atoms, Lots, Ticks, WallMs } from './units.ts';

/** What the stream says of an order. `mine` is false for orders of a person or another program. */
export type OrderReport = {
  readonly kind: 'order';
  readonly symbol: string;
  readonly clientId: string;
  readonly venueId: string;
  readonly state: 'accepted' | 'amended' | 'canceled' | 'expired' | 'rejected' | 'filled' | 'partially-filled';
  readonly side: Side;
  readonly price: Ticks | null;
  /** Total size as the venue has it now: it may have shrunk a reduce-only order. */
  readonly size: Lots;
  /** Cumulative filled size as the venue states it. */
  readonly filled: Lots;
  readonly reduceOnly: boolean;
  /** Venue's reason of an end in neutral words (post-only, self-trade, reduce-only, dead-man, liquidation, ...), '' when it gives none. */
  readonly reason: string;
  readonly atMs: WallMs;
};

/** One execution. `fee` and `realizedPnl` are null while the venue has not told them yet (a fast fill notice). */
export type FillReport = {
  readonly kind: 'fill';
  readonly symbol: string;
  readonly clientId: string;
  readonly venueId: string;
  /** Where the venue names no trade (forced closes): `<venueId>@<filled total of the order with this fill, in lots>`. */
  readonly tradeId: string;
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
  readonly maker: boolean;
  /** Positive is a cost, negative a rebate. */
  readonly fee: Atoms | null;
  readonly feeAsset: string | null;
  readonly realizedPnl: Atoms | null;
  readonly atMs: WallMs;
};

/** Signed size; `entryPrice` is a decimal of any precision, '0' when flat. */
export type PositionReport = {
  readonly kind: 'position';
  readonly symbol: string;
  readonly size: Lots;
  readonly entryPrice: string;
  /** Profit realized so far by the venue's count, before fees; absent where the source does not tell it. */
  readonly realized?: Atoms;
  readonly atMs: WallMs;
};

/** `available` is null where the source does not say it (streams never do). */
export type BalanceReport = {
  readonly kind: 'balance';
  readonly asset: string;
  readonly wallet: Atoms;
  readonly available: Atoms | null;
  readonly atMs: WallMs;
};

/** Positive is received. `symbol` is null when the venue names only the asset. */
export type FundingReport = {
  readonly kind: 'funding';
  readonly symbol: string | null;
  readonly asset: string;
  readonly amount: Atoms;
  readonly atMs: WallMs;
};

/** The venue closed our position, or a part of it, by its own order; its fills are told as fills. */
export type ForcedClose = {
  readonly kind: 'forced-close';
  readonly symbol: string;
  readonly clientId: string;
  readonly what: 'liquidation' | 'adl' | 'settlement';
  readonly atMs: WallMs;
};

/** The venue asks for margin; it comes late by design. `symbols` as the venue names them, ours or not. */
export type MarginCall = { readonly kind: 'margin-call'; readonly symbols: readonly string[]; readonly atMs: WallMs };

/** The account's margin is shared between assets from now on, or no longer. */
export type MultiAssetsReport = { readonly kind: 'multi-assets'; readonly on: boolean; readonly atMs: WallMs };

export type LeverageReport = { readonly kind: 'leverage'; readonly symbol: string; readonly leverage: number; readonly atMs: WallMs };

/**
 * A conditional order that the venue holds (a stop). It waits outside the book; when its trigger is reached an ordinary order of the same
 * client id and the venue id `childId` takes its place, whose reports and fills may come before this one tells of the trigger.
 */
export type StopReport = {
  readonly kind: 'stop';
  readonly symbol: string;
  readonly clientId: string;
  readonly venueId: string;
  readonly state: 'waiting' | 'triggering' | 'triggered' | 'finished' | 'canceled' | 'expired' | 'rejected';
  readonly side: Side;
  /** Null for a kind that has none (trailing). */
  readonly trigger: Ticks | null;
  /** Zero for one that closes whatever position there is. */
  readonly size: Lots;
  readonly reduceOnly: boolean;
  /** Venue id of the order in the market; '' before the trigger. */
  readonly childId: string;
  /** Why it died, in the venue's words; '' when it gives none. */
  readonly reason: string;
  readonly atMs: WallMs;
};

/** Life of the private stream itself: after `lost` nothing is known until `live`, and after every `live` the account is read afresh. */
export type AccountStream = { readonly kind: 'stream'; readonly state: 'live' | 'lost'; readonly reason: string };

export type AccountEvent =
  | OrderReport
  | FillReport
  | StopReport
  | PositionReport
  | BalanceReport
  | FundingReport
  | LeverageReport
  | MultiAssetsReport
  | MarginCall
  | ForcedClose
  | AccountStream;

/** One public trade; `aggressor` is the side that took. */
export type PublicTrade = {
  readonly symbol: string;
  readonly tradeId: string;
  readonly price: Ticks;
  readonly size: Lots;
  readonly aggressor: Side;
  readonly atMs: WallMs;
};

/** Prices are decimals of any precision. */
export type Mark = {
  readonly symbol: string;
  readonly markPrice: string;
  readonly indexPrice: string;
  readonly fundingRate: string;
  readonly nextFundingMs: WallMs;
};

/** One K-line; its key is `openMs`. */
export type Bar = {
  readonly openMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
};

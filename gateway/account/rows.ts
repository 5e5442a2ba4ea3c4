/** What the ledger holds and the store keeps: one row an order, one a fill, one a symbol. */
import type { FillReport, FundingReport, PositionReport } from '../../shared/events.ts';
import type { Role } from '../../shared/client-id.ts';
import { hasEnded, type Order, type OrderKind, type OrderStatus, type Side, type TimeInForce } from '../../shared/order.ts';
import type { Atoms, Lots, MonoMs, Ticks, WallMs } from '../../shared/units.ts';
import type { Opening } from './position.ts';

/** Fills of orders we do not know that are kept at hand. */
export const LOOSE_KEPT = 1_000;

export type Now = { readonly mono: MonoMs; readonly wall: WallMs };

export type LedgerOrder = {
  readonly clientId: string;
  readonly symbol: string;
  /** `foreign` for orders of a person or another program: shown, never touched. */
  readonly role: Role | 'foreign';
  readonly side: Side;
  readonly kind: OrderKind;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly order: Order;
  readonly venueId: string | null;
  /** Cumulative filled size as the venue states it; above the booked fills while some are on their way. */
  readonly statedFilled: Lots;
  /** What an amend on its way asks for; exposure counts the larger. */
  readonly amendTo: { readonly price: Ticks; readonly size: Lots } | null;
  /** Why it ended, '' while it lives or when nobody says. */
  readonly reason: string;
  readonly sentAt: MonoMs;
  readonly sentWallMs: WallMs;
  readonly endedAt: MonoMs | null;
  /** Venue time of the newest statement of price and size that was taken over. */
  readonly statedAtMs: number;
  /** Price and size it was first sent with: what makes the same id the same order. */
  readonly content: string;
  /** Run of the brain that placed it; absent where nobody said, and in rows of earlier versions. */
  readonly strategy?: string;
  /** Which of the run's quotes it serves; absent is ''. */
  readonly tag?: string;
  /** Amends that were asked of the venue, whatever became of them; absent where the ledger did not hold it from the beginning. */
  readonly amends?: number;
};

/** The venue says that it is filled whole, while its last fills are on their way: it has ended in all but our books. */
export const isFilledUnbooked = ({ order, statedFilled }: LedgerOrder): boolean => !hasEnded(order.status) && statedFilled >= order.size;

/** Ended, with every fill that the venue stated booked: nothing more is to come. Others are at hand after a restart. */
export const isOver = ({ order, statedFilled }: LedgerOrder): boolean => hasEnded(order.status) && statedFilled <= order.filled;

/** A fill in the ledger; `n` is 1, 2, 3 ... without holes. `clientId` is '' until the order is known. */
export type BookedFill = FillReport & {
  readonly n: number;
  /** The decimals it was told in, where ticks and lots of today cannot say them (the grid changed since). */
  readonly told?: { readonly price: string; readonly size: string };
};

export type PositionRow = {
  readonly symbol: string;
  /** Adopted at the first run; fills up to `sinceTradeId` are in it. */
  readonly baseline: Lots;
  readonly sinceTradeId: string | null;
  readonly size: Lots;
  readonly cost: Atoms;
  readonly realized: Atoms;
  /** Absent in rows of earlier versions. */
  readonly opening?: Opening | null;
  /** The holding before its newest trades, and their ids, oldest first: a late fill is booked where it belongs, after a restart too. */
  readonly base?: { readonly size: Lots; readonly cost: Atoms; readonly realized: Atoms };
  readonly tail?: readonly string[];
  readonly fees: Readonly<Record<string, Atoms>>;
  readonly funding: Atoms;
  readonly volume: Atoms;
  readonly fills: number;
  /** Newest trade of the venue's own list that was read; every one up to it is booked. */
  readonly lastTradeId: string | null;
};

/** A position the venue states that no fill explains; booked openly, with its reason. */
export type PositionCorrection = {
  readonly kind: 'position';
  readonly symbol: string;
  readonly from: Lots;
  readonly to: Lots;
  readonly entryPrice: string;
  readonly reason: string;
  readonly atMs: WallMs;
};
/** An order that a reconcile, and no reply and no event, brought to another state. `from` is `none` for one the ledger did not hold. */
export type OrderCorrection = {
  readonly kind: 'order';
  readonly symbol: string;
  readonly clientId: string;
  readonly from: OrderStatus | 'none';
  readonly to: OrderStatus;
  readonly reason: string;
  readonly atMs: WallMs;
};
/** A fill that was found in the venue's list of trades, and that nobody had told. */
export type FillCorrection = {
  readonly kind: 'fill';
  readonly symbol: string;
  readonly clientId: string;
  readonly tradeId: string;
  readonly reason: string;
  readonly atMs: WallMs;
};
/** Money that the venue counts in another way than the fills say; decimals. */
export type MoneyCorrection = {
  readonly kind: 'entry-price' | 'realized';
  readonly symbol: string;
  readonly fromText: string;
  readonly toText: string;
  readonly reason: string;
  readonly atMs: WallMs;
};
export type CorrectionRow = PositionCorrection | OrderCorrection | FillCorrection | MoneyCorrection;

const UNNAMED = 'unknown:';
/** Stands for the symbol of money of which the venue told the asset alone, and which could be of several positions, or of none. */
export const unnamedSymbol = (asset: string): string => `${UNNAMED}${asset}`;
/** Null for a symbol of the venue. */
export const assetOfUnnamed = (symbol: string): string | null => (symbol.startsWith(UNNAMED) ? symbol.slice(UNNAMED.length) : null);

/**
 * A payment as it was booked. `told` is the symbol the venue named, '' when it named only the asset; `symbol` is whose it became: '' where it
 * is of a symbol that is not counted here.
 */
export type FundingRow = {
  readonly asset: string;
  readonly amount: Atoms;
  readonly told: string;
  readonly symbol: string;
  readonly atMs: WallMs;
};

export const fundingRow = ({ asset, amount, symbol: told, atMs }: FundingReport, symbol: string): FundingRow => ({
  ...{ asset, amount, told: told ?? '', symbol, atMs },
});

/** `amend-open`: a cancel failed while an amend's outcome was open. */
export const DOUBT_KINDS = ['illegal-move', 'overfill', 'fill-after-end', 'fill-missing', 'foreign-fill', 'amend-open'] as const;
export type DoubtKind = (typeof DOUBT_KINDS)[number];
export type DoubtFact = { readonly symbol: string; readonly clientId: string; readonly doubt: DoubtKind };

/** Everything one event changed: rows to persist, new fills to publish, doubts to reconcile. */
export type Change = {
  readonly orders: readonly LedgerOrder[];
  /** New fills and fills completed by a later word of the venue. */
  readonly fills: readonly BookedFill[];
  readonly newFills: readonly BookedFill[];
  readonly positions: readonly PositionRow[];
  readonly corrections: readonly CorrectionRow[];
  readonly doubts: readonly DoubtFact[];
  readonly funding?: readonly FundingRow[];
};

export const NO_CHANGE: Change = { orders: [], fills: [], newFills: [], positions: [], corrections: [], doubts: [] };

export function joinChanges(changes: readonly Change[]): Change {
  return {
    orders: changes.flatMap((change) => change.orders),
    fills: changes.flatMap((change) => change.fills),
    newFills: changes.flatMap((change) => change.newFills),
    positions: changes.flatMap((change) => change.positions),
    corrections: changes.flatMap((change) => change.corrections),
    doubts: changes.flatMap((change) => change.doubts),
    funding: changes.flatMap((change) => change.funding ?? []),
  };
}

export const fillKey = ({ symbol, tradeId }: { readonly symbol: string; readonly tradeId: string }): string => `${symbol} ${tradeId}`;
/** The venue's ids of orders are unique within a symbol only. */
export const venueKey = ({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): string => `${symbol} ${venueId}`;

export function dropOldest<T>(map: Map<string, T>, kept: number): void {
  for (const key of map.keys()) {
    if (map.size <= kept) return;
    map.delete(key);
  }
}

/** Rows no longer in memory. Looked up only for ids the ledger does not hold, so its memory stays bounded. */
export interface Archive {
  findOrder(clientId: string): LedgerOrder | null;
  findFill(key: { readonly symbol: string; readonly tradeId: string }): BookedFill | null;
  /** Every fill of one order, by the venue's own id of it. */
  fillsOfOrder(key: { readonly symbol: string; readonly venueId: string }): readonly BookedFill[];
}

/** Newest first; `toMs` is exclusive, and with `beforeN` its own millisecond counts up to that number. */
export type FillsRange = {
  readonly symbol: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly beforeN: number;
  readonly limit: number;
};
export type DaysRange = { readonly symbol: string | null; readonly fromDay: string; readonly toDay: string; readonly limit: number };

export type LedgerState = {
  readonly orders: readonly LedgerOrder[];
  readonly positions: readonly PositionRow[];
  readonly fillSeq: number;
  /** Newest fills whose order no row is about: it may still become known. */
  readonly loose: readonly BookedFill[];
};

export type VenuePosition = PositionReport;

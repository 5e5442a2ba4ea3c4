/** The venue's account against the ledger: what to merge, adopt, ask and correct, each with its reason. Pure. */
import { isOurs } from '../../shared/client-id.ts';
import type { FillReport, PositionReport } from '../../shared/events.ts';
import { hasEnded, type OrderStatus } from '../../shared/order.ts';
import type { MonoMs, WallMs } from '../../shared/units.ts';
import type { AccountState, VenueOrder } from '../venues/venue.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerOrder } from './rows.ts';

/** Why the venue is asked about one order. `contradicted`: a word about it does not fit what we hold, its end included. */
export type AskReason = 'unknown' | 'silent' | 'contradicted' | 'open-here-absent-there' | 'ended-here-open-there';
export type Correction =
  | { readonly kind: 'merge'; readonly report: VenueOrder; readonly reason: 'open-at-venue' }
  | { readonly kind: 'adopt'; readonly report: VenueOrder; readonly reason: 'ours-but-not-in-ledger' }
  | { readonly kind: 'foreign'; readonly report: VenueOrder; readonly reason: 'not-ours' }
  | { readonly kind: 'ask'; readonly symbol: string; readonly clientId: string; readonly reason: AskReason }
  | { readonly kind: 'baseline'; readonly report: PositionReport; readonly reason: 'first-run' }
  | {
      readonly kind: 'read-trades';
      readonly symbol: string;
      readonly from: string | null;
      readonly reason: 'position-differs' | 'fill-missing';
    }
  | { readonly kind: 'position'; readonly report: PositionReport; readonly reason: 'no-fill-explains-it' };

/** Replies and stream race with the read: a change younger than this may be missing there without meaning anything. */
const YOUNG_MS = 1_000;
/** After `unknown`: query at once often, then steadily. */
const QUERY_DELAYS_MS = [200, 300, 500, 1_000, 3_000] as const;
const QUERY_STEADY_MS = 5_000;
/** Added to the venue's receive window: a request that late is refused there, so what it asked for can no longer happen. */
const SETTLE_MS = 3_000;
/**
 * Orders that were cancelled or expired without a fill can be asked for during three days (reference sheet 2026-11, 3.1); an hour is kept
 * for clocks that differ. "Not found" says nothing about an older one.
 */
const RETENTION_MS = (3 * 24 - 1) * 3_600_000;

type AskedOrders = {
  readonly ledger: Ledger;
  readonly openOrders: readonly VenueOrder[] /** When the read began. */;
  readonly readAt: MonoMs;
};

/** Orders: ours at the venue but unknown or ended here, open here but absent there, and those of others. */
export function reconcileOrders({ ledger, openOrders, readAt }: AskedOrders): readonly Correction[] {
  const there = new Set(openOrders.map((order) => order.clientId));
  const seen = openOrders.flatMap((report): Correction[] => {
    const { symbol, clientId } = report;
    const row = ledger.order(clientId);
    if (row && hasEnded(row.order.status))
      return readAt - (row.endedAt ?? readAt) < YOUNG_MS ? [] : [{ kind: 'ask', symbol, clientId, reason: 'ended-here-open-there' }];
    if (row) return [{ kind: 'merge', report, reason: 'open-at-venue' }];
    return isOurs(clientId)
      ? [{ kind: 'adopt', report, reason: 'ours-but-not-in-ledger' }]
      : [{ kind: 'foreign', report, reason: 'not-ours' }];
  });
  const absent = ledger
    .openOrders()
    .filter((row) => !there.has(row.clientId) && readAt - row.sentAt >= YOUNG_MS)
    .map(({ symbol, clientId, order }): Correction => {
      const reason = order.status === 'unknown' ? 'unknown' : 'open-here-absent-there';
      return { kind: 'ask', symbol, clientId, reason };
    });
  return [...seen, ...absent];
}

type AskedPositions = { readonly ledger: Ledger; readonly positions: AccountState['positions']; readonly symbols: readonly string[] };

/** Positions: the first run adopts; later a difference is first looked for in the trades, and only then corrected openly. */
export function reconcilePositions(
  { ledger, positions, symbols }: AskedPositions,
  { tradesRead }: { readonly tradesRead: boolean },
): readonly Correction[] {
  return symbols.flatMap((symbol): Correction[] => {
    const report = positions.find((position) => position.symbol === symbol);
    if (!report) return [];
    if (!ledger.positions.isAdopted(symbol)) return [{ kind: 'baseline', report, reason: 'first-run' }];
    const row = ledger.positions.row(symbol);
    if (row.size === report.size) return [];
    const newest = ledger.positions.venue(symbol);
    if (tradesRead && newest !== null && newest.size === row.size) return []; // the read is older than the stream's last word
    return tradesRead
      ? [{ kind: 'position', report, reason: 'no-fill-explains-it' }]
      : [{ kind: 'read-trades', symbol, from: row.lastTradeId, reason: 'position-differs' }];
  });
}

/** How long an order may go without any word, by its state: a request unanswered, or an order at rest that nobody speaks of, ms. */
export type Patience = { readonly answerMs: number; readonly restMs: number };
export type Silence = {
  readonly ledger: Ledger;
  readonly now: MonoMs;
  /** When this run began to listen: what it has never heard of counts from here. */
  readonly since: MonoMs;
  readonly patience: Patience;
  /** Its bytes have not left. */
  readonly isHeld: (clientId: string) => boolean;
};

/** Orders without a word for too long. An `unknown` one is asked about anyway. */
export function silentOrders({ ledger, now, since, patience, isHeld }: Silence): readonly LedgerOrder[] {
  const limitMs = (status: OrderStatus): number =>
    status === 'open' || status === 'partially-filled' ? patience.restMs : patience.answerMs;
  return ledger.openOrders().filter(({ clientId, order }) => {
    if (order.status === 'unknown' || isHeld(clientId)) return false;
    return now - (ledger.touchedAt(clientId) ?? since) >= limitMs(order.status);
  });
}

/** Milliseconds from the time an order became unknown (or the last query) to the next query. */
export const queryDelayMs = (queries: number): number => QUERY_DELAYS_MS[queries] ?? QUERY_STEADY_MS;

/** Whether what was asked at that time may be believed to be about a world in which nothing sent before is still on its way. */
export const isSettled = ({ sentAt, askedAt, recvWindowMs }: { sentAt: MonoMs; askedAt: MonoMs; recvWindowMs: number }): boolean =>
  askedAt - sentAt >= recvWindowMs + SETTLE_MS;

export type Absence = {
  readonly row: LedgerOrder;
  /** When the newest request that could have brought it to life left: its place, or an amend. */
  readonly sentAt: MonoMs;
  readonly askedAt: MonoMs;
  readonly nowWall: WallMs;
  readonly recvWindowMs: number;
  /** Since when the account is known without a break; null when it is not. */
  readonly knownSince: MonoMs | null;
  /** Fills of the symbol and side that belong to no order we know. */
  readonly looseFills: number;
  /** When the newest list of open orders without it was asked for; null: none. */
  readonly unlistedAt: MonoMs | null;
};

/**
 * Whether "not found" may be believed: asked so late that the venue would refuse the request itself, the stream healthy all that time, all
 * fills that the venue ever stated booked, and none unexplained that could be this order's. Of an order older than the venue's memory it
 * says nothing; then a list of open orders that does not name it must say it. Reference sheet 2026-11, sections 3.1 and 13.
 */
export function isProvenAbsent({ row, sentAt, askedAt, recvWindowMs, knownSince, looseFills, ...past }: Absence): boolean {
  if (knownSince === null || looseFills > 0 || hasEnded(row.order.status) || row.statedFilled > row.order.filled) return false;
  const since = Math.max(sentAt, knownSince) as MonoMs;
  const isLate = (at: MonoMs): boolean => isSettled({ sentAt: since, askedAt: at, recvWindowMs });
  if (!isLate(askedAt)) return false;
  return !isBeyondMemory(row, past.nowWall) || (past.unlistedAt !== null && isLate(past.unlistedAt));
}

export const isBeyondMemory = ({ sentWallMs }: LedgerOrder, nowWall: WallMs): boolean => nowWall - sentWallMs >= RETENTION_MS;

/** Newest trade of a list, or null; where counting begins at the first run. */
export const newestTrade = (trades: readonly FillReport[]): FillReport | null => trades.at(-1) ?? null;

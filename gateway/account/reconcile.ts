/** The venue's account against the ledger: what to merge, adopt, ask and correct, each with its reason. Pure. */
import { isOurs } from '../../shared/client-id.ts';
import type { FillReport, PositionReport } from '../../shared/events.ts';
import { hasEnded } from '../../shared/order.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { AccountState, VenueOrder } from '../venues/venue.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerOrder } from './rows.ts';

export type Correction =
  | { readonly kind: 'merge'; readonly report: VenueOrder; readonly reason: 'open-at-venue' }
  | { readonly kind: 'adopt'; readonly report: VenueOrder; readonly reason: 'ours-but-not-in-ledger' }
  | { readonly kind: 'foreign'; readonly report: VenueOrder; readonly reason: 'not-ours' }
  | { readonly kind: 'ask'; readonly symbol: string; readonly clientId: string; readonly reason: 'open-here-absent-there' | 'unknown' }
  | { readonly kind: 'baseline'; readonly report: PositionReport; readonly reason: 'first-run' }
  | {
      readonly kind: 'read-trades';
      readonly symbol: string;
      readonly from: string | null;
      readonly reason: 'position-differs' | 'fill-missing';
    }
  | { readonly kind: 'position'; readonly report: PositionReport; readonly reason: 'no-fill-explains-it' };

/** Replies and stream race with the read: an order younger than this may be absent there without meaning anything. */
const YOUNG_MS = 1_000;
/** After `unknown`: query at once often, then steadily. */
const QUERY_DELAYS_MS = [200, 300, 500, 1_000, 3_000] as const;
const QUERY_STEADY_MS = 5_000;
/** Added to the venue's receive window: a request that late is refused there, so its order can no longer appear. */
const SETTLE_MS = 3_000;

type Asked = {
  readonly ledger: Ledger;
  readonly account: AccountState;
  readonly symbols: readonly string[] /** When the read began. */;
  readonly readAt: MonoMs;
};

/** Orders: ours at the venue but unknown here, open here but absent there, and those of others. */
export function reconcileOrders({ ledger, account, readAt }: Asked): readonly Correction[] {
  const there = new Set(account.openOrders.map((order) => order.clientId));
  const seen = account.openOrders.map((report): Correction => {
    if (ledger.order(report.clientId)) return { kind: 'merge', report, reason: 'open-at-venue' };
    return isOurs(report.clientId)
      ? { kind: 'adopt', report, reason: 'ours-but-not-in-ledger' }
      : { kind: 'foreign', report, reason: 'not-ours' };
  });
  const absent = ledger
    .openOrders()
    .filter((row) => !there.has(row.clientId) && readAt - row.sentAt >= YOUNG_MS)
    .map(
      (row): Correction => ({
        kind: 'ask',
        symbol: row.symbol,
        clientId: row.clientId,
        reason: row.order.status === 'unknown' ? 'unknown' : 'open-here-absent-there',
      }),
    );
  return [...seen, ...absent];
}

/** Positions: the first run adopts; later a difference is first looked for in the trades, and only then corrected openly. */
export function reconcilePositions(
  { ledger, account, symbols }: Asked,
  { tradesRead }: { readonly tradesRead: boolean },
): readonly Correction[] {
  return symbols.flatMap((symbol): Correction[] => {
    const report = account.positions.find((position) => position.symbol === symbol);
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

/** Milliseconds from the time an order became unknown (or the last query) to the next query. */
export const queryDelayMs = (queries: number): number => QUERY_DELAYS_MS[queries] ?? QUERY_STEADY_MS;

export type Absence = {
  readonly row: LedgerOrder;
  readonly now: MonoMs;
  readonly recvWindowMs: number;
  /** Since when the account is known without a break; null when it is not. */
  readonly knownSince: MonoMs | null;
  /** Fills of the symbol and side that belong to no order we know. */
  readonly looseFills: number;
};

/**
 * Whether "not found" may be believed: late enough that the venue would refuse the request itself, the stream healthy all that time,
 * and no unexplained fill that could be this order's. Reference sheet 2026-11, section 13.
 */
export function isProvenAbsent({ row, now, recvWindowMs, knownSince, looseFills }: Absence): boolean {
  if (knownSince === null || looseFills > 0 || hasEnded(row.order.status)) return false;
  const since = Math.max(row.sentAt, knownSince);
  return now - since >= recvWindowMs + SETTLE_MS;
}

/** Newest trade id of a list, or null; where counting begins at the first run. */
export function newestTradeId(trades: readonly FillReport[]): string | null {
  return trades.at(-1)?.tradeId ?? null;
}

/** What a statement of the venue means for an order as we know it: events for its state, and what of its row is new. Pure. */
import { parseClientId } from '../../shared/client-id.ts';
import type { OrderReport } from '../../shared/events.ts';
import { hasEnded, type OrderEvent } from '../../shared/order.ts';
import { lots } from '../../shared/units.ts';
import type { OrderRequest, VenueOrder } from '../venues/venue.ts';
import type { LedgerOrder, Now } from './rows.ts';

export type Report = OrderReport | VenueOrder;
/**
 * `amended`: it answers an amend, so it ends it whatever its state is called. `settled`: it was asked for so late that no request of ours
 * about this order can still be on its way.
 */
export type Statement = { readonly report: Report; readonly amended: boolean; readonly settled: boolean };
export type Step = { readonly events: readonly OrderEvent[]; readonly patch: Partial<Omit<LedgerOrder, 'order'>> };

const ENDS: ReadonlySet<Report['state']> = new Set(['filled', 'canceled', 'expired', 'rejected']);
export const isEnd = ({ state }: Report): boolean => ENDS.has(state);

/** An older statement never takes back a newer price or size. */
export function stateStep(row: LedgerOrder, statement: Statement): Step {
  const { report, settled } = statement;
  const amendOver = isEnd(report) || answersAmend(row, statement);
  const differs = report.price !== row.order.price || report.size !== row.order.size;
  const restates = isNewer(row, statement) && (amendOver ? row.amendTo !== null || differs : differs);
  const restated: OrderEvent[] =
    restates && report.state !== 'rejected' ? [{ kind: 'restated', price: report.price ?? row.order.price, size: report.size }] : [];
  const patch = {
    venueId: report.venueId,
    statedFilled: lots(Math.max(row.statedFilled, report.filled)),
    statedAtMs: Math.max(row.statedAtMs, report.atMs),
    reason: isEnd(report) ? report.reason : '',
    amendTo: amendOver || settled ? null : row.amendTo,
  };
  return { events: [...restated, ...movesOf(row, { report, amendOver, settled })], patch };
}

/**
 * Because the order stands as the amend wanted it; or by its name or as a reply, unless it says nothing new: then it is of the amend before,
 * which reply and stream answer both, each at its own time.
 */
function answersAmend(row: LedgerOrder, { report, amended }: Statement): boolean {
  const asWanted = row.amendTo !== null && report.price === row.amendTo.price && report.size === row.amendTo.size;
  if (asWanted && report.atMs >= row.statedAtMs) return true;
  return (report.state === 'amended' || amended) && (row.amendTo === null || report.atMs > row.statedAtMs);
}

/** Of the same millisecond, what has more filled is newer, and what was shrunk or amended; an end is always the last word. */
function isNewer(row: LedgerOrder, statement: Statement): boolean {
  const { report } = statement;
  if (isEnd(report) || report.atMs > row.statedAtMs) return true;
  if (report.atMs < row.statedAtMs) return false;
  return report.filled > row.statedFilled || answersAmend(row, statement) || (report.reduceOnly && report.size < row.order.size);
}

type Moved = { readonly report: Report; readonly amendOver: boolean; readonly settled: boolean };

function movesOf(row: LedgerOrder, { report, amendOver, settled }: Moved): readonly OrderEvent[] {
  const { state } = report;
  // `filled` is proved by fills, not by the word: until they come the order counts as open, and its lots as pending
  if (state === 'filled') return hasEnded(row.order.status) ? [] : [{ kind: 'accepted' }];
  if (state === 'canceled' || state === 'expired' || state === 'rejected') return [{ kind: state }];
  // that it lives was known; whether the amend took effect this does not tell
  const amendOpen = row.order.status === 'unknown' && row.amendTo !== null && !amendOver && !settled;
  return amendOpen ? [] : [{ kind: 'accepted' }];
}

export function newRow({ request, now }: { readonly request: OrderRequest; readonly now: Now }): LedgerOrder {
  const { clientId, symbol, side, kind, timeInForce, reduceOnly, price, size, strategy, tag } = request;
  return {
    ...{ clientId, symbol, side, kind, timeInForce, reduceOnly },
    ...(strategy === undefined ? {} : { strategy }),
    ...(tag === undefined ? {} : { tag }),
    amends: 0,
    role: parseClientId(clientId)?.role ?? 'foreign',
    order: { status: 'sent', price, size, filled: lots(0), trades: [] },
    venueId: null,
    statedFilled: lots(0),
    amendTo: null,
    reason: '',
    sentAt: now.mono,
    sentWallMs: now.wall,
    endedAt: null,
    statedAtMs: 0,
    content: contentOf(request),
  };
}

/** A row made of the first word about an order. */
export function rowOf(report: Report, now: Now): LedgerOrder {
  const kind = 'orderKind' in report ? report.orderKind : report.price === null ? 'market' : 'limit';
  const timeInForce = 'timeInForce' in report ? report.timeInForce : 'gtc';
  const { amends: _, ...row } = newRow({ request: { ...report, kind, timeInForce }, now }); // how many there were before, nobody says
  return { ...row, venueId: report.venueId };
}

/** Same text, same order: what a repeated client id is compared with. */
export const contentOf = ({ symbol, side, kind, timeInForce, reduceOnly, price, size }: OrderRequest): string =>
  [symbol, side, kind, timeInForce, reduceOnly, price ?? 'market', size].join(' ');

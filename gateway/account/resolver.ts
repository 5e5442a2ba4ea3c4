/**
 * Asks the venue about single orders, by their client id, until it tells. An answer about the order ends the asking; a failed query is none,
 * and "not found" only where `isProvenAbsent` holds. An order that we held for ended and that lives is ours again, and told of.
 */
import type { Clock } from '../../shared/clock.ts';
import { hasEnded } from '../../shared/order.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { OrderEntry, VenueOrder } from '../venues/venue.ts';
import { orderCorrections, withCorrections } from './corrections.ts';
import type { Keeper } from './keeper.ts';
import { type AskReason, isBeyondMemory, isProvenAbsent, isSettled, queryDelayMs } from './reconcile.ts';
import type { LedgerOrder } from './rows.ts';

export type ResolverOptions = {
  readonly keeper: Keeper;
  readonly orders: Pick<OrderEntry, 'queryOrder' | 'orderOf'>;
  readonly clock: Clock;
  readonly recvWindowMs: number;
  /** Books what the venue's list of trades holds; false when it could not be read. */
  readonly readTrades: (symbol: string) => Promise<boolean>;
  /** It was thought to have ended, and rests at the venue. */
  readonly onRevived: (clientId: string) => void;
};

/** Orders asked for in one round to learn whose a fill is. */
const NAMED_AT_ONCE = 20;
/** A fill may be told this much before the clock says that its order was sent. */
const CLOCKS_DIFFER_MS = 1_500;

type Asked = { readonly reason: AskReason; queries: number; nextAt: number; busy: boolean };
type Query = { readonly clientId: string; readonly asked: Asked; readonly row: LedgerOrder; readonly askedAt: MonoMs };

export class Resolver {
  readonly #options: ResolverOptions;
  readonly #asked = new Map<string, Asked>();
  /** When the newest list of open orders without it was asked for. */
  readonly #unlisted = new Map<string, MonoMs>();
  /** The venue does not know these orders any more: whose they were stays unknown. */
  readonly #nameless = new Set<string>();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#asked.size;
  }

  ask(clientId: string, reason: AskReason): void {
    if (this.#asked.has(clientId)) return;
    this.#asked.set(clientId, { reason, queries: 0, nextAt: this.#now() + queryDelayMs(0), busy: false });
  }

  /** A list of open orders, asked for at that time, does not name it. */
  unlisted(clientId: string, readAt: MonoMs): void {
    if (this.#asked.has(clientId)) this.#unlisted.set(clientId, readAt);
  }

  /** Starts what is due. */
  tick(now: MonoMs): void {
    for (const [clientId, asked] of this.#asked) if (!asked.busy && now >= asked.nextAt) void this.#query(clientId, asked);
  }

  /** The trade list tells no client id: whose a fill is, is asked order by order. */
  async nameFills(symbol: string): Promise<void> {
    const { keeper, orders } = this.#options;
    const venueIds = keeper.ledger.unnamed(symbol).filter((venueId) => !this.#nameless.has(`${symbol} ${venueId}`));
    for (const venueId of venueIds.slice(0, NAMED_AT_ONCE)) {
      const result = await orders.orderOf({ symbol, venueId });
      if (result.ok) this.#take(result.value, { reason: 'fill-without-order', settled: false });
      else if (result.error.kind === 'gone') this.#nameless.add(`${symbol} ${venueId}`);
    }
  }

  /** A word of the venue that was asked for. */
  #take(report: VenueOrder, { reason, settled }: { readonly reason: string; readonly settled: boolean }): void {
    const { keeper, onRevived } = this.#options;
    const { ledger } = keeper;
    const now = keeper.now();
    const before = ledger.order(report.clientId);
    const change = before ? ledger.report(report, { now, settled, asked: true }) : ledger.name(report, now);
    const after = ledger.order(report.clientId);
    keeper.commit(withCorrections(change, orderCorrections({ before, after }, { reason, now })));
    if (before && after && hasEnded(before.order.status) && !hasEnded(after.order.status)) onRevived(report.clientId);
  }

  async #query(clientId: string, asked: Asked): Promise<void> {
    const { keeper, orders, recvWindowMs } = this.#options;
    const row = keeper.ledger.order(clientId);
    if (!row || (hasEnded(row.order.status) && !isAboutEnds(asked.reason) && !isEndByFills(row))) return this.#done(clientId);
    asked.busy = true;
    const askedAt = this.#now();
    const result = await orders.queryOrder({ symbol: row.symbol, clientId });
    asked.busy = false;
    asked.queries++;
    asked.nextAt = this.#now() + queryDelayMs(asked.queries);
    if (result.ok) {
      const sentAt = keeper.ledger.amendSentAt(clientId) ?? row.sentAt;
      this.#take(result.value, { reason: asked.reason, settled: isSettled({ sentAt, askedAt, recvWindowMs }) });
      if (keeper.ledger.order(clientId)?.order.status !== 'unknown') this.#done(clientId);
    } else if (result.error.kind === 'gone') await this.#notFound({ clientId, asked, row, askedAt });
  }

  async #notFound({ clientId, asked, row, askedAt }: Query): Promise<void> {
    const { keeper, readTrades } = this.#options;
    if (hasEnded(row.order.status)) return this.#done(clientId); // so it does not live
    asked.busy = true;
    const read = await readTrades(row.symbol);
    if (read) await this.nameFills(row.symbol);
    asked.busy = false;
    const now = keeper.ledger.order(clientId);
    if (now && hasEnded(now.order.status)) this.#done(clientId);
    else if (now && read) this.#believeAbsence(now, askedAt);
  }

  #believeAbsence(row: LedgerOrder, askedAt: MonoMs): void {
    const { keeper, recvWindowMs } = this.#options;
    const { ledger, knownSince } = keeper;
    const { symbol, clientId, side } = row;
    const now = keeper.now();
    const looseFills = ledger.looseFills({ symbol, side, sinceMs: row.sentWallMs - CLOCKS_DIFFER_MS }).length;
    const sentAt = Math.max(row.sentAt, ledger.amendSentAt(clientId) ?? row.sentAt) as MonoMs;
    const unlistedAt = this.#unlisted.get(clientId) ?? null;
    const absence = { row, sentAt, askedAt, nowWall: now.wall, recvWindowMs, knownSince, looseFills, unlistedAt };
    if (!isProvenAbsent(absence)) return;
    const forgotten = isBeyondMemory(row, now.wall);
    const kind = row.venueId === null && !forgotten ? 'rejected' : 'canceled';
    const reason = forgotten ? 'not-found-any-more' : 'not-found';
    if (row.order.status !== 'unknown') keeper.commit(ledger.move(clientId, { kind: 'timed-out', now }));
    const change = ledger.move(clientId, { kind, reason, now });
    keeper.commit(withCorrections(change, orderCorrections({ before: row, after: ledger.order(clientId) }, { reason, now })));
    keeper.notice({ level: 'warn', message: 'Order proved absent', fields: { clientId, symbol, kind, reason } });
    this.#done(clientId);
  }

  #done(clientId: string): void {
    this.#asked.delete(clientId);
    this.#unlisted.delete(clientId);
  }

  #now(): MonoMs {
    return this.#options.clock.monoMs();
  }
}

/** Filled by what we took for its size, and the venue has not said so. */
const isEndByFills = ({ order, statedFilled }: LedgerOrder): boolean => order.status === 'filled' && statedFilled < order.filled;

const isAboutEnds = (reason: AskReason): boolean => reason === 'contradicted' || reason === 'ended-here-open-there';

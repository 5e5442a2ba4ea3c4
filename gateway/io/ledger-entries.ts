/**
 * From a change to what is written of it: which states were reached, and what each day earned. Both rest on what came before, which may
 * still wait to be written; so it is kept here, not asked of the file.
 */
import { hasEnded } from '../../shared/order.ts';
import type { Cause } from '../account/audit-rows.ts';
import { dayChanges } from '../account/day-profit.ts';
import { type Change, type LedgerOrder, NO_CHANGE, type PositionRow } from '../account/rows.ts';
import type { Stamps } from '../account/stamps.ts';
import type { StopRow } from '../orders/stop-book.ts';
import type { Entry, Transition } from './ledger-writer.ts';

export class LedgerEntries {
  /** Of orders and stops that live, and of those that ended in what is not yet written. */
  readonly #statuses = new Map<string, string>();
  readonly #positions = new Map<string, PositionRow>();
  /** State on disk of an order that is not at hand; null when it has no row. */
  readonly #stored: (clientId: string) => string | null;
  #ended: string[] = [];

  readonly #stamps: Stamps;

  constructor({ stored, stamps }: { readonly stored: (clientId: string) => string | null; readonly stamps: Stamps }) {
    this.#stored = stored;
    this.#stamps = stamps;
  }

  load({ orders, positions }: { readonly orders: readonly LedgerOrder[]; readonly positions: readonly PositionRow[] }): void {
    for (const { clientId, order } of orders) this.#statuses.set(clientId, order.status);
    for (const row of positions) this.#positions.set(row.symbol, row);
  }

  /** A symbol that was never counted before. */
  isNew({ symbol }: PositionRow): boolean {
    return !this.#positions.has(symbol);
  }

  of(change: Change, { cause, wallMs }: { readonly cause: Cause; readonly wallMs: number }): Entry {
    const transitions = change.orders.flatMap((row) => this.#order(row, cause));
    const days = dayChanges(change, { before: (symbol) => this.#positions.get(symbol), wallMs });
    for (const row of change.positions) this.#positions.set(row.symbol, row);
    return { kind: 'change', change, transitions, days, wallMs };
  }

  /** Of a stop, whose row is written by itself. */
  ofStop({ clientId, status, reason }: StopRow, wallMs: number): Entry {
    const before = this.#statuses.get(clientId) ?? null;
    const transitions = this.#move({ clientId, status, reason, symbol: null, cause: 'gateway' }, before);
    if (status === 'ended') this.#ended.push(clientId);
    return { kind: 'change', change: NO_CHANGE, transitions, days: [], wallMs };
  }

  /** Its row was committed and the gateway died before the rest was. */
  sent({ clientId, symbol, sentWallMs }: LedgerOrder): Entry {
    const sent: Transition = { clientId, symbol, atUs: sentWallMs * 1_000, status: 'sent', reason: '', cause: 'request' };
    return { kind: 'change', change: NO_CHANGE, transitions: [sent], days: [], wallMs: sentWallMs };
  }

  /** Everything up to here is on disk. */
  settled(): void {
    for (const clientId of this.#ended) this.#statuses.delete(clientId);
    this.#ended = [];
  }

  #order(row: LedgerOrder, cause: Cause): readonly Transition[] {
    const { clientId, symbol, reason, venueId } = row;
    const { status } = row.order;
    const known = this.#statuses.get(clientId);
    const before = known ?? (status === 'sent' && venueId === null ? null : this.#stored(clientId)); // a new one is asked of nobody
    if (hasEnded(status)) this.#ended.push(clientId);
    return this.#move({ clientId, status, reason, symbol, cause }, before);
  }

  #move(to: Omit<Transition, 'atUs'>, before: string | null): readonly Transition[] {
    this.#statuses.set(to.clientId, to.status);
    if (before === to.status) return [];
    return [{ ...to, atUs: this.#stamps.next() }];
  }
}

/**
 * Since when the outcome of orders is unknown. While one has been for longer than a moment, nothing new is opened on its symbol: how much of
 * it is filled or rests, nobody can say. Pure.
 */
import type { MonoMs } from '../../shared/units.ts';
import type { LedgerOrder } from './rows.ts';

/** Most are told about by the first queries. */
export const UNKNOWN_GRACE_MS = 1_500;

type Unknown = { readonly clientId: string; readonly symbol: string; readonly since: MonoMs };

export class UnknownWatch {
  readonly #unknown = new Map<string, Unknown>();

  /** What an earlier run left unknown counts from its start. */
  constructor(orders: readonly LedgerOrder[], now: MonoMs) {
    this.see(orders, now);
  }

  /** Orders as they are now. */
  see(orders: readonly LedgerOrder[], now: MonoMs): void {
    for (const { clientId, symbol, order } of orders)
      if (order.status !== 'unknown') this.#unknown.delete(clientId);
      else if (!this.#unknown.has(clientId)) this.#unknown.set(clientId, { clientId, symbol, since: now });
  }

  /** The order of the symbol that has been unknown the longest, when that is too long; else null. */
  overdue(symbol: string, now: MonoMs): string | null {
    for (const unknown of this.#unknown.values())
      if (unknown.symbol === symbol && now - unknown.since >= UNKNOWN_GRACE_MS) return unknown.clientId;
    return null;
  }
}

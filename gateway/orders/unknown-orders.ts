/** How many orders are unknown now, and since when the oldest has been: what a person is alarmed by when no query settles it. Pure. */
import type { MonoMs } from '../../shared/units.ts';
import type { LedgerOrder } from '../account/rows.ts';

export class UnknownOrders {
  readonly #since = new Map<string, MonoMs>();

  /** Rows as they are after a change. */
  onOrders(rows: readonly LedgerOrder[], now: MonoMs): void {
    for (const { clientId, order } of rows) {
      if (order.status !== 'unknown') this.#since.delete(clientId);
      else if (!this.#since.has(clientId)) this.#since.set(clientId, now);
    }
  }

  /** Null while there is none. */
  view(now: MonoMs): { readonly count: number; readonly oldestMs: number } | null {
    const [oldest] = this.#since.values(); // in the order of their coming
    return oldest === undefined ? null : { count: this.#since.size, oldestMs: now - oldest };
  }
}

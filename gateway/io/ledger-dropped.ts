/** What retention took out of the file, as far as it must never be taken for new: fills by their number, orders by their ids. */
import { laterId } from '../account/positions.ts';
import type { BookedFill } from '../account/rows.ts';
import { lots, ticks, wallMs, ZERO_ATOMS } from '../../shared/units.ts';
import type { Dropped } from './ledger-retention.ts';
import { groupOf } from './newest-ids.ts';

type FillKey = { readonly symbol: string; readonly tradeId: string };

const GROUPS_MAX = 1_000;

export class DroppedRows {
  /** By symbol: each fill up to it is booked, though its row is gone. */
  #fills = new Map<string, string>();
  readonly #orders = new Map<string, string>();

  load(fills: ReadonlyMap<string, string>): void {
    this.#fills = new Map(fills);
  }

  add({ orders, fills }: Dropped): void {
    for (const { symbol, tradeId } of fills) this.#fills.set(symbol, laterId(this.#fills.get(symbol) ?? null, tradeId));
    for (const clientId of orders) {
      const group = groupOf(clientId);
      const before = this.#orders.get(group) ?? '';
      this.#orders.delete(group);
      this.#orders.set(group, before > clientId ? before : clientId);
    }
    for (const group of this.#orders.keys()) if (this.#orders.size > GROUPS_MAX) this.#orders.delete(group);
  }

  /** Null: it was not dropped. What it was is not known any more, so it is complete in everything and nothing can be added to it. */
  fill({ symbol, tradeId }: FillKey): BookedFill | null {
    const upTo = this.#fills.get(symbol);
    if (upTo === undefined || laterId(upTo, tradeId) !== upTo) return null;
    return {
      ...{ kind: 'fill', n: 0, symbol, tradeId, clientId: '', venueId: '', side: 'buy', price: ticks(0), size: lots(0), maker: false },
      ...{ fee: ZERO_ATOMS, feeAsset: '', realizedPnl: ZERO_ATOMS, atMs: wallMs(0) },
    };
  }

  hasOrder(clientId: string): boolean {
    const upTo = this.#orders.get(groupOf(clientId));
    return upTo !== undefined && clientId <= upTo;
  }
}

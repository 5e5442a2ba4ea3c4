/** Fills of orders we do not know (yet), by the venue's order id; the oldest are let go beyond a bound. Pure. */
import { isOurs } from '../../shared/client-id.ts';
import { type BookedFill, dropOldest, LOOSE_KEPT, venueKey } from './rows.ts';

export type OrderOfVenue = { readonly symbol: string; readonly venueId: string };
export type LooseQuery = { readonly symbol: string; readonly side: string; readonly sinceMs: number };

export class LooseFills {
  readonly #byOrder = new Map<string, readonly BookedFill[]>();

  add(fill: BookedFill): void {
    this.put(fill, [...this.of(fill), fill]);
  }

  of(order: OrderOfVenue): readonly BookedFill[] {
    return this.#byOrder.get(venueKey(order)) ?? [];
  }

  put(order: OrderOfVenue, fills: readonly BookedFill[]): void {
    this.#byOrder.set(venueKey(order), fills);
    dropOldest(this.#byOrder, LOOSE_KEPT);
  }

  take(order: OrderOfVenue): readonly BookedFill[] {
    const fills = this.of(order);
    this.#byOrder.delete(venueKey(order));
    return fills;
  }

  /** Of this side and symbol since a time, whose order nobody was asked about: one of them may be the order in question. */
  find({ symbol, side, sinceMs }: LooseQuery): readonly BookedFill[] {
    return this.#unnamed().filter((fill) => fill.symbol === symbol && fill.side === side && fill.atMs >= sinceMs);
  }

  /** Orders to be asked about, newest first. */
  unnamed(symbol: string): readonly string[] {
    const venueIds = this.#unnamed().flatMap((fill) => (fill.symbol === symbol ? [fill.venueId] : []));
    return [...new Set(venueIds)].toReversed();
  }

  /** Nobody says whose they are, or an order of ours that is not in the ledger. */
  #unnamed(): readonly BookedFill[] {
    return [...this.#byOrder.values()].flat().filter(({ clientId }) => clientId === '' || isOurs(clientId));
  }
}

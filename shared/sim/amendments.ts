/** What was changed of one account's orders, kept as long as the venue tells it (three months; reference sheet 2026-11, section 3.1). */
import type { Lots, Ticks } from '../units.ts';
import type { SimOrder } from './exchange-events.ts';
import { Fifo } from './fifo.ts';

const KEPT_MS = 90 * 86_400_000;
/** Older ones are forgotten beyond this many. */
const KEPT_MAX = 20_000;

export type Change<T> = { readonly before: T; readonly after: T };

export type Amendment = {
  /** Rises over all symbols of the account. */
  readonly id: number;
  /** As the amendment left it. */
  readonly order: SimOrder;
  readonly price: Change<Ticks>;
  readonly size: Change<Lots>;
  /** As the client numbered it; null when it did not. */
  readonly modifyId: string | null;
  readonly atMs: number;
};

export class Amendments {
  readonly #kept = new Fifo<Amendment>();
  #count = 0;

  add({ before, after }: Change<SimOrder>, modifyId: string | null = null): void {
    this.#kept.push({
      id: ++this.#count,
      order: after,
      price: { before: before.price, after: after.price },
      size: { before: before.size, after: after.size },
      modifyId,
      atMs: after.updatedMs,
    });
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  /** Of one order, newest first. */
  of(key: number, nowMs: number): readonly Amendment[] {
    for (let first = this.#kept.first(); first && first.atMs < nowMs - KEPT_MS; first = this.#kept.first()) this.#kept.shift();
    return [...this.#kept].filter(({ order }) => order.key === key).reverse();
  }
}

/** The newest public trades of one symbol, single and aggregated, oldest first; bounded. */
import type { Lots, Ticks } from '../units.ts';

export type LoggedTrade = {
  readonly id: number;
  readonly price: Ticks;
  readonly size: Lots;
  readonly atMs: number;
  readonly buyerIsMaker: boolean;
};
/** Trades of one taker at one price. */
export type LoggedAggregate = LoggedTrade & { readonly firstId: number; readonly lastId: number };

/** Kept of each kind at least; older ones are forgotten. */
const KEPT = 50_000;

export class TradeLog {
  readonly #trades: LoggedTrade[] = [];
  readonly #aggregates: LoggedAggregate[] = [];

  /** Do not keep it: it grows and is cut. */
  get trades(): readonly LoggedTrade[] {
    return this.#trades;
  }

  get aggregates(): readonly LoggedAggregate[] {
    return this.#aggregates;
  }

  get last(): LoggedTrade | null {
    return this.#trades.at(-1) ?? null;
  }

  addTrade(trade: LoggedTrade): void {
    this.#trades.push(trade);
    if (this.#trades.length >= 2 * KEPT) this.#trades.splice(0, this.#trades.length - KEPT);
  }

  addAggregate(aggregate: LoggedAggregate): void {
    this.#aggregates.push(aggregate);
    if (this.#aggregates.length >= 2 * KEPT) this.#aggregates.splice(0, this.#aggregates.length - KEPT);
  }
}

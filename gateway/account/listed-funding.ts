/** Payments that were booked from the venue's own list: the stream may tell one all the same, late. */
import type { FundingReport } from '../../shared/events.ts';
import { settlementOf } from './funding-gap.ts';

const KEPT = 200;

export class ListedFunding {
  readonly #reports: FundingReport[] = [];

  add(report: FundingReport): void {
    this.#reports.push(report);
    if (this.#reports.length > KEPT) this.#reports.shift();
  }

  /** True, once, where the stream tells one of them. */
  take(told: FundingReport): boolean {
    const n = this.#reports.findIndex(
      ({ asset, amount, symbol, atMs }) =>
        asset === told.asset &&
        amount === told.amount &&
        (told.symbol === null || told.symbol === symbol) &&
        settlementOf(atMs) === settlementOf(told.atMs),
    );
    if (n >= 0) this.#reports.splice(n, 1);
    return n >= 0;
  }
}

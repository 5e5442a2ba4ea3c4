/**
 * Reads the venue's own list of funding: at the start, after each break of the stream, and every hour in case the stream never told. What it
 * lacks in the ledger is booked on its own day; up to when that is done is remembered over restarts, and read over again with some overlap.
 */
import type { FundingReport } from '../../shared/events.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { formatAtoms, type MonoMs } from '../../shared/units.ts';
import type { FundingPayment, OrderEntry, VenueFault } from '../venues/venue.ts';
import { fundingGap, LATE_MS, SETTLEMENT_MS, settlementOf } from './funding-gap.ts';
import type { Keeper } from './keeper.ts';
import type { FundingRow } from './rows.ts';

/** What lasts. */
export type FundingBooks = {
  /** Up to when all is booked, venue time; null: nobody has ever read the list. */
  readonly doneToMs: () => number | null;
  readonly save: (doneToMs: number) => boolean;
  /** Booked of that time on, oldest first; null: it cannot be read. */
  readonly booked: (fromMs: number) => readonly FundingRow[] | null;
  /** Of an earlier day, or of this one. */
  readonly onLate: (report: FundingReport) => void;
};
export type FundingReaderOptions = {
  readonly keeper: Keeper;
  readonly orders: Pick<OrderEntry, 'fundingPaid'>;
  readonly books: FundingBooks;
};

const OVERLAP_MS = SETTLEMENT_MS;
const EVERY_MS = SETTLEMENT_MS;
const RETRY_MS = 60_000;
const APART_MS = 60_000;
const PAGES_MAX = 100;

export class FundingReader {
  readonly #options: FundingReaderOptions;
  #readAt = Number.NEGATIVE_INFINITY;
  #dueAt: number | null = null;
  #reading = false;

  constructor(options: FundingReaderOptions) {
    this.#options = options;
  }

  /** Payments may have been missed. A stream that breaks again and again does not use up the weight of others. */
  want(): void {
    this.#dueAt = this.#readAt + APART_MS;
  }

  /** Called while the account is known. */
  tick(now: MonoMs): void {
    if (this.#options.orders.fundingPaid === undefined || this.#reading || this.#dueAt === null || now < this.#dueAt) return;
    this.#reading = true;
    this.#readAt = now;
    this.#dueAt = null;
    void this.#read().then((again) => {
      this.#reading = false;
      this.#dueAt ??= this.#options.keeper.now().mono + again;
    });
  }

  /** In how many ms to read again. */
  async #read(): Promise<number> {
    const { keeper, books } = this.#options;
    const toMs = keeper.now().wall;
    const doneToMs = books.doneToMs() ?? this.#firstMs(toMs);
    const fromMs = (settlementOf(doneToMs - OVERLAP_MS) - 0.5) * SETTLEMENT_MS; // between two settlements, so that none is cut in half
    const listed = await this.#list({ fromMs, toMs });
    if (!listed.ok) return this.#failed(listed.error);
    const booked = books.booked(fromMs);
    if (booked === null) return this.#failed('the ledger cannot be read');
    const counted = [...listed.value.values()].filter(
      ({ symbol, atMs }) => symbol === null || keeper.ledger.positions.countedFrom(symbol) <= atMs,
    );
    const gap = fundingGap({ listed: counted, booked, toMs });
    for (const report of gap.missing) this.#book(report);
    books.save(gap.doneToMs);
    return gap.doneToMs < toMs ? LATE_MS : EVERY_MS;
  }

  /** Nobody has read the list before: from the newest payment that was told on, else from now. */
  #firstMs(nowMs: number): number {
    return this.#options.books.booked(0)?.at(-1)?.atMs ?? nowMs;
  }

  /** By the venue's number of each, so that what two pages tell counts once. */
  async #list({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<Result<Listed, VenueFault | string>> {
    const { orders } = this.#options;
    const listed = new Map<string, FundingPayment>();
    let from = fromMs;
    for (let page = 0; page < PAGES_MAX; page++) {
      const result = await orders.fundingPaid?.({ fromMs: from, toMs });
      if (result === undefined) return err('the venue has no list');
      if (!result.ok) return result;
      const { payments, isLast } = result.value;
      for (const payment of payments) listed.set(payment.id, payment);
      if (isLast) return ok(listed);
      const newestMs = payments.at(-1)?.atMs ?? from;
      if (newestMs <= from) break;
      from = newestMs;
    }
    return err(`the list from ${from} on does not come to an end`);
  }

  #book(report: FundingReport): void {
    const { keeper, books } = this.#options;
    const change = keeper.ledger.listedFunding(report);
    keeper.commit(change);
    if (change.positions.length > 0) books.onLate(report);
    const fields = { symbol: report.symbol, asset: report.asset, funding: formatAtoms(report.amount), atMs: report.atMs };
    keeper.notice({ level: 'warn', message: 'Funding booked that the stream did not tell', fields });
  }

  #failed(fault: VenueFault | string): number {
    this.#options.keeper.notice({ level: 'warn', message: 'Funding that was paid could not be read', fields: { fault } });
    return RETRY_MS;
  }
}

type Listed = ReadonlyMap<string, FundingPayment>;

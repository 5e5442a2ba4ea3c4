/**
 * Funding of a backtest: from a file (CSV with the columns funding_time and funding_rate, as the venue tells them), or one rate at the
 * venue's hours. Rates are parts of 1e-8 of the notional, paid by longs when above zero.
 */
import { fundingTermsOf } from '../../../shared/sim/funding.ts';
import { TapeProblem } from '../../sim/tape-file.ts';
import { readLines } from '../../sim/tape-lines.ts';

export type FundingDue = { readonly atMs: number; readonly rate: bigint };
/** What is due next, and it once it is due. Times only go on. */
export interface FundingSource {
  /** Null: nothing more is known. */
  next(afterMs: number): FundingDue | null;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Without anything else said: the interest alone, 0.01 % in eight hours. */
export const USUAL_RATE = '0.0001';
const RATE = /^-?\d+(\.\d+)?(e-?\d+)?$/i;

/** The same rate at every one of the symbol's hours. */
export function constantFunding(symbol: string, rate: string): FundingSource {
  const { hours } = fundingTermsOf(symbol);
  const periodMs = hours * HOUR_MS;
  const parts = partsOf(rate);
  return { next: (afterMs) => (parts === 0n ? null : { atMs: (Math.floor(afterMs / periodMs) + 1) * periodMs, rate: parts }) };
}

export class FundingTable implements FundingSource {
  readonly #rows: readonly FundingDue[];
  #at = 0;

  constructor(rows: readonly FundingDue[]) {
    this.#rows = rows;
  }

  next(afterMs: number): FundingDue | null {
    while (this.#at > 0 && (this.#rows[this.#at - 1]?.atMs ?? 0) > afterMs) this.#at -= 1;
    for (let row = this.#rows[this.#at]; row && row.atMs <= afterMs; row = this.#rows[this.#at]) this.#at += 1;
    return this.#rows[this.#at] ?? null;
  }
}

/** Throws TapeProblem. Times a few milliseconds past the minute are of the minute, as the venue reports them. */
export async function readFunding(file: string): Promise<FundingTable> {
  const rows: FundingDue[] = [];
  let columns: readonly number[] | null = null;
  let line = 0;
  const wrong = (what: string): TapeProblem => new TapeProblem(`${file}: line ${line}: ${what}`);
  for await (const { lines, problem } of readLines(file)) {
    for (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      const cells = text.trim().split(',');
      if (columns === null) {
        columns = ['funding_time', 'funding_rate'].map((name) => cells.indexOf(name));
        if (columns.includes(-1)) throw wrong('the header has no columns funding_time and funding_rate');
        continue;
      }
      const [time = '', rate = ''] = columns.map((n) => cells[n]);
      if (!/^\d{12,13}$/.test(time) || !RATE.test(rate)) throw wrong(`${JSON.stringify(text)} is no time and rate`);
      const atMs = Math.floor(Number(time) / MINUTE_MS) * MINUTE_MS;
      if (atMs <= (rows.at(-1)?.atMs ?? 0)) throw wrong(`funding_time ${time} is not after the one before it`);
      rows.push({ atMs, rate: partsOf(rate) });
    }
    if (problem !== null) throw new TapeProblem(`${file}: ${problem}`);
  }
  return new FundingTable(rows);
}

const partsOf = (rate: string): bigint => BigInt(Math.round(Number(rate) * 1e8));

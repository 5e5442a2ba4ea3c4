/**
 * Funding of one symbol: the rate from the premium of the mark over the index, and the times it is exchanged at (Binance USD-M,
 * introduction to funding rates; reference sheet 2026-11, sections 3.4 and 6). Rates are whole parts of 1e-8.
 */
import { type Atoms, parseAtoms } from '../units.ts';
import type { Bar } from './market.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Of eight hours. */
const INTEREST = 0.0001;
/** How far the interest may pull the premium. */
const PULL_MAX = 0.0005;
const SETTLEMENTS_MAX = 1_000;
const PARTS = 100_000_000;

export type FundingTerms = {
  readonly hours: 1 | 4 | 8;
  /** The rate stays within this, either way. */
  readonly cap: number;
};

const DEFAULT_TERMS: FundingTerms = { hours: 8, cap: 0.02 };
const MAJORS: FundingTerms = { hours: 8, cap: 0.003 };
const ADJUSTED: Readonly<Record<string, FundingTerms>> = {
  BTCUSDT: MAJORS,
  ETHUSDT: MAJORS,
  BTCUSDC: MAJORS,
  ETHUSDC: MAJORS,
  '1000PEPEUSDT': { hours: 4, cap: 0.02 },
};

export const fundingTermsOf = (symbol: string): FundingTerms => ADJUSTED[symbol] ?? DEFAULT_TERMS;
/** Symbols whose cap or interval is not the usual one. */
export const isAdjusted = (symbol: string): boolean => ADJUSTED[symbol] !== undefined;

/** Rates are parts of 1e-8. */
export type Settlement = { readonly atMs: number; readonly rate: bigint; readonly mark: Atoms };

/** The rate of one interval: the premium pulled towards the interest, both shared out over the eight hours they are stated for. */
export function fundingRate(premium: number, { hours, cap }: FundingTerms): bigint {
  const pull = Math.min(PULL_MAX, Math.max(-PULL_MAX, INTEREST - premium));
  const rate = ((premium + pull) * hours) / 8;
  return BigInt(Math.round(Math.min(cap, Math.max(-cap, rate)) * PARTS));
}

export class Funding {
  readonly terms: FundingTerms;
  #settlements: Settlement[];
  #nextMs: number;
  /** Sums of the present interval: the n-th sample weighs n. */
  #count = 0;
  #weighted = 0;

  constructor({ symbol, atMs, history }: { readonly symbol: string; readonly atMs: number; readonly history: readonly Bar[] }) {
    this.terms = fundingTermsOf(symbol);
    const periodMs = this.terms.hours * HOUR_MS;
    this.#nextMs = (Math.floor(atMs / periodMs) + 1) * periodMs;
    this.#settlements = settlementsOf(history, this.terms).slice(-SETTLEMENTS_MAX);
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  /** What the rate would be if the interval ended now. */
  rate(): bigint {
    const weights = (this.#count * (this.#count + 1)) / 2;
    return fundingRate(weights === 0 ? 0 : this.#weighted / weights, this.terms);
  }

  /** To be told once a second: the premium as a part of the index, and the mark. */
  second({ premium, mark, atMs }: { readonly premium: number; readonly mark: Atoms; readonly atMs: number }): void {
    this.#count += 1;
    this.#weighted += premium * this.#count;
    if (atMs < this.#nextMs) return;
    this.settle({ atMs: this.#nextMs, rate: this.rate(), mark });
    this.#nextMs += this.terms.hours * HOUR_MS;
    [this.#count, this.#weighted] = [0, 0];
  }

  /** Books one exchange of funding; called from outside where the rate is told by somebody else. */
  settle(settlement: Settlement): void {
    this.#settlements.push(settlement);
    if (this.#settlements.length > SETTLEMENTS_MAX) this.#settlements.shift();
  }

  /** The newest are kept, oldest first. */
  settlements(): readonly Settlement[] {
    return this.#settlements;
  }

  /** What was due after `leftMs` and up to `nowMs`, at the present rate and mark where nobody recorded it; nothing before a mark is known. */
  missed({ leftMs, nowMs, mark }: { readonly leftMs: number; readonly nowMs: number; readonly mark: Atoms }): readonly Settlement[] {
    const periodMs = this.terms.hours * HOUR_MS;
    const first = Math.floor(leftMs / periodMs) + 1;
    const count = mark === 0n ? 0 : Math.max(0, Math.floor(nowMs / periodMs) - first + 1);
    return Array.from({ length: count }, (_, n) => {
      const atMs = (first + n) * periodMs;
      return this.#settlements.find((settlement) => settlement.atMs === atMs) ?? { atMs, rate: this.rate(), mark };
    });
  }

  /** What was settled at exactly that time, if anything. */
  settledAt(atMs: number): Settlement | null {
    const last = this.#settlements.at(-1);
    return last?.atMs === atMs ? last : null;
  }
}

/** Before the simulation there was no premium: the interest alone, at the closes of the history. */
function settlementsOf(history: readonly Bar[], terms: FundingTerms): Settlement[] {
  const rate = fundingRate(0, terms);
  return history.flatMap(({ openMs, close }) => {
    const atMs = openMs + MINUTE_MS;
    const mark = parseAtoms(close);
    return atMs % (terms.hours * HOUR_MS) === 0 && mark !== null ? [{ atMs, rate, mark }] : [];
  });
}

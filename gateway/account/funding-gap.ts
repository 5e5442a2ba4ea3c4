/**
 * What the venue's own list of funding holds that is not booked. The stream names the asset of a payment and often no symbol, so one is laid
 * beside the other by settlement: what agrees in symbol and amount is the same payment; of the rest the sums of an asset have to agree. What is
 * still to be told by either side is left for the next look. Pure.
 */
import type { FundingReport } from '../../shared/events.ts';
import { atoms } from '../../shared/units.ts';
import type { FundingPayment } from '../venues/venue.ts';
import type { FundingRow } from './rows.ts';

export type Comparing = {
  readonly listed: readonly FundingPayment[];
  /** From some time before the first of the list on. */
  readonly booked: readonly FundingRow[];
  /** Up to when the list was read. */
  readonly toMs: number;
};
export type Gap = {
  readonly missing: readonly FundingReport[];
  /** All before it is as the list says. */
  readonly doneToMs: number;
};

/** Funding is exchanged on whole hours; the venue needs a while for all accounts. */
export const SETTLEMENT_MS = 3_600_000;
/** A payment that the list shows is told by the stream by then, or never. */
export const LATE_MS = 120_000;
/** Where both tell different amounts, both are waited for longer. */
export const UNSURE_MS = 600_000;

export function fundingGap({ listed, booked, toMs }: Comparing): Gap {
  const key = ({ asset, atMs }: FundingPayment | FundingRow): string => `${settlementOf(atMs)} ${asset}`;
  const told = Map.groupBy(booked, key);
  const missing: FundingReport[] = [];
  let doneToMs = toMs;
  for (const [settlement, payments] of Map.groupBy(listed, key)) {
    const rest = withoutPairs(payments, told.get(settlement) ?? []);
    if (rest.listed.length === 0) continue;
    const newestMs = Math.max(...rest.listed.map(({ atMs }) => atMs), ...rest.booked.map(({ atMs }) => atMs));
    const patienceMs = rest.booked.length === 0 ? LATE_MS : UNSURE_MS;
    if (toMs - newestMs >= patienceMs) missing.push(...differenceOf(rest));
    else doneToMs = Math.min(doneToMs, (settlementOf(newestMs) - 0.5) * SETTLEMENT_MS);
  }
  return { missing, doneToMs };
}

/** Which exchange of funding a payment is of, as a number of hours. */
export const settlementOf = (atMs: number): number => Math.round(atMs / SETTLEMENT_MS);

type Rest = { readonly listed: readonly FundingPayment[]; readonly booked: readonly FundingRow[] };

/** Those with the symbol find each other first. */
function withoutPairs(listed: readonly FundingPayment[], booked: readonly FundingRow[]): Rest {
  const left = [...booked];
  const unpaired = (payments: readonly FundingPayment[], isSame: (row: FundingRow, symbol: string) => boolean): FundingPayment[] =>
    payments.filter(({ amount, symbol }) => {
      const n = left.findIndex((row) => row.amount === amount && isSame(row, symbol ?? ''));
      if (n >= 0) left.splice(n, 1);
      return n < 0;
    });
  const named = unpaired(listed, (row, symbol) => row.told === symbol);
  return { listed: unpaired(named, (row) => row.told === ''), booked: left };
}

/** Several that were told as one, or in other parts, differ in nothing but their sum; what it lacks is of the one symbol that is left, or of the asset. */
function differenceOf({ listed, booked }: Rest): readonly FundingReport[] {
  const reports = listed.map(({ symbol, asset, amount, atMs }): FundingReport => ({ kind: 'funding', symbol, asset, amount, atMs }));
  const [first] = reports;
  if (booked.length === 0 || first === undefined) return reports;
  const sum = (rows: readonly { readonly amount: bigint }[]): bigint => rows.reduce((total, { amount }) => total + amount, 0n);
  const amount = atoms(sum(listed) - sum(booked));
  return amount === 0n ? [] : [{ ...first, amount, symbol: reports.length === 1 ? first.symbol : null }];
}

/**
 * Mark prices as they stand at the start: the stream tells them once a second, and nothing is opened before one is known. One call for all
 * where that weighs less than one each.
 */
import type { Mark } from '../../../shared/events.ts';
import { trimDecimal, wallMs } from '../../../shared/units.ts';
import { ok } from '../../../shared/result.ts';
import type { VenueResult } from '../venue.ts';
import { CALLS } from './limits.ts';
import type { Rest } from './rest.ts';
import { PremiumIndex, PremiumIndexes } from './wire.ts';

export async function readMarks(rest: Rest, symbols: readonly string[]): Promise<readonly VenueResult<readonly Mark[]>[]> {
  const one = CALLS.premiumIndex.weight * symbols.length <= CALLS.premiumIndexAll.weight;
  if (!one) return [await readAll(rest, new Set(symbols))];
  return Promise.all(symbols.map((symbol) => readOne(rest, symbol)));
}

async function readOne(rest: Rest, symbol: string): Promise<VenueResult<readonly Mark[]>> {
  const read = await rest.call(CALLS.premiumIndex, { schema: PremiumIndex, parameters: [['symbol', symbol]] });
  return read.ok ? ok([markOf(read.value)]) : read;
}

async function readAll(rest: Rest, symbols: ReadonlySet<string>): Promise<VenueResult<readonly Mark[]>> {
  const read = await rest.call(CALLS.premiumIndexAll, { schema: PremiumIndexes, parameters: [] });
  return read.ok ? ok(read.value.flatMap((row) => (symbols.has(row.symbol) && 'markPrice' in row ? [markOf(row)] : []))) : read;
}

/** What an answer of either call tells, as it was recorded. */
export function marksIn(value: unknown): readonly Mark[] {
  const rows = PremiumIndexes.safeParse(Array.isArray(value) ? value : [value]);
  return rows.success ? rows.data.flatMap((row) => ('markPrice' in row ? [markOf(row)] : [])) : [];
}

const markOf = ({ symbol, markPrice, indexPrice, lastFundingRate, nextFundingTime }: PremiumIndex): Mark => ({
  symbol,
  markPrice: trimDecimal(markPrice),
  indexPrice: trimDecimal(indexPrice),
  fundingRate: trimDecimal(lastFundingRate),
  nextFundingMs: wallMs(nextFundingTime),
});

/**
 * Profit by UTC day and symbol, from what each change does to a position row: so the days of a symbol always sum up to its row, whatever
 * came late or twice. A fill counts on the day of its own time at the venue, a funding payment too. Pure.
 */
import { type Atoms, atoms, ZERO_ATOMS } from '../../shared/units.ts';
import type { Change, PositionRow } from './rows.ts';

/** Money in the quote asset of the symbol, before fees; fees by asset, a cost is positive. `day` is `2026-11-30`. */
export type DayRow = {
  readonly day: string;
  readonly symbol: string;
  readonly realized: Atoms;
  readonly fees: PositionRow['fees'];
  readonly funding: Atoms;
  readonly volume: Atoms;
  readonly fills: number;
};
export type Money = Omit<DayRow, 'day' | 'symbol'>;

const NOTHING: Money = { realized: ZERO_ATOMS, fees: {}, funding: ZERO_ATOMS, volume: ZERO_ATOMS, fills: 0 };

export const dayOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);

export const emptyDay = (day: string, symbol: string): DayRow => ({ day, symbol, ...NOTHING });

/** What a change adds to the days; `before` is the row of a symbol before it, undefined when there was none. */
export function dayChanges(
  change: Change,
  { before, wallMs }: { readonly before: (symbol: string) => Money | undefined; readonly wallMs: number },
): readonly DayRow[] {
  return change.positions.flatMap((row) => {
    const money = subtract(row, before(row.symbol) ?? NOTHING);
    return isNothing(money) ? [] : [{ day: dayOf(timeOf(change, row.symbol) ?? wallMs), symbol: row.symbol, ...money }];
  });
}

export function addDays<T extends Money>(a: T, b: Money): T {
  return { ...a, ...combine(a, { b, sign: 1n }) };
}

export const subtract = (a: Money, b: Money): Money => combine(a, { b, sign: -1n });

function combine(a: Money, { b, sign }: { readonly b: Money; readonly sign: 1n | -1n }): Money {
  const sum = (x: Atoms, y: Atoms): Atoms => atoms(x + sign * y);
  const fees: Record<string, Atoms> = {};
  for (const asset of new Set([...Object.keys(a.fees), ...Object.keys(b.fees)])) {
    const fee = sum(a.fees[asset] ?? ZERO_ATOMS, b.fees[asset] ?? ZERO_ATOMS);
    if (fee !== ZERO_ATOMS) fees[asset] = fee;
  }
  return {
    realized: sum(a.realized, b.realized),
    fees,
    funding: sum(a.funding, b.funding),
    volume: sum(a.volume, b.volume),
    fills: a.fills + Number(sign) * b.fills,
  };
}

const isNothing = ({ realized, fees, funding, volume, fills }: Money): boolean =>
  realized === 0n && funding === 0n && volume === 0n && fills === 0 && Object.keys(fees).length === 0;

/** Venue time of what moved the position; null when nothing dated did. */
function timeOf({ fills, funding = [] }: Change, symbol: string): number | null {
  const fill = fills.findLast((one) => one.symbol === symbol);
  return fill?.atMs ?? funding.findLast((one) => one.symbol === symbol)?.atMs ?? null;
}

/** Equity of one asset over time, and how far it has fallen from its highest so far. Pure. */
import type { EquityPoint } from '../model.ts';

export type EquitySeries = {
  readonly times: number[];
  readonly values: number[];
  /** Zero or below. */
  readonly drawdowns: number[];
  /** Null: nothing is known. */
  readonly worst: { readonly amount: number; readonly share: number } | null;
};

export function equitySeries(points: readonly EquityPoint[], asset: string): EquitySeries {
  const own = points.flatMap(([time, assets]) => (assets[asset] === undefined ? [] : [{ time, value: assets[asset] }]));
  const sorted = own.toSorted((a, b) => a.time - b.time);
  let highest = Number.NEGATIVE_INFINITY;
  let worst: EquitySeries['worst'] = null;
  const drawdowns = sorted.map(({ value }) => {
    highest = Math.max(highest, value);
    const amount = highest - value;
    if (worst === null || amount > worst.amount) worst = { amount, share: highest === 0 ? 0 : amount / highest };
    return -amount;
  });
  return { times: sorted.map(({ time }) => time), values: sorted.map(({ value }) => value), drawdowns, worst };
}

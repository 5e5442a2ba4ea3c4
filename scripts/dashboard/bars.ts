/** Short bars of a symbol from its public trades, or from the mid where none came: what the price chart shows beside closed K-lines. Pure. */
import type { BarView } from './model.ts';

export const BAR_S = 5;

/** The bar at that time with one more price; `newest` is the newest bar there is. A price of an older bar changes nothing. */
export function withPrice(newest: BarView | null, { atMs, price }: { readonly atMs: number; readonly price: number }): BarView | null {
  const time = Math.floor(atMs / 1_000 / BAR_S) * BAR_S;
  if (newest === null || time > newest[0]) return [time, price, price, price, price];
  if (time < newest[0]) return null;
  const [, open, high, low] = newest;
  return [time, open, Math.max(high, price), Math.min(low, price), price];
}

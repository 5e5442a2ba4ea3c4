/**
 * Toxicity of the flow: public trades are cut into buckets of equal volume, and the mean over the last buckets of |buys - sells| / volume
 * tells how one-sided the takers are. After Easley, López de Prado, O'Hara, "Flow toxicity and liquidity in a high-frequency world",
 * Review of Financial Studies 25 (2012); the venue tells the side that took, so nothing has to be classified in bulk.
 */
import type { TradeSeen } from '../strategy/strategy.ts';

/** The open bucket holds less than `size` lots; `closed` are shares 0 to 1, oldest first. */
export type Vpin = { readonly size: number; readonly buys: number; readonly sells: number; readonly closed: readonly number[] };
/** `bucketLots` is taken when a bucket opens. */
type Look = { readonly trades: readonly TradeSeen[] | null; readonly bucketLots: number; readonly buckets: number };

/** Trades that were missed (null) begin it anew. One trade may fill several buckets; at most `buckets` are kept. */
export function vpin(before: Vpin | null, { trades, bucketLots, buckets }: Look): Vpin {
  const lots = Math.max(1, bucketLots);
  if (before === null || trades === null) return { size: lots, buys: 0, sells: 0, closed: [] };
  if (trades.length === 0) return before;
  let { size, buys, sells } = before;
  const added: number[] = [];
  for (const { aggressor, size: traded } of trades) {
    let left: number = traded;
    while (buys + sells + left >= size) {
      const part = size - buys - sells;
      added.push(Math.abs((aggressor === 'buy' ? buys + part : buys) - (aggressor === 'buy' ? sells : sells + part)) / size);
      left -= part;
      [buys, sells, size] = [0, 0, lots];
      if (left > size * buckets) left = size * buckets + (left % size); // more would push out what it pushed in itself
    }
    if (aggressor === 'buy') buys += left;
    else sells += left;
  }
  return { size, buys, sells, closed: added.length === 0 ? before.closed : [...before.closed, ...added].slice(-buckets) };
}

/** 0: balanced, 1: one-sided; null until all buckets of the mean are full. */
export function vpinOf({ closed }: Vpin, buckets: number): number | null {
  if (closed.length < buckets) return null;
  let sum = 0;
  for (const share of closed) sum += share;
  return sum / closed.length;
}

/** How far mid has come within the last moments: its distance from its lowest and highest of the window. */
import { addToBuckets, type Buckets, foldBuckets } from './buckets.ts';

type Range = { readonly low: number; readonly high: number };
export type PriceRange = Buckets<Range>;
type Look = { readonly mid: number; readonly atMs: number; readonly withinMs: number };

const BUCKETS = 10;
const EMPTY: Range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

/** The window ends at `atMs` and is `withinMs` long, up to a tenth longer. */
export const priceRange = (before: PriceRange | null, { mid, atMs, withinMs }: Look): PriceRange =>
  addToBuckets(before, { ...spanOf({ atMs, withinMs }), value: { low: mid, high: mid }, merge: widen });

/** Ticks, signed: the larger of the rise from the lowest and the fall from the highest. */
export function jumpOf(range: PriceRange, { mid, atMs, withinMs }: Look): number {
  const { low, high } = foldBuckets(range, { ...spanOf({ atMs, withinMs }), from: EMPTY, add: widen });
  const [rise, fall] = [Math.max(0, mid - low), Math.max(0, high - mid)];
  return rise >= fall ? rise : -fall;
}

const spanOf = ({ atMs, withinMs }: Omit<Look, 'mid'>) => ({ atMs, bucketMs: withinMs / BUCKETS, count: BUCKETS + 1 });
const widen = (a: Range, b: Range): Range => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) });

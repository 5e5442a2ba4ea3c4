/** A depth client as plain as the venue's own procedure reads: buffer, snapshot, drop `u < L`, anchor `U <= L <= u`, then chain by `pu`. */
export type DepthEvent = {
  readonly U: number;
  readonly u: number;
  readonly pu: number;
  readonly b: readonly [string, string][];
  readonly a: readonly [string, string][];
};
export type DepthSnapshot = {
  readonly lastUpdateId: number;
  readonly bids: readonly [string, string][];
  readonly asks: readonly [string, string][];
};

export type Stitched =
  | { readonly at: 'needs-newer-snapshot' | 'waiting' }
  | { readonly at: 'gap'; readonly index: number }
  | {
      readonly at: 'live';
      readonly u: number;
      readonly applied: number;
      readonly bids: Map<string, string>;
      readonly asks: Map<string, string>;
    };

/** Plays events over a snapshot up to (and with) the one that ends at `untilU`. */
export function stitch(snapshot: DepthSnapshot, events: readonly DepthEvent[], untilU = Number.POSITIVE_INFINITY): Stitched {
  const kept = events.filter(({ u }) => u >= snapshot.lastUpdateId && u <= untilU);
  const [first] = kept;
  if (!first) return { at: 'waiting' };
  if (first.U > snapshot.lastUpdateId) return { at: 'needs-newer-snapshot' };
  const sides = { bids: new Map(snapshot.bids), asks: new Map(snapshot.asks) };
  let last = first.pu;
  for (const [index, event] of kept.entries()) {
    if (event.pu !== last) return { at: 'gap', index };
    last = event.u;
    write(sides.bids, event.b);
    write(sides.asks, event.a);
  }
  return { at: 'live', u: last, applied: kept.length, ...sides };
}

function write(side: Map<string, string>, levels: readonly [string, string][]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(price);
    else side.set(price, size);
  }
}

/** Best first, as [price, size] texts. */
export const sorted = (side: Map<string, string>, isBid: boolean): readonly [string, string][] =>
  [...side].sort(([a], [b]) => (isBid ? Number(b) - Number(a) : Number(a) - Number(b)));

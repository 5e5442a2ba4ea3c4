/**
 * A window in time as a bounded row of buckets: what is older than `count` buckets is forgotten as a whole, so an update costs the same
 * however much happened, and the row is copied only when a bucket closes.
 */
export type Bucket<T> = { readonly id: number; readonly value: T };
/** Ids count buckets since the epoch and rise; `open` is the newest. */
export type Buckets<T> = { readonly bucketMs: number; readonly open: Bucket<T>; readonly closed: readonly Bucket<T>[] };
export type Span = { readonly atMs: number; readonly bucketMs: number; readonly count: number };
type Adding<T> = Span & { readonly value: T; readonly merge: (before: T, added: T) => T };
type Folding<T, R> = Span & { readonly from: R; readonly add: (sum: R, value: T) => R };

/** A clock set back a little adds to the newest bucket; one set back beyond the window, and another width, begin anew. */
export function addToBuckets<T>(buckets: Buckets<T> | null, { atMs, bucketMs, count, value, merge }: Adding<T>): Buckets<T> {
  const id = Math.floor(atMs / bucketMs);
  if (buckets === null || buckets.bucketMs !== bucketMs || id <= buckets.open.id - count)
    return { bucketMs, open: { id, value }, closed: [] };
  const { open, closed } = buckets;
  if (id <= open.id) return { bucketMs, open: { id: open.id, value: merge(open.value, value) }, closed };
  return { bucketMs, open: { id, value }, closed: [...closed, open].filter((one) => one.id > id - count) };
}

/** Folds, oldest first, what lies within the last `count` buckets. */
export function foldBuckets<T, R>({ open, closed }: Buckets<T>, { atMs, bucketMs, count, from, add }: Folding<T, R>): R {
  const first = Math.floor(atMs / bucketMs) - count + 1;
  let sum = from;
  for (const one of closed) if (one.id >= first) sum = add(sum, one.value);
  return open.id >= first ? add(sum, open.value) : sum;
}

/**
 * Whether a snapshot proves a book that heard nothing for a while: a thin symbol is silent because nothing happens, a broken stream
 * because nobody tells. Pure.
 */
import type { BookSide } from '../../shared/book.ts';
import type { BookView } from '../venues/venue.ts';
import type { DepthSnapshot } from './books.ts';

type Kept = Pick<BookView, 'book' | 'lastUpdateId' | 'knownFrom' | 'knownTo'>;

/**
 * `equal`: every level that both know is the same, so nothing was missed. `older`: the snapshot was made before the book's newest
 * change and proves nothing. `differs`: changes were missed.
 */
export function compareQuiet(kept: Kept, snapshot: DepthSnapshot): 'equal' | 'older' | 'differs' {
  if (snapshot.lastUpdateId < kept.lastUpdateId) return 'older';
  const { bids, asks } = kept.book;
  const low = Math.max(kept.knownFrom ?? 0, snapshot.knownFrom ?? 0);
  const high = Math.min(kept.knownTo ?? Number.POSITIVE_INFINITY, snapshot.knownTo ?? Number.POSITIVE_INFINITY);
  const same = sameWithin(bids, snapshot.bids, (price) => price >= low) && sameWithin(asks, snapshot.asks, (price) => price <= high);
  return same ? 'equal' : 'differs';
}

/** Both lists from the best level on, as far as `within` holds. */
function sameWithin(side: BookSide, told: readonly number[], within: (price: number) => boolean): boolean {
  for (let n = 0; ; n++) {
    const ours = side.priceAt(n);
    const theirs = told[2 * n];
    const [ourEnd, theirEnd] = [ours === null || !within(ours), theirs === undefined || !within(theirs)];
    if (ourEnd || theirEnd) return ourEnd && theirEnd;
    if (ours !== theirs || side.sizeAt(n) !== told[2 * n + 1]) return false;
  }
}

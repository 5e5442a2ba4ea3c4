/**
 * The best level a side from two sources. The book is exact at its update id; a stream of best prices tells of the same matching engine
 * with the same ids but sooner, so a message of a higher id is provably newer, and one of the same or a lower id says nothing new.
 * The book itself is never touched by it: the next difference is applied to what the differences before it made. Pure.
 */
import type { BookSide } from '../../shared/book.ts';
import type { Lots, MonoMs, Ticks } from '../../shared/units.ts';
import type { BookView } from '../venues/venue.ts';

export type Best = { readonly price: Ticks; readonly size: Lots };
export type BestPrices = { readonly updateId: number; readonly bid: Best; readonly ask: Best };
/** With the moment at which the message came in. */
export type SeenBest = BestPrices & { readonly receivedAt: MonoMs };

/** Whether it tells of a later moment than all that is known, and of one that can be. */
export const isNewer = (view: { readonly lastUpdateId: number; readonly top: BestPrices | null }, told: BestPrices): boolean =>
  told.updateId > view.lastUpdateId &&
  told.updateId > (view.top?.updateId ?? 0) &&
  told.bid.size > 0 &&
  told.ask.size > 0 &&
  told.bid.price < told.ask.price;

/** Update id of the best level a side that is known. */
export const topUpdateId = ({ lastUpdateId, top }: { readonly lastUpdateId: number; readonly top: BestPrices | null }): number =>
  top?.updateId ?? lastUpdateId;

/**
 * The n best levels of a side as [price, size]: the newest best one, then those of the book behind it. Levels of the book before it are
 * gone: they were better than the best.
 */
export function bestLevels(
  view: Pick<BookView, 'book'> & { readonly top: BestPrices | null },
  side: 'bids' | 'asks',
  count: number,
): [Ticks, Lots][] {
  const levels = view.book[side];
  if (view.top === null) return rowsOf(levels, { from: 0, count });
  const best = side === 'bids' ? view.top.bid : view.top.ask;
  const isBehind = (price: number): boolean => (side === 'bids' ? price < best.price : price > best.price);
  let from = 0;
  for (let price = levels.priceAt(0); price !== null && !isBehind(price); price = levels.priceAt(from)) from++;
  return [[best.price, best.size], ...rowsOf(levels, { from, count: count - 1 })];
}

function rowsOf(side: BookSide, { from, count }: { readonly from: number; readonly count: number }): [Ticks, Lots][] {
  const rows: [Ticks, Lots][] = [];
  for (let n = from; n < Math.min(from + count, side.count); n++) {
    const price = side.priceAt(n);
    if (price !== null) rows.push([price, side.sizeAt(n)]);
  }
  return rows;
}

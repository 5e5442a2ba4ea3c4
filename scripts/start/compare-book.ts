/** Is the gateway's book the exchange's, level by level, at the same update id? */
import type { FullBook } from '../../shared/command.ts';

type Levels = readonly (readonly [string, string])[];
export type ExchangeBook = { readonly lastUpdateId: number; readonly bids: Levels; readonly asks: Levels };

/**
 * Equal when every level of ours stands at the exchange with the same size, and every level of the exchange that a depth client can
 * know stands with us. What a client cannot know: levels beyond the edge of its snapshot (`known`) that no diff has touched since.
 */
export function booksEqual(ours: FullBook, theirs: ExchangeBook): boolean {
  if (ours.lastUpdateId !== theirs.lastUpdateId) return false;
  return (
    sideEqual(ours.bids, theirs.bids, ours.known && ((price) => price >= Number(ours.known?.bidFrom))) &&
    sideEqual(ours.asks, theirs.asks, ours.known && ((price) => price <= Number(ours.known?.askTo)))
  );
}

function sideEqual(ours: Levels, theirs: Levels, knowable: ((price: number) => boolean) | undefined): boolean {
  const sizes = new Map(theirs.map(([price, size]) => [Number(price), Number(size)]));
  for (const [price, size] of ours) if (sizes.get(Number(price)) !== Number(size)) return false;
  const held = new Set(ours.map(([price]) => Number(price)));
  return theirs.every(([price]) => held.has(Number(price)) || (knowable !== undefined && !knowable(Number(price))));
}

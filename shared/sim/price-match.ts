/** Prices found in the book for an order that names a place in it instead of a price (reference sheet 2026-11, section 3.1, `priceMatch`). */
import type { Ticks } from '../units.ts';
import type { Side } from './market.ts';
import { opposite } from './matching.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type PriceMatch = 'none' | 'opponent' | 'opponent-5' | 'queue' | 'queue-5' | 'queue-10' | 'queue-20';

/** Whose side of the book, and which of its levels, the best being 1. */
const PLACES: Readonly<Record<Exclude<PriceMatch, 'none'>, readonly [whose: 'own' | 'other', level: number]>> = {
  opponent: ['other', 1],
  'opponent-5': ['other', 5],
  queue: ['own', 1],
  'queue-5': ['own', 5],
  'queue-10': ['own', 10],
  'queue-20': ['own', 20],
};

/** Null when that side of the book has no such level. */
export function matchedPrice(
  market: SymbolMarket,
  { side, match }: { readonly side: Side; readonly match: Exclude<PriceMatch, 'none'> },
): Ticks | null {
  const [whose, level] = PLACES[match];
  const from = whose === 'own' ? side : opposite(side);
  if (level === 1) return market.best(from)?.price ?? null;
  const depth = market.depth(level);
  return (from === 'buy' ? depth.bids : depth.asks)[level - 1]?.[0] ?? null;
}

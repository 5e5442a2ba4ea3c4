/** The book of a bar as the gateway's guard looks at one: a level a side. */
import type { BookView } from '../../../gateway/venues/venue.ts';
import { monoMs, wallMs } from '../../../shared/units.ts';
import type { BarSymbol } from './bar-symbol.ts';

export function barBookOf({ market, instrument, book }: BarSymbol, atMs: number): BookView {
  book.clear();
  book.bids.set(market.touch('buy'), instrument.maxLots);
  book.asks.set(market.touch('sell'), instrument.maxLots);
  const times = { exchangeMs: wallMs(atMs), receivedAt: monoMs(atMs) };
  return { status: 'live', reason: '', book, lastUpdateId: 1, ...times, knownFrom: null, knownTo: null, top: null };
}

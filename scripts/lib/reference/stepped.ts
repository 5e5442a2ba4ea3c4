/** A price far below the best bid, one that is lower still, and the least size there: for an order that is shown and never meant to fill. */
import { formatPrice, formatSize, fractionalTicks, makeInstrument } from '../../../shared/instrument.ts';
import { BookDoc, type InstrumentDoc } from '../../../shared/snapshot.ts';
import { ticks } from '../../../shared/units.ts';
import { smallestSize } from '../plan-order.ts';

const SHARE = 0.985;
const LOWER_SHARE = 0.983;

export function stepped({ instrument, book }: { readonly instrument: InstrumentDoc; readonly book: string }): {
  readonly price: string;
  readonly lower: string;
  readonly size: string;
} {
  const made = makeInstrument(instrument);
  if (typeof made === 'string') throw new Error(made);
  const best = fractionalTicks(made, BookDoc.parse(JSON.parse(book)).bids[0]?.[0] ?? '0');
  const [price, lower] = [ticks(Math.floor(best * SHARE)), ticks(Math.floor(best * LOWER_SHARE))];
  return { price: formatPrice(made, price), lower: formatPrice(made, lower), size: formatSize(made, smallestSize(made, lower)) };
}

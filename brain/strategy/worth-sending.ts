/** What the venue would take at all. */
import { type Instrument, notionalOf } from '../../shared/instrument.ts';
import { lots, ticks } from '../../shared/units.ts';

/** Large enough for the venue's minimum of size and of worth. */
export function isWorthSending({
  instrument,
  price,
  size,
}: {
  readonly instrument: Instrument;
  readonly price: number;
  readonly size: number;
}): boolean {
  return size >= instrument.minLots && notionalOf(instrument, { price: ticks(price), size: lots(size) }) >= instrument.minNotionalAtoms;
}

/** The venue's decimal strings in whole steps, exactly or not at all. Pure. */
import type { OrderReport } from '../../../shared/events.ts';
import { type Instrument, parsePrice, parseSize } from '../../../shared/instrument.ts';
import { parseAtoms } from '../../../shared/units.ts';

/** A value that is not exact in the instrument's steps: never rounded, always told. Caught by `exactly` alone. */
export class Inexact extends Error {}

export const exactPrice = (instrument: Instrument, text: string): NonNullable<ReturnType<typeof parsePrice>> =>
  parsePrice(instrument, text) ?? inexact(instrument, `price ${text}`);
export const exactSize = (instrument: Instrument, text: string): NonNullable<ReturnType<typeof parseSize>> =>
  parseSize(instrument, text) ?? inexact(instrument, `size ${text}`);
/** Price of an order; one that ended without being filled may be of an older grid, and then has none here: nothing hangs on it any more. */
export const orderPrice = (instrument: Instrument, { text, state }: { readonly text: string; readonly state: OrderReport['state'] }) =>
  state === 'canceled' || state === 'expired' || state === 'rejected' ? parsePrice(instrument, text) : exactPrice(instrument, text);
export const exactAtoms = (text: string): NonNullable<ReturnType<typeof parseAtoms>> => {
  const value = parseAtoms(text);
  if (value === null) throw new Inexact(`amount ${text} is finer than 1e-8`);
  return value;
};

function inexact(instrument: Instrument, what: string): never {
  throw new Inexact(`${instrument.symbol}: ${what} is not a multiple of its step`);
}

export const sideOf = (side: 'BUY' | 'SELL') => (side === 'BUY' ? 'buy' : 'sell');

/** Runs a decoder; a sentence where a value is not exact. */
export function exactly<T>(decode: () => T): T | string {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Inexact) return error.message;
    throw error;
  }
}

/** Prices and fees of forced closes, in whole ticks of the contract. */
import { fractionalTicks, type Instrument } from '../instrument.ts';
import { type Atoms, atoms, formatAtoms, type Ticks, ticks } from '../units.ts';
import type { Position } from './position.ts';

/** Parts per million of the closed notional: `liquidationFee` of exchangeInfo. */
const CLEARANCE_PPM = 12_500n;
const ATOMS_PER_UNIT = 100_000_000n;

export const clearanceFee = (notional: Atoms): Atoms => atoms((notional * CLEARANCE_PPM) / 1_000_000n);

export const nearestTicks = (instrument: Instrument, priceAtoms: Atoms): Ticks =>
  inRange(instrument, Math.round(fractionalTicks(instrument, formatAtoms(priceAtoms))));

/** Where closing the whole position leaves nothing of `equity` (its worth at the mark), rounded so that rather a tick too much is left. */
export function bankruptcyTicks(
  instrument: Instrument,
  { position, markAtoms, equity }: { readonly position: Position; readonly markAtoms: Atoms; readonly equity: Atoms },
): Ticks {
  const units = BigInt(position.size) * instrument.stepAtoms;
  const price = fractionalTicks(instrument, formatAtoms(atoms(markAtoms - (equity * ATOMS_PER_UNIT) / units)));
  return inRange(instrument, position.size > 0 ? Math.ceil(price) : Math.floor(price));
}

const inRange = ({ minPriceTicks, maxPriceTicks }: Instrument, price: number): Ticks =>
  ticks(Math.min(maxPriceTicks, Math.max(minPriceTicks, price)));

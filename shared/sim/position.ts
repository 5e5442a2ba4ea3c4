/** A position of one symbol at average cost. Exact: what a reduction leaves over by rounding stays in the remaining cost. */
import type { Instrument } from '../instrument.ts';
import { notionalOf } from '../instrument.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks, ZERO_ATOMS } from '../units.ts';
import type { Side } from './market.ts';

/** Whose position a fill belongs to: the one of one-way mode, or one of the two of hedge mode. */
export type PositionSide = 'both' | 'long' | 'short';

export type Position = {
  /** Signed: below zero is short. */
  readonly size: Lots;
  /** What the open size cost at entry, without fees; never negative. */
  readonly cost: Atoms;
  /** Fees paid for the open size: break-even needs them. */
  readonly openFees: Atoms;
  /** Profit realised so far, before fees. */
  readonly realized: Atoms;
  readonly updatedMs: number;
};

export const FLAT: Position = { size: lots(0), cost: ZERO_ATOMS, openFees: ZERO_ATOMS, realized: ZERO_ATOMS, updatedMs: 0 };

export type PositionFill = {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
  readonly fee: Atoms;
  readonly atMs: number;
};

export type Filled = {
  readonly position: Position;
  readonly realized: Atoms;
  /** What of the fill closed. */
  readonly closed: Lots;
};

/** Books one fill: closes first, at average cost, then opens with what is left (a flip through zero starts a new cost). */
export function applyFill(position: Position, fill: PositionFill): Filled {
  const signed = fill.side === 'buy' ? fill.size : -fill.size;
  const held = Math.abs(position.size);
  const closing = position.size * signed < 0 ? Math.min(held, fill.size) : 0;
  const share = (whole: Atoms): bigint => (held === 0 ? 0n : (whole * BigInt(closing)) / BigInt(held));
  const costClosed = share(position.cost);
  const valueClosed = notionalOf(fill.instrument, { price: fill.price, size: lots(closing) });
  const realized = atoms(position.size > 0 ? valueClosed - costClosed : costClosed - valueClosed);
  const opening = lots(fill.size - closing);
  const feeOpening = (fill.fee * BigInt(opening)) / BigInt(fill.size);
  return {
    realized,
    closed: lots(closing),
    position: {
      size: lots(position.size + signed),
      cost: atoms(position.cost - costClosed + notionalOf(fill.instrument, { price: fill.price, size: opening })),
      openFees: atoms(position.openFees - share(position.openFees) + feeOpening),
      realized: atoms(position.realized + realized),
      updatedMs: fill.atMs,
    },
  };
}

/** Average entry price in atoms per base unit (zero when flat), rounded down. */
export const entryPriceOf = (instrument: Instrument, position: Position): Atoms => perUnit(instrument, position.size, position.cost);

/** Price at which closing repays the entry and its fees; fees of the close itself are not in it. */
export function breakEvenOf(instrument: Instrument, position: Position): Atoms {
  const fees = position.size > 0 ? position.openFees : -position.openFees;
  return perUnit(instrument, position.size, atoms(position.cost + fees));
}

/** Value of a signed size at a price in atoms per base unit; the sign is that of the size. */
export const valueAt = (instrument: Instrument, { size, priceAtoms }: { readonly size: Lots; readonly priceAtoms: Atoms }): Atoms =>
  size === 0 ? ZERO_ATOMS : atoms((priceAtoms * BigInt(size) * instrument.stepAtoms) / ATOMS_PER_UNIT);

export function unrealizedOf(instrument: Instrument, position: Position, markAtoms: Atoms): Atoms {
  const value = valueAt(instrument, { size: position.size, priceAtoms: markAtoms });
  return atoms(position.size >= 0 ? value - position.cost : value + position.cost);
}

const ATOMS_PER_UNIT = 100_000_000n;

function perUnit(instrument: Instrument, size: Lots, value: Atoms): Atoms {
  return size === 0 ? ZERO_ATOMS : atoms((value * ATOMS_PER_UNIT) / (BigInt(Math.abs(size)) * instrument.stepAtoms));
}

/** What one run holds of one symbol: average-cost bookkeeping in decimals of 1e-8, independent of tick and step. Pure. */
import type { Instrument } from '../../shared/instrument.ts';
import { ATOM_DECIMALS, type Atoms, atoms, formatAtoms, type Lots, lots, ZERO_ATOMS } from '../../shared/units.ts';

/** `size` in 1e-8 of the base asset, signed; `cost` is what the open size cost, signed as the size, in 1e-8 of the quote asset. */
export type Holding = {
  readonly size: Atoms;
  readonly cost: Atoms;
  /** Before fees. */
  readonly realized: Atoms;
  /** By asset; positive is paid. */
  readonly fees: Readonly<Record<string, Atoms>>;
  /** Positive is received. */
  readonly funding: Atoms;
};
export type Trade = { readonly size: Atoms /** Signed: negative is sold. */; readonly price: Atoms };

export const NOTHING: Holding = { size: ZERO_ATOMS, cost: ZERO_ATOMS, realized: ZERO_ATOMS, fees: {}, funding: ZERO_ATOMS };

const ONE = 10n ** BigInt(ATOM_DECIMALS);

/** A trade through zero realizes the old side and opens the new one at its own price. */
export function traded(holding: Holding, { size: signed, price }: Trade): Holding {
  const worth = (size: bigint): bigint => (size * price) / ONE;
  const size = atoms(holding.size + signed);
  if (holding.size === 0n || holding.size > 0n === signed > 0n) return { ...holding, size, cost: atoms(holding.cost + worth(signed)) };
  const closed = absolute(signed) < absolute(holding.size) ? -signed : holding.size;
  const costOut = (holding.cost * closed) / holding.size;
  const turned = size !== 0n && size > 0n !== holding.size > 0n;
  return {
    ...holding,
    size,
    cost: turned ? atoms(worth(size)) : atoms(holding.cost - costOut),
    realized: atoms(holding.realized + worth(closed) - costOut),
  };
}

/** A part of it goes elsewhere at what it cost; nothing is realized. Signed as the holding, and no larger. */
export function partOf(holding: Holding, size: Atoms): { readonly kept: Holding; readonly cost: Atoms } {
  const cost = holding.size === 0n ? ZERO_ATOMS : atoms((holding.cost * size) / holding.size);
  return { kept: { ...holding, size: atoms(holding.size - size), cost: atoms(holding.cost - cost) }, cost };
}

export function withFee(holding: Holding, { asset, fee }: { readonly asset: string; readonly fee: Atoms }): Holding {
  return { ...holding, fees: { ...holding.fees, [asset]: atoms((holding.fees[asset] ?? 0n) + fee) } };
}

export const withFunding = (holding: Holding, funding: Atoms): Holding => ({ ...holding, funding: atoms(holding.funding + funding) });

/** Average entry price; nothing when flat. */
export const averageOf = ({ size, cost }: Holding): Atoms => (size === 0n ? ZERO_ATOMS : atoms((cost * ONE) / size));

/** The same as a decimal; null when flat. */
export const entryPriceOf = (holding: Holding): string | null => (holding.size === 0n ? null : formatAtoms(averageOf(holding)));

/** Whole lots, towards zero. */
export const lotsOf = ({ size }: Holding, { stepAtoms }: Instrument): Lots => lots(Number(size / stepAtoms));

/**
 * Splits a whole number in proportion to weights, which may differ in sign: the parts add up to it exactly, and none is larger than its
 * weight while the whole is not larger than their sum. The sum of the weights is not zero.
 */
export function apportion(whole: bigint, weights: readonly bigint[]): readonly bigint[] {
  const sum = weights.reduce((total, weight) => total + weight, 0n);
  if (sum === 0n) throw new Error('Cannot apportion: the weights add up to nothing');
  const parts = weights.map((weight) => (whole * weight) / sum);
  const rest = whole - parts.reduce((total, part) => total + part, 0n);
  const step = rest > 0n ? 1n : -1n;
  const cut = weights.map((weight, index) => ({ index, left: (whole * weight) % sum, up: sum > 0n ? step : -step }));
  const first = cut
    .filter(({ left, up }) => left !== 0n && left > 0n === up > 0n)
    .sort((a, b) => (absolute(a.left) === absolute(b.left) ? a.index - b.index : absolute(a.left) < absolute(b.left) ? 1 : -1))
    .slice(0, Number(absolute(rest)));
  for (const { index } of first) parts[index] = (parts[index] ?? 0n) + step;
  return parts;
}

export const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/**
 * Where profit comes from: each fill against the mid of its moment (spread earned or paid), what was held while the mid moved (inventory).
 * Exact: for every history of fills and mids, spread + inventory is the profit of the fills valued at the last mid, to the last atom; a
 * position that ends flat leaves the venue's realized profit. Decimals of any tick and step. Pure and plain data.
 */
import type { Side } from '../../shared/order.ts';
import { ATOM_DECIMALS, type Atoms, atoms } from '../../shared/units.ts';

/** Best bid + best ask, 1e-8 of the quote asset: twice the mid, which makes it whole. */
export type TwiceMid = bigint;

/** Whole numbers as text, so that state is plain JSON. Profit is kept in the finest step in which every part is whole: half of 1e-16. */
export type PnlSplit = {
  /** 1e-8 of the base asset, signed. */
  readonly position: string;
  /** `TwiceMid` at which the position was last valued; null before the first. */
  readonly mid: string | null;
  readonly spread: string;
  readonly inventory: string;
};
export type SplitFill = { readonly side: Side; readonly price: Atoms; readonly size: Atoms };
export type SplitMoney = { readonly spread: Atoms; readonly inventory: Atoms };

const FINEST = 2n * 10n ** BigInt(ATOM_DECIMALS);

/** Beginning with a position: it counts from the first mid on, whatever was paid for it. */
export const newSplit = (position: Atoms): PnlSplit => ({ position: position.toString(), mid: null, spread: '0', inventory: '0' });

/** The mid moved while the position was held. */
export function markSplit(split: PnlSplit, mid: TwiceMid): PnlSplit {
  const text = mid.toString();
  if (split.mid === text) return split;
  const moved = split.mid === null ? 0n : BigInt(split.position) * (mid - BigInt(split.mid));
  return { ...split, mid: text, inventory: add(split.inventory, moved) };
}

/** A fill while the mid stood at `mid`: better than mid earns, worse pays. */
export function fillSplit(split: PnlSplit, { side, price, size, mid }: SplitFill & { readonly mid: TwiceMid }): PnlSplit {
  const marked = markSplit(split, mid);
  const signed = side === 'buy' ? size : -size;
  return { ...marked, position: add(marked.position, signed), spread: add(marked.spread, signed * (mid - 2n * price)) };
}

/** What is held is another position than the fills have made: nothing is earned by that. */
export const correctSplit = (split: PnlSplit, position: Atoms): PnlSplit =>
  split.position === position.toString() ? split : { ...split, position: position.toString() };

/** The two parts in money; what is finer than an atom and neither owns goes to inventory, so that their sum stays exact. */
export function splitMoney(split: PnlSplit): SplitMoney {
  const spread = BigInt(split.spread) / FINEST;
  return { spread: atoms(spread), inventory: atoms((BigInt(split.spread) + BigInt(split.inventory)) / FINEST - spread) };
}

const add = (text: string, more: bigint): string => (more === 0n ? text : (BigInt(text) + more).toString());

/**
 * Where profit comes from: each fill against the mid of its moment (spread earned or paid), what was held while the mid moved (inventory),
 * fees and funding. Exact: for every history of fills and mids, spread + inventory is the profit of the fills valued at the last mid, to
 * the last atom; a position that ends flat leaves the venue's realized profit. Pure and plain data, for live, backtest and report.
 */
import type { Instrument } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks } from '../../shared/units.ts';

/** Mid counted in half ticks, which makes it whole: best bid + best ask. */
export type HalfTicks = number;

/** Sums are kept in half ticks x lots, the finest step in which every part is whole; decimal text, so that state is plain JSON. */
export type PnlSplit = {
  readonly position: Lots;
  /** Mid at which the position was last valued; null before the first. */
  readonly mid: HalfTicks | null;
  readonly spread: string;
  readonly inventory: string;
};
export type SplitFill = { readonly side: Side; readonly price: Ticks; readonly size: Lots };
export type SplitMoney = { readonly spread: Atoms; readonly inventory: Atoms };

/** Beginning with a position: it counts from the first mid on, whatever was paid for it. */
export const newSplit = (position: Lots): PnlSplit => ({ position, mid: null, spread: '0', inventory: '0' });

export const midOf = ({ bestBid, bestAsk }: { readonly bestBid: Ticks; readonly bestAsk: Ticks }): HalfTicks => bestBid + bestAsk;

/** The mid moved while the position was held. */
export function markSplit(split: PnlSplit, mid: HalfTicks): PnlSplit {
  if (split.mid === mid) return split;
  const moved = split.mid === null ? 0n : BigInt(split.position) * BigInt(mid - split.mid);
  return { ...split, mid, inventory: add(split.inventory, moved) };
}

/** A fill while the mid stood at `mid`: better than mid earns, worse pays. */
export function fillSplit(split: PnlSplit, { side, price, size, mid }: SplitFill & { readonly mid: HalfTicks }): PnlSplit {
  const marked = markSplit(split, mid);
  const signed = side === 'buy' ? size : -size;
  const earned = BigInt(signed) * BigInt(mid - 2 * price);
  return { ...marked, position: lots(marked.position + signed), spread: add(marked.spread, earned) };
}

/** The two parts in money; a half atom that neither owns goes to inventory, so that their sum stays exact. */
export function splitMoney(split: PnlSplit, { atomsPerTickLot }: Pick<Instrument, 'atomsPerTickLot'>): SplitMoney {
  const [spread, inventory] = [BigInt(split.spread) * atomsPerTickLot, BigInt(split.inventory) * atomsPerTickLot];
  const whole = spread / 2n;
  return { spread: atoms(whole), inventory: atoms((spread + inventory) / 2n - whole) };
}

const add = (text: string, more: bigint): string => (more === 0n ? text : (BigInt(text) + more).toString());

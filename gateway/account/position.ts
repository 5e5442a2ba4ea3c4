/**
 * Position of one symbol from its fills: size, cost of the open part, realized profit before fees. Fills may arrive out of order; the
 * newest are kept so that a late one is booked where it belongs in time, and the result does not depend on the order of arrival.
 */
import { type Instrument, notionalOf } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { type Atoms, ATOM_DECIMALS, atoms, formatAtoms, type Lots, lots, parseAtoms, type Ticks, ZERO_ATOMS } from '../../shared/units.ts';

export type Trade = { readonly tradeId: string; readonly side: Side; readonly price: Ticks; readonly size: Lots; readonly atMs: number };
/** The trade that took a position away from flat, or through it to this side: what tells one position from the next. */
export type Opening = { readonly tradeId: string; readonly atMs: number };
/**
 * `cost` is what the open size cost, signed as the size; both in the instrument's own units. `opening` is null when flat, and absent or null
 * when no trade is known that opened it (adopted, corrected by the venue's word).
 */
export type Holding = { readonly size: Lots; readonly cost: Atoms; readonly realized: Atoms; readonly opening?: Opening | null };

export const FLAT: Holding = { size: lots(0), cost: ZERO_ATOMS, realized: ZERO_ATOMS, opening: null };
/** A fill later than this many newer ones is booked at the end of them. */
const TAIL_MAX = 64;

/** Average-cost bookkeeping of one trade; a trade through zero realizes the old side and opens the new one at its own price. */
export function applyTrade(holding: Holding, { trade, instrument }: { readonly trade: Trade; readonly instrument: Instrument }): Holding {
  const signed = trade.side === 'buy' ? trade.size : -trade.size;
  const worth = (size: number): bigint => notionalOf(instrument, { price: trade.price, size: lots(size) });
  const size = lots(holding.size + signed);
  const opened = { tradeId: trade.tradeId, atMs: trade.atMs };
  const kept = holding.opening ?? null;
  if (holding.size === 0 || Math.sign(holding.size) === Math.sign(signed))
    return {
      size,
      cost: atoms(holding.cost + worth(signed)),
      realized: holding.realized,
      opening: holding.size === 0 ? opened : kept,
    };
  const closed = Math.min(Math.abs(signed), Math.abs(holding.size)) * Math.sign(holding.size);
  const costOut = (holding.cost * BigInt(closed)) / BigInt(holding.size);
  const realized = atoms(holding.realized + worth(closed) - costOut);
  const turned = size !== 0 && Math.sign(size) !== Math.sign(holding.size);
  const opening = size === 0 ? null : turned ? opened : kept;
  return { size, cost: turned ? atoms(worth(size)) : atoms(holding.cost - costOut), realized, opening };
}

/** `base` and the trades after it, oldest first: what a holding that may still be re-ordered is made of. */
export type Parts = { readonly base: Holding; readonly tail: readonly Trade[] };

/** The holding after all trades, kept right when a trade comes late. */
export class RunningPosition {
  readonly #instrument: Instrument;
  #base: Holding;
  #tail: readonly Trade[];
  #now: Holding;

  constructor(instrument: Instrument, { base, tail }: Parts) {
    this.#instrument = instrument;
    this.#base = base;
    this.#tail = [...tail].sort(compareTrades);
    this.#now = this.#sum();
  }

  get holding(): Holding {
    return this.#now;
  }

  get parts(): Parts {
    return { base: this.#base, tail: this.#tail };
  }

  add(trade: Trade): void {
    const last = this.#tail.at(-1);
    const isNewest = !last || compareTrades(last, trade) < 0;
    this.#tail = isNewest ? [...this.#tail, trade] : [...this.#tail, trade].sort(compareTrades);
    this.#now = isNewest ? this.#apply(this.#now, trade) : this.#sum();
    const [oldest] = this.#tail;
    if (this.#tail.length <= TAIL_MAX || !oldest) return;
    this.#base = this.#apply(this.#base, oldest);
    this.#tail = this.#tail.slice(1);
  }

  /** Sets size and entry as the venue states them; what was realized stays. */
  correct({ size, entryPrice }: { readonly size: Lots; readonly entryPrice: string }): void {
    this.#now = { size, cost: costOf(this.#instrument, { size, entryPrice }), realized: this.#now.realized, opening: null };
    this.#base = this.#now;
    this.#tail = [];
  }

  /** Takes over what the venue says was realized. */
  setRealized(realized: Atoms): void {
    this.#now = { ...this.#now, realized };
    this.#base = this.#now;
    this.#tail = [];
  }

  #sum(): Holding {
    return this.#tail.reduce((holding, each) => this.#apply(holding, each), this.#base);
  }

  #apply(holding: Holding, trade: Trade): Holding {
    return applyTrade(holding, { trade, instrument: this.#instrument });
  }
}

/** Cost of a size at an entry price of any precision, rounded towards zero below one atom. */
export function costOf(instrument: Instrument, { size, entryPrice }: { readonly size: Lots; readonly entryPrice: string }): Atoms {
  return worthOf(instrument, { size, price: entryPrice }) ?? ZERO_ATOMS;
}

/** Size times a price of any precision; null when the price is not a decimal. Digits finer than 1e-8 are cut. */
export function worthOf(instrument: Instrument, { size, price }: { readonly size: Lots; readonly price: string }): Atoms | null {
  const [whole = '', fraction = ''] = price.split('.');
  const priceAtoms = parseAtoms(fraction === '' ? whole : `${whole}.${fraction.slice(0, ATOM_DECIMALS)}`);
  const stepAtoms = parseAtoms(instrument.stepSize);
  if (priceAtoms === null || stepAtoms === null) return null;
  return atoms((priceAtoms * BigInt(size) * stepAtoms) / ATOMS_IN_ONE);
}

/** Average entry price as a decimal, to 8 places; null when flat. */
export function entryPriceOf(instrument: Instrument, { size, cost }: Holding): string | null {
  const stepAtoms = parseAtoms(instrument.stepSize);
  if (size === 0 || stepAtoms === null) return null;
  return formatAtoms(atoms((cost * ATOMS_IN_ONE) / (BigInt(size) * stepAtoms)));
}

const ATOMS_IN_ONE = 10n ** BigInt(ATOM_DECIMALS);

/** By venue time, then by id: ids that are numbers compare as numbers, whatever their length. */
function compareTrades(a: Trade, b: Trade): number {
  return a.atMs - b.atMs || a.tradeId.length - b.tradeId.length || (a.tradeId < b.tradeId ? -1 : a.tradeId > b.tradeId ? 1 : 0);
}

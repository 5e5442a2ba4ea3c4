/**
 * Profit of each symbol by where it comes from: spread, inventory, fees, funding, since it was first counted. Their sum is what the account
 * has gained by the symbol, open positions valued at mid. Pure.
 */
import * as z from 'zod';
import type { PnlDoc } from '../../shared/pnl-doc.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { type Atoms, atoms, formatAtoms, parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { correctSplit, fillSplit, markSplit, newSplit, splitMoney, type TwiceMid } from './pnl-split.ts';
import { netOf, type SubLedger } from './sub-ledger.ts';

const whole = z.string().regex(/^-?\d+$/);
/** `fees` and `funding`: what the sub-ledgers had counted when it began, 1e-8. */
export const SymbolPnl = z.strictObject({
  split: z.strictObject({ position: whole, mid: whole.nullable(), spread: whole, inventory: whole }),
  sinceMs: z.number(),
  /** When the position was last valued, venue time. */
  atMs: z.number(),
  fees: z.record(z.string(), whole),
  funding: whole,
});
export type SymbolPnl = Readonly<z.infer<typeof SymbolPnl>>;
export type Pnl = Readonly<Record<string, SymbolPnl>>;

export type Moment = {
  readonly ledgers: Readonly<Record<string, SubLedger>>;
  /** Counted in this turn, in order. */
  readonly news: readonly FillDoc[];
  /** By symbol; null where the book is blind. */
  readonly mids: ReadonlyMap<string, TwiceMid | null>;
  /** Venue time of the snapshot. */
  readonly atMs: number;
};

/** A mid older than this says nothing of a fill: then it is measured against the present one. */
const MID_MS = 2_000;

export function pnlAfter(before: Pnl, moment: Moment): Pnl {
  const { ledgers } = moment;
  const known = Object.entries(ledgers).filter(([, { fundingSeen }]) => fundingSeen !== null); // before, what is held was not looked at
  return Object.fromEntries(known.map(([symbol, ledger]) => [symbol, symbolAfter(before[symbol], { symbol, ledger, moment })]));
}

type Counting = { readonly symbol: string; readonly ledger: SubLedger; readonly moment: Moment };

function symbolAfter(before: SymbolPnl | undefined, { symbol, ledger, moment }: Counting): SymbolPnl {
  const { news, mids, atMs } = moment;
  const mid = mids.get(symbol) ?? null;
  if (!before) return begin(ledger, { mid, atMs });
  let split = mid !== null && atMs - before.atMs > MID_MS ? markSplit(before.split, mid) : before.split;
  for (const fill of news) {
    if (fill.symbol !== symbol) continue;
    const [price, size] = [parseAtoms(fill.price), parseAtoms(fill.size)];
    if (price === null || size === null) throw new Error(`Cannot split fill ${fill.n}: ${fill.size} at ${fill.price} is not exact`);
    const at = split.mid === null ? (mid ?? 2n * price) : BigInt(split.mid); // the one that stood before it
    split = fillSplit(split, { side: fill.side, price, size, mid: at });
  }
  const marked = correctSplit(mid === null ? split : markSplit(split, mid), netOf(ledger));
  return marked === before.split && mid === null ? before : { ...before, split: marked, atMs: mid === null ? before.atMs : atMs };
}

function begin(ledger: SubLedger, { mid, atMs }: { readonly mid: TwiceMid | null; readonly atMs: number }): SymbolPnl {
  const split = newSplit(netOf(ledger));
  const fees = Object.fromEntries([...feesOf(ledger)].map(([asset, fee]) => [asset, fee.toString()]));
  return {
    ...{ split: mid === null ? split : markSplit(split, mid), sinceMs: atMs, atMs },
    ...{ fees, funding: fundingOf(ledger).toString() },
  };
}

/** By asset, over all holders. */
function feesOf({ holdings }: SubLedger): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { fees } of Object.values(holdings))
    for (const [asset, fee] of Object.entries(fees)) sums.set(asset, (sums.get(asset) ?? 0n) + fee);
  return sums;
}

const fundingOf = ({ holdings }: SubLedger): bigint => Object.values(holdings).reduce((sum, { funding }) => sum + funding, 0n);

/** In money; a fee in another asset than the quote asset is told beside, and is in no sum. */
export function pnlDoc(
  { split, sinceMs, fees: feesFrom, funding: fundingFrom }: SymbolPnl,
  { ledger, quoteAsset }: { readonly ledger: SubLedger; readonly quoteAsset: string },
): PnlDoc {
  const { spread, inventory } = splitMoney(split);
  const paid = new Map([...feesOf(ledger)].map(([asset, fee]) => [asset, atoms(fee - BigInt(feesFrom[asset] ?? '0'))]));
  const fees = paid.get(quoteAsset) ?? ZERO_ATOMS;
  const funding = atoms(fundingOf(ledger) - BigInt(fundingFrom));
  paid.delete(quoteAsset);
  return {
    ...{ asset: quoteAsset, sinceMs, spread: formatAtoms(spread), inventory: formatAtoms(inventory) },
    ...{ fees: formatAtoms(fees), funding: formatAtoms(funding) },
    total: formatAtoms(atoms(spread + inventory - fees + funding)),
    otherFees: Object.fromEntries(
      [...paid].filter(([, fee]) => fee !== 0n).map(([asset, fee]): [string, string] => [asset, formatAtoms(fee)]),
    ),
  };
}

/** Best bid + best ask of a book as it is written down. */
export function twiceMid({ bid, ask }: { readonly bid: string; readonly ask: string }): TwiceMid | null {
  const [best, other]: (Atoms | null)[] = [parseAtoms(bid), parseAtoms(ask)];
  return best === null || other === null || best === undefined || other === undefined || best >= other ? null : best + other;
}

/** What the account is worth: wallet plus unrealized profit at the mark, for one margin asset. Unknown is null, never zero. Pure. */
import type { BalanceReport, Mark } from '../../shared/events.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { type Atoms, atoms, ZERO_ATOMS } from '../../shared/units.ts';
import { type Holding, worthOf } from './position.ts';

/** One contract with what is held of it. */
export type Held = { readonly instrument: Instrument; readonly holding: Holding; readonly mark: Mark | null };

/** Unrealized profit of one contract, quote units; null while its mark is not known. */
export function unrealizedOf({ instrument, holding, mark }: Held): Atoms | null {
  if (holding.size === 0) return ZERO_ATOMS;
  const worth = mark === null ? null : worthOf(instrument, { size: holding.size, price: mark.markPrice });
  return worth === null ? null : atoms(worth - holding.cost);
}

/** Sum over the contracts margined in an asset; null as soon as one of them is not known. */
export function unrealizedIn(asset: string, held: readonly Held[]): Atoms | null {
  let total: Atoms = ZERO_ATOMS;
  for (const one of held) {
    if (one.instrument.quoteAsset !== asset) continue;
    const value = unrealizedOf(one);
    if (value === null) return null;
    total = atoms(total + value);
  }
  return total;
}

/** Wallet and unrealized profit of a margin asset; null while the wallet was not read or a position in it cannot be valued. */
export function equityIn(
  asset: string,
  { balances, held }: { readonly balances: readonly BalanceReport[]; readonly held: readonly Held[] },
): Atoms | null {
  const wallet = balances.find((balance) => balance.asset === asset)?.wallet;
  const unrealized = unrealizedIn(asset, held);
  return wallet === undefined || unrealized === null ? null : atoms(wallet + unrealized);
}

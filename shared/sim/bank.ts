/** Money that enters or leaves an account, and what every keeper of accounts needs. */
import { type Atoms, atoms } from '../units.ts';
import { accountEvent } from './account-events.ts';
import type { UserEvent } from './exchange-events.ts';
import { poolMargin } from './margin.ts';
import type { Trader } from './order-desk.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type Bank = {
  readonly markets: ReadonlyMap<string, SymbolMarket>;
  readonly nowMs: () => number;
  /** Of one symbol or of all, those that wait for a trigger included. */
  readonly openOrders: (trader: Trader, symbol: string | null) => number;
  readonly tell: (event: UserEvent) => void;
};

/** Deposits (above zero) or withdraws (below zero); false when more is asked than may leave. Open profit never leaves. */
export function transfer(bank: Bank, trader: Trader, { asset, amount }: { readonly asset: string; readonly amount: Atoms }): boolean {
  if (amount < 0n && -amount > withdrawableOf(bank, trader, asset)) return false;
  const atMs = bank.nowMs();
  trader.account.credit({ type: 'transfer', amount, asset, symbol: null, tradeId: null, atMs });
  const reason = amount < 0n ? 'withdraw' : 'deposit';
  bank.tell(accountEvent({ trader, atMs, reason, wallets: [{ asset, change: amount }] }));
  return true;
}

/** With all assets as one margin, an asset's own wallet bounds what can leave of it. */
export function withdrawableOf(bank: Bank, trader: Trader, asset: string): Atoms {
  const { withdrawable } = poolMargin(trader, bank.markets.values(), asset);
  const own = trader.account.crossWallet(asset);
  const most = own < withdrawable ? own : withdrawable;
  return atoms(most > 0n ? most : 0n);
}

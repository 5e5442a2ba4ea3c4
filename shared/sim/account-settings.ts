/** The settings of an account and the rules for changing them (Binance USD-M docs, error codes; reference sheet 2026-11, section 3.3). */
import { type Atoms, atoms } from '../units.ts';
import { accountEvent, noChange } from './account-events.ts';
import type { MarginType } from './account.ts';
import type { Bank } from './bank.ts';
import { maxLeverageOf, maxNotionalOf } from './brackets.ts';
import { assetMargin, jointMargin, poolMargin, positionMargin } from './margin.ts';
import type { Trader } from './order-desk.ts';
import type { PositionSide } from './position.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type SettingReject =
  | 'position-mode-same'
  | 'position-mode-open-orders'
  | 'position-mode-positions'
  | 'asset-mode-same'
  | 'asset-mode-isolated'
  | 'asset-mode-open-orders'
  | 'asset-mode-negative-wallet'
  | 'asset-mode-margin'
  | 'margin-type-same'
  | 'margin-type-open-orders'
  | 'margin-type-position'
  | 'margin-type-multi-assets'
  | 'leverage-range'
  | 'leverage-cap'
  | 'leverage-margin'
  | 'leverage-isolated'
  | 'margin-not-isolated'
  | 'margin-no-position'
  | 'margin-amount'
  | 'margin-cross-insufficient'
  | 'margin-isolated-insufficient';

export function setHedge(bank: Bank, trader: Trader, hedge: boolean): SettingReject | null {
  const { account } = trader;
  if (hedge === account.hedge) return 'position-mode-same';
  if (bank.openOrders(trader, null) > 0) return 'position-mode-open-orders';
  if (account.held().length > 0) return 'position-mode-positions';
  account.hedge = hedge;
  return null;
}

/** All assets margin together, or each its own contracts; never with isolated margin on any symbol. */
export function setMultiAssets(bank: Bank, trader: Trader, multiAssets: boolean): SettingReject | null {
  const { account } = trader;
  const markets = [...bank.markets.values()];
  if (multiAssets === account.multiAssets) return 'asset-mode-same';
  if (multiAssets && markets.some(({ instrument }) => account.settings(instrument.symbol).marginType === 'isolated'))
    return 'asset-mode-isolated';
  if (bank.openOrders(trader, null) > 0) return 'asset-mode-open-orders';
  if (!multiAssets && account.wallets().some(({ balance }) => balance < 0n)) return 'asset-mode-negative-wallet';
  const parts = multiAssets ? [jointMargin(trader, markets)] : account.wallets().map(({ asset }) => assetMargin(trader, markets, asset));
  if (parts.some(({ cross, crossUnrealized, crossInitial }) => cross + crossUnrealized < crossInitial)) return 'asset-mode-margin';
  account.multiAssets = multiAssets;
  bank.tell({ kind: 'asset-mode', apiKey: account.apiKey, atMs: bank.nowMs(), multiAssets });
  return null;
}

export function setMarginType(
  bank: Bank,
  trader: Trader,
  { market, marginType }: { readonly market: SymbolMarket; readonly marginType: MarginType },
): SettingReject | null {
  const { account } = trader;
  const { symbol } = market.instrument;
  if (account.settings(symbol).marginType === marginType) return 'margin-type-same';
  if (account.multiAssets && marginType === 'isolated') return 'margin-type-multi-assets';
  if (bank.openOrders(trader, symbol) > 0) return 'margin-type-open-orders';
  if (account.held().some((holding) => holding.symbol === symbol)) return 'margin-type-position';
  account.set(symbol, { marginType });
  const positions = account.sides().map((side) => ({ market, side }));
  bank.tell(accountEvent({ trader, atMs: bank.nowMs(), reason: 'margin-type', wallets: [], positions }));
  return null;
}

export function setLeverage(
  bank: Bank,
  trader: Trader,
  { market, leverage }: { readonly market: SymbolMarket; readonly leverage: number },
): SettingReject | null {
  const { account } = trader;
  const { symbol, quoteAsset } = market.instrument;
  if (!Number.isInteger(leverage) || leverage < 1 || leverage > maxLeverageOf(symbol)) return 'leverage-range';
  const before = account.leverage(symbol);
  const sides = account.sides().map((side) => positionMargin({ trader, market, side }));
  const held = sides.some(({ position }) => position.size !== 0);
  if (leverage < before && held && account.settings(symbol).marginType === 'isolated') return 'leverage-isolated';
  const reached = (worth: (typeof sides)[number]): bigint => (worth.positionInitial + worth.openOrderInitial) * BigInt(worth.leverage);
  if (sides.some((worth) => reached(worth) > maxNotionalOf(symbol, leverage))) return 'leverage-cap';
  const needed = (): bigint => {
    const { cross, crossUnrealized, crossInitial } = poolMargin(trader, bank.markets.values(), quoteAsset);
    return crossInitial - cross - crossUnrealized;
  };
  account.set(symbol, { leverage });
  if (leverage < before && needed() > 0n) {
    account.set(symbol, { leverage: before });
    return 'leverage-margin';
  }
  bank.tell({ kind: 'leverage', apiKey: account.apiKey, atMs: bank.nowMs(), symbol, leverage });
  return null;
}

export type MarginChange = {
  readonly market: SymbolMarket;
  readonly side: PositionSide;
  /** Above zero adds to the isolated position, below zero takes from it. */
  readonly amount: Atoms;
};

/** Moves margin between the cross wallet and an isolated position; what the position needs initially stays with it. */
export function changeMargin(bank: Bank, trader: Trader, { market, side, amount }: MarginChange): SettingReject | null {
  const { account } = trader;
  const { symbol, quoteAsset: asset } = market.instrument;
  if (amount === 0n) return 'margin-amount';
  if (account.settings(symbol).marginType !== 'isolated') return 'margin-not-isolated';
  const { position, isolated, unrealized, positionInitial } = positionMargin({ trader, market, side });
  if (position.size === 0) return 'margin-no-position';
  const loss = unrealized < 0n ? unrealized : 0n;
  if (amount > 0n && amount > assetMargin(trader, bank.markets.values(), asset).withdrawable) return 'margin-cross-insufficient';
  if (amount < 0n && -amount > isolated + loss - positionInitial) return 'margin-isolated-insufficient';
  const atMs = bank.nowMs();
  account.addIsolated({ symbol, side, amount });
  account.noteMarginMove({ symbol, asset, side, amount, atMs });
  const positions = [{ market, side }];
  bank.tell(
    accountEvent({ trader, atMs, reason: 'margin-transfer', wallets: [{ ...noChange(asset), change: atoms(-amount) }], positions }),
  );
  return null;
}

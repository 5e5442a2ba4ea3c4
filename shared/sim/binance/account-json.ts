/** Balances, account totals and configuration (Binance USD-M docs, account; reference sheet 2026-11, section 3.3). */
import { atoms, formatAtoms } from '../../units.ts';
import type { Account } from '../account.ts';
import { withdrawableOf } from '../bank.ts';
import { type AssetMargin, assetMargin, jointMargin } from '../margin.ts';
import { accountPositionsJson, accountPositionsV2Json, marginsJson, maxNotionalText, type Of } from './position-json.ts';

/** The venue's top-level totals speak of this asset only in single-asset mode. */
const MAIN_ASSET = 'USDT';

type Row = Record<string, unknown>;

const marginOf = ({ exchange, trader }: Of, asset: string): AssetMargin => assetMargin(trader, exchange.markets.values(), asset);

export function balanceJson(of: Of): readonly Row[] {
  return of.trader.account.wallets().map(({ asset, updatedMs }) => {
    const margin = marginOf(of, asset);
    return {
      accountAlias: 'SimSim',
      asset,
      balance: formatAtoms(margin.wallet),
      crossWalletBalance: formatAtoms(margin.cross),
      crossUnPnl: formatAtoms(margin.crossUnrealized),
      ...availableJson(of, asset),
      marginAvailable: true,
      updateTime: Math.floor(updatedMs),
    };
  });
}

export const accountJson = (of: Of): Row => ({
  ...totalsJson(of),
  assets: of.trader.account.wallets().map(({ asset, updatedMs }) => ({ ...assetRow(of, asset), updateTime: Math.floor(updatedMs) })),
  positions: accountPositionsJson(of),
});

/** Version 2 tells the settings too, and every symbol. */
export const accountV2Json = (of: Of): Row => ({
  feeTier: 0,
  canTrade: true,
  canDeposit: true,
  canWithdraw: true,
  feeBurn: of.trader.account.feeBurn,
  tradeGroupId: -1,
  updateTime: 0,
  multiAssetsMargin: of.trader.account.multiAssets,
  ...totalsJson(of),
  assets: of.trader.account
    .wallets()
    .map(({ asset, updatedMs }) => ({ ...assetRow(of, asset), marginAvailable: true, updateTime: Math.floor(updatedMs) })),
  positions: accountPositionsV2Json(of),
});

/** One asset in single-asset mode, whatever else is held; everything in dollars in multi-assets mode. */
function totalsJson(of: Of): Row {
  const { trader, exchange } = of;
  const total = trader.account.multiAssets ? jointMargin(trader, exchange.markets.values()) : marginOf(of, MAIN_ASSET);
  return {
    totalInitialMargin: formatAtoms(atoms(total.positionInitial + total.openOrderInitial)),
    totalMaintMargin: formatAtoms(total.maintenance),
    totalWalletBalance: formatAtoms(total.wallet),
    totalUnrealizedProfit: formatAtoms(total.unrealized),
    totalMarginBalance: formatAtoms(atoms(total.wallet + total.unrealized)),
    totalPositionInitialMargin: formatAtoms(total.positionInitial),
    totalOpenOrderInitialMargin: formatAtoms(total.openOrderInitial),
    totalCrossWalletBalance: formatAtoms(total.cross),
    totalCrossUnPnl: formatAtoms(total.crossUnrealized),
    availableBalance: formatAtoms(total.available),
    maxWithdrawAmount: formatAtoms(total.withdrawable),
  };
}

function assetRow(of: Of, asset: string): Row {
  const margin = marginOf(of, asset);
  return {
    asset,
    walletBalance: formatAtoms(margin.wallet),
    unrealizedProfit: formatAtoms(margin.unrealized),
    marginBalance: formatAtoms(atoms(margin.wallet + margin.unrealized)),
    ...marginsJson(margin),
    crossWalletBalance: formatAtoms(margin.cross),
    crossUnPnl: formatAtoms(margin.crossUnrealized),
    ...availableJson(of, asset),
  };
}

const availableJson = ({ exchange, trader }: Of, asset: string): Row => ({
  availableBalance: formatAtoms(exchange.available(trader, asset)),
  maxWithdrawAmount: formatAtoms(withdrawableOf(exchange.bank, trader, asset)),
});

export function symbolConfigJson({ exchange, trader }: Of, symbol: string | null): readonly Row[] {
  return [...exchange.markets.keys()]
    .filter((name) => symbol === null || name === symbol)
    .map((name) => {
      const { leverage, marginType } = trader.account.settings(name);
      return {
        symbol: name,
        marginType: marginType === 'cross' ? 'CROSSED' : 'ISOLATED',
        isAutoAddMargin: false,
        leverage,
        maxNotionalValue: maxNotionalText(name, leverage),
      };
    });
}

export const accountConfigJson = ({ hedge, multiAssets }: Account): Row => ({
  feeTier: 0,
  canTrade: true,
  canDeposit: true,
  canWithdraw: true,
  dualSidePosition: hedge,
  updateTime: 0,
  multiAssetsMargin: multiAssets,
  tradeGroupId: -1,
});

/** Accounts as the v3 endpoints show them (Binance USD-M docs, account; reference sheet 2026-11, section 3.3). Liquidation is not modelled: '0'. */
import { formatSize } from '../../instrument.ts';
import { type Atoms, atoms, formatAtoms, ZERO_ATOMS } from '../../units.ts';
import type { Account, SymbolMargin, Wallet } from '../account.ts';
import type { Exchange } from '../exchange.ts';
import type { Trader } from '../order-desk.ts';
import { breakEvenOf, entryPriceOf } from '../position.ts';
import { markText } from './market-json.ts';

const MAX_NOTIONAL = '100000000';
/** The venue's top-level totals speak of this asset only in single-asset mode. */
const MAIN_ASSET = 'USDT';

type Of = { readonly exchange: Exchange; readonly trader: Trader };
type AssetSums = Record<'unrealized' | 'positionInitial' | 'openOrderInitial' | 'maintenance', bigint>;

/** Only symbols with a position or an open order: a missing row means flat. */
export function positionRiskJson({ exchange, trader }: Of, symbol: string | null): readonly Record<string, unknown>[] {
  return activeSymbols({ exchange, trader })
    .filter((name) => symbol === null || name === symbol)
    .map((name) => positionRow({ exchange, trader }, name));
}

function positionRow({ exchange, trader }: Of, symbol: string): Record<string, unknown> {
  const { instrument, feed } = exchange.market(symbol);
  const position = trader.account.position(symbol);
  const margin = exchange.margin(trader, symbol);
  const open = trader.orders.openNotional(instrument);
  return {
    symbol,
    positionSide: 'BOTH',
    positionAmt: formatSize(instrument, position.size),
    entryPrice: formatAtoms(entryPriceOf(instrument, position)),
    breakEvenPrice: formatAtoms(breakEvenOf(instrument, position)),
    markPrice: markText(feed.mark.get().mark),
    unRealizedProfit: formatAtoms(margin.unrealized),
    liquidationPrice: '0',
    isolatedMargin: '0',
    notional: formatAtoms(margin.notional),
    marginAsset: instrument.quoteAsset,
    isolatedWallet: '0',
    ...margins(margin),
    adl: position.size === 0 ? 0 : 1,
    bidNotional: formatAtoms(open.bids),
    askNotional: formatAtoms(open.asks),
    updateTime: Math.floor(position.updatedMs),
  };
}

function margins(margin: Pick<SymbolMargin, 'positionInitial' | 'openOrderInitial' | 'maintenance'>): Record<string, string> {
  return {
    initialMargin: formatAtoms(atoms(margin.positionInitial + margin.openOrderInitial)),
    maintMargin: formatAtoms(margin.maintenance),
    positionInitialMargin: formatAtoms(margin.positionInitial),
    openOrderInitialMargin: formatAtoms(margin.openOrderInitial),
  };
}

export function balanceJson({ exchange, trader }: Of): readonly Record<string, unknown>[] {
  return trader.account.wallets().map((wallet) => {
    const available = formatAtoms(exchange.available(trader, wallet.asset));
    return {
      accountAlias: 'SimSim',
      asset: wallet.asset,
      balance: formatAtoms(wallet.balance),
      crossWalletBalance: formatAtoms(wallet.balance),
      crossUnPnl: formatAtoms(atoms(sumsOf({ exchange, trader }, wallet.asset).unrealized)),
      availableBalance: available,
      maxWithdrawAmount: available,
      marginAvailable: true,
      updateTime: Math.floor(wallet.updatedMs),
    };
  });
}

export function accountJson({ exchange, trader }: Of): Record<string, unknown> {
  const wallet = trader.account.wallet(MAIN_ASSET);
  const sums = sumsOf({ exchange, trader }, MAIN_ASSET);
  const available = formatAtoms(exchange.available(trader, MAIN_ASSET));
  const text = (value: bigint): string => formatAtoms(atoms(value));
  return {
    totalInitialMargin: text(sums.positionInitial + sums.openOrderInitial),
    totalMaintMargin: text(sums.maintenance),
    totalWalletBalance: text(wallet),
    totalUnrealizedProfit: text(sums.unrealized),
    totalMarginBalance: text(wallet + sums.unrealized),
    totalPositionInitialMargin: text(sums.positionInitial),
    totalOpenOrderInitialMargin: text(sums.openOrderInitial),
    totalCrossWalletBalance: text(wallet),
    totalCrossUnPnl: text(sums.unrealized),
    availableBalance: available,
    maxWithdrawAmount: available,
    assets: trader.account.wallets().map((each) => assetRow({ exchange, trader }, each)),
    positions: activeSymbols({ exchange, trader }).map((symbol) => accountPosition({ exchange, trader }, symbol)),
  };
}

function assetRow(of: Of, { asset, balance, updatedMs }: Wallet): Record<string, unknown> {
  const sums = sumsOf(of, asset);
  const available = formatAtoms(of.exchange.available(of.trader, asset));
  return {
    asset,
    walletBalance: formatAtoms(balance),
    unrealizedProfit: formatAtoms(atoms(sums.unrealized)),
    marginBalance: formatAtoms(atoms(balance + sums.unrealized)),
    ...margins({
      positionInitial: atoms(sums.positionInitial),
      openOrderInitial: atoms(sums.openOrderInitial),
      maintenance: atoms(sums.maintenance),
    }),
    crossWalletBalance: formatAtoms(balance),
    crossUnPnl: formatAtoms(atoms(sums.unrealized)),
    availableBalance: available,
    maxWithdrawAmount: available,
    updateTime: Math.floor(updatedMs),
  };
}

function accountPosition({ exchange, trader }: Of, symbol: string): Record<string, unknown> {
  const { instrument } = exchange.market(symbol);
  const position = trader.account.position(symbol);
  const { unrealized, notional, positionInitial, openOrderInitial, maintenance } = exchange.margin(trader, symbol);
  return {
    symbol,
    positionSide: 'BOTH',
    positionAmt: formatSize(instrument, position.size),
    unrealizedProfit: formatAtoms(unrealized),
    isolatedMargin: '0',
    notional: formatAtoms(notional),
    isolatedWallet: '0',
    initialMargin: formatAtoms(atoms(positionInitial + openOrderInitial)),
    maintMargin: formatAtoms(maintenance),
    updateTime: Math.floor(position.updatedMs),
  };
}

export function symbolConfigJson({ exchange, trader }: Of, symbol: string | null): readonly Record<string, unknown>[] {
  return [...exchange.markets.keys()]
    .filter((name) => symbol === null || name === symbol)
    .map((name) => ({
      symbol: name,
      marginType: 'CROSSED',
      isAutoAddMargin: false,
      leverage: trader.account.leverage(name),
      maxNotionalValue: MAX_NOTIONAL,
    }));
}

export const accountConfigJson = ({ hedge }: Account): Record<string, unknown> => ({
  feeTier: 0,
  canTrade: true,
  canDeposit: true,
  canWithdraw: true,
  dualSidePosition: hedge,
  updateTime: 0,
  multiAssetsMargin: false,
  tradeGroupId: -1,
});

export const leverageJson = (symbol: string, leverage: number): Record<string, unknown> => ({
  leverage,
  maxNotionalValue: MAX_NOTIONAL,
  symbol,
});

function sumsOf({ exchange, trader }: Of, asset: string): AssetSums {
  const sums: AssetSums = { unrealized: 0n, positionInitial: 0n, openOrderInitial: 0n, maintenance: 0n };
  for (const { instrument } of exchange.markets.values()) {
    if (instrument.quoteAsset !== asset) continue;
    const margin: Record<keyof AssetSums, Atoms> = exchange.margin(trader, instrument.symbol);
    sums.unrealized += margin.unrealized;
    sums.positionInitial += margin.positionInitial;
    sums.openOrderInitial += margin.openOrderInitial;
    sums.maintenance += margin.maintenance;
  }
  return sums;
}

function activeSymbols({ exchange, trader }: Of): readonly string[] {
  const isActive = (symbol: string): boolean => trader.account.position(symbol).size !== 0 || trader.orders.open(symbol).length > 0;
  return [...exchange.markets.keys()].filter(isActive);
}

export const ratesText = (ppm: bigint): string => formatAtoms(atoms(ppm * 100n)) || formatAtoms(ZERO_ATOMS);

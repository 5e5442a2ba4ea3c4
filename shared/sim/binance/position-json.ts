/** Positions as the v2 and v3 endpoints show them (Binance USD-M docs, account; reference sheet 2026-11, section 3.3). */
import { formatSize } from '../../instrument.ts';
import { type Atoms, atoms, formatAtoms, ZERO_ATOMS } from '../../units.ts';
import { adlRank } from '../adl-rank.ts';
import { maxNotionalOf } from '../brackets.ts';
import type { Exchange } from '../exchange.ts';
import { liquidationOf, type PositionMargin, symbolMargins } from '../margin.ts';
import type { Trader } from '../order-desk.ts';
import { breakEvenOf, entryPriceOf } from '../position.ts';
import { markText } from './market-json.ts';
import { positionSideWord } from './words.ts';

export type Of = { readonly exchange: Exchange; readonly trader: Trader };
type Row = Record<string, unknown>;

/** Version 3: only symbols with a position or an open order; a missing row means flat. */
export const positionRiskJson = (of: Of, symbol: string | null): readonly Row[] =>
  activeMargins(of, symbol).map((each) => riskRow(of, each));

export const positionRiskV2Json = (of: Of, symbol: string | null): readonly Row[] =>
  margins(of, symbol).map((each) => ({
    ...core(of, each),
    leverage: String(each.leverage),
    marginType: each.marginType,
    isAutoAddMargin: 'false',
    maxNotionalValue: maxNotionalText(each.instrument.symbol, each.leverage),
    isolatedMargin: formatAtoms(isolatedMarginOf(each)),
    notional: formatAtoms(each.notional),
    isolatedWallet: formatAtoms(each.isolated),
    updateTime: Math.floor(each.position.updatedMs),
  }));

export const accountPositionsJson = (of: Of): readonly Row[] =>
  activeMargins(of, null).map((each) => ({
    ...name(each),
    positionAmt: formatSize(each.instrument, each.position.size),
    unrealizedProfit: formatAtoms(each.unrealized),
    isolatedMargin: formatAtoms(isolatedMarginOf(each)),
    notional: formatAtoms(each.notional),
    isolatedWallet: formatAtoms(each.isolated),
    initialMargin: formatAtoms(atoms(each.positionInitial + each.openOrderInitial)),
    maintMargin: formatAtoms(each.maintenance),
    updateTime: Math.floor(each.position.updatedMs),
  }));

export const accountPositionsV2Json = (of: Of): readonly Row[] =>
  margins(of, null).map((each) => ({
    ...name(each),
    ...marginsJson(each),
    unrealizedProfit: formatAtoms(each.unrealized),
    leverage: String(each.leverage),
    isolated: each.marginType === 'isolated',
    entryPrice: formatAtoms(entryPriceOf(each.instrument, each.position)),
    breakEvenPrice: formatAtoms(breakEvenOf(each.instrument, each.position)),
    maxNotional: maxNotionalText(each.instrument.symbol, each.leverage),
    bidNotional: formatAtoms(each.open.bids),
    askNotional: formatAtoms(each.open.asks),
    positionAmt: formatSize(each.instrument, each.position.size),
    notional: formatAtoms(each.notional),
    isolatedWallet: formatAtoms(each.isolated),
    updateTime: Math.floor(each.position.updatedMs),
  }));

export const maxNotionalText = (symbol: string, leverage: number): string => formatAtoms(maxNotionalOf(symbol, leverage));

/** Initial, maintenance, position and open order margin. */
export function marginsJson(margin: Pick<PositionMargin, 'positionInitial' | 'openOrderInitial' | 'maintenance'>): Record<string, string> {
  return {
    initialMargin: formatAtoms(atoms(margin.positionInitial + margin.openOrderInitial)),
    maintMargin: formatAtoms(margin.maintenance),
    positionInitialMargin: formatAtoms(margin.positionInitial),
    openOrderInitialMargin: formatAtoms(margin.openOrderInitial),
  };
}

/** Every position the account could have, of one symbol or of all, flat ones included. */
export const margins = ({ exchange, trader }: Of, symbol: string | null): readonly PositionMargin[] =>
  [...exchange.markets.values()]
    .filter(({ instrument }) => symbol === null || instrument.symbol === symbol)
    .flatMap((market) => symbolMargins(trader, market));

function activeMargins(of: Of, symbol: string | null): readonly PositionMargin[] {
  const open = new Set(of.trader.orders.open(symbol).map((order) => `${order.symbol} ${order.positionSide}`));
  return margins(of, symbol).filter(({ instrument, side, position }) => position.size !== 0 || open.has(`${instrument.symbol} ${side}`));
}

function riskRow(of: Of, each: PositionMargin): Row {
  return {
    ...core(of, each),
    isolatedMargin: formatAtoms(isolatedMarginOf(each)),
    notional: formatAtoms(each.notional),
    marginAsset: each.instrument.quoteAsset,
    isolatedWallet: formatAtoms(each.isolated),
    ...marginsJson(each),
    adl: adlRank(each),
    bidNotional: formatAtoms(each.open.bids),
    askNotional: formatAtoms(each.open.asks),
    updateTime: Math.floor(each.position.updatedMs),
  };
}

const name = ({ instrument, side }: PositionMargin): Row => ({ symbol: instrument.symbol, positionSide: positionSideWord(side) });

function core({ exchange, trader }: Of, each: PositionMargin): Row {
  const { instrument, position } = each;
  const pooled = { trader, market: exchange.market(instrument.symbol), markets: exchange.markets.values() };
  return {
    ...name(each),
    positionAmt: formatSize(instrument, position.size),
    entryPrice: formatAtoms(entryPriceOf(instrument, position)),
    breakEvenPrice: formatAtoms(breakEvenOf(instrument, position)),
    markPrice: markText(each.markAtoms),
    unRealizedProfit: formatAtoms(each.unrealized),
    liquidationPrice: formatAtoms(liquidationOf(pooled, each)),
  };
}

/** What stands behind an isolated position: its wallet and its own profit. */
function isolatedMarginOf({ marginType, position, isolated, unrealized }: PositionMargin): Atoms {
  return marginType === 'isolated' && position.size !== 0 ? atoms(isolated + unrealized) : ZERO_ATOMS;
}

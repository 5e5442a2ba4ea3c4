/** exchangeInfo as the venue writes it today (reference sheet 2026-11, section 4). */
import type { Instrument } from '../../instrument.ts';
import { decimalsOf } from '../../units.ts';
import type { Listing } from '../listing.ts';
import { MARKET_TAKE_BOUND } from '../order-checks.ts';
import { type LimitFigures, rateLimitRows } from './limits.ts';

export const DELIVERY_NEVER_MS = 4_133_404_800_000;
export const ONBOARD_MS = 1_569_398_400_000;

export function exchangeInfoJson(listings: readonly Listing[], figures: LimitFigures, nowMs: number): Record<string, unknown> {
  const assets = [...new Set(listings.map(({ announced }) => announced.quoteAsset))];
  return {
    timezone: 'UTC',
    serverTime: Math.floor(nowMs),
    futuresType: 'U_MARGINED',
    rateLimits: rateLimitRows(figures),
    exchangeFilters: [],
    assets: assets.map((asset) => ({ asset, marginAvailable: true, autoAssetExchange: '-10000' })),
    symbols: listings.map(symbolJson),
  };
}

function symbolJson({ announced: instrument, status }: Listing): Record<string, unknown> {
  return {
    symbol: instrument.symbol,
    pair: instrument.symbol,
    contractType: 'PERPETUAL',
    deliveryDate: DELIVERY_NEVER_MS,
    onboardDate: ONBOARD_MS,
    status,
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: instrument.baseAsset,
    quoteAsset: instrument.quoteAsset,
    marginAsset: instrument.quoteAsset,
    pricePrecision: decimalsOf(instrument.tickSize),
    quantityPrecision: decimalsOf(instrument.stepSize),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    triggerProtect: '0.0500',
    liquidationFee: '0.012500',
    marketTakeBound: MARKET_TAKE_BOUND,
    maxMoveOrderLimit: 10_000,
    filters: filtersJson(instrument),
    orderTypes: ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX', 'GTD', 'RPI'],
    permissionSets: ['GRID', 'COPY', 'RPI'],
  };
}

function filtersJson(instrument: Instrument): readonly Record<string, unknown>[] {
  const { minPrice, maxPrice, tickSize, minQty, maxQty, stepSize, maxMarketQty, minNotional, multiplierUp, multiplierDown } = instrument;
  return [
    { filterType: 'PRICE_FILTER', minPrice, maxPrice, tickSize },
    { filterType: 'LOT_SIZE', minQty, maxQty, stepSize },
    { filterType: 'MARKET_LOT_SIZE', minQty, maxQty: maxMarketQty, stepSize },
    { filterType: 'MAX_NUM_ORDERS', limit: instrument.maxOpenOrders },
    { filterType: 'MIN_NOTIONAL', notional: minNotional },
    { filterType: 'PERCENT_PRICE', multiplierUp, multiplierDown, multiplierDecimal: '4' },
    { filterType: 'POSITION_RISK_CONTROL', positionControlSide: 'NONE' },
  ];
}

/** Public market data (reference sheet 2026-11, section 3.4). */
import { formatSize } from '../../instrument.ts';
import { lots } from '../../units.ts';
import type { PositionSide } from '../position.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import { exchangeInfoJson } from './exchange-info.ts';
import { KLINE_ROUTES } from './kline-routes.ts';
import { bookTickerJson, depthJson, premiumIndexJson } from './market-json.ts';
import { findMarket, readMarket } from './order-params.ts';
import { Refusal } from './refusal.ts';
import { type Context, type Route, Verbatim } from './route.ts';
import { dayTickerJson, priceJson } from './ticker-json.ts';
import { TRADE_ROUTES } from './trade-routes.ts';

/** Limit and weight of a depth call (Binance USD-M docs, order book). */
const DEPTH_WEIGHTS: Readonly<Record<number, number>> = { 5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20 };
const DEPTH_DEFAULT = 500;
const RPI_LIMIT = 1_000;
const HALF_HOUR_MS = 1_800_000;
const POSITION_SIDES: readonly PositionSide[] = ['both', 'long', 'short'];

export const MARKET_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/ping': { security: 'none', weight: 1, run: () => ({}) },
  'GET /fapi/v1/time': { security: 'none', weight: 1, run: ({ clockMs }) => ({ serverTime: clockMs }) },
  'GET /fapi/v1/exchangeInfo': {
    security: 'none',
    weight: 1,
    run: ({ exchange, figures, nowMs }) =>
      exchangeInfoJson(
        [...exchange.markets.keys()].map((symbol) => exchange.listing(symbol)),
        figures,
        nowMs,
      ),
  },
  'GET /fapi/v1/depth': {
    security: 'none',
    weight: (params) => DEPTH_WEIGHTS[params.findWhole('limit') ?? DEPTH_DEFAULT] ?? 2,
    run: depth,
  },
  'GET /fapi/v1/rpiDepth': { security: 'none', weight: 20, run: rpiDepth },
  'GET /fapi/v1/premiumIndex': oneOrAll({ one: 1, all: 10 }, premiumIndexJson),
  'GET /fapi/v1/ticker/bookTicker': oneOrAll({ one: 2, all: 5 }, bookTickerJson),
  'GET /fapi/v1/ticker/price': oneOrAll({ one: 1, all: 2 }, priceJson),
  'GET /fapi/v2/ticker/price': oneOrAll({ one: 1, all: 2 }, priceJson),
  'GET /fapi/v1/ticker/24hr': oneOrAll({ one: 1, all: 40 }, dayTickerJson),
  'GET /fapi/v1/symbolAdlRisk': oneOrAll({ one: 1, all: 1 }, adlRiskJson),
  'GET /fapi/v1/openInterest': { security: 'none', weight: 1, run: openInterest },
  'GET /fapi/v1/tradingSchedule': { security: 'none', weight: 1, run: tradingSchedule },
  ...KLINE_ROUTES,
  ...TRADE_ROUTES,
};

const badLimit = (limit: string): Refusal => new Refusal({ code: -4021, message: `${limit} is not valid depth limit.` });

function depth({ exchange, params }: Context): unknown {
  const market = readMarket(exchange, params);
  const limit = params.findWhole('limit') ?? DEPTH_DEFAULT;
  if (DEPTH_WEIGHTS[limit] === undefined) throw badLimit(String(limit));
  const view = market.depth(limit);
  return view.raw === null ? depthJson(market.instrument, view) : new Verbatim(view.raw);
}

/** The only book with retail orders is the whole one; nobody here sends any, so it is the plain book. */
function rpiDepth({ exchange, params }: Context): unknown {
  const market = readMarket(exchange, params);
  if ((params.findWhole('limit') ?? RPI_LIMIT) !== RPI_LIMIT) throw badLimit(params.get('limit'));
  return depthJson(market.instrument, market.depth(RPI_LIMIT));
}

/** Half a day's turnover that the public is taken to hold, and what the simulated accounts hold on the longer side. */
function openInterest({ exchange, params, nowMs }: Context): unknown {
  const { instrument, feed } = readMarket(exchange, params);
  const accounts = exchange.apiKeys().map((apiKey) => exchange.trader(apiKey).account);
  const held = accounts.flatMap((account) => POSITION_SIDES.map((side) => account.position(instrument.symbol, side).size));
  const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + Math.abs(size), 0);
  const own = Math.max(sumOf(held.filter((size) => size > 0)), sumOf(held.filter((size) => size < 0)));
  const publicLots = Math.floor(Number(feed.day.read()?.volume ?? 0) / 2 / Number(instrument.stepSize));
  return { symbol: instrument.symbol, openInterest: formatSize(instrument, lots(publicLots + own)), time: nowMs };
}

/** Calendars of contracts on stocks, metals and currencies: none of them trades here, so no session is told. */
function tradingSchedule({ nowMs }: Context): unknown {
  const names = ['EQUITY', 'COMMODITY', 'KR_EQUITY', 'HK_EQUITY', 'CN_EQUITY', 'FX'];
  return { updateTime: nowMs, marketSchedules: Object.fromEntries(names.map((name) => [name, { sessions: [] }])) };
}

/** Refreshed every half hour. */
function adlRiskJson({ instrument }: SymbolMarket, nowMs: number): Record<string, unknown> {
  return { symbol: instrument.symbol, adlRisk: 'low', updateTime: nowMs - (nowMs % HALF_HOUR_MS) };
}

/** A symbol of which no price is known yet is left out of the list, and an empty object alone. */
function oneOrAll(
  weights: { readonly one: number; readonly all: number },
  write: (market: SymbolMarket, nowMs: number) => Record<string, unknown> | null,
): Route {
  return {
    security: 'none',
    weight: (params) => (params.find('symbol') ? weights.one : weights.all),
    run: ({ exchange, params, nowMs }) => {
      const one = findMarket(exchange, params);
      if (one) return write(one, nowMs) ?? {};
      return [...exchange.markets.values()].flatMap((market) => write(market, nowMs) ?? []);
    },
  };
}

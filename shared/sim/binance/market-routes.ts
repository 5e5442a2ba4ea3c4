/** Public market data. */
import { INTERVALS } from '../history.ts';
import { exchangeInfoJson } from './exchange-info.ts';
import { bookTickerJson, depthJson, klineRow, premiumIndexJson } from './market-json.ts';
import { findMarket, readMarket } from './order-params.ts';
import type { Params } from './params.ts';
import { Refusal } from './refusal.ts';
import { type Context, pageOf, type Route, Verbatim } from './route.ts';

/** Limit and weight of a depth call (Binance USD-M docs, order book). */
const DEPTH_WEIGHTS: Readonly<Record<number, number>> = { 5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20 };
const DEPTH_DEFAULT = 500;

export const MARKET_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/ping': { security: 'none', weight: 1, run: () => ({}) },
  'GET /fapi/v1/time': { security: 'none', weight: 1, run: ({ nowMs }) => ({ serverTime: nowMs }) },
  'GET /fapi/v1/exchangeInfo': {
    security: 'none',
    weight: 1,
    run: ({ exchange, figures, nowMs }) =>
      exchangeInfoJson(
        [...exchange.markets.values()].map(({ instrument }) => instrument),
        figures,
        nowMs,
      ),
  },
  'GET /fapi/v1/depth': {
    security: 'none',
    weight: (params) => DEPTH_WEIGHTS[params.findWhole('limit') ?? DEPTH_DEFAULT] ?? 2,
    run: depth,
  },
  'GET /fapi/v1/klines': { security: 'none', weight: klinesWeight, run: klines },
  'GET /fapi/v1/premiumIndex': {
    security: 'none',
    weight: (params) => (params.find('symbol') ? 1 : 10),
    run: (context) => oneOrAll(context, premiumIndexJson),
  },
  'GET /fapi/v1/ticker/bookTicker': {
    security: 'none',
    weight: (params) => (params.find('symbol') ? 2 : 5),
    run: (context) => oneOrAll(context, bookTickerJson),
  },
};

function depth({ exchange, params }: Context): unknown {
  const market = readMarket(exchange, params);
  const limit = params.findWhole('limit') ?? DEPTH_DEFAULT;
  if (DEPTH_WEIGHTS[limit] === undefined) throw new Refusal({ code: -4021, message: `${limit} is not valid depth limit.` });
  const view = market.depth(limit);
  return view.raw === null ? depthJson(market.instrument, view) : new Verbatim(view.raw);
}

function klinesWeight(params: Params): number {
  const limit = params.findWhole('limit') ?? 500;
  return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1_000 ? 5 : 10;
}

function klines({ exchange, params }: Context): unknown {
  const { feed } = readMarket(exchange, params);
  const interval = params.get('interval');
  if (INTERVALS[interval] === undefined) throw new Refusal({ code: -1120, message: 'Invalid interval.' });
  const open = feed.bars.open(interval);
  const bars = [...feed.bars.closed(interval), ...(open ? [open] : [])];
  const page = pageOf(params, bars, { timeOf: (bar) => bar.openMs, limitDefault: 500, limitMax: 1_500 });
  return page.map((bar) => klineRow(interval, bar));
}

function oneOrAll<T>(
  { exchange, params, nowMs }: Context,
  write: (market: ReturnType<typeof readMarket>, nowMs: number) => T,
): T | readonly T[] {
  const one = findMarket(exchange, params);
  return one ? write(one, nowMs) : [...exchange.markets.values()].map((market) => write(market, nowMs));
}

/** Account state, its cash book, and listen keys. */
import { feeRatesOf } from '../account.ts';
import type { ForcedClose } from '../exchange-events.ts';
import { accountConfigJson, accountJson, accountV2Json, balanceJson, symbolConfigJson } from './account-json.ts';
import { adlQuantileJson, bracketJson, incomeJson, incomeWord, ratesText } from './income-json.ts';
import { rateLimitRows } from './limits.ts';
import { queryJson } from './order-json.ts';
import { findMarket, readMarket } from './order-params.ts';
import { type Of, positionRiskJson, positionRiskV2Json } from './position-json.ts';
import { invalidValue, Refusal } from './refusal.ts';
import { type Context, pageOf, type Route, traderOf } from './route.ts';
import { SETTINGS_ROUTES } from './settings-routes.ts';
import { lookUp } from './words.ts';

export const ACCOUNT_ROUTES: Readonly<Record<string, Route>> = {
  ...SETTINGS_ROUTES,
  'GET /fapi/v3/account': { security: 'signed', weight: 5, run: (context) => accountJson(of(context)) },
  'GET /fapi/v2/account': { security: 'signed', weight: 5, run: (context) => accountV2Json(of(context)) },
  'GET /fapi/v3/balance': { security: 'signed', weight: 5, run: (context) => balanceJson(of(context)) },
  'GET /fapi/v2/balance': { security: 'signed', weight: 5, run: (context) => balanceJson(of(context)) },
  'GET /fapi/v3/positionRisk': { security: 'signed', weight: 5, run: (context) => positionRiskJson(of(context), symbolOf(context)) },
  'GET /fapi/v2/positionRisk': { security: 'signed', weight: 5, run: (context) => positionRiskV2Json(of(context), symbolOf(context)) },
  'GET /fapi/v1/symbolConfig': { security: 'signed', weight: 5, run: (context) => symbolConfigJson(of(context), symbolOf(context)) },
  'GET /fapi/v1/accountConfig': { security: 'signed', weight: 5, run: (context) => accountConfigJson(traderOf(context).account) },
  'GET /fapi/v1/commissionRate': { security: 'signed', weight: 20, run: commissionRate },
  'GET /fapi/v1/leverageBracket': { security: 'signed', weight: 1, run: leverageBracket },
  'GET /fapi/v1/forceOrders': { security: 'signed', weight: (params) => (params.find('symbol') ? 20 : 50), run: forceOrders },
  'GET /fapi/v1/income': { security: 'signed', weight: 30, run: income },
  'GET /fapi/v1/adlQuantile': { security: 'signed', weight: 5, run: adlQuantile },
  'GET /fapi/v1/rateLimit/order': {
    security: 'signed',
    weight: 1,
    run: ({ figures }) => rateLimitRows(figures).filter(({ rateLimitType }) => rateLimitType === 'ORDERS'),
  },
  'GET /fapi/v1/apiTradingStatus': {
    security: 'signed',
    weight: (params) => (params.find('symbol') ? 1 : 10),
    run: ({ nowMs }) => ({ indicators: {}, updateTime: nowMs }),
  },
  'POST /fapi/v1/listenKey': {
    security: 'key',
    weight: 1,
    run: ({ listenKeys, apiKey, nowMs }) => ({ listenKey: listenKeys.create(apiKey, nowMs) }),
  },
  'PUT /fapi/v1/listenKey': { security: 'key', weight: 1, run: renewKey },
  'DELETE /fapi/v1/listenKey': { security: 'key', weight: 1, run: closeKey },
};

const DAY_MS = 86_400_000;
/** The cash book without a time asked for, and how far back it reaches at all. */
const INCOME_DEFAULT_MS = 7 * DAY_MS;
const INCOME_KEPT_MS = 90 * DAY_MS;

const of = (context: Context): Of => ({ exchange: context.exchange, trader: traderOf(context) });
const symbolOf = ({ exchange, params }: Context): string | null => findMarket(exchange, params)?.instrument.symbol ?? null;
const noListenKey = (): Refusal => new Refusal({ code: -1125, message: 'This listenKey does not exist.' });

function commissionRate({ exchange, params }: Context): unknown {
  const { instrument } = readMarket(exchange, params);
  const { makerPpm, takerPpm } = feeRatesOf(instrument.quoteAsset);
  const maker = ratesText(makerPpm);
  return { symbol: instrument.symbol, makerCommissionRate: maker, takerCommissionRate: ratesText(takerPpm), rpiCommissionRate: maker };
}

/** One symbol as an object, all as a list. */
function leverageBracket(context: Context): unknown {
  const symbol = symbolOf(context);
  return symbol === null ? [...context.exchange.markets.keys()].map(bracketJson) : bracketJson(symbol);
}

/** Filtered by symbol, type and time; the last seven days when no time is given; with `page`, that page counted from the oldest. */
function income(context: Context): unknown {
  const { params, nowMs } = context;
  const [symbol, word] = [symbolOf(context), params.find('incomeType')];
  const [startMs, endMs = Infinity] = [params.findWhole('startTime'), params.findWhole('endTime')];
  const keptMs = startMs === undefined && endMs === Infinity ? INCOME_DEFAULT_MS : INCOME_KEPT_MS;
  const fromMs = Math.max(nowMs - keptMs, startMs ?? 0);
  const rows = traderOf(context)
    .account.income()
    .filter(
      (row) =>
        row.atMs >= fromMs &&
        row.atMs <= endMs &&
        (symbol === null || row.symbol === symbol) &&
        (word === undefined || incomeWord(row.type) === word),
    );
  const page = params.findWhole('page');
  const limit = params.findWhole('limit') ?? 100;
  const shown = page === undefined ? rows : rows.slice((page - 1) * limit, page * limit);
  return pageOf(params, shown, { timeOf: (row) => row.atMs, limitDefault: 100, limitMax: 1_000 }).map(incomeJson);
}

const AUTO_CLOSES: Readonly<Record<string, ForcedClose>> = { LIQUIDATION: 'liquidation', ADL: 'adl' };

/** Own liquidations and auto-deleveragings, of the last seven days when no start is given. */
function forceOrders(context: Context): unknown {
  const { params, nowMs, exchange } = context;
  const word = params.find('autoCloseType');
  const kind = word === undefined ? null : lookUp(AUTO_CLOSES, word);
  if (kind === undefined) throw invalidValue('autoCloseType');
  const fromMs = params.find('startTime') === undefined ? (params.findWhole('endTime') ?? nowMs) - INCOME_DEFAULT_MS : 0;
  const rows = traderOf(context)
    .orders.all(symbolOf(context))
    .filter(({ forced, createdMs }) => forced !== null && createdMs >= fromMs && (kind === null || kind === forced));
  const page = pageOf(params, rows, { timeOf: ({ createdMs }) => createdMs, limitDefault: 50, limitMax: 100 });
  return page.map((order) => queryJson(exchange.market(order.symbol).instrument, order));
}

function adlQuantile(context: Context): unknown {
  const asked = symbolOf(context);
  const rows = [...context.exchange.markets.keys()]
    .filter((symbol) => asked === null || symbol === asked)
    .map((symbol) => adlQuantileJson(of(context), symbol));
  return asked === null ? rows : rows[0];
}

function renewKey({ listenKeys, apiKey, nowMs }: Context): unknown {
  const listenKey = listenKeys.renew(apiKey, nowMs);
  if (listenKey === null) throw noListenKey();
  return { listenKey };
}

function closeKey({ listenKeys, apiKey }: Context): unknown {
  if (!listenKeys.close(apiKey)) throw noListenKey();
  return {};
}

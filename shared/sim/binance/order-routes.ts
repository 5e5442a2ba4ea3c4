/** Order entry and order queries. */
import type { SimOrder } from '../exchange-events.ts';
import { newOrder } from '../order-desk.ts';
import { isOpen } from '../order-store.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import { lots, ZERO_ATOMS } from '../../units.ts';
import { keepDigits, textOf } from './json.ts';
import { amendedJson, amendmentJson, queryJson, resultJson, tradeJson } from './order-json.ts';
import { findMarket, type PlaceReading, readAmend, readMarket, readName, readPlace } from './order-params.ts';
import { type Params, paramsOf } from './params.ts';
import { invalidValue, missing, noSuchOrder, Refusal, refusalOf } from './refusal.ts';
import { type Context, pageOf, type Route, traderOf } from './route.ts';
import { checkEngineWindow } from './security.ts';

const CANCELS_MAX = 10;
const BATCH_MAX = 5;
const WEEK_MS = 7 * 86_400_000;

export const ORDER_ROUTES: Readonly<Record<string, Route>> = {
  'POST /fapi/v1/order': { security: 'signed', weight: 0, orders: [1, 1], run: place },
  'POST /fapi/v1/order/test': { security: 'signed', weight: 1, run: placeNothing },
  'PUT /fapi/v1/order': { security: 'signed', weight: 0, orders: [1, 1], run: amend },
  'DELETE /fapi/v1/order': { security: 'signed', weight: 1, run: cancel },
  'GET /fapi/v1/order': { security: 'signed', weight: 1, run: (context) => query(context, false) },
  'GET /fapi/v1/openOrder': { security: 'signed', weight: 1, run: (context) => query(context, true) },
  'GET /fapi/v1/openOrders': { security: 'signed', weight: (params) => (params.find('symbol') ? 1 : 40), run: openOrders },
  'GET /fapi/v1/allOrders': { security: 'signed', weight: 5, run: allOrders },
  'GET /fapi/v1/orderAmendment': { security: 'signed', weight: 1, run: amendmentsOf },
  'GET /fapi/v1/userTrades': { security: 'signed', weight: 5, run: userTrades },
  'POST /fapi/v1/batchOrders': { security: 'signed', weight: 5, orders: [5, 1], run: (context) => eachOf(context, place) },
  'PUT /fapi/v1/batchOrders': { security: 'signed', weight: 5, orders: [5, 1], run: (context) => eachOf(context, amend) },
  'DELETE /fapi/v1/batchOrders': { security: 'signed', weight: 1, run: cancelMany },
  'DELETE /fapi/v1/allOpenOrders': { security: 'signed', weight: 1, run: cancelAll },
  'POST /fapi/v1/countdownCancelAll': { security: 'signed', weight: 10, run: countdown },
};

function place(context: Context): unknown {
  checkEngineWindow(context);
  const { market, request, wantsResult } = readPlaced(context);
  const placed = context.exchange.desk.place(traderOf(context), request);
  if (!placed.ok) throw refusalOf(placed.error);
  const final = wantsResult && (request.type === 'market' || request.timeInForce === 'ioc' || request.timeInForce === 'fok');
  return resultJson(market.instrument, final ? placed.value : asAccepted(placed.value));
}

/** Checks an order as far as that goes without the engine: it is answered with an id of zero and never exists. */
function placeNothing(context: Context): unknown {
  const { market, request } = readPlaced(context);
  const trader = traderOf(context);
  const reject = context.exchange.desk.check(trader, request);
  if (reject) throw refusalOf(reject);
  return resultJson(market.instrument, newOrder(request, { key: 0, id: '0', apiKey: context.apiKey, atMs: context.nowMs }));
}

function readPlaced(context: Context): PlaceReading & { readonly market: SymbolMarket } {
  const { exchange, params, nowMs, madeUpId } = context;
  const market = readMarket(exchange, params);
  return { market, ...readPlace(market, params, { hedge: traderOf(context).account.hedge, nowMs, madeUpId }) };
}

/** An acknowledgement says nothing about fills: the order as it was taken in. */
const asAccepted = (order: SimOrder): SimOrder => ({
  ...order,
  status: 'new',
  filled: lots(0),
  filledNotional: ZERO_ATOMS,
  updatedMs: order.createdMs,
});

function amend(context: Context): unknown {
  checkEngineWindow(context);
  const market = readMarket(context.exchange, context.params);
  const request = readAmend(market, context.params);
  const amended = context.exchange.desk.amend(traderOf(context), request);
  if (amended.ok) return amendedJson(market.instrument, amended.value, request.modifyId);
  if (amended.error.kind === 'unknown-order') throw noSuchOrder();
  if (amended.error.kind === 'notional-too-small')
    throw new Refusal({ code: -5029, message: 'Notional after the modification is too small.' });
  throw refusalOf(amended.error);
}

function cancel(context: Context): unknown {
  const market = readMarket(context.exchange, context.params);
  const canceled = context.exchange.desk.cancel(traderOf(context), readName(market.instrument.symbol, context.params));
  if (!canceled.ok) throw refusalOf(canceled.error);
  return resultJson(market.instrument, canceled.value);
}

function query(context: Context, openOnly: boolean): unknown {
  const { instrument } = readMarket(context.exchange, context.params);
  const order = traderOf(context).orders.find(readName(instrument.symbol, context.params));
  if (!order || context.exchange.interference.hides(order) || (openOnly && !isOpen(order))) throw noSuchOrder();
  return queryJson(instrument, order);
}

function openOrders(context: Context): unknown {
  const symbol = findMarket(context.exchange, context.params)?.instrument.symbol ?? null;
  return traderOf(context)
    .orders.open(symbol)
    .filter((order) => !context.exchange.interference.hides(order))
    .map((order) => queryOf(context, order));
}

/** From an orderId on, or in a window of less than seven days. */
function allOrders(context: Context): unknown {
  const { exchange, params } = context;
  const symbol = findMarket(exchange, params)?.instrument.symbol ?? null;
  checkWindow(params);
  const from = params.find('orderId');
  const rows = traderOf(context)
    .orders.all(symbol)
    .filter((order) => !exchange.interference.hides(order));
  const wanted = from === undefined ? rows : rows.filter(({ id }) => BigInt(id) >= BigInt(/^\d+$/.test(from) ? from : '0'));
  const page = pageOf(params, wanted, { timeOf: ({ createdMs }) => createdMs, limitDefault: 500, limitMax: 1_000 });
  return page.map((order) => ({ ...queryOf(context, order), pair: order.symbol, cumBase: '0' }));
}

function userTrades(context: Context): unknown {
  const { exchange, params } = context;
  const { instrument } = readMarket(exchange, params);
  checkWindow(params);
  const [fromId, orderId] = [params.findWhole('fromId'), params.find('orderId')];
  if (fromId !== undefined && (params.find('startTime') ?? params.find('endTime')) !== undefined) {
    throw new Refusal({ code: -1128, message: 'Combination of optional parameters invalid.' });
  }
  const rows = traderOf(context)
    .orders.trades(instrument.symbol)
    .filter((trade) => (fromId === undefined || trade.id >= fromId) && (orderId === undefined || trade.order.id === orderId));
  const first = fromId === undefined ? rows : rows.slice(0, params.findWhole('limit') ?? 500);
  const page = pageOf(params, first, { timeOf: ({ atMs }) => Math.floor(atMs), limitDefault: 500, limitMax: 1_000 });
  return page.map((trade) => tradeJson(instrument, trade));
}

/** Elements succeed or fail each for itself; the answer keeps the order of the list. */
function eachOf(context: Context, run: (context: Context) => unknown): unknown {
  const elements = readList(context.params, 'batchOrders');
  if (elements.length > BATCH_MAX) throw new Refusal({ code: -4082, message: 'Invalid number of batch place orders.' });
  return elements.map((element) => {
    const values = Object.entries(element as Record<string, unknown>).map(([name, value]) => [name, textOf(value)] as const);
    return each(() => {
      checkEngineWindow(context);
      return run({ ...context, params: paramsOf(values) });
    });
  });
}

/** What was changed of one order, newest first. */
function amendmentsOf(context: Context): unknown {
  const { exchange, params } = context;
  const { instrument } = readMarket(exchange, params);
  const { orders } = traderOf(context);
  const order = orders.find(readName(instrument.symbol, params));
  if (!order) throw noSuchOrder();
  const rows = orders.amendments.of(order.key, exchange.nowMs).toReversed();
  const page = pageOf(params, rows, { timeOf: ({ atMs }) => Math.floor(atMs), limitDefault: 50, limitMax: 100 });
  return page.toReversed().map((row) => amendmentJson(instrument, row));
}

function cancelMany(context: Context): unknown {
  const { params, exchange } = context;
  const { instrument } = readMarket(exchange, params);
  const ids = params.find('orderIdList') ?? params.find('orderidlist'); // ccxt writes these two names small, and the venue takes both
  const clientIds = params.find('origclientorderidlist') === undefined ? 'origClientOrderIdList' : 'origclientorderidlist';
  const names = ids === undefined ? readList(params, clientIds).map((clientId) => ({ clientId: textOf(clientId) })) : readIds(ids);
  if (names.length > CANCELS_MAX) throw new Refusal({ code: -4082, message: 'Invalid number of batch cancel orders.' });
  return names.map((name) =>
    each(() => {
      const canceled = exchange.desk.cancel(traderOf(context), { symbol: instrument.symbol, ...name });
      if (!canceled.ok) throw refusalOf(canceled.error);
      return resultJson(instrument, canceled.value);
    }),
  );
}

function cancelAll(context: Context): unknown {
  const { instrument } = readMarket(context.exchange, context.params);
  context.exchange.desk.cancelAll(traderOf(context), instrument.symbol);
  return { code: 200, msg: 'The operation of cancel all open order is done.' };
}

function countdown(context: Context): unknown {
  const { instrument } = readMarket(context.exchange, context.params);
  const delayMs = context.params.getWhole('countdownTime');
  if (delayMs < 0) throw invalidValue('countdownTime');
  context.exchange.countdown(traderOf(context), instrument.symbol, delayMs);
  return { symbol: instrument.symbol, countdownTime: String(delayMs) };
}

const queryOf = ({ exchange }: Context, order: SimOrder): Record<string, unknown> =>
  queryJson(exchange.market(order.symbol).instrument, order);

export function checkWindow(params: Params): void {
  const [start, end] = [params.findWhole('startTime'), params.findWhole('endTime')];
  if (start !== undefined && end !== undefined && end - start > WEEK_MS) {
    throw new Refusal({ code: -4166, message: 'Search window is restricted to recent 7 days only.' });
  }
}

/** Ids from a JSON list, digit for digit. */
function readIds(text: string): readonly { readonly id: string }[] {
  if (!/^\[\s*"?\d+"?(?:\s*,\s*"?\d+"?)*\s*\]$/.test(text)) throw invalidValue('orderIdList');
  return (text.match(/\d+/g) ?? []).map((id) => ({ id }));
}

function readList(params: Params, name: string): readonly unknown[] {
  const text = params.find(name);
  if (text === undefined) throw missing(name);
  let list: unknown;
  try {
    list = JSON.parse(text, keepDigits);
  } catch {
    throw invalidValue(name);
  }
  if (!Array.isArray(list) || list.length === 0 || list.some((element) => element === null)) throw invalidValue(name);
  return list;
}

function each(run: () => unknown): unknown {
  try {
    return run();
  } catch (problem) {
    if (problem instanceof Refusal) return problem.body();
    throw problem;
  }
}

/** The conditional (algo) order service (reference sheet 2026-11, section 3.2). Its orders are seen by none of the other order calls. */
import type { AlgoOrder } from '../algo-order.ts';
import { algoPlacedJson, algoQueryJson } from './algo-json.ts';
import { readAlgo, readAlgoName } from './algo-params.ts';
import { algoRefusalOf } from './algo-refusal.ts';
import { bigId } from './json.ts';
import { findMarket, readMarket } from './order-params.ts';
import { checkWindow } from './order-routes.ts';
import type { Params } from './params.ts';
import { invalidValue, noSuchOrder } from './refusal.ts';
import { type Context, pageOf, type Route, traderOf } from './route.ts';

export const ALGO_ROUTES: Readonly<Record<string, Route>> = {
  'POST /fapi/v1/algoOrder': { security: 'signed', weight: 0, orders: [1, 1], run: place },
  'DELETE /fapi/v1/algoOrder': { security: 'signed', weight: 1, run: cancel },
  'DELETE /fapi/v1/algoOpenOrders': { security: 'signed', weight: 1, run: cancelAll },
  'GET /fapi/v1/algoOrder': { security: 'signed', weight: 1, run: query },
  'GET /fapi/v1/openAlgoOrders': { security: 'signed', weight: (params) => (params.find('symbol') ? 1 : 40), run: openOrders },
  'GET /fapi/v1/allAlgoOrders': { security: 'signed', weight: 5, run: allOrders },
};

function place(context: Context): unknown {
  const { exchange, params, madeUpId, nowMs } = context;
  const { instrument } = readMarket(exchange, params);
  const trader = traderOf(context);
  const request = readAlgo({ instrument, params, hedge: trader.account.hedge, nowMs, madeUpId });
  const placed = exchange.algos.place(trader, request);
  if (!placed.ok) throw algoRefusalOf(placed.error);
  return algoPlacedJson(instrument, placed.value);
}

function cancel(context: Context): unknown {
  const canceled = context.exchange.algos.cancel(traderOf(context), readAlgoName(context.params));
  if (!canceled.ok) throw algoRefusalOf(canceled.error);
  const { id, clientId } = canceled.value;
  return { algoId: bigId(id), clientAlgoId: clientId, code: '200', msg: 'success' };
}

function cancelAll(context: Context): unknown {
  const { instrument } = readMarket(context.exchange, context.params);
  context.exchange.algos.cancelAll(traderOf(context), instrument.symbol);
  return { code: 200, msg: 'The operation of cancel all open order is done.' };
}

function query(context: Context): unknown {
  const order = context.exchange.algos.find(traderOf(context), readAlgoName(context.params));
  if (!order) throw noSuchOrder();
  return queryOf(context, order);
}

function openOrders(context: Context): unknown {
  const { exchange, params } = context;
  const symbol = findMarket(exchange, params)?.instrument.symbol ?? null;
  const algoType = params.find('algoType');
  if (algoType !== undefined && algoType !== 'CONDITIONAL') throw invalidValue('algoType');
  const id = params.find('algoId');
  const orders = exchange.algos.open(traderOf(context), symbol).filter((order) => id === undefined || order.id === id);
  return orders.map((order) => queryOf(context, order));
}

/** From an algoId on, or in a window of at most seven days. */
function allOrders(context: Context): unknown {
  const { exchange, params } = context;
  const { instrument } = readMarket(exchange, params);
  checkWindow(params);
  const from = readFrom(params);
  const wanted = exchange.algos.all(traderOf(context), instrument.symbol).filter(({ id }) => from === null || BigInt(id) >= from);
  const page = pageOf(params, wanted, { timeOf: ({ createdMs }) => createdMs, limitDefault: 500, limitMax: 1_000 });
  return page.map((order) => algoQueryJson(instrument, order));
}

function readFrom(params: Params): bigint | null {
  if (params.find('algoId') === undefined) return null;
  return BigInt(readAlgoName(params).id ?? '0');
}

const queryOf = ({ exchange }: Context, order: AlgoOrder): unknown => algoQueryJson(exchange.market(order.symbol).instrument, order);

import { expect, test } from 'vitest';
import { ROUTES } from '../../../../shared/sim/binance/calls.ts';
import { Params } from '../../../../shared/sim/binance/params.ts';

type Cost = { readonly call: string; readonly weight: number; readonly orders?: readonly [number, number] };
const cost = (call: string, weight: number, ...orders: readonly [] | readonly [number, number]): Cost =>
  orders.length === 0 ? { call, weight } : { call, weight, orders };

/** Reference sheet 2026-11, section 3. */
const COSTS: readonly Cost[] = [
  cost('POST /fapi/v1/order', 0, 1, 1),
  cost('PUT /fapi/v1/order', 0, 1, 1),
  cost('DELETE /fapi/v1/order', 1),
  cost('POST /fapi/v1/batchOrders', 5, 5, 1),
  cost('PUT /fapi/v1/batchOrders', 5, 5, 1),
  cost('DELETE /fapi/v1/batchOrders', 1),
  cost('DELETE /fapi/v1/allOpenOrders', 1),
  cost('POST /fapi/v1/countdownCancelAll', 10),
  cost('GET /fapi/v1/order', 1),
  cost('GET /fapi/v1/openOrder', 1),
  cost('GET /fapi/v1/openOrders', 40),
  cost('GET /fapi/v1/openOrders?symbol=BTCUSDT', 1),
  cost('GET /fapi/v1/allOrders', 5),
  cost('GET /fapi/v1/userTrades', 5),
  cost('GET /fapi/v1/orderAmendment', 1),
  cost('POST /fapi/v1/algoOrder', 0, 1, 1),
  cost('DELETE /fapi/v1/algoOrder', 1),
  cost('DELETE /fapi/v1/algoOpenOrders', 1),
  cost('GET /fapi/v1/algoOrder', 1),
  cost('GET /fapi/v1/openAlgoOrders', 40),
  cost('GET /fapi/v1/openAlgoOrders?symbol=BTCUSDT', 1),
  cost('GET /fapi/v1/allAlgoOrders', 5),
  cost('GET /fapi/v3/account', 5),
  cost('GET /fapi/v3/balance', 5),
  cost('GET /fapi/v3/positionRisk', 5),
  cost('GET /fapi/v2/account', 5),
  cost('GET /fapi/v2/balance', 5),
  cost('GET /fapi/v2/positionRisk', 5),
  cost('GET /fapi/v1/symbolConfig', 5),
  cost('GET /fapi/v1/accountConfig', 5),
  cost('GET /fapi/v1/positionSide/dual', 30),
  cost('POST /fapi/v1/positionSide/dual', 1),
  cost('GET /fapi/v1/multiAssetsMargin', 30),
  cost('POST /fapi/v1/multiAssetsMargin', 1),
  cost('POST /fapi/v1/leverage', 1),
  cost('POST /fapi/v1/marginType', 1),
  cost('POST /fapi/v1/positionMargin', 1),
  cost('GET /fapi/v1/leverageBracket', 1),
  cost('GET /fapi/v1/commissionRate', 20),
  cost('GET /fapi/v1/income', 30),
  cost('GET /fapi/v1/rateLimit/order', 1),
  cost('POST /fapi/v1/listenKey', 1),
  cost('PUT /fapi/v1/listenKey', 1),
  cost('DELETE /fapi/v1/listenKey', 1),
  cost('GET /fapi/v1/ping', 1),
  cost('GET /fapi/v1/time', 1),
  cost('GET /fapi/v1/exchangeInfo', 1),
  cost('GET /fapi/v1/depth', 10),
  ...(
    [
      [5, 2],
      [10, 2],
      [20, 2],
      [50, 2],
      [100, 5],
      [500, 10],
      [1_000, 20],
    ] as const
  ).map(([limit, weight]) => cost(`GET /fapi/v1/depth?limit=${limit}`, weight)),
  cost('GET /fapi/v1/trades', 5),
  cost('GET /fapi/v1/historicalTrades', 200),
  cost('GET /fapi/v1/aggTrades', 20),
  ...(
    [
      [99, 1],
      [100, 2],
      [499, 2],
      [500, 5],
      [1_000, 5],
      [1_001, 10],
    ] as const
  ).map(([limit, weight]) => cost(`GET /fapi/v1/klines?limit=${limit}`, weight)),
  cost('GET /fapi/v1/premiumIndex?symbol=BTCUSDT', 1),
  cost('GET /fapi/v1/premiumIndex', 10),
  cost('GET /fapi/v1/ticker/bookTicker?symbol=BTCUSDT', 2),
  cost('GET /fapi/v1/ticker/bookTicker', 5),
  cost('GET /fapi/v2/ticker/price?symbol=BTCUSDT', 1),
  cost('GET /fapi/v2/ticker/price', 2),
  cost('GET /fapi/v1/ticker/24hr?symbol=BTCUSDT', 1),
  cost('GET /fapi/v1/ticker/24hr', 40),
  cost('GET /fapi/v1/openInterest', 1),
];

test.each(COSTS)('$call weighs $weight', ({ call, weight, orders }) => {
  const [name = '', query = ''] = call.split('?');
  const route = ROUTES[name];
  const weighs = typeof route?.weight === 'function' ? route.weight(new Params({ query, body: '' })) : route?.weight;
  expect([weighs, route?.orders]).toEqual([weight, orders]);
});

test.each(Object.entries(ROUTES))('%s asks for a signature when it tells of an account or changes one', (name, { security }) => {
  const isPublic = security === 'none';
  const isKeyOnly = name.endsWith('/listenKey') || name.endsWith('/historicalTrades');
  expect(isPublic && !name.startsWith('GET ')).toBe(false);
  expect(security === 'key').toBe(isKeyOnly);
});

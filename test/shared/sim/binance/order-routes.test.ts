import { expect, test } from 'vitest';
import { setHedge } from '../../../../shared/sim/account-settings.ts';
import { START_MS } from '../../../kit/desk.ts';
import { type Fields, LIMIT, MARKET, openOrderCalls } from '../../../kit/order-calls.ts';

const POST = 'POST /fapi/v1/order';
const PUT = 'PUT /fapi/v1/order';
const PRICE_LESS = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.002' };
const GTD = { ...LIMIT, timeInForce: 'GTD' };

test.each<[string, number, Fields]>([
  ['GTD without a date', -1102, GTD],
  ['GTD of just ten minutes', -5040, { ...GTD, goodTillDate: START_MS + 600_000 }],
  ['GTD beyond the year 9999', -5040, { ...GTD, goodTillDate: 253_402_300_799_000 }],
  ['a date on GTC', -1106, { ...LIMIT, goodTillDate: START_MS + 700_000 }],
  ['RPI without being a designated maker', -4088, { ...LIMIT, timeInForce: 'RPI' }],
  ['an unknown time in force', -1115, { ...LIMIT, timeInForce: 'GTT' }],
  ['a price match that was withdrawn', -5037, { ...PRICE_LESS, priceMatch: 'OPPONENT_10' }],
  ['a price match beside a price', -1106, { ...LIMIT, priceMatch: 'QUEUE' }],
  ['a price match of a market order', -5038, { ...MARKET, priceMatch: 'QUEUE' }],
  ['a price match deeper than the book', -5041, { ...PRICE_LESS, priceMatch: 'QUEUE_10' }],
  ['neither price nor price match', -1102, PRICE_LESS],
  ['an unknown self-trade mode', -5039, { ...LIMIT, selfTradePreventionMode: 'DECREMENT' }],
  ['an unknown position side', -4060, { ...LIMIT, positionSide: 'UP' }],
  ['a hedge side in one-way mode', -4061, { ...LIMIT, positionSide: 'LONG' }],
  ['a fill-or-kill too large', -5021, { ...LIMIT, timeInForce: 'FOK', price: '64000.1', quantity: '0.011' }],
  ['a post-only that would take', -5022, { ...LIMIT, timeInForce: 'GTX', price: '64000.1' }],
  ['a stop on the old path', -4120, { ...MARKET, type: 'STOP_MARKET', stopPrice: '60000' }],
])('POST order refuses %s with %i', (_name, code, fields) => {
  const { call, events, exchange } = openOrderCalls({ levels: 6 });
  expect(call(POST, fields)['code']).toBe(code);
  expect([events, exchange.trader('one').orders.all(null)]).toEqual([[], []]);
});

test.each([
  ['OPPONENT', 'BUY', '64000.10'],
  ['OPPONENT_5', 'BUY', '64000.50'],
  ['QUEUE', 'BUY', '63999.90'],
  ['QUEUE_5', 'SELL', '64000.50'],
  ['QUEUE_10', 'SELL', '64001.00'],
  ['QUEUE_20', 'BUY', '63998.00'],
])('priceMatch %s of a %s takes the price %s, and is echoed everywhere', (priceMatch, side, price) => {
  const { call, told } = openOrderCalls();
  expect(call(POST, { ...PRICE_LESS, side, priceMatch, newClientOrderId: 'a' })).toMatchObject({ price, priceMatch });
  expect(call('GET /fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'a' })).toMatchObject({ price, priceMatch });
  expect(told()[0]).toMatchObject({ x: 'NEW', p: price, pm: priceMatch });
});

test('priceMatch of a side without orders is refused', () => {
  const { call } = openOrderCalls({ levels: 0 });
  for (const priceMatch of ['OPPONENT', 'QUEUE']) expect(call(POST, { ...PRICE_LESS, priceMatch })['code']).toBe(-5041);
});

test('a GTD date is cut to seconds and told with every answer and event', () => {
  const { call, told } = openOrderCalls();
  const goodTillDate = START_MS + 600_000 + 1_999;
  const cut = START_MS + 601_000;
  expect(call(POST, { ...GTD, goodTillDate, newClientOrderId: 'a' })).toMatchObject({ timeInForce: 'GTD', goodTillDate: cut });
  expect(call('GET /fapi/v1/openOrders', { symbol: 'BTCUSDT' })[0]).toMatchObject({ timeInForce: 'GTD', goodTillDate: cut });
  expect(told()[0]).toMatchObject({ f: 'GTD', gtd: cut });
});

test.each([
  ['EXPIRE_MAKER', 'GTC', ['EXPIRED_IN_MATCH', '1'], ['FILLED', '0']],
  ['EXPIRE_TAKER', 'GTC', null, ['EXPIRED_IN_MATCH', '1']],
  ['EXPIRE_TAKER', 'IOC', null, ['EXPIRED_IN_MATCH', '3']],
  ['EXPIRE_BOTH', 'IOC', ['EXPIRED_IN_MATCH', '1'], ['EXPIRED_IN_MATCH', '3']],
])('self-trade mode %s of a taker as %s ends the two with their reasons', (selfTradePreventionMode, timeInForce, maker, taker) => {
  const { place, told } = openOrderCalls();
  place({ side: 'SELL', price: '64000.0', newClientOrderId: 'maker' });
  place({ price: '64000.1', newClientOrderId: 'taker', selfTradePreventionMode, timeInForce });
  const last = (clientId: string) => told().findLast(({ c, x }) => c === clientId && x !== 'NEW');
  expect(last('maker') ? [last('maker')?.['X'], last('maker')?.['er']] : null).toEqual(maker);
  expect([last('taker')?.['X'], last('taker')?.['er'], last('taker')?.['V']]).toEqual([...taker, selfTradePreventionMode]);
});

test('RESULT is final for what cannot rest; ACK and resting orders answer as they were taken in', () => {
  const { call } = openOrderCalls();
  const crossing = { ...LIMIT, price: '64000.1', newOrderRespType: 'RESULT' };
  const answers = [
    call(POST, { ...MARKET, newOrderRespType: 'RESULT' }),
    call(POST, { ...crossing, timeInForce: 'IOC' }),
    call(POST, { ...crossing, timeInForce: 'FOK' }),
    call(POST, { ...crossing, timeInForce: 'GTC' }),
    call(POST, MARKET),
  ];
  expect(answers.map((row) => [row['status'], row['executedQty']])).toEqual([
    ...Array.from({ length: 3 }, () => ['FILLED', '0.002']),
    ['NEW', '0.000'],
    ['NEW', '0.000'],
  ]);
  for (const row of answers) expect('avgPrice' in row || 'cumQuote' in row).toBe(false);
});

test('PUT order takes a price match in place of the price, and echoes modifyId', () => {
  const { call, place, told } = openOrderCalls();
  place({ newClientOrderId: 'a' });
  const change = { symbol: 'BTCUSDT', side: 'BUY', origClientOrderId: 'a', quantity: '0.003' };
  expect(call(PUT, { ...change, priceMatch: 'QUEUE', modifyId: '-9223372036854775808' })).toMatchObject({
    price: '63999.90',
    priceMatch: 'QUEUE',
    origQty: '0.003',
  });
  expect(told().at(-1)).toMatchObject({ x: 'AMENDMENT', X: 'NEW', M: '-9223372036854775808', pm: 'QUEUE' });
  expect(call(PUT, { ...change, price: '63000', modifyId: 'x' })['code']).toBe(-1100);
  expect(call(PUT, { ...change, price: '63000', side: 'SELL' })['code']).toBe(-1117);
  expect(call(PUT, change)['code']).toBe(-1102);
});

test('PUT batchOrders amends each element for itself, five at most; orderAmendment tells it newest first', () => {
  const { call, place } = openOrderCalls();
  place({ newClientOrderId: 'a' });
  place({ newClientOrderId: 'b' });
  const change = { symbol: 'BTCUSDT', side: 'BUY', quantity: '0.003', price: '63800.0' };
  const batch = (ids: readonly string[], over: object = {}) =>
    call('PUT /fapi/v1/batchOrders', {
      batchOrders: JSON.stringify(ids.map((origClientOrderId) => ({ ...change, origClientOrderId, ...over }))),
    });
  expect(batch(['b', 'never', 'a', 'a']).map((row) => row['clientOrderId'] ?? row['code'])).toEqual(['b', -2013, 'a', -5027]);
  expect(batch(['a', 'a', 'a', 'a', 'a', 'a'])['code']).toBe(-4082);
  batch(['a'], { price: '63700.0' });
  const rows = call('GET /fapi/v1/orderAmendment', { symbol: 'BTCUSDT', origClientOrderId: 'a' });
  expect(rows.map((row) => row['amendment'])).toEqual([
    { price: { before: '63800.00', after: '63700.00' }, origQty: { before: '0.003', after: '0.003' }, count: 2 },
    { price: { before: '63900.00', after: '63800.00' }, origQty: { before: '0.002', after: '0.003' }, count: 1 },
  ]);
  expect(call('GET /fapi/v1/orderAmendment', { symbol: 'BTCUSDT', origClientOrderId: 'a', limit: 1 })).toEqual([rows[0]]);
  expect(rows[0]).toMatchObject({ symbol: 'BTCUSDT', pair: 'BTCUSDT', clientOrderId: 'a', priceMatch: 'NONE', time: START_MS });
});

test('order/test checks an order and forgets it', () => {
  const { call, events, exchange } = openOrderCalls();
  const TEST = 'POST /fapi/v1/order/test';
  expect(call(TEST, LIMIT)).toMatchObject({ orderId: 0, status: 'NEW', price: '63900.00', origQty: '0.002' });
  expect(call(TEST, { ...LIMIT, quantity: '0' })['code']).toBe(-4003);
  expect(call(TEST, { ...LIMIT, price: '70000' })['code']).toBe(-4016);
  expect([events, exchange.trader('one').orders.all(null)]).toEqual([[], []]);
});

test('hedge mode wants a side with every order, refuses reduceOnly, and shows the side everywhere', () => {
  const { call, place, told, exchange } = openOrderCalls();
  expect(setHedge(exchange.bank, exchange.trader('one'), true)).toBeNull();
  expect(place()['code']).toBe(-4061);
  expect(place({ positionSide: 'BOTH' })['code']).toBe(-4061);
  expect(place({ positionSide: 'LONG', reduceOnly: 'true' })['code']).toBe(-4062);
  expect(place({ positionSide: 'LONG', side: 'SELL', price: '64100.0' })['code']).toBe(-2022);
  expect(place({ positionSide: 'SHORT' })['code']).toBe(-2022);
  expect(call(POST, { ...MARKET, positionSide: 'LONG', newOrderRespType: 'RESULT' })).toMatchObject({
    positionSide: 'LONG',
    status: 'FILLED',
  });
  expect(place({ positionSide: 'LONG', side: 'SELL', price: '64100.0' })).toMatchObject({ positionSide: 'LONG', reduceOnly: true });
  expect(told().map(({ ps }) => ps)).toEqual(['LONG', 'LONG', 'LONG']);
  expect(call('GET /fapi/v1/userTrades', { symbol: 'BTCUSDT' })[0]).toMatchObject({ positionSide: 'LONG' });
});

test.each([
  ['POST order', POST, LIMIT],
  ['PUT order', PUT, { ...LIMIT, origClientOrderId: 'resting', quantity: '0.003' }],
])('%s that reaches the engine after its window is refused with -5028 and does nothing', (_name, name, fields) => {
  const { call, place, events } = openOrderCalls();
  place({ newClientOrderId: 'resting' });
  events.length = 0;
  const timed = { ...fields, timestamp: START_MS, recvWindow: 200 };
  expect(call(name, timed, 201)['code']).toBe(-5028);
  expect(events).toEqual([]);
  expect(call(name, timed, 200)['status']).toBe('NEW');
});

test('the elements of a batch that reaches the engine too late are refused one by one', () => {
  const { call } = openOrderCalls();
  const fields = { batchOrders: JSON.stringify([LIMIT, LIMIT]), timestamp: START_MS };
  expect(call('POST /fapi/v1/batchOrders', fields, 5_001).map((row) => row['code'])).toEqual([-5028, -5028]);
  expect(call('POST /fapi/v1/batchOrders', fields, 5_000).map((row) => row['status'])).toEqual(['NEW', 'NEW']);
});

test.each([
  ['PENDING_TRADING', -1122],
  ['SETTLING', -4140],
  ['CLOSE', -4141],
] as const)('a symbol in status %s refuses a new order with %i and an amendment with -5024', (status, code) => {
  const { call, place, told, exchange } = openOrderCalls();
  place({ newClientOrderId: 'a' });
  exchange.setTradingStatus('BTCUSDT', status);
  expect(told().at(-1)).toMatchObject({ c: 'a', x: 'EXPIRED', X: 'EXPIRED', er: '7' });
  expect(place()['code']).toBe(code);
  expect(call(PUT, { ...LIMIT, origClientOrderId: 'a' })['code']).toBe(-5024);
});

test('a market order stopped by its bound expires with reason 9, an IOC remainder with 2', () => {
  const { call, place, told } = openOrderCalls({ levels: 2 });
  call(POST, { ...MARKET, quantity: '0.050', newClientOrderId: 'market' });
  place({ side: 'SELL', price: '63999.8', quantity: '0.050', timeInForce: 'IOC', newClientOrderId: 'ioc' });
  const ended = told().filter(({ x }) => x === 'EXPIRED');
  expect(ended.map(({ c, X, er, z }) => [c, X, er, z])).toEqual([
    ['market', 'EXPIRED', '9', '0.020'],
    ['ioc', 'EXPIRED', '2', '0.020'],
  ]);
  expect(call(POST, MARKET)['code']).toBe(-1112);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEY, openTestSim, sign, type SimClient } from '../../kit/sim-client.ts';

let sim: SimClient;
beforeAll(async () => {
  sim = await openTestSim({ limitsEnforced: false });
});
afterAll(() => sim.close());

test('GET /fapi/v1/depth accepts the listed limits only', async () => {
  const depth = await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=20');
  expect([(depth.body['bids'] as unknown[]).length, (depth.body['asks'] as unknown[]).length]).toEqual([20, 20]);
  const refused = await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=7');
  expect([refused.status, refused.body['code']]).toEqual([400, -4021]);
});

test('GET /fapi/v1/klines pages by start, end and limit, and ends with the open bar', async () => {
  const all = await sim.get('/fapi/v1/klines?symbol=BTCUSDT&interval=5m&limit=3');
  const rows = JSON.parse(all.text) as (readonly [number, ...unknown[]])[];
  expect(rows.map((row) => row.length)).toEqual([12, 12, 12]);
  const [first, second, open] = rows.map(([openMs]) => openMs) as [number, number, number];
  expect([second - first, open - second]).toEqual([300_000, 300_000]);
  expect(open + 300_000).toBeGreaterThan(await sim.now());
  const window = await sim.get(`/fapi/v1/klines?symbol=BTCUSDT&interval=5m&startTime=${first}&endTime=${second}`);
  expect((JSON.parse(window.text) as (readonly [number])[]).map(([openMs]) => openMs)).toEqual([first, second]);
});

test('a signature covers query and body as they were sent, joined without a separator', async () => {
  const timestamp = await sim.now();
  const [query, body] = ['symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC', `quantity=0.010&price=62000&timestamp=${timestamp}`];
  const good = await sim.raw('POST', `/fapi/v1/order?${query}`, { apiKey: KEY, body: `${body}&signature=${sign(query + body)}` });
  expect([good.status, good.body['status']]).toEqual([200, 'NEW']);
  const bad = await sim.raw('POST', `/fapi/v1/order?${query}`, { apiKey: KEY, body: `${body}&signature=${sign(`${query}&${body}`)}` });
  expect([bad.status, bad.body['code']]).toEqual([400, -1022]);
});

test.each([
  ['no key', -2014, 401, async () => sim.raw('GET', '/fapi/v3/balance?timestamp=1&signature=x')],
  ['an unknown key', -2015, 401, async () => sim.raw('GET', '/fapi/v3/balance?timestamp=1&signature=x', { apiKey: 'nobody' })],
  ['no timestamp', -1102, 400, async () => sim.raw('GET', '/fapi/v3/balance?signature=x', { apiKey: KEY })],
  ['no signature', -1102, 400, async () => sim.raw('GET', `/fapi/v3/balance?timestamp=${await sim.now()}`, { apiKey: KEY })],
  [
    'a wrong signature',
    -1022,
    400,
    async () => sim.raw('GET', `/fapi/v3/balance?timestamp=${await sim.now()}&signature=${sign('x')}`, { apiKey: KEY }),
  ],
  ['a clock 2 s fast', -1021, 400, async () => sim.signed('GET', '/fapi/v3/balance', { timestamp: (await sim.now()) + 2_000 })],
  [
    'a request older than its window',
    -1021,
    400,
    async () => sim.signed('GET', '/fapi/v3/balance', { timestamp: (await sim.now()) - 2_000, recvWindow: 1_000 }),
  ],
  ['a listen key that is not there', -1125, 400, async () => sim.raw('PUT', '/fapi/v1/listenKey', { apiKey: KEY })],
])('a request with %s is refused with %i', async (_name, code, status, call) => {
  const answer = await call();
  expect([answer.body['code'], answer.status]).toEqual([code, status]);
});

test.each<[string, number, Record<string, string>]>([
  ['an unknown symbol', -1121, { symbol: 'NOPEUSDT' }],
  ['no side', -1102, { side: '' }],
  ['a side of its own', -1117, { side: 'HOLD' }],
  ['no time in force', -1102, { timeInForce: '' }],
  ['a price on a market order', -1106, { type: 'MARKET', price: '62000' }],
  ['a type of its own', -1116, { type: 'ICEBERG' }],
  ['a type of the algo service', -4120, { type: 'STOP_MARKET' }],
  ['a price off the tick', -4014, { price: '62000.05' }],
  ['a price with too many decimals', -1111, { price: '62000.001' }],
  ['a price below the range', -4013, { price: '100' }],
  ['a price above the range', -4002, { price: '9000000' }],
  ['a price of zero', -4001, { price: '0' }],
  ['a size with too many decimals', -1111, { quantity: '0.0105' }],
  ['a size of zero', -4003, { quantity: '0' }],
  ['a size above the largest', -4005, { quantity: '1001' }],
  ['a market size above its own largest', -4005, { type: 'MARKET', quantity: '121' }],
  ['too little notional', -4164, { quantity: '0.001', price: '49000' }],
  ['a buy above the band', -4016, { price: '70000' }],
  ['a sell below the band', -4024, { side: 'SELL', price: '58000' }],
  ['more than the margin', -2019, { quantity: '9' }],
  ['post-only that would take', -5022, { timeInForce: 'GTX', price: '65000' }],
  ['fill-or-kill that cannot fill', -5021, { timeInForce: 'FOK', price: '62000' }],
  ['reduce-only without a position', -2022, { reduceOnly: 'true' }],
  ['a client id of strange letters', -4015, { newClientOrderId: 'a b' }],
  ['a hedge-mode side', -4061, { positionSide: 'LONG' }],
])('an order with %s is refused with %i and leaves nothing behind', async (_name, code, fields) => {
  const before = (await sim.signed('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' })).rows.length;
  const answer = await sim.place(fields);
  expect([answer.body['code'], answer.status]).toEqual([code, 400]);
  expect((await sim.signed('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' })).rows.length).toBe(before);
});

test('a client id is refused among open orders only, and free again afterwards', async () => {
  expect((await sim.place({ newClientOrderId: 'twice' })).status).toBe(200);
  expect((await sim.place({ newClientOrderId: 'twice' })).body['code']).toBe(-4116);
  await sim.signed('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'twice' });
  expect((await sim.place({ newClientOrderId: 'twice' })).status).toBe(200);
});

test('an order that is not there is -2013 to a query and -2011 to a cancel', async () => {
  const name = { symbol: 'BTCUSDT', origClientOrderId: 'never' };
  expect((await sim.signed('GET', '/fapi/v1/order', name)).body['code']).toBe(-2013);
  expect((await sim.signed('DELETE', '/fapi/v1/order', name)).body['code']).toBe(-2011);
});

test('an unknown path is a 404, and the admin interface names what it knows', async () => {
  expect((await sim.get('/fapi/v1/nothing')).status).toBe(404);
  const unknown = await sim.admin('/sim/nothing');
  expect([unknown.status, String(unknown.body['problem'])]).toEqual([400, expect.stringContaining('/sim/state')]);
  const fault = await sim.admin('/sim/fault', { kind: 'earthquake' });
  expect(fault.status).toBe(400);
});

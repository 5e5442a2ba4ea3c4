import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { type Answer, type Fields, KEY, type Message, openTestSim, SECRET, type SimClient, type Socket } from '../../kit/sim-client.ts';
import { openWsApi } from '../../kit/ws-api.ts';
import type { SimulatorOptions } from '../../../scripts/sim/simulator.ts';

const PATH = '/fapi/v1/algoOrder';
const MOVER = 'mover';
let sim: SimClient;
let user: Socket;

async function open(over: Partial<SimulatorOptions> = {}): Promise<void> {
  const balances = (text: string) => ({ USDT: parseAtoms(text) ?? ZERO_ATOMS });
  const accounts = [
    { apiKey: KEY, secret: SECRET, balances: balances('10000') },
    { apiKey: MOVER, secret: MOVER, balances: balances('100000000') },
  ];
  sim = await openTestSim({ accounts, ...over });
  user = await sim.user();
}
beforeEach(() => open());
afterEach(() => sim.close());

/** A selling stop far below the market unless told otherwise. */
const placeAlgo = (fields: Fields = {}): Promise<Answer> => {
  const type = fields['type'] ?? 'STOP_MARKET';
  const trigger = type === 'TRAILING_STOP_MARKET' ? {} : { triggerPrice: '60000' };
  const size = fields['closePosition'] === 'true' ? {} : { quantity: '0.010' };
  return sim.signed('POST', PATH, { algoType: 'CONDITIONAL', symbol: 'BTCUSDT', side: 'SELL', type, ...trigger, ...size, ...fields });
};
const query = (clientAlgoId: string): Promise<Answer> => sim.signed('GET', PATH, { clientAlgoId });
const bodyOf = (message: Message): Message => (message['o'] ?? {}) as Message;
const algoTold = (status: string, clientId: string) => (message: Message) =>
  message['e'] === 'ALGO_UPDATE' && bodyOf(message)['X'] === status && bodyOf(message)['caid'] === clientId;
const codeOf = async (answer: Promise<Answer>): Promise<unknown> => (await answer).body['code'];

/** A price that somebody's sale of what this returns as `quantity` goes through. */
async function below(): Promise<{ readonly price: string; readonly quantity: string }> {
  const { bids } = (await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=10')).body as { bids: [string, string][] };
  const sum = bids.reduce((total, [, size]) => total + Number(size), 0);
  return { price: bids[4]?.[0] ?? '', quantity: sum.toFixed(3) };
}

const sell = (quantity: string): Promise<Answer> =>
  sim.admin('/sim/fault', { kind: 'manual-order', apiKey: MOVER, symbol: 'BTCUSDT', side: 'SELL', quantity });

const PLACED = {
  clientAlgoId: 'a',
  algoType: 'CONDITIONAL',
  orderType: 'STOP_MARKET',
  symbol: 'BTCUSDT',
  side: 'SELL',
  positionSide: 'BOTH',
  timeInForce: 'GTC',
  quantity: '0.010',
  algoStatus: 'NEW',
  triggerPrice: '60000.00',
  price: '0',
  icebergQuantity: null,
  selfTradePreventionMode: 'NONE',
  workingType: 'MARK_PRICE',
  priceMatch: 'NONE',
  closePosition: false,
  priceProtect: true,
  reduceOnly: true,
  activatePrice: '',
  callbackRate: '',
  triggerTime: 0,
  goodTillDate: 0,
};

test('a placement answers and is told in the shape of the venue, costs one order and no weight', async () => {
  const before = Number((await sim.get('/fapi/v1/time')).headers.get('X-MBX-USED-WEIGHT-1M'));
  const placed = await placeAlgo({ clientAlgoId: 'a', workingType: 'MARK_PRICE', reduceOnly: 'true', priceProtect: 'TRUE' });
  expect(placed.body).toEqual({
    ...PLACED,
    algoId: expect.any(Number),
    createTime: expect.any(Number),
    updateTime: placed.body['createTime'],
  });
  const header = (name: string): number => Number(placed.headers.get(name));
  expect([header('X-MBX-ORDER-COUNT-10S'), header('X-MBX-ORDER-COUNT-1M')]).toEqual([1, 1]);
  expect(header('X-MBX-USED-WEIGHT-1M')).toBe(before + 1); // the client asks for the time first
  const id = /"algoId":(\d+)/.exec(placed.text)?.[1] ?? '';
  expect(BigInt(id)).toBeGreaterThan(2n ** 53n);
  const event = await user.first(algoTold('NEW', 'a'));
  expect(event).toEqual({ e: 'ALGO_UPDATE', E: expect.any(Number), T: expect.any(Number), o: expect.anything() });
  expect(bodyOf(event)).toEqual({
    ...{ caid: 'a', aid: placed.body['algoId'], at: 'CONDITIONAL', o: 'STOP_MARKET', s: 'BTCUSDT', S: 'SELL', ps: 'BOTH', f: 'GTC' },
    ...{ q: '0.010', X: 'NEW', ai: '', ap: '0', aq: '0', act: '0', tp: '60000.00', p: '0', V: 'NONE', wt: 'MARK_PRICE', pm: 'NONE' },
    ...{ cp: false, pP: true, R: true, tt: 0, gtd: 0, rm: '', ia: false },
  });
  expect(user.texts.some((text) => text.includes(`"aid":${id}`))).toBe(true);
  const byId = await sim.signed('GET', PATH, { algoId: id });
  const { icebergQuantity: _iceberg, ...asked } = PLACED;
  expect(byId.body).toMatchObject({ ...asked, actualOrderId: '', actualPrice: '0', actualQty: '0', actualType: '', tpOrderType: '' });
});

test('a trailing stop shows its start and rate, follows at once without a start', async () => {
  const trail = { type: 'TRAILING_STOP_MARKET', callbackRate: '0.5' };
  expect((await placeAlgo({ ...trail, clientAlgoId: 't', activatePrice: '69000' })).body).toMatchObject({
    activatePrice: '69000.00',
    callbackRate: '0.5',
    triggerPrice: '0',
  });
  expect(bodyOf(await user.first(algoTold('NEW', 't')))['ia']).toBe(false);
  await placeAlgo({ ...trail, clientAlgoId: 'u' });
  expect(bodyOf(await user.first(algoTold('NEW', 'u')))['ia']).toBe(true);
});

test('no order call sees it: neither query, list, cancel nor cancel-all', async () => {
  const { text } = await placeAlgo({ clientAlgoId: 'a' });
  const id = /"algoId":(\d+)/.exec(text)?.[1] ?? '';
  const symbol = 'BTCUSDT';
  for (const name of [{ origClientOrderId: 'a' }, { orderId: id }]) {
    expect(await codeOf(sim.signed('GET', '/fapi/v1/order', { symbol, ...name }))).toBe(-2013);
    expect(await codeOf(sim.signed('GET', '/fapi/v1/openOrder', { symbol, ...name }))).toBe(-2013);
    expect(await codeOf(sim.signed('DELETE', '/fapi/v1/order', { symbol, ...name }))).toBe(-2011);
  }
  expect((await sim.signed('GET', '/fapi/v1/openOrders', { symbol })).rows).toEqual([]);
  expect((await sim.signed('GET', '/fapi/v1/allOrders', { symbol })).rows).toEqual([]);
  await sim.signed('DELETE', '/fapi/v1/allOpenOrders', { symbol });
  expect((await query('a')).body['algoStatus']).toBe('NEW');
});

test.each([
  [0, ['NEW', 'TRIGGERING', 'TRIGGERED', 'order NEW', 'order TRADE', 'FINISHED']],
  [1, ['NEW', 'TRIGGERING', 'order NEW', 'order TRADE', 'TRIGGERED', 'FINISHED']],
] as const)(
  'the price goes through a stop: its order gets a new id and the same name, told with share %d of fills first',
  async (share, want) => {
    await sim.close();
    await open({ algos: { childFirstShare: share } });
    const { price, quantity } = await below();
    await placeAlgo({ clientAlgoId: 'stop', triggerPrice: price });
    await sell(quantity);
    const end = bodyOf(await user.first(algoTold('FINISHED', 'stop')));
    const words = user.messages().flatMap((message) => {
      if (message['e'] === 'ALGO_UPDATE') return [String(bodyOf(message)['X'])];
      return message['e'] === 'ORDER_TRADE_UPDATE' ? [`order ${String(bodyOf(message)['x'])}`] : [];
    });
    expect([...new Set(words)]).toEqual(want);
    const child = bodyOf(await user.first((message) => bodyOf(message)['X'] === 'FILLED'));
    expect(child).toMatchObject({ c: 'stop', o: 'MARKET', S: 'SELL', q: '0.010', z: '0.010' });
    const filled = user.texts.find((text) => text.includes('"X":"FILLED"')) ?? '';
    const orderId = /"i":(\d+)/.exec(filled)?.[1];
    expect(end).toMatchObject({ ai: orderId, ap: child['ap'], aq: '0.010', act: 'MARKET', rm: '', tp: price });
    expect(end['tt']).toBeGreaterThan(0);
    expect(bodyOf(await user.first(algoTold('TRIGGERED', 'stop')))).toMatchObject({ ai: orderId, aq: '0.000', act: 'MARKET' });
    expect((await query('stop')).body).toMatchObject({
      ...{ algoStatus: 'FINISHED', actualOrderId: orderId, actualPrice: child['ap'], actualQty: '0.010', actualType: 'MARKET' },
      triggerTime: end['tt'],
    });
    const order = await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'stop' });
    expect([order.body['status'], order.text.includes(`"orderId":${orderId}`)]).toEqual(['FILLED', true]);
    expect((await sim.signed('GET', '/fapi/v1/openAlgoOrders')).rows).toEqual([]);
  },
);

test.each([
  ['Reduce Only reject', 'REJECTED', { reduceOnly: 'true' }],
  ['Margin is insufficient.', 'REJECTED', { quantity: '50' }],
  ['No position to close.', 'EXPIRED', { closePosition: 'true' }],
])('a trigger that comes to nothing says %s', async (reason, status, fields) => {
  const { price, quantity } = await below();
  await placeAlgo({ clientAlgoId: 'stop', triggerPrice: price, ...fields });
  await sell(quantity);
  expect(bodyOf(await user.first(algoTold(status, 'stop')))).toMatchObject({ rm: reason, ai: '' });
  expect((await query('stop')).body).toMatchObject({ algoStatus: status, actualOrderId: '' });
});

const TRAIL = { type: 'TRAILING_STOP_MARKET', callbackRate: '1' };
const CLOSE = { closePosition: 'true' };
test.each<[code: number, what: string, fields: Fields]>([
  [-2021, 'a selling stop above the market', { triggerPrice: '69000' }],
  [-2021, 'a selling take-profit below it', { type: 'TAKE_PROFIT_MARKET', triggerPrice: '60000' }],
  [-2021, 'a trailing start on the wrong side', { ...TRAIL, activatePrice: '60000' }],
  [-4116, 'a name that waits already', { clientAlgoId: 'first' }],
  [-4130, 'a second stop that closes', CLOSE],
  [-4509, 'one bound to a position that is not', { timeInForce: 'GTE_GTC' }],
  [-1102, 'no trigger price', { triggerPrice: '' }],
  [-1102, 'a limit without price', { type: 'STOP' }],
  [-1102, 'a trailing stop without rate', { type: 'TRAILING_STOP_MARKET' }],
  [-1102, 'no service named', { algoType: '' }],
  [-1106, 'a price that is not used', { price: '59000' }],
  [-1106, 'a rate that is not used', { callbackRate: '1' }],
  [-1106, 'a trigger price of a trailing stop', { ...TRAIL, triggerPrice: '60000' }],
  [-1106, 'reduceOnly with closePosition', { ...CLOSE, reduceOnly: 'true' }],
  [-1106, 'a date without GTD', { goodTillDate: 1_900_000_000_000 }],
  [-1106, 'price and priceMatch', { type: 'STOP', price: '60000', priceMatch: 'QUEUE' }],
  [-1130, 'another service', { algoType: 'VP' }],
  [-1130, 'an unknown working type', { workingType: 'INDEX_PRICE' }],
  [-1115, 'an unknown time in force', { timeInForce: 'DAY' }],
  [-1116, 'an ordinary type', { type: 'LIMIT' }],
  [-1117, 'an unknown side', { side: 'HOLD' }],
  [-1121, 'an unknown symbol', { symbol: 'NONEUSDT' }],
  [-2007, 'a rate below 0.1', { ...TRAIL, callbackRate: '0.05' }],
  [-2007, 'a rate above 20', { ...TRAIL, callbackRate: '20.1' }],
  [-2022, 'a closing order that opens, in hedge mode', { ...CLOSE, positionSide: 'SHORT' }],
  [-4003, 'no quantity to speak of', { quantity: '0' }],
  [-4006, 'a trigger of zero', { triggerPrice: '0' }],
  [-4013, 'a trigger below the range', { triggerPrice: '500' }],
  [-4014, 'a trigger off the tick', { triggerPrice: '60000.05' }],
  [-4015, 'a bad name', { clientAlgoId: 'a b' }],
  [-4061, 'a position side of the other mode', { positionSide: 'LONG' }],
  [-4062, 'reduceOnly in hedge mode', { positionSide: 'LONG', reduceOnly: 'true' }],
  [-4135, 'a start of zero', { ...TRAIL, activatePrice: '0' }],
  [-4136, 'closePosition of a limit', { type: 'STOP', price: '60000', ...CLOSE }],
  [-4137, 'closePosition with a quantity', { ...CLOSE, quantity: '0.010' }],
  [-4138, 'closePosition without reducing', { ...CLOSE, reduceOnly: 'false' }],
  [-4164, 'too small a value', { quantity: '0.001', triggerPrice: '40000' }],
  [-4183, 'a limit far above the trigger', { type: 'STOP', side: 'BUY', triggerPrice: '69000', price: '75000' }],
  [-4184, 'a limit far below it', { type: 'STOP', price: '50000' }],
  [-5037, 'an unknown price match', { type: 'STOP', priceMatch: 'BEST' }],
  [-5038, 'price match of a market order', { priceMatch: 'QUEUE' }],
  [-5039, 'an unknown self-trade mode', { selfTradePreventionMode: 'ALL' }],
  [-5040, 'a date too near', { type: 'STOP', price: '60000', timeInForce: 'GTD', goodTillDate: 1 }],
])('%d: %s', async (code, what, fields) => {
  if (what.includes('hedge mode')) await sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'true' });
  if (code === -4116) await placeAlgo({ clientAlgoId: 'first' });
  if (code === -4130) await placeAlgo(CLOSE);
  const known = Object.fromEntries(Object.entries({ ...wanted(fields), ...fields }).filter(([, value]) => value !== ''));
  expect(await codeOf(sim.signed('POST', PATH, known))).toBe(code);
});

const wanted = (fields: Fields): Fields => ({
  algoType: 'CONDITIONAL',
  symbol: 'BTCUSDT',
  side: 'SELL',
  type: 'STOP_MARKET',
  ...(fields['type'] === 'TRAILING_STOP_MARKET' ? {} : { triggerPrice: '60000' }),
  ...(fields['closePosition'] ? {} : { quantity: '0.010' }),
});

test('-4045 beyond 200 of one account, over all symbols', async () => {
  await sim.close();
  await open({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  const all = Array.from({ length: 200 }, (_, n) => n);
  const codes = await Promise.all(
    all.map((n) => codeOf(placeAlgo(n % 2 === 0 ? {} : { symbol: 'ETHUSDT', quantity: '1', triggerPrice: '2000' }))),
  );
  expect(codes.every((code) => code === undefined)).toBe(true);
  expect(await codeOf(placeAlgo())).toBe(-4045);
});

test('cancels by either name, all of a symbol, and says what it does not know', async () => {
  const { text } = await placeAlgo({ clientAlgoId: 'a' });
  const algoId = /"algoId":(\d+)/.exec(text)?.[1] ?? '';
  const canceled = await sim.signed('DELETE', PATH, { algoId });
  expect(canceled.text).toBe(`{"algoId":${algoId},"clientAlgoId":"a","code":"200","msg":"success"}`);
  expect(bodyOf(await user.first(algoTold('CANCELED', 'a')))).toMatchObject({ X: 'CANCELED', rm: '' });
  expect(await codeOf(sim.signed('DELETE', PATH, { clientAlgoId: 'a' }))).toBe(-2011);
  expect(await codeOf(sim.signed('DELETE', PATH))).toBe(-1102);
  expect(await codeOf(query('never'))).toBe(-2013);
  await placeAlgo({ clientAlgoId: 'b' });
  await placeAlgo({ clientAlgoId: 'c' });
  const symbol = 'BTCUSDT';
  const open = await sim.signed('GET', '/fapi/v1/openAlgoOrders', { symbol });
  expect(open.rows.map((row) => row['clientAlgoId'])).toEqual(['b', 'c']);
  expect((await sim.signed('DELETE', '/fapi/v1/algoOpenOrders', { symbol })).body['code']).toBe(200);
  expect((await sim.signed('GET', '/fapi/v1/openAlgoOrders')).rows).toEqual([]);
  const all = await sim.signed('GET', '/fapi/v1/allAlgoOrders', { symbol });
  expect(all.rows.map((row) => [row['clientAlgoId'], row['algoStatus']])).toEqual(['a', 'b', 'c'].map((name) => [name, 'CANCELED']));
  const later = /"algoId":(\d+),"clientAlgoId":"b"/.exec(all.text)?.[1] ?? '';
  const from = await sim.signed('GET', '/fapi/v1/allAlgoOrders', { symbol, algoId: later });
  expect(from.rows.map((row) => row['clientAlgoId'])).toEqual(['b', 'c']);
  expect(await codeOf(sim.signed('GET', '/fapi/v1/allAlgoOrders'))).toBe(-1102);
});

test('lists weigh 1 with a symbol and 40 without', async () => {
  const weightOf = async (fields: Fields): Promise<number> => {
    const before = Number((await sim.get('/fapi/v1/time')).headers.get('X-MBX-USED-WEIGHT-1M'));
    const { headers } = await sim.signed('GET', '/fapi/v1/openAlgoOrders', fields);
    return Number(headers.get('X-MBX-USED-WEIGHT-1M')) - before - 1;
  };
  expect([await weightOf({ symbol: 'BTCUSDT' }), await weightOf({})]).toEqual([1, 40]);
});

test('-4120 on the ordinary path, alone and in a batch', async () => {
  for (const type of ['STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET']) {
    const order = { symbol: 'BTCUSDT', side: 'SELL', type, quantity: '0.010', stopPrice: '60000' };
    expect(await codeOf(sim.signed('POST', '/fapi/v1/order', order))).toBe(-4120);
    const batch = await sim.signed('POST', '/fapi/v1/batchOrders', { batchOrders: JSON.stringify([order]) });
    expect(batch.rows).toMatchObject([{ code: -4120 }]);
  }
});

test('the WebSocket API places and cancels it, and refuses it on the ordinary path', async () => {
  const api = await openWsApi(sim);
  const stop = { algoType: 'CONDITIONAL', symbol: 'BTCUSDT', side: 'SELL', type: 'STOP_MARKET', quantity: '0.010', triggerPrice: '60000' };
  const placed = await api.signed('algoOrder.place', { ...stop, clientAlgoId: 'ws' });
  expect(placed).toMatchObject({ status: 200, result: { clientAlgoId: 'ws', algoStatus: 'NEW' } });
  await user.first(algoTold('NEW', 'ws'));
  expect(await api.signed('algoOrder.cancel', { clientAlgoId: 'ws' })).toMatchObject({ status: 200, result: { code: '200' } });
  const { algoType: _algoType, ...ordinary } = stop;
  expect(await api.signed('order.place', ordinary)).toMatchObject({ status: 400, error: { code: -4120 } });
});

test('between trigger and order it cannot be canceled: -4117', async () => {
  await sim.close();
  await open({ algos: { triggerDelayMs: 60_000 } });
  const { price, quantity } = await below();
  await placeAlgo({ clientAlgoId: 'stop', triggerPrice: price });
  await sell(quantity);
  await user.first(algoTold('TRIGGERING', 'stop'));
  expect(await codeOf(sim.signed('DELETE', PATH, { clientAlgoId: 'stop' }))).toBe(-4117);
  expect((await sim.signed('GET', '/fapi/v1/openAlgoOrders')).rows).toMatchObject([{ clientAlgoId: 'stop', algoStatus: 'TRIGGERING' }]);
});

test.each([
  [false, 'NEW'],
  [true, 'CANCELED'],
])('the countdown sweeps conditional orders only when asked to (%s)', async (countdownSweeps, status) => {
  await sim.close();
  await open({ algos: { countdownSweeps } });
  await placeAlgo({ clientAlgoId: 'a' });
  await sim.place({ newClientOrderId: 'plain' });
  await sim.signed('POST', '/fapi/v1/countdownCancelAll', { symbol: 'BTCUSDT', countdownTime: 50 });
  await user.first((message) => bodyOf(message)['x'] === 'CANCELED');
  expect((await query('a')).body['algoStatus']).toBe(status);
});

test('the position mode stays while conditional orders wait', async () => {
  await placeAlgo();
  expect(await codeOf(sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'true' }))).toBe(-4067);
});

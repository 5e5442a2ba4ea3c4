import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recorded } from '../../kit/data.ts';
import { KEY, type Message, openTestSim, type SimClient, type Socket } from '../../kit/sim-client.ts';

let sim: SimClient;
let user: Socket;
beforeEach(async () => {
  sim = await openTestSim({ limitsEnforced: false });
  user = await sim.user();
});
afterEach(() => sim.close());

const MARKET = { type: 'MARKET', quantity: '0.010', newOrderRespType: 'RESULT' };
const orderOf = (message: Message): Message => (message['o'] ?? {}) as Message;
const told = (execution: string, clientId: string) => (message: Message) =>
  message['e'] === 'ORDER_TRADE_UPDATE' && orderOf(message)['x'] === execution && orderOf(message)['c'] === clientId;
const position = async (): Promise<Message | undefined> => (await sim.signed('GET', '/fapi/v3/positionRisk')).rows[0];
const query = (clientId: string) => sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: clientId });

test('a taking order tells its fills, then NEW, then for each fill the account and the order', async () => {
  await sim.place({ ...MARKET, quantity: '2.000', newClientOrderId: 'taker' });
  await user.first((message) => orderOf(message)['X'] === 'FILLED');
  const names = user
    .messages()
    .map((message) => (message['e'] === 'ORDER_TRADE_UPDATE' ? String(orderOf(message)['x']) : String(message['e'])));
  const fills = names.filter((name) => name === 'TRADE_LITE').length;
  expect(fills).toBeGreaterThan(1);
  const each = Array.from({ length: fills }, () => ['ACCOUNT_UPDATE', 'TRADE']).flat();
  expect(names).toEqual([...Array.from({ length: fills }, () => 'TRADE_LITE'), 'NEW', ...each]);
  const filled = user
    .messages()
    .filter((message) => orderOf(message)['x'] === 'TRADE')
    .map((message) => Number(orderOf(message)['z']));
  expect(filled).toEqual(filled.toSorted((a, b) => a - b));
  expect(filled.at(-1)).toBe(2);
});

test('events have every field of the recorded ones, and of the same type', async () => {
  const file = recorded('userdata/binance-usdm_BTCUSDT_2024-11-18_open-close.jsonl');
  if (!file) return;
  await sim.place(MARKET);
  await sim.place({ ...MARKET, side: 'SELL', reduceOnly: 'true' });
  await user.first((message) => orderOf(message)['X'] === 'FILLED' && orderOf(message)['S'] === 'SELL');
  const ours = new Map(user.messages().map((message) => [`${message['e']} ${orderOf(message)['x']}`, message]));
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  for (const line of lines) {
    const { event } = JSON.parse(line) as { event: Message };
    const own = ours.get(`${event['e']} ${orderOf(event)['x']}`);
    expect(missingFrom(own, event, '')).toEqual([]);
  }
});

/** Paths of fields that the recorded value has and ours lacks, or has in another type. */
function missingFrom(own: unknown, theirs: unknown, path: string): readonly string[] {
  if (Array.isArray(theirs)) return theirs.length === 0 ? [] : missingFrom((own as unknown[] | undefined)?.[0], theirs[0], `${path}[]`);
  if (typeof theirs !== 'object' || theirs === null) return typeof own === typeof theirs ? [] : [path];
  if (typeof own !== 'object' || own === null) return [path];
  return Object.entries(theirs).flatMap(([name, value]) => missingFrom((own as Message)[name], value, `${path}.${name}`));
}

test('order ids are whole numbers beyond 2^53, rising, and the same digits everywhere', async () => {
  const idIn = (text: string, name: string): string => new RegExp(`"${name}":(\\d+)`).exec(text)?.[1] ?? '';
  const first = await sim.place({ newClientOrderId: 'a' });
  const second = await sim.place({ newClientOrderId: 'b' });
  const [a, b] = [idIn(first.text, 'orderId'), idIn(second.text, 'orderId')];
  expect(BigInt(b) > BigInt(a) && BigInt(a) > 2n ** 53n).toBe(true);
  await user.first(told('NEW', 'b'));
  expect(user.texts.map((text) => idIn(text, 'i'))).toEqual([a, b]);
  const found = await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId: b });
  expect([found.body['clientOrderId'], idIn(found.text, 'orderId')]).toEqual(['b', b]);
});

test('a place answer has no average price; a query has', async () => {
  const placed = await sim.place({ newClientOrderId: 'a' });
  expect(['avgPrice' in placed.body, 'cumQuote' in placed.body]).toEqual([false, false]);
  expect((await query('a')).body).toMatchObject({ avgPrice: '0', cumQuote: '0', status: 'NEW', price: '62000.00', origQty: '0.010' });
});

test('amend changes price and size, tells it, and answers each refusal with its code', async () => {
  const amend = (fields: Record<string, string>) =>
    sim.signed('PUT', '/fapi/v1/order', { symbol: 'BTCUSDT', side: 'BUY', origClientOrderId: 'a', ...fields });
  await sim.place({ newClientOrderId: 'a', timeInForce: 'GTX' });
  const moved = await amend({ price: '62100.1', quantity: '0.020', modifyId: '77' });
  expect(moved.body).toMatchObject({ status: 'NEW', price: '62100.10', origQty: '0.020' });
  expect(orderOf(await user.first(told('AMENDMENT', 'a')))).toMatchObject({ X: 'NEW', p: '62100.10', q: '0.020', M: '77' });
  expect((await amend({ price: '62100.1', quantity: '0.020' })).body['code']).toBe(-5027);
  expect((await amend({ price: '62100.1' })).body['code']).toBe(-1102);
  expect((await amend({ price: '62100.15', quantity: '0.020' })).body['code']).toBe(-4014);
  expect((await amend({ price: '55000', quantity: '0.000' })).body['code']).toBe(-4003);
  expect((await amend({ price: '49000', quantity: '0.001' })).body['code']).toBe(-5029);
  expect((await amend({ price: '62000', quantity: '0.010', reduceOnly: 'true' })).body['code']).toBe(-5047);
  expect((await amend({ price: '62000', quantity: '0.010', origClientOrderId: 'never' })).body['code']).toBe(-2013);
  const crossing = await amend({ price: '65000', quantity: '0.020' });
  expect(crossing.body['status']).toBe('CANCELED');
  expect(orderOf(await user.first(told('CANCELED', 'a')))).toMatchObject({ X: 'CANCELED' });
});

test('amend to no more than what is filled cancels the order', async () => {
  const { asks } = (await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=5')).body as { asks: [string, string][] };
  const [price, size] = asks[0] ?? ['', ''];
  await sim.signed('POST', '/fapi/v1/leverage', { symbol: 'BTCUSDT', leverage: 75 });
  await sim.place({ newClientOrderId: 'part', price, quantity: (Number(size) + 1).toFixed(3) });
  const { body } = await query('part');
  expect(body['status']).toBe('PARTIALLY_FILLED');
  const amended = await sim.signed('PUT', '/fapi/v1/order', {
    symbol: 'BTCUSDT',
    side: 'BUY',
    origClientOrderId: 'part',
    price,
    quantity: String(body['executedQty']),
  });
  expect(amended.body).toMatchObject({ status: 'CANCELED', executedQty: body['executedQty'] });
});

test('reduce-only never exceeds the position: it shrinks, expires with it, and is refused without it', async () => {
  await sim.place(MARKET);
  const reduce = { side: 'SELL', reduceOnly: 'true', price: '66000' };
  const big = await sim.place({ ...reduce, quantity: '0.500', newClientOrderId: 'big' });
  expect(big.body['origQty']).toBe('0.010');
  expect((await sim.place({ ...reduce, price: '66500', newClientOrderId: 'covered' })).body['code']).toBe(-2022);
  expect((await sim.place({ ...reduce, side: 'BUY', price: '62000' })).body['code']).toBe(-2022);
  await sim.place({ ...MARKET, side: 'SELL', quantity: '0.004' });
  expect((await query('big')).body).toMatchObject({ origQty: '0.006', status: 'NEW' });
  await sim.place({ ...MARKET, side: 'SELL', quantity: '0.900', reduceOnly: 'true' });
  expect(orderOf(await user.first(told('EXPIRED', 'big')))).toMatchObject({ X: 'EXPIRED', er: '4', R: true });
  expect(await position()).toBeUndefined(); // a missing row means flat
});

test('countdownCancelAll cancels what is open on its symbol unless it is armed again or disarmed', async () => {
  const arm = (ms: number) => sim.signed('POST', '/fapi/v1/countdownCancelAll', { symbol: 'BTCUSDT', countdownTime: ms });
  await sim.place({ newClientOrderId: 'a' });
  expect((await arm(100_000)).body).toEqual({ symbol: 'BTCUSDT', countdownTime: '100000' });
  await arm(0);
  expect((await query('a')).body['status']).toBe('NEW');
  const armedAt = await sim.now();
  await arm(150);
  const ended = await user.first(told('CANCELED', 'a'));
  expect(Number(ended['E']) - armedAt).toBeGreaterThanOrEqual(150);
});

test('cancel by list answers each id for itself; cancel all leaves nothing open', async () => {
  await sim.place({ newClientOrderId: 'a' });
  const placed = await sim.place({ newClientOrderId: 'b' });
  const id = /"orderId":(\d+)/.exec(placed.text)?.[1] ?? '';
  const byName = await sim.signed('DELETE', '/fapi/v1/batchOrders', { symbol: 'BTCUSDT', origClientOrderIdList: '["a","never"]' });
  expect(byName.rows.map((row) => row['status'] ?? row['code'])).toEqual(['CANCELED', -2011]);
  const byId = await sim.signed('DELETE', '/fapi/v1/batchOrders', { symbol: 'BTCUSDT', orderIdList: `[${id}]` });
  expect(byId.rows.map((row) => row['clientOrderId'])).toEqual(['b']);
  await sim.place();
  expect((await sim.signed('DELETE', '/fapi/v1/allOpenOrders', { symbol: 'BTCUSDT' })).body['code']).toBe(200);
  expect((await sim.signed('GET', '/fapi/v1/openOrders')).rows).toEqual([]);
});

test('batchOrders places each element for itself', async () => {
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: '0.010', price: '62000' };
  const answer = await sim.signed('POST', '/fapi/v1/batchOrders', { batchOrders: JSON.stringify([order, { ...order, price: '65500' }]) });
  expect(answer.rows.map((row) => row['status'] ?? row['code'])).toEqual(['NEW', -5022]);
});

test('account, balance, position and trades agree with each other and with the admin truth', async () => {
  await sim.place({ ...MARKET, quantity: '1.500' });
  const trades = (await sim.signed('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' })).rows;
  const sum = (name: string): number => trades.reduce((total, row) => total + Number(row[name]), 0);
  expect(sum('qty')).toBeCloseTo(1.5, 9);
  const risk = await position();
  expect(Number(risk?.['entryPrice'])).toBeCloseTo(sum('quoteQty') / 1.5, 6);
  expect(risk?.['positionAmt']).toBe('1.500');
  const account = (await sim.signed('GET', '/fapi/v3/account')).body as { totalWalletBalance: string; positions: Message[] };
  expect(Number(account.totalWalletBalance)).toBeCloseTo(10_000 - sum('commission'), 6);
  expect(account.positions).toHaveLength(1);
  const truth = (await sim.admin(`/sim/account?apiKey=${KEY}`)).body as { tradesCount: number; volume: string; balances: Message[] };
  expect([truth.tradesCount, Number(truth.volume)]).toEqual([trades.length, expect.closeTo(sum('quoteQty'), 6)]);
  const last = trades.at(-1);
  const newer = await sim.signed('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT', fromId: Number(last?.['id']) });
  expect(newer.rows.map((row) => row['id'])).toEqual([last?.['id']]);
});

test('own quotes meeting the own taker expire in the match by default', async () => {
  const { bids, asks } = (await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=5')).body as Record<'bids' | 'asks', [string, string][]>;
  expect([bids.length, asks.length]).toEqual([5, 5]);
  await sim.place({ side: 'SELL', price: asks[0]?.[0] ?? '', newClientOrderId: 'quote' });
  await sim.place({ ...MARKET, quantity: '3.000' });
  expect(orderOf(await user.first(told('EXPIRED', 'quote')))).toMatchObject({ X: 'EXPIRED_IN_MATCH', er: '1' });
});

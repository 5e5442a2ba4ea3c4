import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, type Fields, KEY, type Message, type Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let sim: SteppedSim;
let user: Socket;
beforeEach(async () => {
  sim = await SteppedSim.open({ limitsEnforced: false });
  user = await sim.user();
});
afterEach(() => sim.close());

const fault = async (fields: Message): Promise<void> => {
  const answer = await sim.client.admin('/sim/fault', { symbol: 'BTCUSDT', ...fields });
  expect(answer.body).toEqual({});
};
const orderOf = (message: Message): Message => (message['o'] ?? {}) as Message;
/** What the user stream told of an order: execution type and status, in order of arrival. */
const told = async (clientId: string): Promise<readonly string[]> => {
  await sim.settle();
  const events = user.messages().map(orderOf);
  return events.filter((event) => event['c'] === clientId).map((event) => `${event['x']} ${event['X']}`);
};
const lots = (answer: Message, name: string): number => Math.round(Number(answer[name]) * 1_000);

/** A buy at the best bid: it rests behind others, near enough for the public to reach. */
async function quote(clientId: string, fields: Fields = {}): Promise<Answer> {
  const { bids } = (await sim.client.get('/fapi/v1/depth?symbol=BTCUSDT&limit=5')).body as { bids: [string, string][] };
  return sim.client.place({ price: bids[0]?.[0] ?? '', newClientOrderId: clientId, quantity: '0.100', ...fields });
}
const cancel = (clientId: string) => sim.client.signed('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: clientId });
const query = (clientId: string) => sim.client.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: clientId });

test('fill-before: a cancel meets an order that was partially filled a moment before', async () => {
  await quote('part');
  await fault({ kind: 'fill-before', command: 'cancel', part: 0.5 });
  expect((await cancel('part')).body).toMatchObject({ status: 'CANCELED', executedQty: '0.050' });
  expect(await told('part')).toEqual(['NEW NEW', 'TRADE PARTIALLY_FILLED', 'CANCELED CANCELED']);
  const position = (await sim.client.signed('GET', '/fapi/v3/positionRisk')).rows[0];
  expect(position?.['positionAmt']).toBe('0.050');
});

test('fill-before: a cancel of an order that has just filled is refused with -2011', async () => {
  await quote('gone');
  await fault({ kind: 'fill-before', command: 'cancel' });
  expect((await cancel('gone')).body['code']).toBe(-2011);
  expect((await told('gone')).at(-1)).toBe('TRADE FILLED');
  expect((await query('gone')).body).toMatchObject({ status: 'FILLED', executedQty: '0.100' });
});

test('fill-before: an amend meets a partially filled order, and one to no more than is filled cancels it', async () => {
  const amend = (clientId: string, price: unknown, quantity: string) =>
    sim.client.signed('PUT', '/fapi/v1/order', {
      symbol: 'BTCUSDT',
      side: 'BUY',
      origClientOrderId: clientId,
      price: String(price),
      quantity,
    });
  const first = await quote('grown');
  await fault({ kind: 'fill-before', command: 'amend', part: 0.4 });
  expect((await amend('grown', first.body['price'], '0.200')).body).toMatchObject({
    status: 'PARTIALLY_FILLED',
    origQty: '0.200',
    executedQty: '0.040',
  });
  expect(await told('grown')).toEqual(['NEW NEW', 'TRADE PARTIALLY_FILLED', 'AMENDMENT PARTIALLY_FILLED']);
  const second = await quote('shrunk');
  await fault({ kind: 'fill-before', command: 'amend', part: 0.6 });
  expect((await amend('shrunk', second.body['price'], '0.050')).body).toMatchObject({ status: 'CANCELED', executedQty: '0.060' });
});

test('fill-before: the public trades through whatever stands before the order, and the tape shows it', async () => {
  const trades = await sim.socket('/market/ws/btcusdt@aggTrade');
  const { bids } = (await sim.client.get('/fapi/v1/depth?symbol=BTCUSDT&limit=5')).body as { bids: [string, string][] };
  const before = Math.round(Number(bids[0]?.[1]) * 1_000);
  await quote('behind');
  await fault({ kind: 'fill-before', command: 'cancel' });
  await cancel('behind');
  await sim.settle();
  const printed = trades
    .messages()
    .filter((trade) => trade['m'] === true)
    .reduce((sum, trade) => sum + lots(trade, 'q'), 0);
  expect(printed).toBe(before + 100);
});

test('fill-before-ack: the fill is told before the placing is answered, which still says NEW', async () => {
  await fault({ kind: 'fill-before-ack', holdMs: 200 });
  let answered = false;
  const answer = quote('fast').then((value) => {
    answered = true;
    return value;
  });
  await user.first((message) => orderOf(message)['X'] === 'FILLED');
  await sim.advance(199);
  expect(answered).toBe(false);
  await sim.advance(1);
  expect((await answer).body).toMatchObject({ clientOrderId: 'fast', status: 'NEW', executedQty: '0.000' });
});

test('duplicate-trade: the same trade of the same order comes twice, byte for byte, and counts once', async () => {
  await fault({ kind: 'duplicate-trade' });
  await sim.client.place({ type: 'MARKET', quantity: '0.010', newClientOrderId: 'twice' });
  await sim.settle();
  const trades = user.texts.filter((text) => text.includes('"x":"TRADE"'));
  expect([trades.length, new Set(trades).size]).toEqual([2, 1]);
  expect((await sim.client.signed('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' })).rows).toHaveLength(1);
});

test('withhold-event: an order event comes late or never, others at once', async () => {
  await fault({ kind: 'withhold-event', clientId: 'late', ms: 3_000 });
  await fault({ kind: 'withhold-event', clientId: 'mute', execution: 'canceled', ms: null });
  await quote('late', { price: '62000' });
  await quote('mute', { price: '62000' });
  expect([await told('late'), await told('mute')]).toEqual([[], ['NEW NEW']]);
  await cancel('mute');
  await sim.advance(2_999);
  expect(await told('late')).toEqual([]);
  await sim.advance(1);
  expect(await told('late')).toEqual(['NEW NEW']);
  await sim.advance(60_000);
  expect([await told('mute'), (await query('mute')).body['status']]).toEqual([['NEW NEW'], 'CANCELED']);
});

test('withhold-event: a withheld trade has no fill notice either', async () => {
  await fault({ kind: 'withhold-event', execution: 'trade', ms: null });
  await sim.client.place({ type: 'MARKET', quantity: '0.010', newClientOrderId: 'silent' });
  expect(await told('silent')).toEqual(['NEW NEW']);
  expect(user.messages().map((message) => message['e'])).toEqual(['ORDER_TRADE_UPDATE', 'ACCOUNT_UPDATE']);
});

test('read-lag: an order just placed is unknown to queries (-2013) but not to a cancel', async () => {
  await fault({ kind: 'read-lag', ms: 500, count: 2 });
  const placed = await quote('unseen');
  expect(placed.body['status']).toBe('NEW');
  expect((await query('unseen')).body['code']).toBe(-2013);
  expect((await sim.client.signed('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' })).rows).toEqual([]);
  await sim.advance(500);
  expect((await query('unseen')).body['status']).toBe('NEW');
  await quote('second');
  expect((await cancel('second')).body['status']).toBe('CANCELED');
});

test('foreign-order, foreign-cancel, manual-order: a person trades on the account', async () => {
  const byHand = (fields: Message) => sim.client.admin('/sim/fault', { symbol: 'BTCUSDT', apiKey: KEY, ...fields });
  const placed = await byHand({ kind: 'foreign-order', side: 'BUY', price: '62000', quantity: '0.020' });
  const clientId = String(placed.body['clientOrderId']);
  expect(clientId).toMatch(/^web_/);
  expect((await sim.client.signed('GET', '/fapi/v1/openOrders')).rows.map((row) => row['clientOrderId'])).toEqual([clientId]);
  await byHand({ kind: 'foreign-cancel', clientId });
  expect(await told(clientId)).toEqual(['NEW NEW', 'CANCELED CANCELED']);
  await byHand({ kind: 'manual-order', side: 'SELL', quantity: '0.020' });
  expect((await sim.client.signed('GET', '/fapi/v3/positionRisk')).rows[0]?.['positionAmt']).toBe('-0.020');
  expect((await byHand({ kind: 'foreign-order', side: 'BUY', price: '62000.05', quantity: '0.020' })).status).toBe(400);
  expect((await byHand({ kind: 'foreign-cancel', clientId: 'never' })).body['problem']).toContain('unknown-order');
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message, Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let sim: SteppedSim;
let news: Socket;
beforeEach(async () => {
  sim = await SteppedSim.open({ limitsEnforced: false });
  news = await sim.socket('/market/ws/!contractInfo');
});
afterEach(() => sim.close());

const fault = (fields: Message) => sim.client.admin('/sim/fault', { symbol: 'BTCUSDT', ...fields });
const listed = async (): Promise<Message> => {
  const { symbols } = (await sim.client.get('/fapi/v1/exchangeInfo')).body as { symbols: Message[] };
  return symbols[0] ?? {};
};
const filter = async (filterType: string): Promise<Message> =>
  ((await listed())['filters'] as Message[]).find((row) => row['filterType'] === filterType) ?? {};
const code = async (fields: Parameters<typeof sim.client.place>[0]): Promise<unknown> =>
  (await sim.client.place(fields)).body['code'] ?? 'taken';
const statuses = async (): Promise<unknown[]> => {
  await sim.settle();
  return news.messages().map((message) => message['cs']);
};

test('filters: exchangeInfo shows them, news tell of them, orders are held to them and the whole book follows', async () => {
  await sim.client.place({ price: '62000.10', newClientOrderId: 'old' });
  const depth = await sim.socket('/public/ws/btcusdt@depth@100ms');
  expect((await fault({ kind: 'filters', tickSize: '1.00', stepSize: '0.010', minNotional: '1000' })).body).toEqual({});
  expect([await filter('PRICE_FILTER'), await filter('LOT_SIZE'), await filter('MIN_NOTIONAL')]).toMatchObject([
    { tickSize: '1.00' },
    { stepSize: '0.010', minQty: '0.010' },
    { notional: '1000' },
  ]);
  expect(await statuses()).toEqual(['TRADING']);
  expect(await code({ price: '62000.10', quantity: '0.020' })).toBe(-4014);
  expect(await code({ price: '62000', quantity: '0.015' })).toBe(-4023);
  expect(await code({ price: '62000', quantity: '0.010' })).toBe(-4164);
  expect(await code({ price: '62000', quantity: '0.020' })).toBe('taken');
  const amended = await sim.client.signed('PUT', '/fapi/v1/order', {
    ...{ symbol: 'BTCUSDT', side: 'BUY', origClientOrderId: 'old', price: '62000.20', quantity: '0.020' },
  });
  expect(amended.body['code']).toBe(-4014);
  await sim.advance(30_000);
  const { bids, asks } = (await sim.client.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000')).body as Record<string, [string, string][]>;
  const offGrid = [...(bids ?? []), ...(asks ?? [])].filter(
    ([price, size]) => Number(price) % 1 !== 0 || Math.round(Number(size) * 1_000) % 10 !== 0,
  );
  expect(offGrid).toEqual([['62000.10', '0.010']]);
  expect([bids?.length, asks?.length].every((count) => Number(count) > 30)).toBe(true);
  expect(depth.texts.length).toBeGreaterThan(100);
});

test.each([
  ['a finer tick than the symbol opened with', { tickSize: '0.01' }, 'tickSize'],
  ['a step that is no multiple', { stepSize: '0.0015' }, 'stepSize'],
  ['a malformed figure', { minNotional: 'much' }, 'minNotional'],
])('filters: %s is refused in one line', async (_name, change, word) => {
  const answer = await fault({ kind: 'filters', ...change });
  expect([answer.status, String(answer.body['problem']).includes(word)]).toEqual([400, true]);
});

test('trading-status: a halt expires what is open, refuses orders and is told everywhere; after the resume it trades again', async () => {
  const user = await sim.user();
  await sim.client.place({ newClientOrderId: 'resting' });
  await fault({ kind: 'trading-status', status: 'SETTLING' });
  expect((await listed())['status']).toBe('SETTLING');
  expect(await code({})).not.toBe('taken');
  await sim.settle();
  const ended = user
    .messages()
    .map((message) => (message['o'] ?? {}) as Message)
    .at(-1);
  expect(ended).toMatchObject({ c: 'resting', X: 'EXPIRED' });
  await fault({ kind: 'trading-status', status: 'TRADING' });
  expect(await code({})).toBe('taken');
  expect(await statuses()).toEqual(['SETTLING', 'TRADING']);
});

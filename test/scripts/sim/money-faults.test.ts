import { afterEach, beforeEach, expect, test } from 'vitest';
import { KEY, type Message, type Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let sim: SteppedSim;
let user: Socket;
beforeEach(async () => {
  sim = await SteppedSim.open({ limitsEnforced: false });
  user = await sim.user();
});
afterEach(() => sim.close());

const fault = (fields: Message) => sim.client.admin('/sim/fault', { apiKey: KEY, ...fields });
const held = async (): Promise<unknown> => (await sim.client.signed('GET', '/fapi/v3/positionRisk')).rows[0]?.['positionAmt'] ?? '0';
const wallet = async (): Promise<number> => {
  const rows = (await sim.client.signed('GET', '/fapi/v3/balance')).rows;
  return Number(rows.find((row) => row['asset'] === 'USDT')?.['balance']);
};
/** Client ids of the orders that the user stream told of, and reasons of account updates. */
const told = async (): Promise<{ readonly ids: readonly string[]; readonly reasons: readonly unknown[] }> => {
  await sim.settle();
  const part = (message: Message, name: string): Message => (message[name] ?? {}) as Message;
  const ids = user.messages().map((message) => String(part(message, 'o')['c'] ?? ''));
  return { ids: ids.filter((id) => id !== ''), reasons: user.messages().flatMap((message) => part(message, 'a')['m'] ?? []) };
};

test('transfer: money comes in and leaves, is told, and no more leaves than may', async () => {
  expect((await fault({ kind: 'transfer', asset: 'USDT', amount: '500' })).body).toEqual({});
  expect((await fault({ kind: 'transfer', asset: 'USDT', amount: '-200' })).body).toEqual({});
  expect(await wallet()).toBe(10_300);
  expect((await told()).reasons).toEqual(['DEPOSIT', 'WITHDRAW']);
  expect((await fault({ kind: 'transfer', asset: 'USDT', amount: '-20000' })).status).toBe(400);
  expect((await fault({ kind: 'transfer', asset: 'USDT', amount: 'much' })).status).toBe(400);
});

test('adl: part of a position is closed by an order that nobody sent', async () => {
  await sim.client.place({ type: 'MARKET', quantity: '0.050' });
  expect((await fault({ kind: 'adl', symbol: 'BTCUSDT', quantity: '0.030' })).body).toEqual({});
  expect(await held()).toBe('0.020');
  expect((await told()).ids.at(-1)).toBe('adl_autoclose');
  expect((await fault({ kind: 'adl', symbol: 'BTCUSDT', quantity: '0.030', positionSide: 'LONG' })).status).toBe(400);
});

test('liquidation: the venue ends the orders and closes the position with an order of its own', async () => {
  await sim.client.place({ type: 'MARKET', quantity: '0.050' });
  await sim.client.place({ newClientOrderId: 'resting' });
  expect((await fault({ kind: 'liquidation', asset: 'USDT' })).body).toEqual({});
  await sim.advance(2_000);
  expect(await held()).toBe('0');
  expect((await told()).ids.some((id) => id.startsWith('autoclose-'))).toBe(true);
  expect((await sim.client.signed('GET', '/fapi/v1/openOrders')).rows).toEqual([]);
  expect(await wallet()).toBeGreaterThanOrEqual(0);
  expect((await fault({ kind: 'liquidation', asset: 'USDT' })).status).toBe(400);
});

test('faults of the exchange are listed with how often they happened, and cleared like all others', async () => {
  await fault({ kind: 'transfer', asset: 'USDT', amount: '1' });
  await sim.client.admin('/sim/fault', { kind: 'read-lag', symbol: 'BTCUSDT', ms: 1_000, count: 2 });
  await sim.client.admin('/sim/fault', { kind: 'empty-book', symbol: 'BTCUSDT', ms: 60_000 });
  await sim.client.place({ newClientOrderId: 'a' });
  const rows = async (): Promise<unknown[]> => {
    const { body, rows: list } = await sim.client.get('/sim/faults');
    const faults = (list.length > 0 ? list : (body['faults'] as Message[])) as { fault: Message; armed: boolean; fired: number }[];
    return faults.map(({ fault: { kind }, armed, fired }) => [kind, armed, fired]);
  };
  expect(await rows()).toEqual([
    ['transfer', false, 1],
    ['read-lag', true, 1],
    ['empty-book', true, 1],
  ]);
  await sim.client.admin('/sim/fault', { kind: 'clear' });
  expect((await rows()).map((row) => (row as unknown[])[1])).toEqual([false, false, false]);
  await sim.client.place({ newClientOrderId: 'b' });
  expect((await sim.client.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'b' })).body['status']).toBe('NEW');
  const { bids } = (await sim.client.get('/fapi/v1/depth?symbol=BTCUSDT&limit=5')).body as { bids: unknown[] };
  expect(bids).toHaveLength(5);
});

import { afterEach, expect, test } from 'vitest';
import { NO_LATENCY, parseLatency } from '../../../shared/sim/latency.ts';
import type { SimulatorOptions } from '../../../scripts/sim/simulator.ts';
import { KEY, type Message, sign, type Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let sim: SteppedSim;
afterEach(() => sim.close());

const latency = (text: string) => parseLatency(text) ?? NO_LATENCY;
const open = async (over: Partial<SimulatorOptions>): Promise<void> => {
  sim = await SteppedSim.open({ historyDays: 0, limitsEnforced: false, ...over });
};
const nowMs = (): number => sim.client.simulator.stepper?.nowMs ?? 0;

type Entry = { readonly api: Socket; readonly user: Socket };

/** Order entry over one socket, so that a fence tells when the venue's door has it. */
async function entry(): Promise<Entry> {
  const api = await sim.socket('/ws-fapi/v1?returnRateLimits=false');
  const { body } = await sim.client.raw('POST', '/fapi/v1/listenKey', { apiKey: KEY });
  return { api, user: await sim.socket(`/private/ws?listenKey=${body['listenKey']}&events=ORDER_TRADE_UPDATE`) };
}

/** Resolves when the request is at the venue's door. */
async function send(api: Socket, method: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const params: Record<string, string | number> = { apiKey: KEY, symbol: 'BTCUSDT', timestamp: nowMs(), recvWindow: 60_000, ...fields };
  const payload = Object.keys(params)
    .toSorted()
    .map((name) => `${name}=${params[name]}`);
  api.send({ id: api.texts.length, method, params: { ...params, signature: sign(payload.join('&')) } });
  await api.fence();
}
const LIMIT = { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.010', price: '62000' } as const;
const MARKET = { side: 'BUY', type: 'MARKET', quantity: '0.010' } as const;
const told = ({ user }: Entry): readonly unknown[] => user.messages().map(({ o }) => (o as Message)['x']);

test('market messages take their time, and nothing else does', async () => {
  await open({ latencies: { market: latency('fixed:150') } });
  const socket = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  const { api, user } = await entry();
  await send(api, 'order.place', LIMIT);
  await sim.settle();
  expect([api.texts.length, user.texts.length]).toEqual([1, 1]);
  await sim.advance(1_149);
  expect(socket.texts.length).toBe(0);
  await sim.advance(1);
  expect(socket.messages().map(({ E }) => nowMs() - Number(E))).toEqual([150]);
});

test('an order takes effect after its way there, its event and its answer each come after their own', async () => {
  await open({ latencies: { orders: latency('fixed:100'), user: latency('fixed:30') } });
  const opening = entry();
  while (!(await Promise.race([opening.then(() => true), sim.client.admin('/sim/advance', { ms: 50 }).then(() => false)])));
  const both = await opening;
  await send(both.api, 'order.place', MARKET);
  const steps: (readonly [number, number])[] = [];
  for (const ms of [129, 1, 69, 1]) {
    await sim.advance(ms);
    steps.push([both.user.texts.length, both.api.texts.length]);
  }
  expect(steps.map(([events, answers]) => [events > 0, answers])).toEqual([
    [false, 0],
    [true, 0],
    [true, 0],
    [true, 1],
  ]);
  expect(told(both)).toContain('TRADE'); // filled before it was acknowledged
});

test('a request that reaches the engine after its window is refused there, and one that is late at the door already there', async () => {
  await open({ latencies: { orders: latency('fixed:100') } });
  const api = await sim.socket('/ws-fapi/v1?returnRateLimits=false');
  await send(api, 'order.place', { ...LIMIT, recvWindow: '99' });
  await send(api, 'order.place', { ...LIMIT, recvWindow: '100' });
  await send(api, 'order.place', { ...LIMIT, timestamp: String(nowMs() - 101), recvWindow: '100' });
  await sim.advance(250);
  expect(api.messages().map(({ error }) => (error as Message | undefined)?.['code'])).toEqual([-5028, undefined, -1021]);
});

test('requests of one connection stay in order however their latencies fall', async () => {
  await open({ latencies: { orders: latency('uniform:0:500') } });
  const api = await sim.socket('/ws-fapi/v1?returnRateLimits=false');
  for (let i = 0; i < 20; i++) await send(api, 'order.place', { ...LIMIT, newClientOrderId: `c${i}` });
  await sim.advance(2_000);
  const results = api.messages().map(({ result }) => result as Message);
  expect(results.map((row) => row['clientOrderId'])).toEqual(Array.from({ length: 20 }, (_, i) => `c${i}`));
  expect(new Set(results.map((row) => row['updateTime'])).size).toBeGreaterThan(3);
  const ids = results.map((row) => BigInt(String(row['updateTime'])));
  expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
});

test.each([
  [
    'answer',
    [
      [1, 0],
      [1, 1],
    ],
  ],
  [
    'request',
    [
      [0, 0],
      [1, 1],
    ],
  ],
] as const)('slow on the way of the %s', async (leg, want) => {
  await open({});
  const both = await entry();
  expect((await sim.client.admin('/sim/fault', { kind: 'slow', byMs: 500, leg, path: '/fapi/v1/order' })).status).toBe(200);
  await send(both.api, 'order.place', LIMIT);
  const steps: number[][] = [];
  for (const ms of [499, 1]) {
    await sim.advance(ms);
    steps.push([both.user.texts.length, both.api.texts.length]);
  }
  expect(steps).toEqual(want);
});

test('faults of calls befall the WebSocket API too', async () => {
  await open({});
  const { api } = await entry();
  await sim.client.admin('/sim/fault', { kind: 'error', error: 'backend-timeout', execute: true, method: 'POST', path: '/fapi/v1/order' });
  await send(api, 'order.place', { ...LIMIT, newClientOrderId: 'unsure' });
  expect(api.messages()[0]).toMatchObject({ status: 408, error: { code: -1007 } });
  const open0 = await sim.client.signed('GET', '/fapi/v1/openOrders');
  expect(open0.rows.map((row) => row['clientOrderId'])).toEqual(['unsure']);
  await sim.client.admin('/sim/fault', { kind: 'reset', method: 'POST', path: '/fapi/v1/order' });
  const dead = api.closed;
  void send(api, 'order.place', { ...LIMIT, newClientOrderId: 'lost' });
  await dead;
  expect((await sim.client.signed('GET', '/fapi/v1/openOrders')).rows.length).toBe(2);
});

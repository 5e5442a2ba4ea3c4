import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Message, openTestSim, type SimClient } from '../../kit/sim-client.ts';
import { openWsApi } from '../../kit/ws-api.ts';

/** A whole minute ahead before the window turns. */
const clock = () => ({ originMs: 1_700_000_040_000, originRealMs: Date.now(), speed: 1 });

async function withSim(over: Parameters<typeof openTestSim>[0], run: (sim: SimClient) => Promise<void>): Promise<void> {
  const sim = await openTestSim({ clock: clock(), ...over });
  try {
    await run(sim);
  } finally {
    await sim.close();
  }
}

const errorOf = (message: Message): unknown[] => [message['status'], (message['error'] as { code: number } | undefined)?.code];

test('REST and WebSocket API spend from the same pools; a handshake weighs 5', async () => {
  await withSim({ limitFigures: { weightPerMinute: 40, ordersPer10s: 3 } }, async (sim) => {
    const api = await openWsApi(sim); // 5
    const first = await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000');
    expect(first.headers.get('x-mbx-used-weight-1m')).toBe('25');
    const status = await api.call('session.status');
    expect(status['rateLimits']).toEqual([{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 40, count: 27 }]);
    expect((await api.place({ newClientOrderId: 'a' }))['status']).toBe(200); // 28: the time
    const rest = await sim.place();
    expect(rest.headers.get('x-mbx-order-count-10s')).toBe('2');
    expect((await api.place())['status']).toBe(200);
    expect(errorOf(await api.place())).toEqual([429, -1015]);
    expect(errorOf(await api.call('depth', { symbol: 'BTCUSDT', limit: 1_000 }))).toEqual([429, -1003]);
    const refused = await sim.get('/fapi/v1/ping');
    expect([refused.status, refused.body['code']]).toEqual([429, -1003]);
  });
});

async function refusedHandshake(sim: SimClient): Promise<IncomingMessage> {
  const socket = new WebSocket(`ws://127.0.0.1:${sim.simulator.port}/ws-fapi/v1`);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  response.resume();
  socket.on('error', () => undefined); // terminating a socket that was never open says so
  socket.terminate();
  return response;
}

test('who goes on after 429 is answered 418 on every door, with the end of the ban in text and header', async () => {
  await withSim({ limitFigures: { weightPerMinute: 30 } }, async (sim) => {
    const api = await openWsApi(sim);
    const asked = Array.from({ length: 130 }, () => sim.get('/fapi/v1/ping'));
    const answers = await Promise.all(asked);
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(200), count(429), count(418)]).toEqual([25, 100, 5]);
    const banned = await sim.get('/fapi/v1/nothing');
    const untilMs = Number(/IP banned until (\d{13})\./.exec(String(banned.body['msg']))?.[1]);
    expect([banned.status, banned.body['code']]).toEqual([418, -1003]);
    const leftS = Number(banned.headers.get('retry-after'));
    expect(leftS).toBeGreaterThan(100);
    expect(leftS).toBeLessThanOrEqual(120);
    const reply = await api.call('session.status');
    expect([...errorOf(reply), (reply['error'] as Message)['msg']]).toEqual([418, -1003, banned.body['msg']]);
    const handshake = await refusedHandshake(sim);
    expect([handshake.statusCode, Number(handshake.headers['retry-after']) > 100]).toEqual([418, true]);
    expect(untilMs).toBeGreaterThan(1_700_000_040_000 + 120_000);
  });
});

test('a handshake beyond the weight limit is answered 429', async () => {
  await withSim({ limitFigures: { weightPerMinute: 4 } }, async (sim) => {
    expect((await refusedHandshake(sim)).statusCode).toBe(429);
  });
});

test('exchangeInfo and rateLimit/order tell the limits that hold', async () => {
  await withSim({ limitFigures: { weightPerMinute: 6_000, ordersPer10s: 7, ordersPerMinute: 9 } }, async (sim) => {
    const rows = (await sim.get('/fapi/v1/exchangeInfo')).body['rateLimits'] as Message[];
    expect(rows.map(({ rateLimitType, limit }) => [rateLimitType, limit])).toEqual([
      ['REQUEST_WEIGHT', 6_000],
      ['ORDERS', 9],
      ['ORDERS', 7],
    ]);
    expect((await sim.signed('GET', '/fapi/v1/rateLimit/order')).rows).toEqual(rows.slice(1));
  });
});

test('the server pings every three minutes, and cuts off who answers none for ten', async () => {
  await withSim({ clock: null, steppedFromMs: 1_767_225_600_000, symbols: [], historyDays: 0 }, async (sim) => {
    const url = `ws://127.0.0.1:${sim.simulator.port}/ws-fapi/v1`;
    const [mute, polite] = [new WebSocket(url, { autoPong: false }), new WebSocket(url)];
    await Promise.all([once(mute, 'open'), once(polite, 'open')]);
    const cut = once(mute, 'close');
    for (const minutes of [3, 6, 9, 12]) {
      const pinged = once(polite, 'ping');
      await sim.admin('/sim/advance', { ms: 180_000 });
      const [payload] = (await pinged) as [Buffer];
      expect(Number(payload.toString())).toBe(1_767_225_600_000 + minutes * 60_000);
      const answered = once(polite, 'pong'); // its own ping comes back after its pong went out
      polite.ping();
      await answered;
    }
    expect(await cut).toEqual([1006, expect.anything()]);
    expect(polite.readyState).toBe(WebSocket.OPEN);
  });
});

test('a connection is closed at the end of its life, and its orders stay', async () => {
  await withSim({ clock: null, steppedFromMs: 1_767_225_600_000, disconnectAfterMs: 5_000 }, async (sim) => {
    const api = await openWsApi(sim);
    expect((await api.place({ newClientOrderId: 'stays' }))['status']).toBe(200);
    await sim.admin('/sim/advance', { ms: 4_999 });
    expect((await api.call('session.status'))['status']).toBe(200);
    await sim.admin('/sim/advance', { ms: 1 });
    await api.socket.closed;
    const order = await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'stays' });
    expect(order.body['status']).toBe('NEW');
  });
});

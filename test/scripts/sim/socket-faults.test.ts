import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { KEY } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';
import { openWsApi } from '../../kit/ws-api.ts';

let sim: SteppedSim;
let opened: WebSocket[] = [];
beforeEach(async () => {
  sim = await SteppedSim.open({ historyDays: 0, pingEveryMs: 5_000, pongWithinMs: 12_000, disconnectAfterMs: 60_000 });
  opened = [];
});
afterEach(async () => {
  for (const socket of opened) socket.terminate();
  await sim.close();
});

const MARK = '/market/ws/btcusdt@markPrice@1s';

/** A socket of the plainest kind, and how it ends. */
async function dial(
  path: string,
  options: { readonly autoPong?: boolean } = {},
): Promise<{ readonly socket: WebSocket; readonly ended: Promise<number>; readonly texts: string[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${sim.client.simulator.port}${path}`, options);
  opened.push(socket);
  const texts: string[] = [];
  socket.on('message', (data) => texts.push(data.toString()));
  const ended = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, ended, texts };
}

/** The status that a handshake is refused with, or the error of a connection that breaks. */
const refusal = (path: string): Promise<number | string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${sim.client.simulator.port}${path}`);
    socket.once('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.once('error', (problem) => resolve('code' in problem ? String(problem.code) : problem.message));
    socket.once('open', () => {
      socket.terminate();
      resolve('open');
    });
  });
const fault = (body: Readonly<Record<string, unknown>>) => sim.client.admin('/sim/fault', body);
const fence = async (socket: WebSocket): Promise<void> => {
  const answered = new Promise((resolve) => socket.once('pong', resolve));
  socket.ping();
  await answered;
};

test.each([
  ['without a word', {}, 1006],
  ['with a code', { code: 1001 }, 1001],
  ['of all routes', { route: 'all', code: 4321 }, 4321],
])('close %s', async (_name, over, want) => {
  const { ended } = await dial(MARK);
  expect((await fault({ kind: 'close', route: 'market', ...over })).body).toEqual({ closed: 1 });
  expect(await ended).toBe(want);
});

test('close cuts the WebSocket API too', async () => {
  const { ended } = await dial('/ws-fapi/v1');
  expect((await fault({ kind: 'close', route: 'ws-api' })).body).toEqual({ closed: 1 });
  expect(await ended).toBe(1006);
});

test('a half-open socket stays open while nothing comes, no ping is answered and no closing either', async () => {
  const [dead, alive] = [await dial(MARK), await dial(MARK)];
  await sim.advance(1_000);
  expect((await fault({ kind: 'half-open', route: 'market', count: 1 })).body).toEqual({ halfOpen: 1 });
  const pongs: unknown[] = [];
  dead.socket.on('pong', () => pongs.push(1));
  dead.socket.ping();
  dead.socket.close(1000);
  await sim.advance(3_000);
  await fence(alive.socket);
  expect([dead.texts.length, alive.texts.length, pongs.length, dead.socket.readyState]).toEqual([1, 4, 0, WebSocket.CLOSING]);
});

test('a half-open socket of the WebSocket API swallows requests, and only those of its own', async () => {
  const [dead, alive] = [await openWsApi(sim.client), await openWsApi(sim.client)];
  expect((await fault({ kind: 'half-open', route: 'ws-api', count: 1 })).body).toEqual({ halfOpen: 1 });
  void dead.place({ newClientOrderId: 'swallowed' });
  await alive.place({ newClientOrderId: 'placed' });
  await sim.advance(2_000);
  const status = async (origClientOrderId: string) =>
    (await alive.signed('order.status', { symbol: 'BTCUSDT', origClientOrderId }))['status'];
  expect([await status('swallowed'), await status('placed'), dead.socket.texts]).toEqual([400, 200, []]);
});

test.each([
  [{ message: 3 }, 1006],
  [{ message: 3, code: 1012 }, 1012],
])('disconnect-at %j ends a socket after that message, once', async (over, want) => {
  const [first, other] = [await dial(MARK), await dial('/public/ws/btcusdt@depth@100ms')];
  await fault({ kind: 'disconnect-at', route: 'market', ...over });
  await sim.advance(5_000);
  expect([await first.ended, first.texts.length]).toEqual([want, 3]);
  const again = await dial(MARK);
  await sim.advance(5_000);
  await fence(again.socket);
  await fence(other.socket);
  expect([again.texts.length, again.socket.readyState, other.socket.readyState]).toEqual([5, WebSocket.OPEN, WebSocket.OPEN]);
});

test('refuse-upgrade refuses with a status or breaks the connection, for a while or so many times', async () => {
  await fault({ kind: 'refuse-upgrade', count: 1 });
  expect([await refusal(MARK), await refusal(MARK)]).toEqual([503, 'open']);
  await fault({ kind: 'refuse-upgrade', status: null, route: 'market' });
  expect([await refusal('/public/ws/a'), await refusal(MARK)]).toEqual(['open', 'ECONNRESET']);
  await fault({ kind: 'refuse-upgrade', ms: 1_000, status: 502, route: 'ws-api' });
  expect([await refusal('/ws-fapi/v1'), await refusal('/ws-fapi/v1'), await refusal(MARK)]).toEqual([502, 502, 'open']);
  await sim.advance(1_000);
  expect(await refusal('/ws-fapi/v1')).toBe('open');
});

test('expire-listen-key tells it once and leaves the socket open and silent', async () => {
  const user = await sim.client.user();
  expect((await fault({ kind: 'expire-listen-key', apiKey: KEY })).body).toEqual({ expired: 1 });
  await sim.client.place();
  await user.fence();
  expect(user.messages().map(({ e }) => e)).toEqual(['listenKeyExpired']);
});

test('every socket ends after its life, streams and WebSocket API alike', async () => {
  const [stream, api] = [await dial(MARK), await dial('/ws-fapi/v1')];
  await sim.advance(59_000);
  await fence(stream.socket);
  expect([stream.socket.readyState, api.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  await sim.advance(1_000);
  expect(await Promise.all([stream.ended, api.ended])).toEqual([1008, 1008]);
});

test('a client that answers no pings is cut off in time, one that does is not', async () => {
  const [deaf, good, api] = [await dial(MARK, { autoPong: false }), await dial(MARK), await dial('/ws-fapi/v1', { autoPong: false })];
  const pings: string[] = [];
  deaf.socket.on('ping', (data: Buffer) => pings.push(data.toString()));
  for (let second = 0; second < 16; second++) {
    await sim.advance(1_000);
    await fence(good.socket);
  }
  expect([deaf.socket.readyState, pings.length]).toEqual([WebSocket.OPEN, 3]);
  await sim.advance(1_000);
  expect([await deaf.ended, await api.ended]).toEqual([1006, 1006]);
  await fence(good.socket);
});

test('more than ten requests within a second of one connection end it', async () => {
  const { socket, ended, texts } = await dial('/market/ws');
  const ask = (n: number): void => {
    for (let i = 0; i < n; i++) socket.send(JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id: i }));
  };
  ask(10);
  await fence(socket);
  await sim.advance(1_100);
  ask(10);
  await fence(socket);
  expect([texts.length, socket.readyState]).toEqual([20, WebSocket.OPEN]);
  ask(1);
  expect(await ended).toBe(1008);
});

test('a connection takes 1024 streams and not one more', async () => {
  const names = Array.from({ length: 1_024 }, (_, i) => `s${i}@aggTrade`);
  const { socket, texts } = await dial('/market/ws');
  const subscribe = (params: readonly string[]): void => socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: 1 }));
  subscribe(names);
  subscribe(['one@more']);
  await fence(socket);
  expect(texts.map((text) => 'error' in JSON.parse(text))).toEqual([false, true]);
  const url = (count: number): string => `/market/ws/${Array.from({ length: count }, (_, i) => `s${i}`).join('/')}`;
  expect([await refusal(url(1_024)), await refusal(url(1_025))]).toEqual(['open', 400]);
});

test('a banned address gets 418 with the time of its end from every call and every socket, until then', async () => {
  await fault({ kind: 'ban', ms: 30_000 });
  const untilMs = (sim.client.simulator.stepper?.nowMs ?? 0) + 30_000;
  const answer = await sim.client.get('/fapi/v1/ping');
  expect([answer.status, answer.headers.get('retry-after'), answer.body['code']]).toEqual([418, '30', -1003]);
  expect(String(answer.body['msg'])).toContain(`IP banned until ${untilMs}.`);
  expect([await refusal(MARK), await refusal('/ws-fapi/v1')]).toEqual([418, 418]);
  await sim.advance(30_000);
  expect([(await sim.client.get('/fapi/v1/ping')).status, await refusal(MARK)]).toEqual([200, 'open']);
});

test('maintenance answers -1016 to all, drops the sockets and admits none, until it is over', async () => {
  const { ended } = await dial(MARK);
  await fault({ kind: 'maintenance', ms: 5_000 });
  expect(await ended).toBe(1006);
  const answer = await sim.client.get('/fapi/v1/time');
  expect([answer.status, answer.body['code'], await refusal(MARK), await refusal('/ws-fapi/v1')]).toEqual([503, -1016, 503, 503]);
  await sim.advance(5_000);
  expect([(await sim.client.get('/fapi/v1/time')).status, await refusal(MARK)]).toEqual([200, 'open']);
});

test('clock skew and jump show in server time, in time windows and in the dates of stream messages', async () => {
  const nowMs = (): number => sim.client.simulator.stepper?.nowMs ?? 0;
  const socket = await sim.socket(MARK);
  const signedAt = async (timestamp: number): Promise<unknown> =>
    (await sim.client.signed('GET', '/fapi/v1/openOrders', { timestamp, recvWindow: 5_000 })).body['code'];
  await fault({ kind: 'clock-skew', ms: 6_000 });
  expect([(await sim.client.now()) - nowMs(), await signedAt(nowMs()), await signedAt(nowMs() + 6_000)]).toEqual([6_000, -1021, undefined]);
  await sim.advance(1_000);
  const skewed = Number(socket.messages().at(-1)?.['E']);
  await fault({ kind: 'clock-jump', ms: -8_000 });
  expect([(await sim.client.now()) - nowMs(), await signedAt(nowMs()), await signedAt(nowMs() - 2_000)]).toEqual([
    -2_000,
    -1021,
    undefined,
  ]);
  await sim.advance(1_000);
  expect(Number(socket.messages().at(-1)?.['E']) - skewed).toBe(1_000 - 8_000);
});

test('who goes on calling after 429 is banned by himself, new sockets included', async () => {
  const strict = await SteppedSim.open({ historyDays: 0, limitFigures: { weightPerMinute: 50 } });
  const ping = async (): Promise<number> => (await strict.client.get('/fapi/v1/ping')).status;
  const statuses: number[] = [];
  while (statuses.at(-1) !== 418 && statuses.length < 500) statuses.push(await ping());
  expect([...new Set(statuses)]).toEqual([200, 429, 418]);
  await expect(strict.client.open(MARK)).rejects.toThrow('418');
  await strict.client.admin('/sim/advance', { ms: 120_000 });
  expect(await ping()).toBe(200);
  await strict.close();
});

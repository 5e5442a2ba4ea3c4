import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DepthEvent, type DepthSnapshot, sorted, stitch } from '../../kit/plain-depth.ts';
import { KEY, type Message, openTestSim, type SimClient, type Socket } from '../../kit/sim-client.ts';

let sim: SimClient;
beforeEach(async () => {
  sim = await openTestSim({ speed: 20, profile: 'normal', limitsEnforced: false });
});
afterEach(() => sim.close());

const dataOf = (message: Message): Message => message['data'] as Message;
const eventsOf = (socket: Socket): readonly DepthEvent[] => socket.messages().map((message) => message as unknown as DepthEvent);
const snapshotOf = async (): Promise<DepthSnapshot> =>
  (await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000')).body as unknown as DepthSnapshot;

test('a plain client stitches depth by U, u and pu into the very book that was published', async () => {
  const socket = await sim.open('/public/ws/btcusdt@depth@100ms');
  await socket.count(3);
  const snapshot = await snapshotOf();
  await sim.place({ type: 'MARKET', quantity: '1.000' });
  await socket.count(socket.texts.length + 27); // however many came while the snapshot was read
  const result = stitch(snapshot, eventsOf(socket));
  if (result.at !== 'live') throw new Error(`not live: ${result.at}`);
  expect(result.applied).toBeGreaterThan(20);
  const truth = (await sim.admin(`/sim/book?symbol=BTCUSDT&u=${result.u}`)).body as unknown as DepthSnapshot;
  expect(sorted(result.bids, true)).toEqual(truth.bids);
  expect(sorted(result.asks, false)).toEqual(truth.asks);
  expect(truth.lastUpdateId).toBe(result.u);
});

test('update ids are sparse: U exceeds pu by more than one, while pu chains', async () => {
  const socket = await sim.open('/public/ws/btcusdt@depth@100ms');
  await socket.count(20);
  const events = eventsOf(socket);
  expect(events.some(({ U, pu }) => U > pu + 1)).toBe(true);
  expect(events.slice(1).map(({ pu }) => pu)).toEqual(events.slice(0, -1).map(({ u }) => u));
  expect(events.every(({ U, u, pu }) => pu < U && U <= u)).toBe(true);
});

test('dropped depth events leave a gap in pu, and the stream goes on', async () => {
  const socket = await sim.open('/public/ws/btcusdt@depth@100ms');
  await socket.count(3);
  const snapshot = await snapshotOf();
  await sim.admin('/sim/fault', { kind: 'drop-depth', symbol: 'BTCUSDT', count: 2 });
  await socket.count(socket.texts.length + 8);
  expect(stitch(snapshot, eventsOf(socket)).at).toBe('gap');
});

test('the book at an update id that is not kept is a 404 in JSON', async () => {
  const answer = await sim.admin('/sim/book?symbol=BTCUSDT&u=17');
  expect([answer.status, String(answer.body['problem'])]).toEqual([404, expect.stringContaining('17')]);
});

test('a stream on the wrong route is acknowledged and stays silent', async () => {
  const wrong = await sim.open('/public/stream');
  wrong.send({ method: 'SUBSCRIBE', params: ['btcusdt@aggTrade', 'btcusdt@depth@100ms'], id: 7 });
  expect(await wrong.first(({ id }) => id === 7)).toEqual({ result: null, id: 7 });
  const right = await sim.open('/market/stream?streams=btcusdt@aggTrade');
  await right.count(3);
  await wrong.first(({ stream }) => stream === 'btcusdt@depth@100ms');
  expect(wrong.messages().some(({ stream }) => stream === 'btcusdt@aggTrade')).toBe(false);
  wrong.send({ method: 'LIST_SUBSCRIPTIONS', id: 8 });
  expect((await wrong.first(({ id }) => id === 8))['result']).toEqual(['btcusdt@aggTrade', 'btcusdt@depth@100ms']);
  wrong.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@depth@100ms'], id: 9 });
  await wrong.first(({ id }) => id === 9);
  wrong.send('not json');
  expect((await wrong.first(({ error }) => error !== undefined))['error']).toMatchObject({ code: 2 });
});

test('market streams carry their fields: trades, mark price each second, bars with a final one', async () => {
  const socket = await sim.open('/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s/btcusdt@kline_1m');
  const closed = await socket.first(({ data }) => ((data as Message)['k'] as Message | undefined)?.['x'] === true);
  const bar = dataOf(closed)['k'] as Message;
  expect(Object.keys(bar).toSorted()).toEqual(['B', 'L', 'Q', 'T', 'V', 'c', 'f', 'h', 'i', 'l', 'n', 'o', 'q', 's', 't', 'v', 'x']);
  const rest = await sim.get(`/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${bar['t']}&limit=1`);
  const [row] = JSON.parse(rest.text) as unknown[][];
  expect(row?.slice(0, 6)).toEqual([bar['t'], bar['o'], bar['h'], bar['l'], bar['c'], bar['v']]);
  const trade = dataOf(await socket.first(({ stream }) => stream === 'btcusdt@aggTrade'));
  expect(trade).toMatchObject({ e: 'aggTrade', s: 'BTCUSDT', st: 1, nq: trade['q'] });
  const marks = socket
    .messages()
    .filter(({ stream }) => stream === 'btcusdt@markPrice@1s')
    .map((message) => Number(dataOf(message)['E']));
  expect(marks.slice(1).map((at, index) => at - Number(marks[index]))).toEqual(marks.slice(1).map(() => 1_000));
}, 30_000);

test('a private socket delivers only the events it asked for, and a made-up key nothing', async () => {
  const all = await sim.user();
  const some = await sim.user('events=ACCOUNT_UPDATE');
  const nobody = await sim.open('/private/ws/made-up');
  await sim.place({ type: 'MARKET' });
  await all.first((message) => (message['o'] as Message | undefined)?.['X'] === 'FILLED');
  await some.count(1);
  expect(new Set(some.messages().map(({ e }) => e))).toEqual(new Set(['ACCOUNT_UPDATE']));
  expect(nobody.texts).toEqual([]);
});

test('an expired listen key says so once; its socket stays open and silent', async () => {
  const user = await sim.user();
  await sim.admin('/sim/expire-listen-key', { apiKey: KEY });
  const told = await user.first(({ e }) => e === 'listenKeyExpired');
  expect(String(told['listenKey'])).toHaveLength(64);
  const fresh = await sim.user();
  await sim.place({ newClientOrderId: 'a' });
  await fresh.first(({ e }) => e === 'ORDER_TRADE_UPDATE');
  expect(user.texts).toHaveLength(1);
});

test('close kills the sockets of one route; silence holds one back and then lets go', async () => {
  const [first, market] = [await sim.open('/public/ws/btcusdt@depth@100ms'), await sim.open('/market/ws/btcusdt@markPrice@1s')];
  await first.count(1);
  await sim.admin('/sim/fault', { kind: 'close', route: 'public' });
  await first.closed;
  const second = await sim.open('/public/ws/btcusdt@depth@100ms');
  expect((await sim.admin('/sim/state')).body['streams']).toMatchObject({ public: 1, market: 1, private: 0 });
  await second.count(1);
  const nowMs = async (): Promise<number> => Number((await sim.admin('/sim/state')).body['nowMs']);
  const before = await nowMs();
  await sim.admin('/sim/fault', { kind: 'silence', route: 'public', ms: 10_000 });
  const from = await nowMs();
  const later = await market.first(({ E }) => Number(E) > from + 11_000);
  await second.first(({ E }) => Number(E) > Number(later['E']));
  expect(second.messages().filter(({ E }) => Number(E) > from && Number(E) < before + 10_000)).toEqual([]);
});

test('reply answers a made-up error with or without executing; hang answers nothing', async () => {
  const call = { method: 'POST', path: '/fapi/v1/order', count: 1 };
  const unknown = { status: 503, body: '{"msg":"Unknown error, please check your request or try again later."}' };
  await sim.admin('/sim/fault', { kind: 'reply', ...call, ...unknown, execute: true });
  expect((await sim.place({ newClientOrderId: 'done' })).status).toBe(503);
  await sim.admin('/sim/fault', { kind: 'reply', ...call, ...unknown, execute: false });
  expect((await sim.place({ newClientOrderId: 'lost' })).status).toBe(503);
  await sim.admin('/sim/fault', { kind: 'hang', ...call, execute: true });
  const hanging = sim.place({ newClientOrderId: 'hung' }).catch(() => 'no answer');
  const user = await sim.user();
  await sim.place({ newClientOrderId: 'last' });
  await user.first(() => true);
  const open = (await sim.signed('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' })).rows.map((row) => row['clientOrderId']);
  expect(open.toSorted()).toEqual(['done', 'hung', 'last']);
  await sim.close();
  expect(await hanging).toBe('no answer');
});

test('a person trading by hand shows as a fill of an order nobody here sent', async () => {
  const user = await sim.user();
  const answer = await sim.admin('/sim/fault', { kind: 'manual-order', apiKey: KEY, symbol: 'BTCUSDT', side: 'SELL', quantity: '0.010' });
  expect(answer.body).toMatchObject({ status: 'FILLED', type: 'MARKET' });
  const filled = await user.first((message) => (message['o'] as Message | undefined)?.['X'] === 'FILLED');
  expect(String((filled['o'] as Message)['c'])).toMatch(/^web_/);
});

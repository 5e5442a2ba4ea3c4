import { afterAll, beforeAll, expect, test } from 'vitest';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { fullKey } from '../../../shared/sim/binance/keys.ts';
import { KEY, type Message, openTestSim, type SimClient } from '../../kit/sim-client.ts';
import { BUY, hmacSigner, makeKeyPair, openWsApi, payloadOf, type WsApiClient } from '../../kit/ws-api.ts';

const ED25519 = makeKeyPair('ed25519', 'ed25519-key');
const RSA = makeKeyPair('rsa', 'rsa-key');

let sim: SimClient;
let api: WsApiClient;
beforeAll(async () => {
  const keys = [ED25519, RSA].map(({ signer, pem }) => fullKey({ apiKey: signer.apiKey, account: KEY, secret: pem }));
  const readOnly = { ...fullKey({ apiKey: 'read-only', account: KEY, secret: 'look' }), canTrade: false };
  const clock = { originMs: 1_700_000_040_000, originRealMs: Date.now(), speed: 1 }; // a whole minute ahead before the window turns
  sim = await openTestSim({ clock, limitsEnforced: false, keys: [...keys, readOnly] });
  api = await openWsApi(sim);
});
afterAll(() => sim.close());

const errorOf = (message: Message): unknown[] => [message['status'], (message['error'] as { code: number } | undefined)?.code];
const resultOf = (message: Message): Record<string, unknown> => message['result'] as Record<string, unknown>;

test('an order lives through place, status, modify and cancel, and REST sees the same order', async () => {
  const placed = await api.place({ newClientOrderId: 'ws-1' });
  expect(placed).toMatchObject({ status: 200, result: { status: 'NEW', clientOrderId: 'ws-1', price: '62000.00' } });
  const name = { symbol: 'BTCUSDT', origClientOrderId: 'ws-1' };
  expect(resultOf(await api.signed('order.modify', { ...name, side: 'BUY', quantity: '0.020', price: '62001' }))['origQty']).toBe('0.020');
  const overRest = await sim.signed('GET', '/fapi/v1/order', name);
  expect(resultOf(await api.signed('order.status', name))).toEqual(overRest.body);
  expect(overRest.body).toMatchObject({ price: '62001.00', origQty: '0.020' });
  expect(resultOf(await api.signed('order.cancel', name))['status']).toBe('CANCELED');
  expect(errorOf(await api.signed('order.cancel', name))).toEqual([400, -2011]);
});

test('an order id keeps all its digits as a JSON number, in the request, its signature and the reply', async () => {
  await api.place({ newClientOrderId: 'digits' });
  const text = api.socket.texts.find((line) => line.includes('"digits"')) ?? '';
  const orderId = /"orderId":(\d{19})/.exec(text)?.[1] ?? '';
  const values = { apiKey: KEY, orderId, symbol: 'BTCUSDT', timestamp: await sim.now() };
  const signature = hmacSigner().sign(payloadOf(values));
  const params = `{"apiKey":"${KEY}","orderId":${orderId},"symbol":"BTCUSDT","timestamp":${values.timestamp},"signature":"${signature}"}`;
  api.socket.send(`{"id":90071992547409931,"method":"order.cancel","params":${params}}`);
  await api.socket.first(({ id }) => Number(id) > 2 ** 53);
  const reply = api.socket.texts.at(-1);
  expect(reply).toContain('{"id":90071992547409931,"status":200,');
  expect(reply).toContain(`"orderId":${orderId},`);
});

test.each([
  ['account.balance', '/fapi/v2/balance'],
  ['account.status', '/fapi/v2/account'],
  ['v1/account.position', '/fapi/v2/positionRisk'],
  ['v2/account.balance', '/fapi/v3/balance'],
  ['v2/account.status', '/fapi/v3/account'],
  ['v2/account.position', '/fapi/v3/positionRisk'],
])('%s answers as GET %s does', async (method, path) => {
  const [reply, rest] = [await api.signed(method), await sim.signed('GET', path)];
  expect([reply['status'], reply['result']]).toEqual([200, JSON.parse(rest.text)]);
});

test('market calls need no key and weigh what they weigh over REST', async () => {
  const depth = await api.call('depth', { symbol: 'BTCUSDT', limit: 5 });
  expect((resultOf(depth)['bids'] as unknown[]).length).toBe(5);
  for (const method of ['ticker.book', 'ticker.price'])
    expect(resultOf(await api.call(method, { symbol: 'BTCUSDT' }))).toMatchObject({ symbol: 'BTCUSDT' });
  const usedOf = (message: Message): number => (message['rateLimits'] as { count: number }[]).at(-1)?.count ?? 0;
  const [first, second] = [
    await api.call('depth', { symbol: 'BTCUSDT', limit: 1_000 }),
    await api.call('depth', { symbol: 'BTCUSDT', limit: 1_000 }),
  ];
  expect(usedOf(second) - usedOf(first)).toBe(20);
});

test('replies carry the usage of the shared limits, orders too for order entry, and none when the URL says so', async () => {
  const placed = await api.place();
  expect(
    (placed['rateLimits'] as Message[]).map((row) => [row['rateLimitType'], row['interval'], row['intervalNum'], row['limit']]),
  ).toEqual([
    ['ORDERS', 'SECOND', 10, 300],
    ['ORDERS', 'MINUTE', 1, 1_200],
    ['REQUEST_WEIGHT', 'MINUTE', 1, 2_400],
  ]);
  const quiet = await openWsApi(sim, { query: '?returnRateLimits=false' });
  expect('rateLimits' in (await quiet.place())).toBe(false);
  expect('rateLimits' in (await quiet.call('nothing'))).toBe(false);
});

test.each([
  ['RSA', RSA.signer],
  ['Ed25519', ED25519.signer],
  ['HMAC', hmacSigner()],
])('a request signed with %s is taken, with a spoilt signature refused', async (_name, signer) => {
  const client = await openWsApi(sim, { signer });
  expect((await client.place())['status']).toBe(200);
  const spoilt = await openWsApi(sim, { signer: { ...signer, sign: (payload) => signer.sign(`${payload}0`) } });
  expect(errorOf(await spoilt.place())).toEqual([400, -1022]);
});

test('raw and percent-encoded payloads are both taken where they differ', async () => {
  const values = { apiKey: KEY, ...BUY, newClientOrderId: 'a:b/c', timestamp: await sim.now() };
  for (const payload of [payloadOf(values), payloadOf(values, encodeURIComponent)]) {
    const reply = await api.call('order.place', { ...values, signature: hmacSigner().sign(payload) });
    expect(reply).toMatchObject({ status: 200, result: { clientOrderId: 'a:b/c' } });
    await api.signed('order.cancel', { symbol: 'BTCUSDT', origClientOrderId: 'a:b/c' });
  }
});

test('session.logon lets later orders go with a timestamp alone, until logout; a new connection begins without', async () => {
  const client = await openWsApi(sim, { signer: ED25519.signer });
  expect(resultOf(await client.call('session.status'))).toMatchObject({ apiKey: null, authorizedSince: null, returnRateLimits: true });
  const bare = async (): Promise<Message> => client.call('order.place', { ...BUY, timestamp: await sim.now() });
  expect(errorOf(await bare())).toEqual([400, -1102]);
  const logon = await client.signed('session.logon');
  expect(logon).toMatchObject({
    status: 200,
    result: { apiKey: 'ed25519-key', authorizedSince: expect.any(Number), serverTime: expect.any(Number) },
  });
  expect(await bare()).toMatchObject({ status: 200, result: { status: 'NEW' } });
  expect(errorOf(await client.call('order.place', BUY))).toEqual([400, -1102]);
  expect(errorOf(await client.call('order.place', { ...BUY, timestamp: (await sim.now()) - 6_000 }))).toEqual([400, -1021]);
  expect(resultOf(await client.call('session.status'))['apiKey']).toBe('ed25519-key');
  expect(resultOf(await client.call('session.logout'))).toMatchObject({ apiKey: null, authorizedSince: null });
  expect(errorOf(await bare())).toEqual([400, -1102]);
});

test.each([
  ['HMAC', hmacSigner(), 'HMAC_SHA256 API key is not supported.'],
  ['RSA', RSA.signer, 'RSA API key is not supported.'],
])('session.logon with an %s key is refused', async (_name, signer, msg) => {
  const client = await openWsApi(sim, { signer });
  expect(await client.signed('session.logon')).toMatchObject({ status: 400, error: { code: -4056, msg } });
});

test.each<[string, number, number, () => Promise<Message>]>([
  ['an unknown method', 404, -5000, () => api.call('order.conjure')],
  ['a name every object has', 404, -5000, () => api.call('constructor')],
  ['an unknown version', 404, -5000, () => api.call('v7/order.place')],
  ['no key', 400, -1102, async () => api.call('order.place', { ...BUY, timestamp: await sim.now() })],
  ['an unknown key', 401, -2015, async () => api.call('order.place', { ...BUY, apiKey: 'nobody', timestamp: 1, signature: 'x' })],
  ['a malformed key', 401, -2014, async () => api.call('order.place', { ...BUY, apiKey: 'no key', timestamp: 1, signature: 'x' })],
  ['no timestamp', 400, -1102, () => api.call('order.place', { ...BUY, apiKey: KEY, signature: 'x' })],
  ['no signature', 400, -1102, async () => api.call('order.place', { ...BUY, apiKey: KEY, timestamp: await sim.now() })],
  ['an old timestamp', 400, -1021, async () => api.place({ timestamp: (await sim.now()) - 6_000, recvWindow: 5_000 })],
  ['too wide a window', 400, -1131, () => api.place({ recvWindow: 60_001 })],
  ['no size', 400, -1102, async () => api.place({ quantity: '' })],
  ['an unknown symbol', 400, -1121, () => api.place({ symbol: '币安人生USDT' })],
  ['no margin', 400, -2019, () => api.place({ quantity: '9' })],
])('a request with %s is answered %i and %i', async (_name, status, code, call) => {
  expect(errorOf(await call())).toEqual([status, code]);
});

test('a key without permission to trade may look, and not place', async () => {
  const client = await openWsApi(sim, { signer: hmacSigner('read-only', 'look') });
  expect(errorOf(await client.place())).toEqual([401, -2015]);
  expect((await client.signed('v2/account.balance'))['status']).toBe(200);
});

test.each([
  ['not JSON', '{"id":', null],
  ['a list', '[1]', null],
  ['no id', '{"method":"session.status"}', null],
  ['an id of strange letters', '{"id":"a b","method":"session.status"}', null],
  ['no method', '{"id":7,"params":{}}', 7],
  ['params that are a list', '{"id":"p","method":"depth","params":["BTCUSDT"]}', 'p'],
])('a frame that is %s is answered -1135, and the connection stays', async (_name, frame, id) => {
  const client = await openWsApi(sim);
  client.socket.send(frame);
  await client.socket.count(1);
  expect(client.socket.messages()[0]).toMatchObject({ id, status: 400, error: { code: -1135 } });
  expect((await client.call('session.status'))['status']).toBe(200);
});

test('userDataStream manages the one key of the account, shared with REST and with its other keys', async () => {
  const started = resultOf(await api.call('userDataStream.start', { apiKey: KEY }))['listenKey'];
  const other = await openWsApi(sim, { signer: RSA.signer });
  expect(resultOf(await other.call('userDataStream.start', { apiKey: 'rsa-key' }))['listenKey']).toBe(started);
  expect((await sim.raw('PUT', '/fapi/v1/listenKey', { apiKey: 'ed25519-key' })).body['listenKey']).toBe(started);
  const user = await sim.open(`/private/ws/${String(started)}`);
  await other.place({ newClientOrderId: 'seen' });
  await user.first(({ o }) => (o as Message | undefined)?.['c'] === 'seen');
  expect(resultOf(await other.call('userDataStream.stop', { apiKey: 'rsa-key' }))).toEqual({});
  expect(errorOf(await api.call('userDataStream.ping', { apiKey: KEY }))).toEqual([400, -1125]);
  const heard = user.texts.length;
  await api.place({ newClientOrderId: 'unseen' });
  await user.fence();
  expect(user.texts).toHaveLength(heard);
});

test('a stop is placed and canceled by the algo methods, and refused by order.place', async () => {
  const stop = { symbol: 'BTCUSDT', side: 'SELL', quantity: '0.010', triggerPrice: '50000', clientAlgoId: 'stop-1' };
  const placed = await api.signed('algoOrder.place', { ...stop, algoType: 'CONDITIONAL', type: 'STOP_MARKET' });
  expect(placed).toMatchObject({ status: 200, result: { clientAlgoId: 'stop-1', algoStatus: 'NEW' } });
  expect((placed['rateLimits'] as Message[]).map((row) => row['rateLimitType'])).toEqual(['ORDERS', 'ORDERS', 'REQUEST_WEIGHT']);
  expect((await api.signed('algoOrder.cancel', { clientAlgoId: 'stop-1' }))['status']).toBe(200);
  expect(errorOf(await api.place({ type: 'STOP_MARKET' }))).toEqual([400, -4120]);
});

test('a fault asked for a REST call meets the method too: a made-up answer, an order taken in silence, a late reply overtaken by another', async () => {
  const call = { method: 'POST', path: '/fapi/v1/order' };
  const body = '{"code":-1008,"msg":"Server is currently overloaded."}';
  await sim.admin('/sim/fault', { kind: 'reply', ...call, status: 503, body, execute: false });
  expect(await api.place()).toMatchObject({ status: 503, error: { code: -1008 } });
  await sim.admin('/sim/fault', { kind: 'hang', ...call, execute: true });
  const values = { ...BUY, apiKey: KEY, newClientOrderId: 'in-doubt', timestamp: await sim.now() };
  api.socket.send({ id: 'lost', method: 'order.place', params: { ...values, signature: hmacSigner().sign(payloadOf(values)) } });
  const order = await api.signed('order.status', { symbol: 'BTCUSDT', origClientOrderId: 'in-doubt' });
  expect(resultOf(order)['status']).toBe('NEW');
  expect(api.socket.messages().some(({ id }) => id === 'lost')).toBe(false);
  await sim.admin('/sim/fault', { kind: 'fill-before-ack', symbol: 'BTCUSDT', part: 0.5, holdMs: 300 });
  const user = await sim.user();
  const late = api.place({ newClientOrderId: 'late' });
  await user.first(({ o }) => (o as Message | undefined)?.['c'] === 'late');
  const overtaking = await api.call('session.status');
  const ids = [overtaking['id'], (await late)['id']];
  expect(
    api.socket
      .messages()
      .map(({ id }) => id)
      .slice(-2),
  ).toEqual(ids);
});

test('a disconnect leaves orders alone', async () => {
  const client = await openWsApi(sim);
  await client.place({ newClientOrderId: 'left' });
  client.socket.close();
  await client.socket.closed;
  const order = await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'left' });
  expect(order.body['status']).toBe('NEW');
});

test('another path is no WebSocket API', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${sim.simulator.port}/ws-fapi/v2`);
  const [problem] = (await once(socket, 'error')) as [Error];
  expect(problem.message).toContain('404');
});

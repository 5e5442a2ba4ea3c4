import { request } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fullKey } from '../../../shared/sim/binance/keys.ts';
import { type Answer, type Fields, KEY, openTestSim, type SimClient } from '../../kit/sim-client.ts';
import { hmacSigner, makeKeyPair, type Signer } from '../../kit/ws-api.ts';

const RSA = makeKeyPair('rsa', 'rsa-key');
const ED25519 = makeKeyPair('ed25519', 'ed25519-key');
const READER = hmacSigner('reader', 'look');
const ELSEWHERE = hmacSigner('elsewhere', 'far');
const HERE = hmacSigner('here', 'near');

let sim: SimClient;
beforeAll(async () => {
  const key = (apiKey: string, secret: string) => fullKey({ apiKey, account: KEY, secret });
  sim = await openTestSim({
    limitsEnforced: false,
    keys: [
      key('rsa-key', RSA.pem),
      key('ed25519-key', ED25519.pem),
      { ...key('reader', 'look'), canTrade: false, canWithdraw: true },
      { ...key('elsewhere', 'far'), addresses: ['10.0.0.1'] },
      { ...key('here', 'near'), addresses: ['127.0.0.1'] },
    ],
  });
});
afterAll(() => sim.close());

const encode = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

async function signed(signer: Signer, call: string, fields: Fields = {}): Promise<Answer> {
  const [method = '', path = ''] = call.split(' ');
  const query = encode({ ...fields, timestamp: await sim.now() });
  return sim.raw(method, `${path}?${query}&signature=${encodeURIComponent(signer.sign(query))}`, { apiKey: signer.apiKey });
}

const BUY = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.010', price: '62000' };

test.each([
  ['RSA', RSA.signer],
  ['Ed25519', ED25519.signer],
])('%s: a base64 signature, percent-encoded, places on the one account of all keys; a spoilt one does not', async (_name, signer) => {
  const clientId = `of-${signer.apiKey}`;
  expect((await signed(signer, 'POST /fapi/v1/order', { ...BUY, newClientOrderId: clientId })).status).toBe(200);
  const seen = await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: clientId });
  expect(seen.body['status']).toBe('NEW');
  const spoilt = { ...signer, sign: (payload: string) => signer.sign(`${payload}0`) };
  expect((await signed(spoilt, 'POST /fapi/v1/order', BUY)).body['code']).toBe(-1022);
});

test.each([
  ['POST /fapi/v1/order', BUY],
  ['DELETE /fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'x' }],
  ['POST /fapi/v1/leverage', { symbol: 'BTCUSDT', leverage: 5 }],
  ['DELETE /fapi/v1/allOpenOrders', { symbol: 'BTCUSDT' }],
])('%s needs a key with permission to trade', async (call, fields) => {
  const answer = await signed(READER, call, fields);
  expect([answer.status, answer.body['code']]).toEqual([401, -2015]);
});

test.each(['/fapi/v3/account', '/fapi/v1/openOrders', '/fapi/v1/positionSide/dual'])(
  'GET %s needs no permission to trade',
  async (path) => {
    expect((await signed(READER, `GET ${path}`)).status).toBe(200);
  },
);

test('a key bound to addresses is refused from any other', async () => {
  const refused = await signed(ELSEWHERE, 'GET /fapi/v3/balance');
  expect([refused.status, refused.body['code']]).toEqual([401, -2015]);
  expect((await signed(HERE, 'GET /fapi/v3/balance')).status).toBe(200);
});

test.each([
  ['a full key', RSA.signer, { enableFutures: true, enableWithdrawals: false, ipRestrict: false, enableReading: true }],
  ['a bound one', HERE, { enableFutures: true, enableWithdrawals: false, ipRestrict: true }],
  ['one that may not trade and may withdraw', READER, { enableFutures: false, enableWithdrawals: true, ipRestrict: false }],
])('apiRestrictions tells what %s may do', async (_name, signer, rights) => {
  const { status, body } = await signed(signer, 'GET /sapi/v1/account/apiRestrictions');
  expect([status, body]).toEqual([200, expect.objectContaining(rights)]);
});

/** A balance query whose text is exactly this, signed or not. */
const balance = (query: string, over: { readonly apiKey?: string } = { apiKey: KEY }): Promise<Answer> =>
  sim.raw('GET', `/fapi/v3/balance?${query}`, over);

test.each<[string, number, number, (now: number) => Promise<Answer>]>([
  ['a listen key without an API key', 401, -2014, () => sim.raw('POST', '/fapi/v1/listenKey')],
  ['an API key of other characters', 401, -2014, () => balance('timestamp=1&signature=x', { apiKey: 'a b' })],
  ['a signature that is not last', 400, -1022, (now) => balance(`signature=${hmacSigner().sign(`timestamp=${now}`)}&timestamp=${now}`)],
  ['an empty signature', 400, -1102, (now) => balance(`timestamp=${now}&signature=`)],
  ['an empty timestamp', 400, -1102, () => balance('timestamp=&signature=x')],
  ['a timestamp of letters', 400, -1100, () => balance('timestamp=now&signature=x')],
  ['a parameter twice', 400, -1101, (now) => balance(`timestamp=${now}&timestamp=${now}&signature=x`)],
  ['two signatures', 400, -1101, (now) => balance(`timestamp=${now}&signature=x&signature=x`)],
  ['too wide a window', 400, -1131, (now) => balance(`recvWindow=60001&timestamp=${now}&signature=x`)],
  ['a broken escape', 400, -1100, (now) => balance(`a=%zz&timestamp=${now}&signature=x`)],
  ['an empty optional parameter', 400, -1105, () => sim.get('/fapi/v1/premiumIndex?symbol=')],
  ['a symbol of another script', 400, -1121, () => sim.get('/fapi/v1/depth?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT')],
  ['an order of a symbol of another script', 400, -1121, () => sim.place({ symbol: '币安人生USDT' })],
])('%s is answered %i and %i', async (_name, status, code, call) => {
  const answer = await call(await sim.now());
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
});

test('where query and body name a parameter, the query wins; both are signed', async () => {
  const [query, body] = [`${encode({ ...BUY, newClientOrderId: 'query' })}`, `newClientOrderId=body&timestamp=${await sim.now()}`];
  const signature = hmacSigner().sign(query + body);
  const inBody = await sim.raw('POST', `/fapi/v1/order?${query}`, { apiKey: KEY, body: `${body}&signature=${signature}` });
  expect([inBody.status, inBody.body['clientOrderId']]).toEqual([200, 'query']);
  const rest = encode({ ...BUY, timestamp: await sim.now() });
  const allInBody = await sim.raw('POST', '/fapi/v1/order', { apiKey: KEY, body: `${rest}&signature=${hmacSigner().sign(rest)}` });
  expect(allInBody.status).toBe(200);
});

test('the key header is known in any case', async () => {
  const call = request({
    port: sim.simulator.port,
    host: '127.0.0.1',
    path: '/fapi/v1/listenKey',
    method: 'POST',
    headers: { 'x-mbx-ApiKey': KEY },
  });
  call.end();
  const [response] = (await once(call, 'response')) as [{ statusCode: number; resume: () => void }];
  response.resume();
  expect(response.statusCode).toBe(200);
});

test('a listen key lives 60 minutes from its last renewal, then says so and is gone; its socket stays open and silent', async () => {
  const stepped = await openTestSim({ steppedFromMs: 1_767_225_600_000, symbols: [], historyDays: 0 });
  try {
    const minutes = (count: number) => stepped.admin('/sim/advance', { ms: count * 60_000 });
    const user = await stepped.user();
    await minutes(50);
    expect((await stepped.raw('PUT', '/fapi/v1/listenKey', { apiKey: KEY })).status).toBe(200);
    await minutes(59);
    const again = await stepped.raw('POST', '/fapi/v1/listenKey', { apiKey: KEY });
    await minutes(59);
    expect(user.texts).toEqual([]);
    await minutes(1);
    const told = await user.first(({ e }) => e === 'listenKeyExpired');
    expect(told['listenKey']).toBe(again.body['listenKey']);
    expect((await stepped.raw('PUT', '/fapi/v1/listenKey', { apiKey: KEY })).body['code']).toBe(-1125);
    expect((await stepped.raw('DELETE', '/fapi/v1/listenKey', { apiKey: KEY })).body['code']).toBe(-1125);
    const fresh = (await stepped.raw('POST', '/fapi/v1/listenKey', { apiKey: KEY })).body['listenKey'];
    expect(fresh).not.toBe(again.body['listenKey']);
    await user.fence();
    expect(user.texts).toHaveLength(1);
  } finally {
    await stepped.close();
  }
});

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiKey, fullKey, makeKeyring } from '../../../../shared/sim/binance/keys.ts';
import { Params, paramsOf } from '../../../../shared/sim/binance/params.ts';
import { Refusal } from '../../../../shared/sim/binance/refusal.ts';
import { checkKey, checkTime, restPayloads, wsPayloads } from '../../../../shared/sim/binance/security.ts';

// Known answers: reference sheet 2026-11, section 2.3
const API_KEY = 'dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83';
const SECRET = '2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9';
const PAYLOAD = 'symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943';
const ORDER = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', quantity: '1', price: '9000', timeInForce: 'GTC' };
const TIMES = { recvWindow: '5000', timestamp: '1591702613943' };
const ED25519 = createPrivateKey({
  key: Buffer.from('MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g', 'base64'),
  format: 'der',
  type: 'pkcs8',
});
const pemOf = (key: ReturnType<typeof createPublicKey>): string => key.export({ type: 'spki', format: 'pem' }).toString();

const hmac = new ApiKey(fullKey({ apiKey: API_KEY, account: API_KEY, secret: SECRET }));
const ed25519 = new ApiKey(fullKey({ apiKey: API_KEY, account: API_KEY, secret: pemOf(createPublicKey(ED25519)) }));

test.each([
  ['the documented example', PAYLOAD, '3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9'],
  [
    'query and body without a separator',
    'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=9000&recvWindow=5000&timestamp=1591702613943',
    '30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4',
  ],
  [
    'a WebSocket API request',
    wsPayloads(new Map(Object.entries({ ...ORDER, ...TIMES, apiKey: API_KEY })))[0] ?? '',
    '5b8fe2b962b8e1b2b82fb40e548d56147c2a8f835b5f1393ae4b4b90c38b527f',
  ],
  [
    'a non-ASCII symbol',
    wsPayloads(
      new Map([
        ['timestamp', TIMES.timestamp],
        ['symbol', '币安人生USDT'],
      ]),
    )[1] ?? '',
    '72120712f7be733ac3d17604281d5a46a226e36a0f24f3ca97d826e5000924d9',
  ],
  [
    'a batch of one order',
    'batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%2C%22side%22%3A%22BUY%22%2C%22type%22%3A%22LIMIT%22%2C%22timeInForce%22%3A%22GTX%22%2C%22quantity%22%3A%220.001%22%2C%22price%22%3A%229000%22%7D%5D&timestamp=1591702613943',
    'f8869d73b469618454a42fa1a13cb988247ef3ace086085b613e645947fc57c8',
  ],
])('an HMAC key knows %s, in either case, and nothing else', (_name, payload, signature) => {
  expect(hmac.isSigned(payload, signature)).toBe(true);
  expect(hmac.isSigned(payload, signature.toUpperCase())).toBe(true);
  expect(hmac.isSigned(`${payload}0`, signature)).toBe(false);
  expect(hmac.isSigned(payload, signature.slice(1))).toBe(false);
});

test.each([
  ['a REST payload', PAYLOAD, 'ATEuJPvzWUFs0d1x9FwudUJsSfMMWR+bkdrxtbOYgFkZj36Ol/vwKDGm9UWtKuq0mtnSTOQruQAwFvR128PaDg=='],
  [
    'a logon',
    wsPayloads(new Map(Object.entries({ ...TIMES, apiKey: API_KEY })))[0] ?? '',
    '/4JfSHz/AlQgApgrmOIAvuEAqreA7HxV50HSQJBPv45VkAM1mXoun8e6Z0DUpj07i4U+d1+EIKyi6HPpqP4zCA==',
  ],
])('an Ed25519 key knows %s, and nothing else', (_name, payload, signature) => {
  expect(ed25519.kind).toBe('ED25519');
  expect(ed25519.isSigned(payload, signature)).toBe(true);
  expect(ed25519.isSigned(`${payload}0`, signature)).toBe(false);
  expect(ed25519.isSigned(payload, 'AAAA')).toBe(false);
  expect(ed25519.isSigned(payload, '')).toBe(false);
});

test('an RSA key knows PKCS#1 v1.5 with SHA-256, and nothing else', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const rsa = new ApiKey(fullKey({ apiKey: 'r', account: 'r', secret: pemOf(pair.publicKey) }));
  const signature = sign('sha256', Buffer.from(PAYLOAD), pair.privateKey).toString('base64');
  expect([rsa.kind, rsa.isSigned(PAYLOAD, signature)]).toEqual(['RSA', true]);
  expect(rsa.isSigned(PAYLOAD, sign('sha512', Buffer.from(PAYLOAD), pair.privateKey).toString('base64'))).toBe(false);
  expect(rsa.isSigned(PAYLOAD, 'AAAA')).toBe(false);
});

test('makeKeyring() takes no foreign kind of key, and no key twice', () => {
  const ec = pemOf(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey);
  expect(() => makeKeyring([fullKey({ apiKey: 'e', account: 'e', secret: ec })])).toThrow('type ec');
  const spec = fullKey({ apiKey: 'a', account: 'a', secret: 's' });
  expect(() => makeKeyring([spec, spec])).toThrow('API key a twice');
});

test('raw and encoded WebSocket API payloads are one where values are of unreserved characters', () => {
  const unreserved = fc.stringMatching(/^[\w.~-]{1,36}$/);
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[A-Za-z]{1,12}$/), unreserved), (values) => {
      const [raw, encoded] = wsPayloads(new Map(Object.entries(values)));
      expect(encoded).toBe(raw);
    }),
  );
});

test.each([
  ['in the query', { query: 'a=1&signature=s', body: '' }, ['a=1']],
  ['in the body', { query: 'a=1', body: 'b=2&signature=s' }, ['a=1b=2']],
  ['in the query, before a body', { query: 'a=1&signature=s', body: 'b=2' }, ['a=1b=2']],
  ['alone', { query: 'signature=s', body: '' }, ['']],
  ['not last', { query: 'signature=s&a=1', body: '' }, []],
  ['not last in the body', { query: 'a=1', body: 'signature=s&b=2' }, []],
])('restPayloads() with the signature %s', (_name, sent, payloads) => {
  expect(restPayloads(sent)).toEqual(payloads);
});

const NOW_MS = 1_700_000_000_000;
const codeOf = (run: () => unknown): number | null => {
  try {
    run();
    return null;
  } catch (problem) {
    if (problem instanceof Refusal) return problem.code;
    throw problem;
  }
};

test.each<[string, Record<string, number>, number | null]>([
  ['now', { timestamp: NOW_MS }, null],
  ['999 ms ahead', { timestamp: NOW_MS + 999 }, null],
  ['1000 ms ahead', { timestamp: NOW_MS + 1_000, recvWindow: 60_000 }, -1021],
  ['as old as the window of 5 s', { timestamp: NOW_MS - 5_000 }, null],
  ['a millisecond older', { timestamp: NOW_MS - 5_001 }, -1021],
  ['as old as a window of its own', { timestamp: NOW_MS - 60_000, recvWindow: 60_000 }, null],
  ['of too wide a window', { timestamp: NOW_MS, recvWindow: 60_001 }, -1131],
  ['missing', {}, -1102],
])('checkTime() of a timestamp that is %s', (_name, values, code) => {
  const params = paramsOf(Object.entries(values).map(([name, value]) => [name, String(value)]));
  expect(codeOf(() => checkTime(params, NOW_MS))).toBe(code);
});

test.each([
  ['none', null, '127.0.0.1', -2014],
  ['of other characters', 'ключ', '127.0.0.1', -2014],
  ['unknown', 'nobody', '127.0.0.1', -2015],
  ['from elsewhere', 'bound', '127.0.0.2', -2015],
  ['from its own address', 'bound', '127.0.0.1', null],
  ['from its own address, written for IPv6', 'bound', '::ffff:127.0.0.1', null],
])('checkKey() of a key that is %s', (_name, apiKey, address, code) => {
  const keyring = makeKeyring([{ ...fullKey({ apiKey: 'bound', account: 'bound', secret: 's' }), addresses: ['127.0.0.1'] }]);
  expect(codeOf(() => checkKey(keyring, { apiKey, address }))).toBe(code);
});

test.each<[string, string, string, () => (params: Params) => unknown, unknown]>([
  ['the query wins over the body', 'a=1', 'a=2', () => (params) => params.get('a'), '1'],
  ['what is not sent is not found', '', '', () => (params) => params.find('a') ?? 'none', 'none'],
  ['a plus is a space', 'a=1+2', '', () => (params) => params.get('a'), '1 2'],
  ['escapes of any script are read', 'a=%E5%B8%81', '', () => (params) => params.get('a'), '币'],
])('Params: %s', (_name, query, body, read, want) => {
  expect(read()(new Params({ query, body }))).toBe(want);
});

test.each<[string, string, number, (params: Params) => unknown]>([
  ['a name twice', 'a=1&a=2', -1101, (params) => params.get('a')],
  ['a broken escape', 'a=%E5%B8', -1100, (params) => params.get('a')],
  ['an empty optional value', 'a=', -1105, (params) => params.find('a')],
  ['an empty mandatory value', 'a=', -1102, (params) => params.get('a')],
  ['an empty mandatory number', 'a', -1102, (params) => params.getWhole('a')],
  ['a number of letters', 'a=x', -1100, (params) => params.getWhole('a')],
  ['an exponent', 'a=1e3', -1100, (params) => params.getDecimal('a')],
  ['a flag of another word', 'a=yes', -1130, (params) => params.flag('a')],
])('Params: %s is refused', (_name, query, code, read) => {
  expect(codeOf(() => read(new Params({ query, body: '' })))).toBe(code);
});

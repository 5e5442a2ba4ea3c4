import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeQuery, type Parameters, secretOf, signPayload, signQuery } from '../../../../gateway/venues/binance/sign.ts';

// Vectors of the reference sheet 2026-11, 2.3
const API_KEY = 'dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83';
const HMAC = secretOf('2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9');
const ED25519 = secretOf(
  '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n',
);
const DOCUMENTED: Parameters = [
  ['symbol', 'BTCUSDT'],
  ['side', 'BUY'],
  ['type', 'LIMIT'],
  ['quantity', '1'],
  ['price', '9000'],
  ['timeInForce', 'GTC'],
];
const AT = { recvWindowMs: 5_000, timestampMs: 1_591_702_613_943 };
const BATCH = [{ symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: '0.001', price: '9000' }];
const logon = `apiKey=${API_KEY}&recvWindow=5000&timestamp=1591702613943`;

describe('signPayload()', () => {
  test.each([
    [
      'the documented order',
      encodeQuery([...DOCUMENTED, ['recvWindow', 5000], ['timestamp', 1591702613943]]),
      '3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9',
    ],
    [
      'the order of the parameter table',
      'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943',
      'ec11dcc17e67e47f0d3c3f513dfe9062307e37619c5c82ebaa8fe0bdf3d59519',
    ],
    [
      'query and body without a separator',
      'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=9000&recvWindow=5000&timestamp=1591702613943',
      '30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4',
    ],
    [
      'a symbol that is not ASCII',
      encodeQuery([
        ['symbol', '币安人生USDT'],
        ['timestamp', 1591702613943],
      ]),
      '72120712f7be733ac3d17604281d5a46a226e36a0f24f3ca97d826e5000924d9',
    ],
    [
      'a batch',
      encodeQuery([
        ['batchOrders', JSON.stringify(BATCH)],
        ['timestamp', 1591702613943],
      ]),
      'f8869d73b469618454a42fa1a13cb988247ef3ace086085b613e645947fc57c8',
    ],
    [
      'parameters sorted with the key',
      `apiKey=${API_KEY}&price=9000&quantity=1&recvWindow=5000&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp=1591702613943&type=LIMIT`,
      '5b8fe2b962b8e1b2b82fb40e548d56147c2a8f835b5f1393ae4b4b90c38b527f',
    ],
  ])('signs %s with HMAC-SHA256', (_name, payload, signature) => {
    expect(signPayload(payload, HMAC)).toBe(signature);
  });

  test.each([
    [
      'the documented order',
      encodeQuery([...DOCUMENTED, ['recvWindow', 5000], ['timestamp', 1591702613943]]),
      'ATEuJPvzWUFs0d1x9FwudUJsSfMMWR+bkdrxtbOYgFkZj36Ol/vwKDGm9UWtKuq0mtnSTOQruQAwFvR128PaDg==',
    ],
    ['a log-on', logon, '/4JfSHz/AlQgApgrmOIAvuEAqreA7HxV50HSQJBPv45VkAM1mXoun8e6Z0DUpj07i4U+d1+EIKyi6HPpqP4zCA=='],
  ])('signs %s with Ed25519', (_name, payload, signature) => {
    expect(signPayload(payload, ED25519)).toBe(signature);
  });
});

test('signPayload() signs with RSA so that the public key verifies it (PKCS#1 v1.5, SHA-256), and secretOf() refuses other keys', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const secret = secretOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const signature = Buffer.from(signPayload(logon, secret), 'base64');
  expect(verify('sha256', Buffer.from(logon), publicKey, signature)).toBe(true);
  expect(verify('sha256', Buffer.from(`${logon}0`), publicKey, signature)).toBe(false);
  const other = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => secretOf(other)).toThrow('Cannot sign with a key of type x25519');
});

describe('signQuery()', () => {
  test('appends recvWindow, timestamp and signature, and signs exactly what stands before the signature', () => {
    const query = signQuery(DOCUMENTED, { secret: HMAC, ...AT });
    const [payload, signature] = query.split('&signature=');
    expect(payload).toBe(
      'symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943',
    );
    expect(signature).toBe('3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9');
  });

  test('percent-encodes a base64 signature', () => {
    const signature = signQuery(DOCUMENTED, { secret: ED25519, ...AT }).split('&signature=')[1] ?? '';
    expect(signature).toMatch(/^[\w%.-]+$/);
    expect(decodeURIComponent(signature)).toBe('ATEuJPvzWUFs0d1x9FwudUJsSfMMWR+bkdrxtbOYgFkZj36Ol/vwKDGm9UWtKuq0mtnSTOQruQAwFvR128PaDg==');
  });
});

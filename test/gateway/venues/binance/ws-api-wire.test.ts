import { describe, expect, test } from 'vitest';
import { faultOfAnswer } from '../../../../gateway/venues/binance/faults.ts';
import { CALLS } from '../../../../gateway/venues/binance/limits.ts';
import { secretOf } from '../../../../gateway/venues/binance/sign.ts';
import { RestOrder } from '../../../../gateway/venues/binance/wire.ts';
import { logonText, methodOf, readReply, requestText } from '../../../../gateway/venues/binance/ws-api-wire.ts';

/** Reference sheet 2026-11, 2.3: the seed of RFC 8032, test 1, and what it signs. */
const SECRET = secretOf(
  '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n',
);
const API_KEY = 'dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83';

const reply = (text: string) => {
  const read = readReply(text);
  if (read?.kind !== 'reply') throw new Error(`Not a reply: ${text}`);
  return read;
};

test('logonText() signs as in the known answer', () => {
  const text = logonText('a1', { apiKey: API_KEY, secret: SECRET, recvWindowMs: 5_000, timestampMs: 1_591_702_613_943 });
  expect(JSON.parse(text)).toEqual({
    id: 'a1',
    method: 'session.logon',
    params: {
      apiKey: API_KEY,
      recvWindow: 5_000,
      timestamp: 1_591_702_613_943,
      signature: '/4JfSHz/AlQgApgrmOIAvuEAqreA7HxV50HSQJBPv45VkAM1mXoun8e6Z0DUpj07i4U+d1+EIKyi6HPpqP4zCA==',
    },
  });
});

test('requestText() sends decimals as text, whole numbers as numbers, an order id with all its digits, and no key', () => {
  const text = requestText('a2', {
    method: 'order.status',
    parameters: [
      ['symbol', 'BTCUSDT'],
      ['quantity', '0.020'],
      ['orderId', '8390000000000000123'],
    ],
    recvWindowMs: 1_500,
    timestampMs: 1_795_000_000_000,
  });
  expect(text).toBe(
    '{"id":"a2","method":"order.status","params":{"symbol":"BTCUSDT","quantity":"0.020","orderId":8390000000000000123,"recvWindow":1500,"timestamp":1795000000000}}',
  );
});

test('methodOf() knows the four calls about one order and nothing else', () => {
  const known = Object.entries(CALLS).flatMap(([name, call]) => {
    const method = methodOf(call);
    return method === null ? [] : [[name, method]];
  });
  expect(known).toEqual([
    ['place', 'order.place'],
    ['amend', 'order.modify'],
    ['cancel', 'order.cancel'],
    ['query', 'order.status'],
  ]);
});

describe('readReply()', () => {
  test('keeps every digit of an order id, and tells the counts under the names of REST', () => {
    const usage = [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 2_400, count: 7 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 300, count: 3 },
      { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1_200, count: 9 },
      { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 1, count: 1 },
    ];
    const order = `{"orderId":8390000000000000123,"symbol":"BTCUSDT","status":"NEW","clientOrderId":"42","price":"61000.10","origQty":"0.020","executedQty":"0.000","timeInForce":"GTX","type":"LIMIT","side":"BUY","reduceOnly":false,"updateTime":1795000000123}`;
    const { id, answer } = reply(`{"id":"a7","status":200,"result":${order},"rateLimits":${JSON.stringify(usage)}}`);
    expect(id).toBe('a7');
    expect(RestOrder.parse(JSON.parse(answer.text)).orderId).toBe('8390000000000000123');
    expect(Object.fromEntries(answer.headers)).toEqual({
      'x-mbx-used-weight-1m': '7',
      'x-mbx-order-count-10s': '3',
      'x-mbx-order-count-1m': '9',
    });
  });

  test.each([
    [400, { code: -2019, msg: 'Margin is insufficient.' }, 'rejected', 'insufficient-margin'],
    [400, { code: -2011, msg: 'Unknown order sent.' }, 'gone', 'not-found'],
    [400, { code: -4116, msg: 'duplicate' }, 'unknown', 'duplicate-id'],
    [400, { code: -1021, msg: 'late' }, 'clock', 'timestamp'],
    [408, { code: -1007, msg: 'Timeout' }, 'unknown', 'venue-error'],
    [418, { code: -1003, msg: 'banned until 1795000009000' }, 'banned', 'banned'],
    [429, { code: -1003, msg: 'Too many' }, 'rate-limited', 'too-many-requests'],
    [429, { code: -1015, msg: 'Too many new orders' }, 'rate-limited', 'too-many-orders'],
    [500, undefined, 'unknown', 'venue-error'],
    [503, { code: -1008, msg: 'throttled' }, 'busy', 'overloaded'],
    [503, { code: -1000, msg: 'Unknown error, please check your request or try again later.' }, 'unknown', 'venue-error'],
  ])('gives status %i with %o to the table that judges REST: %s', (status, error, kind, reason) => {
    const { answer } = reply(JSON.stringify({ id: 'a1', status, error }));
    expect(faultOfAnswer(answer, { venueNowMs: 1_795_000_000_000 })).toMatchObject({ kind, reason });
  });

  test.each([
    ['{"id":"a1"}', { kind: 'garbled', id: 'a1' }],
    ['{"id":9,"status":"good"}', { kind: 'garbled', id: '9' }],
    ['{"id":null,"status":400,"error":{"code":-1135,"msg":"Invalid JSON Request"}}', null],
    ['{"event":{"e":"serverShutdown"}}', null],
    ['[1]', null],
    ['{"id":"a1","status":200,"res', null],
    ['', null],
  ])('reads %s as %o', (text, want) => {
    expect(readReply(text)).toEqual(want);
  });
});

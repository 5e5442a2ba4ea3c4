import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../../shared/random.ts';
import { Calls, ROUTES } from '../../../../shared/sim/binance/calls.ts';
import { fullKey, makeKeyring } from '../../../../shared/sim/binance/keys.ts';
import { RateLimits } from '../../../../shared/sim/binance/limits.ts';
import { ListenKeys } from '../../../../shared/sim/binance/listen-keys.ts';
import { RestWire } from '../../../../shared/sim/binance/rest.ts';
import { openSession } from '../../../../shared/sim/binance/ws-api.ts';
import { openStillDesk } from '../../../kit/desk.ts';
import { payloadOf, type Values } from '../../../kit/ws-api.ts';

const SECRET = 'secret';
const sign = (payload: string): string => createHmac('sha256', SECRET).update(payload).digest('hex');

function openWires() {
  const { exchange } = openStillDesk();
  const calls = new Calls({
    exchange,
    listenKeys: new ListenKeys({ random: new Random(1), agenda: exchange.agenda, onExpired: () => undefined }),
    limits: new RateLimits({ enforced: false }),
    random: new Random(2),
  });
  const keyring = makeKeyring([fullKey({ apiKey: 'one', account: 'one', secret: SECRET })]);
  const session = openSession({ calls, keyring }, { address: '127.0.0.1', showsUsage: true });
  return { exchange, rest: new RestWire(calls, keyring), session };
}

/** Words that every object knows, halves of surrogate pairs, numbers at every edge, JSON of the wrong kind. */
const JUNK = [
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', '', ' ', '\ud800', '币', '%', '\u0000', 'a&b=c', 'x'.repeat(300)],
  ...['0', '-1', '1e5', '0x10', 'NaN', 'Infinity', '.5', '1.', '9'.repeat(25), `0.${'0'.repeat(20)}1`, '999999999999999'],
  ...['[]', '{}', '[null]', '[1]', '[[1]]', '["\\ud800"]', '[{"symbol":{"toString":1}}]', '[{"symbol":"\\ud800"}]', '[{"__proto__":1}]'],
] as const;
const WORDS = {
  symbol: ['BTCUSDT'],
  pair: ['BTCUSDT'],
  side: ['BUY', 'SELL'],
  type: ['LIMIT', 'MARKET', 'STOP_MARKET', 'TRAILING_STOP_MARKET', '1'],
  algoType: ['CONDITIONAL'],
  timeInForce: ['GTC', 'GTX', 'IOC'],
  quantity: ['0.002', '1'],
  price: ['63900', '64100'],
  triggerPrice: ['70000'],
  callbackRate: ['1'],
  positionSide: ['BOTH', 'LONG'],
  priceMatch: ['NONE', 'QUEUE'],
  selfTradePreventionMode: ['NONE'],
  interval: ['1m'],
  contractType: ['PERPETUAL'],
  marginType: ['ISOLATED'],
  autoCloseType: ['ADL'],
  incomeType: ['COMMISSION'],
  leverage: ['10'],
  limit: ['5'],
  origClientOrderId: ['a'],
  newClientOrderId: ['a'],
  batchOrders: ['[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.002","price":"63900"}]'],
  orderIdList: ['[1]'],
  startTime: ['1'],
  countdownTime: ['0'],
  reduceOnly: ['true'],
} as const;

const anyFields = fc.record(
  Object.fromEntries(
    Object.entries(WORDS).map(([name, words]) => [
      name,
      fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.constantFrom(...JUNK) }),
    ]),
  ),
  { requiredKeys: [] },
);

test('RestWire answers every call with JSON of the venue, whatever is sent', () => {
  const { exchange, rest } = openWires();
  const encode = (value: string): string => (value === '%' ? value : encodeURIComponent(value.toWellFormed()));
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(ROUTES)),
      anyFields,
      fc.boolean(),
      fc.oneof({ weight: 9, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom('x', '币'.repeat(64)) }),
      (name, fields, inBody, badSignature) => {
        const [method = '', path = ''] = name.split(' ');
        const sent = { ...fields, timestamp: String(Math.floor(exchange.nowMs)) };
        const payload = Object.entries(sent).map(([field, value]) => `${field}=${encode(value ?? '')}`);
        const text = `${payload.join('&')}&signature=${encode(badSignature) || sign(payload.join('&'))}`;
        const part = inBody ? { query: '', body: text } : { query: text, body: '' };
        const { status, body } = rest.handle({ method, path, ...part, apiKey: 'one', address: '127.0.0.1' });
        const value = JSON.parse(body) as { code?: number; msg?: string };
        expect(status).toBeLessThan(500);
        if (status >= 400) expect(value).toEqual({ code: expect.any(Number), msg: expect.any(String) });
        expect(body).not.toMatch(/undefined|NaN|\[object |native code/);
      },
    ),
    { numRuns: 1_500 },
  );
});

const METHODS = [
  'order.place',
  'order.modify',
  'order.cancel',
  'order.status',
  'algoOrder.place',
  'depth',
  'v2/account.status',
  'session.logon',
];

test('WsSession answers every frame with a frame, whatever is sent', () => {
  const { exchange, session } = openWires();
  const anyText = fc.constantFrom(
    '',
    'null',
    '{',
    '{"id":{"rawJSON":"1"},"method":"depth"}',
    `{"id":1,"method":"depth","params":${'['.repeat(9_000)}`,
  );
  const anyMethod = fc.constantFrom(...METHODS, 'constructor', '__proto__', 'v9/depth');
  const anyValue = fc.constantFrom<unknown>(...JUNK, 12, 1.5, true, null, [], {}, { toString: 1 }, { toJSON: 1 });
  const anyParams = fc.tuple(anyFields, fc.dictionary(fc.constantFrom('symbol', 'orderId', '__proto__', '\ud800', 'a b'), anyValue));
  const anyRequest = fc.tuple(anyMethod, anyParams).map(([method, [fields, odd]]) => {
    const values: Values = { ...fields, ...odd, apiKey: 'one', timestamp: Math.floor(exchange.nowMs) };
    const texts = Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, textOf(value)] as const]));
    return JSON.stringify({ id: 7, method, params: { ...values, signature: sign(payloadOf(Object.fromEntries(texts))) } });
  });
  fc.assert(
    fc.property(fc.oneof({ weight: 1, arbitrary: anyText }, { weight: 9, arbitrary: anyRequest }), (text) => {
      const call = session.read(text);
      const frame = JSON.parse(call.frame(call.run())) as { status: number; id: number | null };
      expect(frame.status).toBeLessThan(500);
    }),
    { numRuns: 1_500 },
  );
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

test('ids in a batch keep their digits when they are sent as numbers', () => {
  const { exchange, rest } = openWires();
  const call = (method: string, path: string, fields: Readonly<Record<string, string>>): unknown => {
    const sent = { ...fields, timestamp: String(Math.floor(exchange.nowMs)) };
    const payload = Object.entries(sent).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const query = `${payload.join('&')}&signature=${sign(payload.join('&'))}`;
    return rest.handle({ method, path, query, body: '', apiKey: 'one', address: '127.0.0.1' }).body;
  };
  const order = { symbol: 'BTCUSDT', side: 'BUY', quantity: '0.002', price: '63900' };
  const placed = String(call('POST', '/fapi/v1/order', { ...order, type: 'LIMIT', timeInForce: 'GTC', newClientOrderId: 'a' }));
  const id = /"orderId":(\d{17,})/.exec(placed)?.[1];
  const list = `[{"orderId":${id},"symbol":"BTCUSDT","side":"BUY","quantity":0.002,"price":63900.10}]`;
  expect(call('PUT', '/fapi/v1/batchOrders', { batchOrders: list })).toMatch(new RegExp(`"orderId":${id},.*"price":"63900.10"`));
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeInstrument, notionalOf } from '../../shared/instrument.ts';
import { COUNTER_MAX, parseClientId } from '../../shared/client-id.ts';
import { clockNote, nextStep } from '../../scripts/lib/next-step.ts';
import { type Around, planOrder, smallestSize } from '../../scripts/lib/plan-order.ts';
import { TEST_EPOCHS, testClientId } from '../../scripts/lib/test-id.ts';
import { lots, ticks } from '../../shared/units.ts';

const made = makeInstrument({
  ...{ symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT', tickSize: '0.10', stepSize: '0.001' },
  ...{ minPrice: '500', maxPrice: '4000000', minQty: '0.001', maxQty: '1000', maxMarketQty: '120', minNotional: '50' },
  ...{ multiplierUp: '1.05', multiplierDown: '0.95', maxOpenOrders: 200, trading: true },
});
if (typeof made === 'string') throw new Error(made);
const instrument = made;
const limits = { maxPosition: '0.100', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 };
const around: Around = { instrument, bestBid: '60000.00', bestAsk: '60000.10', mark: '60000.05', limits };
const plain = { side: 'buy', market: false, reduceOnly: false } as const;

test.each([
  ['5 % below the best bid', plain, { price: 570_000, size: 1 }],
  ['5 % above the best ask', { ...plain, side: 'sell' }, { price: 630_002, size: 1 }],
  ['at a given price', { ...plain, price: '59000' }, { price: 590_000, size: 1 }],
  ['of a given size', { ...plain, qty: '0.050' }, { price: 570_000, size: 50 }],
  ['at market', { ...plain, market: true }, { price: null, size: 1 }],
] as const)('planOrder() plans an order %s', (_name, wanted, want) => {
  expect(planOrder(wanted, around)).toEqual({ ok: true, value: want });
});

test.each([
  ['a price with --market', { ...plain, market: true, price: '60000' }, around, 2, /--price/],
  ['a price that takes', { ...plain, price: '60000.10' }, around, 2, /below the best ask 60000\.10/],
  ['a price beyond the band', { ...plain, price: '63000.10' }, around, 2, /band around mark/],
  ['a size below the least notional', { ...plain, price: '600', qty: '0.050' }, around, 2, /0\.084 to/],
  ['a size over the market lot', { ...plain, market: true, qty: '121' }, around, 2, /to 120\.000/],
  ['a notional over the limits', { ...plain, qty: '0.090' }, around, 4, /at most 5000/],
  ['a size over the limits', { ...plain, price: '600', qty: '0.101' }, around, 4, /at most 0\.100/],
  ['a symbol without limits', plain, { ...around, limits: null }, 4, /at most 0 an order/],
  ['a symbol that is not trading', plain, { ...around, instrument: { ...instrument, trading: false } }, 1, /not trading/],
] as const)('planOrder() refuses %s', (_name, wanted, at, code, sentence) => {
  expect(planOrder(wanted, at)).toEqual({ ok: false, error: { code, sentence: expect.stringMatching(sentence) } });
});

test('a reduce-only order has neither least notional nor limits', () => {
  const wanted = { side: 'sell', market: true, reduceOnly: true, qty: '0.001' } as const;
  expect(planOrder(wanted, { ...around, bestBid: '600.00', bestAsk: '600.10', mark: '600', limits: null }).ok).toBe(true);
});

test('smallestSize() satisfies the least notional, and one lot less does not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5_000, max: 40_000_000 }), (n) => {
      const price = ticks(n);
      const size = smallestSize(instrument, price);
      expect(notionalOf(instrument, { price, size })).toBeGreaterThanOrEqual(instrument.minNotionalAtoms);
      if (size > instrument.minLots)
        expect(notionalOf(instrument, { price, size: lots(size - 1) })).toBeLessThan(instrument.minNotionalAtoms);
    }),
  );
});

test('testClientId() makes one id a millisecond, in the range of test-order', () => {
  const from = Date.UTC(2026, 0, 1);
  const to = from + (TEST_EPOCHS.last - TEST_EPOCHS.first + 1) * (COUNTER_MAX + 1) - 1;
  fc.assert(
    fc.property(fc.integer({ min: from, max: to - 1 }), (at) => {
      const parts = parseClientId(testClientId(at));
      expect(parts?.role).toBe('test');
      expect(parts?.epoch).toBeGreaterThanOrEqual(TEST_EPOCHS.first);
      expect(parts?.epoch).toBeLessThanOrEqual(TEST_EPOCHS.last);
      expect(testClientId(at + 1)).not.toBe(testClientId(at));
    }),
  );
  expect(() => testClientId(from - 1)).toThrow(RangeError);
  expect(() => testClientId(to + 1)).toThrow(RangeError);
});

const at = {
  environment: 'testnet',
  host: 'https://demo',
  source: 'credentials.testnet (A and B)',
  file: '/c.json',
  recvWindowMs: 1_500,
  moved: '',
};
test.each([
  [
    'no network',
    { kind: 'unreachable', reason: 'not-sent', sentence: 'getaddrinfo ENOTFOUND demo' },
    'contact',
    3,
    /its name cannot be resolved: check the network and the name of the host/,
  ],
  [
    'a certificate of somebody else',
    { kind: 'unreachable', reason: 'not-sent', sentence: 'self-signed certificate' },
    'contact',
    3,
    /not the venue over TLS: check the network/,
  ],
  [
    'a venue in trouble while it is read',
    { kind: 'unknown', reason: 'venue-error', sentence: 'HTTP 502: <html>' },
    'contact',
    1,
    /try again in a minute.*endpoints\.testnet\.rest in \/c\.json/,
  ],
  [
    'a wrong key',
    { kind: 'auth', reason: 'key', sentence: 'HTTP 401, code -2015: no' },
    'account',
    2,
    /credentials\.testnet \(A and B\).*made for testnet.*futures.*address/,
  ],
  ['a key that may not trade', { kind: 'auth', reason: 'key', sentence: 'HTTP 401, code -2015: no' }, 'trade', 2, /may read but not trade/],
  [
    'a wrong secret',
    { kind: 'rejected', reason: 'signature', sentence: 'HTTP 400, code -1022: no' },
    'account',
    2,
    /secret does not belong/,
  ],
  [
    'a wrong clock',
    { kind: 'clock', reason: 'timestamp', sentence: 'HTTP 400, code -1021: no' },
    'account',
    1,
    /time sync.*recvWindowMs \(now 1500\)/,
  ],
  ['a ban', { kind: 'banned', reason: 'banned', sentence: 'HTTP 418', retryAfterMs: 90_500 }, 'account', 1, /wait 91 s/],
  ['hedge mode', { kind: 'auth', reason: 'position-mode', sentence: 'HTTP 400, code -4061: no' }, 'trade', 2, /one-way/],
  [
    'too little margin',
    { kind: 'rejected', reason: 'insufficient-margin', sentence: 'HTTP 400, code -2019: no' },
    'trade',
    1,
    /smaller --qty/,
  ],
  ['silence after sending', { kind: 'unknown', reason: 'time-out', sentence: 'no answer' }, 'trade', 1, /not known.*before you repeat/],
] as const)('nextStep() names what to do on %s', (_name, fault, stage, code, sentence) => {
  expect(nextStep(fault, { ...at, stage })).toEqual({ code, sentence: expect.stringMatching(sentence) });
});

test.each([
  [0, null],
  [1_000, null],
  [-1_000, null],
  [1_500, /1\.5 s behind the venue's/],
  [-90_000, /90\.0 s ahead of the venue's.*set the clock/],
])('clockNote() of a venue %i ms ahead', (aheadMs, note) => {
  if (note === null) expect(clockNote(aheadMs)).toBeNull();
  else expect(clockNote(aheadMs)).toMatch(note);
});

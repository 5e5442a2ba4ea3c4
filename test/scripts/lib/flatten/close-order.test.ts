import { expect, test } from 'vitest';
import type { HeldPosition } from '../../../../scripts/lib/flatten/account.ts';
import { closeOrder } from '../../../../scripts/lib/flatten/close-order.ts';
import { instrument } from '../../../kit/orders.ts';

const position = (over: Partial<HeldPosition> = {}): HeldPosition => ({
  ...{ symbol: 'BTCUSDT', side: 'both', size: '0.050', entryPrice: '60000', markPrice: '60000.5' },
  ...over,
});
const quote = { bid: '60000.00', ask: '60000.10' };
const close = (over: Partial<Parameters<typeof closeOrder>[0]> = {}) =>
  closeOrder({ position: position(), instrument: instrument(), quote, tries: 0, marketRefused: false, ...over });

test.each([
  [0, '59940.00'],
  [1, '59820.00'],
  [2, '59400.00'],
  [3, null],
  [9, null],
])('try %i sells a long position immediately or at market, each time farther from the best bid', (tries, price) => {
  expect(close({ tries })).toEqual({ symbol: 'BTCUSDT', positionSide: 'both', side: 'sell', price, size: '0.050' });
});

test('a short position is bought back above the best ask, rounded away from it', () => {
  expect(close({ position: position({ size: '-0.050' }) })).toMatchObject({ side: 'buy', price: '60060.20', size: '0.050' });
});

test('a limit stays inside the band of the venue around the mark', () => {
  const far = { bid: '40000.00', ask: '80000.00' };
  expect(Number(close({ quote: far }).price)).toBeGreaterThanOrEqual(60_000.5 * Number(instrument().multiplierDown));
  expect(Number(close({ quote: far, position: position({ size: '-1' }) }).price)).toBeLessThanOrEqual(
    60_000.5 * Number(instrument().multiplierUp),
  );
});

test('without a book, or for a contract that we cannot count, it goes at market as it is', () => {
  expect(close({ quote: null })).toMatchObject({ price: null, size: '0.050' });
  expect(close({ instrument: null, position: position({ size: '-12.34567' }) })).toMatchObject({
    price: null,
    side: 'buy',
    size: '12.34567',
  });
});

test('a refused market order falls back to the widest limit', () => {
  expect(close({ tries: 5, marketRefused: true }).price).toBe('59400.00');
});

test('one order is as large as the venue takes, the side of a hedged position is named', () => {
  const small = instrument({ maxMarketQty: '0.020', maxQty: '0.030' });
  expect(close({ instrument: small, tries: 9 }).size).toBe('0.020');
  expect(close({ instrument: small }).size).toBe('0.030');
  expect(close({ position: position({ side: 'short', size: '-0.010' }) })).toMatchObject({ positionSide: 'short', side: 'buy' });
});

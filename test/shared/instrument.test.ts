import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  floorSteps,
  formatPrice,
  formatSize,
  fractionalTicks,
  type Instrument,
  type InstrumentSpec,
  makeInstrument,
  notionalOf,
  parsePrice,
  parseSize,
  priceNumber,
} from '../../shared/instrument.ts';
import { lots, ticks } from '../../shared/units.ts';

const SPEC: InstrumentSpec = {
  symbol: 'BTCUSDT',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  tickSize: '0.10',
  stepSize: '0.001',
  minPrice: '556.80',
  maxPrice: '4529764',
  minQty: '0.001',
  maxQty: '1000',
  maxMarketQty: '120',
  minNotional: '50',
  multiplierUp: '1.0500',
  multiplierDown: '0.9500',
  maxOpenOrders: 200,
  trading: true,
};

function made(over: Partial<InstrumentSpec> = {}): Instrument {
  const instrument = makeInstrument({ ...SPEC, ...over });
  if (typeof instrument === 'string') throw new Error(instrument);
  return instrument;
}

const STEPS: readonly (readonly [tickSize: string, stepSize: string])[] = [
  ['0.10', '0.001'],
  ['0.01', '0.001'],
  ['0.0000001', '1'],
  ['0.5', '0.01'],
  ['5', '0.25'],
  ['1', '10'],
];

test('parsePrice() and parseSize() read back what was formatted', () => {
  fc.assert(
    fc.property(fc.constantFrom(...STEPS), fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: -1e9, max: 1e9 }), (steps, price, size) => {
      const instrument = made({ tickSize: steps[0], stepSize: steps[1] });
      expect(parsePrice(instrument, formatPrice(instrument, ticks(price)))).toBe(price);
      expect(parseSize(instrument, formatSize(instrument, lots(size)))).toBe(size);
    }),
  );
});

test('notionalOf() equals the product of the decimals, recomputed on integers', () => {
  const scaled = (text: string): bigint => BigInt(Math.round(Number(text) * 1e8));
  fc.assert(
    fc.property(fc.constantFrom(...STEPS), fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: -1e9, max: 1e9 }), (steps, price, size) => {
      const instrument = made({ tickSize: steps[0], stepSize: steps[1] });
      const want = (BigInt(price) * scaled(steps[0]) * BigInt(size) * scaled(steps[1])) / 10n ** 8n;
      expect(notionalOf(instrument, { price: ticks(price), size: lots(size) })).toBe(want);
    }),
  );
});

test.each([
  ['30012.55', null],
  ['30012.5', 300_125],
  ['abc', null],
  ['', null],
])('parsePrice() of %j is %j', (text, want) => {
  expect(parsePrice(made(), text)).toBe(want);
});

test('makeInstrument() rounds limits inwards', () => {
  const instrument = made({ minPrice: '556.85', maxPrice: '1000.19', minQty: '0.0015', maxQty: '9.9999', maxMarketQty: '20' });
  expect(instrument).toMatchObject({ minPriceTicks: 5_569, maxPriceTicks: 10_001, minLots: 2, maxLots: 9_999, maxMarketLots: 9_999 });
  expect(made({ minPrice: '0', minQty: '0' })).toMatchObject({ minPriceTicks: 1, minLots: 1 });
});

test.each([
  [{ tickSize: '0' }, /not a positive decimal/],
  [{ stepSize: '-0.1' }, /not a positive decimal/],
  [{ tickSize: 'x' }, /not a positive decimal/],
  [{ tickSize: '0.00001', stepSize: '0.0001' }, /finer than 1e-8/],
  [{ minNotional: 'x' }, /minimum notional x/],
  [{ minPrice: '1e3' }, /minPrice 1e3/],
  [{ maxPrice: '' }, /maxPrice/],
  [{ maxQty: '99999999999999999999' }, /maxQty 9+ /],
  [{ maxMarketQty: 'none' }, /maxMarketQty none/],
])('makeInstrument() refuses %j with a sentence', (over, want) => {
  expect(makeInstrument({ ...SPEC, ...over })).toMatch(want);
});

test('makeInstrument() accepts steps whose trailing zeros are many, and changes version with any field', () => {
  expect(made({ tickSize: '0.10000000', stepSize: '0.00100000' }).atomsPerTickLot).toBe(made().atomsPerTickLot);
  expect(made().version).toBe(made().version);
  expect(made({ minNotional: '100' }).version).not.toBe(made().version);
});

test.each([
  ['30012.57', '0.10', 300_125],
  ['-0.01', '0.10', -1],
  ['-0.10', '0.10', -1],
  ['0.00', '0.10', 0],
  ['61000.12345678', '0.1', 610_001],
  ['9000000000', '0.000001', 9_000_000_000_000_000],
  ['9999999.99999999', '1', 9_999_999],
])('floorSteps() of %j in steps of %j is %j', (text, step, want) => {
  expect(floorSteps({ text, step })).toBe(want);
});

test.each([
  ['x', '1'],
  ['1', '0'],
  ['1', '-1'],
  ['99999999999999999999', '1'],
])('floorSteps() throws on %j in steps of %j', (text, step) => {
  expect(() => floorSteps({ text, step })).toThrow(RangeError);
});

test('floorSteps() is the largest count that does not pass the decimal', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.constantFrom(1, 5, 10, 25, 1_000), (value, size) => {
      const decimal = (n: number): string =>
        `${n < 0 ? '-' : ''}${Math.floor(Math.abs(n) / 1e4)}.${String(Math.abs(n) % 1e4).padStart(4, '0')}`;
      expect(floorSteps({ text: decimal(value), step: decimal(size) })).toBe(Math.floor(value / size));
    }),
  );
});

test('priceNumber() and fractionalTicks() go between ticks and quote units', () => {
  expect(priceNumber(made(), 300_125)).toBeCloseTo(30_012.5, 9);
  expect(fractionalTicks(made(), '30012.55')).toBeCloseTo(300_125.5, 6);
});

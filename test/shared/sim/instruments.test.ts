import { expect, test } from 'vitest';
import { makeInstrument } from '../../../shared/instrument.ts';
import { findInstrument, nearestInstrument, SIM_INSTRUMENTS } from '../../../shared/sim/instruments.ts';
import { countSteps } from '../../../shared/units.ts';

test('SIM_INSTRUMENTS are complete contracts that start on a tick within their range', () => {
  expect(SIM_INSTRUMENTS.map(({ spec }) => spec.symbol)).toEqual(
    expect.arrayContaining(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCUSDC', 'ETHUSDC', '1000PEPEUSDT']),
  );
  for (const { spec, startPrice } of SIM_INSTRUMENTS) {
    const instrument = makeInstrument(spec);
    if (typeof instrument === 'string') throw new Error(instrument);
    expect(spec.baseAsset + spec.quoteAsset).toBe(spec.symbol);
    const start = countSteps({ text: String(startPrice), step: spec.tickSize });
    expect(start, spec.symbol).not.toBeNull();
    expect(start).toBeGreaterThan(instrument.minPriceTicks);
    expect(start).toBeLessThan(instrument.maxPriceTicks);
    expect(instrument.maxMarketLots).toBeLessThanOrEqual(instrument.maxLots);
  }
});

test('SIM_INSTRUMENTS tell the filters of the reference sheet for BTCUSDT', () => {
  expect(findInstrument('BTCUSDT')?.spec).toMatchObject({
    tickSize: '0.10',
    stepSize: '0.001',
    minQty: '0.001',
    maxQty: '1000',
    maxMarketQty: '120',
    minNotional: '50',
    minPrice: '556.80',
    maxPrice: '4529764',
  });
  expect(findInstrument('ETHUSDT')?.spec.minNotional).toBe('20');
  expect(findInstrument('NOPEUSDT')).toBeNull();
});

test('nearestInstrument() takes a listed contract as it is, with finer steps when the recording needs them', () => {
  expect(nearestInstrument('BTCUSDT', 1, 3)).toEqual(findInstrument('BTCUSDT')?.spec);
  expect(nearestInstrument('BTCUSDT', 0, 0)).toEqual(findInstrument('BTCUSDT')?.spec);
  expect(nearestInstrument('BTCUSDT', 2, 3)).toEqual({ ...findInstrument('BTCUSDT')?.spec, tickSize: '0.01' });
  expect(nearestInstrument('DOGEUSDT', 5, 1)).toMatchObject({ tickSize: '0.000010', stepSize: '0.1', minQty: '0.1' });
});

test('nearestInstrument() derives an unlisted contract from its decimals', () => {
  const spec = nearestInstrument('SUSHIUSDT', 3, 0);
  expect(spec).toMatchObject({
    symbol: 'SUSHIUSDT',
    baseAsset: 'SUSHI',
    quoteAsset: 'USDT',
    tickSize: '0.001',
    stepSize: '1',
    minQty: '1',
    minNotional: '5',
  });
  if (typeof spec === 'string') throw new Error(spec);
  expect(makeInstrument(spec)).toMatchObject({ minLots: 1, minPriceTicks: 1 });
});

test.each(['BTCUSD_PERP', 'ETHBTC', 'USDT', 'BTCUSDT_240329'])('nearestInstrument() refuses %s with a sentence', (symbol) => {
  expect(nearestInstrument(symbol, 1, 3)).toBe(`${symbol}: only perpetuals quoted in USDT or USDC can be simulated`);
});

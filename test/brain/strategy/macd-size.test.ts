import { expect, test } from 'vitest';
import { type Sized, sizeOf, type Sizing } from '../../../brain/strategy/macd-size.ts';
import { warmUp } from '../../../brain/strategy/macd-series.ts';
import { MacdParameters } from '../../../shared/macd-parameters.ts';
import { INSTRUMENT, px } from '../../kit/brain.ts';
import { barsOf, walkedBars } from '../../kit/klines.ts';

const parameters = (over: Partial<MacdParameters>): MacdParameters => MacdParameters.parse({ orderSize: '1.000', ...over });
const sized = (over: Partial<MacdParameters>, more: Partial<Sizing> = {}): Sized => {
  const one = parameters(over);
  const series = warmUp(walkedBars(1, 100), one)!;
  return sizeOf({
    instrument: INSTRUMENT,
    price: px('50000.00'),
    equity: 10_000,
    series: { ...series, range: { n: 14, value: 100 } },
    parameters: one,
    ...more,
  });
};

test.each<[string, Sized, Sized]>([
  ['what is fixed', sized({ orderSize: '0.0205' }), { size: '0.020' }],
  ['worth a notional, rounded down to the step', sized({ sizing: 'notional', notional: '1234' }), { size: '0.024' }],
  ['at most the order size', sized({ sizing: 'notional', notional: '1234', orderSize: '0.010' }), { size: '0.010' }],
  // 0.5 % of 10000 is 50; 3 x 100 is what price may move against it
  ['by risk over range', sized({ sizing: 'volatility' }), { size: '0.166' }],
  ['by another risk and multiple', sized({ sizing: 'volatility', riskPercent: 1, atrMultiple: 2 }), { size: '0.500' }],
  ['at most the order size', sized({ sizing: 'volatility', riskPercent: 10, atrMultiple: 0.1 }), { size: '1.000' }],
  ['not without equity', sized({ sizing: 'volatility' }, { equity: null }), { reason: 'equity-unknown' }],
  ['not with what is owed', sized({ sizing: 'volatility' }, { equity: -1 }), { reason: 'size-below-minimum' }],
  [
    'not without a range',
    sized({ sizing: 'volatility' }, { series: warmUp(barsOf([1, 2, 3]), parameters({}))! }),
    { reason: 'range-unknown' },
  ],
  [
    'the most where nothing moves',
    sized({ sizing: 'volatility' }, { series: { ...warmUp(walkedBars(1, 50), parameters({}))!, range: { n: 14, value: 0 } } }),
    { size: '1.000' },
  ],
  ['not below the least of the venue', sized({ sizing: 'notional', notional: '40' }), { reason: 'size-below-minimum' }],
  ['fixed and notional need no equity', sized({ sizing: 'notional' }, { equity: null }), { size: '0.020' }],
])('sizeOf() %s', (_name, told, want) => {
  expect(told).toEqual(want);
});

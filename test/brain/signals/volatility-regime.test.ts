import { expect, test } from 'vitest';
import { type Regime, regimeAfter } from '../../../brain/signals/volatility-regime.ts';

const options = { lowRatio: 0.5, highRatio: 2, hysteresis: 0.2 };
const through = (ratios: readonly number[]): Regime[] => {
  const seen: Regime[] = ['normal'];
  for (const ratio of ratios) seen.push(regimeAfter(seen.at(-1)!, { ratio, options }));
  return seen.slice(1);
};

test('regimeAfter() enters a regime at its threshold and leaves it only a fifth beyond', () => {
  expect(through([1.99, 2, 1.7, 1.6, 1.59, 1.9])).toEqual(['normal', 'high', 'high', 'high', 'normal', 'normal']);
  expect(through([0.51, 0.5, 0.59, 0.61, 0.55])).toEqual(['normal', 'low', 'low', 'normal', 'normal']);
});

test('regimeAfter() goes from one end to the other at once', () => {
  expect(through([3, 0.4, 3])).toEqual(['high', 'low', 'high']);
});

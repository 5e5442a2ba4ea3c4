import { expect, test } from 'vitest';
import { isWorthSending } from '../../../brain/strategy/worth-sending.ts';
import { INSTRUMENT } from '../../kit/brain.ts';

test.each([
  ['one lot below the smallest notional', 60_000 * 10, 0, false],
  ['below it', 400_000, 1, false],
  ['just at it', 500_000, 1, true],
])('isWorthSending() %s', (_name, price, size, want) => {
  expect(isWorthSending({ instrument: INSTRUMENT, price, size })).toBe(want); // minimum 50 USDT, lot 0.001, tick 0.10
});

import { expect, test } from 'vitest';
import { liveHour } from '../kit/virtual-hour.ts';

test('market making on four symbols: inventory inside its caps, no own order against another, no quote on a blind book, profit to the last unit', async () => {
  const told = await liveHour({ seed: 3, minutes: 0.3, gapEveryMs: 7_000 });
  expect(told.violations).toEqual([]);
  expect(told.total).toBe(told.walletChange);
  expect(Math.min(told.trades, told.quotesSent)).toBeGreaterThan(20);
  expect(told.blindMoments).toBeGreaterThan(0);
  expect(Object.values(told.pnl).map(({ spread, fees }) => [spread === '0', fees === '0'])).not.toContainEqual([true, true]);
});

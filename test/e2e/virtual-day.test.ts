import { expect, test } from 'vitest';
import { liveVirtualDay } from '../kit/virtual-day.ts';

test('six minutes of virtual time with a fault every two seconds and restarts: every invariant holds, and it quotes at the end', async () => {
  const told = await liveVirtualDay({ seed: 5, hours: 0.1, everyMs: 2_000, restartMs: 100_000 });
  expect(told.violations).toEqual([]);
  expect(Object.values(told.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
  expect(Math.min(told.checks.orders, told.checks.books, told.orders, told.fills)).toBeGreaterThan(20);
});

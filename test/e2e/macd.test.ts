import { expect, test } from 'vitest';
import { TestRun } from '../kit/run.ts';

test('strategy.active alone switches to MACD: it opens a position in a fast market and a hard exit closes it', async () => {
  await using run = await TestRun.start({
    args: ['--seconds', '3600', '--speed', '60', '--profile', 'fast'],
    config: { strategy: { active: 'macd-trend' } },
  });
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary.strategy).toBe('macd-trend');
  expect(summary.fills).toBeGreaterThanOrEqual(2);
  expect(summary.tpsl.takeProfits + summary.tpsl.stopLosses).toBeGreaterThanOrEqual(1);
  expect(summary.ok).toBe(true);
  expect(code).toBe(0);
});

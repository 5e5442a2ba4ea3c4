import { expect, test } from 'vitest';
import { KEYS, TestRun } from '../kit/run.ts';

test('strategy.active alone switches to MACD: it opens a position in a fast market and a hard exit closes it', async () => {
  await using run = await TestRun.start({
    args: ['--seconds', '3000', '--speed', '20', '--profile', 'fast'],
    config: { strategy: { active: 'macd-trend', macdTrend: { interval: '1m' } } },
  });
  await run.until(
    'a hard exit',
    async () => {
      const brain = await run.read(KEYS.brain);
      const symbol = brain?.symbols.BTCUSDT;
      return symbol && symbol.takeProfits + symbol.stopLosses >= 1 && Number(symbol.position) === 0;
    },
    110_000,
  );
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary.strategy).toBe('macd-trend');
  expect(summary.fills).toBeGreaterThanOrEqual(2);
  expect(summary.tpsl.takeProfits + summary.tpsl.stopLosses).toBeGreaterThanOrEqual(1);
  expect(summary.ok).toBe(true);
  expect(code).toBe(0);
});

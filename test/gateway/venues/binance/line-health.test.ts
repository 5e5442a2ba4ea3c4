import { expect, test } from 'vitest';
import { LineHealth } from '../../../../gateway/venues/binance/line-health.ts';
import { monoMs } from '../../../../shared/units.ts';

test('a read that the venue answered has not failed, whatever it said', () => {
  const line = new LineHealth(monoMs(0));
  for (const outcome of ['ok', 'rejected', 'gone'] as const) line.read(outcome);
  expect(line.reads).toEqual({ asked: 3, failed: 0 });
  for (const outcome of ['unknown', 'busy', 'clock', 'rate-limited', 'banned', 'auth', 'unreachable'] as const) line.read(outcome);
  expect(line.reads).toEqual({ asked: 10, failed: 7 });
});

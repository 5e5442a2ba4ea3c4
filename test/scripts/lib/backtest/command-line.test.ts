import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { BacktestArguments } from '../../../../scripts/lib/backtest/arguments.ts';
import { prepareDepth, prepareSimulated } from '../../../../scripts/lib/backtest/prepare-depth.ts';
import { prepareKlines } from '../../../../scripts/lib/backtest/prepare-klines.ts';
import { runKlines } from '../../../../scripts/lib/backtest/run-klines.ts';
import { fastDir } from '../../../kit/fast-dir.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const folder = fastDir('backtest');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const T0 = 1_704_067_200_000;
const row = (n: number): string => `${T0 + n * 300_000},42000.0,42010.5,41990.0,42000.1,12.5`;
const ROWS = [0, 1, 2, 3].map(row);
const HEAD = 'open_time,open,high,low,close,volume';

function put(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}
const BARS = put('bars.csv', [HEAD, ...ROWS, ''].join('\n'));

const asked = (over: Partial<BacktestArguments>): BacktestArguments => ({
  ...{ klines: [BARS], symbol: ['BTCUSDT'], set: [], config: join(ROOT, 'config.json'), balance: [], funding: [], leverage: 20 },
  ...{ intrabar: 'worst-first', takerCost: 0.5, phase: 0, naive: false, seed: 1, strategy: 'macd-trend' },
  ...over,
});
const run = async (over: Partial<BacktestArguments> = {}) => runKlines(await prepareKlines(asked(over)));

test.each<[Partial<BacktestArguments>, string]>([
  [{ orderLatency: { kind: 'fixed', ms: 5, spike: null }, phase: 10 }, '--order-latency, --phase: allowed without --klines'],
  [{ queue: 'risk-averse', latencies: 'constant' }, '--queue, --latencies: allowed without --klines'],
  [{ balance: ['EUR=5'] }, '--balance: EUR: allowed is an asset that a contract given is margined in (BTCUSDT)'],
  [{ from: T0 + 86_400_000 }, '--from: 2024-01-02T00:00:00.000Z: allowed is a time before the data ends, 2024-01-01T00:20:00.000Z'],
  [{ from: T0 - 600_000, to: T0 - 300_000 }, '--to: before the first record'],
])('what cannot be meant is one line: %o', async (over, line) => {
  await expect(run(over)).rejects.toThrow(line);
});

test.each<[Partial<BacktestArguments>, string]>([
  [{ from: T0 }, '--from: allowed with recorded data: a simulated market has its own time, --simulate tells how much of it'],
  [{ from: T0, to: T0 + 1_000 }, '--from, --to: allowed with recorded data'],
  [{ queue: 'risk-averse' }, '--queue: allowed with --tape'],
  [{ latencies: 'constant' }, '--latencies: allowed with the tape of a session of ours'],
  [{ fundingRate: '0', takerCost: 2 }, '--funding-rate, --taker-cost: allowed with --klines'],
  [{ naive: true }, '--naive: allowed with --tape'],
])('what means nothing in a simulated market is one line: %o', async (over, line) => {
  await expect(prepareSimulated({ ...asked(over), klines: [], strategy: 'market-making' }, 10)).rejects.toThrow(line);
});

test('what means nothing on a recording is one line', async () => {
  const over = { klines: [], tape: 'none.raw.gz', intrabar: 'usual', funding: ['rates.csv'] } as const;
  await expect(prepareDepth(asked(over))).rejects.toThrow('--funding, --intrabar: allowed with --klines: a recording is played as it was');
});

test('a result on bars says that the risk watch was not run', async () => {
  const { meta } = await run();
  expect(meta).toMatchObject({ records: 4, assumptions: { risk: expect.stringContaining('no monitors, no breakers') } });
});

/** What a backtest of recorded data comes to, down to the last digit: whoever makes it faster must not change it, whoever changes it must say so. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BacktestArguments } from '../../../../scripts/lib/backtest/arguments.ts';
import { prepareDepth } from '../../../../scripts/lib/backtest/prepare-depth.ts';
import { prepareKlines } from '../../../../scripts/lib/backtest/prepare-klines.ts';
import type { BacktestResult } from '../../../../scripts/lib/backtest/result.ts';
import { runDepth } from '../../../../scripts/lib/backtest/run-depth.ts';
import { runKlines } from '../../../../scripts/lib/backtest/run-klines.ts';
import { recorded } from '../../../kit/data.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const BARS = recorded('klines/binance-usdm_BTCUSDT_5m_20250101-20250331.csv.gz');
const BOOK = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
const COMMON: BacktestArguments = {
  ...{ klines: [], symbol: ['BTCUSDT'], set: [], config: join(ROOT, 'config.json'), balance: [], funding: [], leverage: 20 },
  ...{ intrabar: 'worst-first', takerCost: 0.5, phase: 0, naive: false, seed: 1 },
};

/** Everything but the names of build, files and configuration. */
function hashOf({ meta: _, ...rest }: BacktestResult): string {
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, 16);
}

test.skipIf(!BARS)('MACD with hard exits on six weeks of recorded bars', async () => {
  const set = ['exits.stopLossPercent=0.3', 'exits.takeProfitPercent=0.6', 'exits.trailing={"percent":0.4,"activationPercent":0.2}'];
  const asked = { ...COMMON, klines: [BARS ?? ''], strategy: 'macd-trend', to: Date.UTC(2025, 1, 12), set };
  const result = await runKlines(await prepareKlines(asked));
  expect([result.fills.length, result.pnl.total, hashOf(result)]).toEqual([1_796, '-2076.9610452', '2b71359e50b64450']);
});

test.skipIf(!BOOK)('market making on 40 seconds of the recorded book', async () => {
  const result = await runDepth(await prepareDepth({ ...COMMON, tape: BOOK ?? '', to: 1_723_161_256_298 + 40_000 }));
  expect([result.fills.length, result.pnl.total, hashOf(result)]).toEqual([17, '-2.4043374', '48ae9a62c8642fe7']);
});

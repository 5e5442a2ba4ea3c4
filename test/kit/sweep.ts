/** Sweeps for tests: bars that a test makes up, arguments, worlds, and outcomes without a backtest. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../shared/random.ts';
import { Config } from '../../shared/config.ts';
import { type SweepArguments, sweepTool } from '../../scripts/lib/sweep/arguments.ts';
import type { Outcome, TrialFigures } from '../../scripts/lib/sweep/trial.ts';
import type { World } from '../../scripts/lib/sweep/world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const CONFIG_FILE = join(ROOT, 'config.json');
export const T0 = 1_704_067_200_000;
export const BAR_MS = 300_000;

/** Lines of a K-line file: a walk that has trends. */
export function walkedLines(count: number, seed = 1): readonly string[] {
  const random = new Random(seed);
  let [price, drift] = [42_000, 0];
  return Array.from({ length: count }, (_, n) => {
    const open = price;
    drift = 0.95 * drift + random.normal() * 8;
    price += drift + random.normal() * 20;
    const [high, low] = [Math.max(open, price) + 5, Math.min(open, price) - 5];
    return [T0 + n * BAR_MS, ...[open, high, low, price].map((one) => one.toFixed(1)), '10'].join(',');
  });
}

export function writeBars(file: string, lines: readonly string[]): string {
  writeFileSync(file, `open_time,open,high,low,close,volume\n${lines.join('\n')}\n`);
  return file;
}

/** As a person would type them; MACD on one file. */
export const typed = (file: string, ...more: readonly string[]): readonly string[] => [
  ...['--config', CONFIG_FILE, '--klines', file, '--symbol', 'BTCUSDT', '--strategy', 'macd-trend', ...more],
];
export const sweepArguments = (...given: Parameters<typeof typed>): SweepArguments => sweepTool(typed(...given));

export const baseConfig = (): Config =>
  Config.parse({
    symbols: ['BTCUSDT'],
    strategy: {
      active: 'macd-trend',
      marketMaking: { spreadBps: 1, skewBps: 0, orderSize: '0.01', maxInventory: '0.1' },
      macdTrend: { orderSize: '0.020' },
    },
    exits: { stopLossPercent: 1, cooldownMs: 30_000 },
    limits: { maxGrossNotional: '100000' },
  });

export const worldWith = (hashes: Partial<World['hashes']> = {}): World => ({
  asked: {
    ...{ klines: ['/data/BTCUSDT-5m.csv'], symbol: ['BTCUSDT'], balance: [], funding: [], leverage: 20, intrabar: 'worst-first' },
    ...{ takerCost: 0.5, phase: 0, naive: false, seed: 1 },
  },
  ...{ config: baseConfig(), configFile: CONFIG_FILE, build: '0.1.0 0123456789ab' },
  hashes: { data: 'd'.repeat(12), config: 'c'.repeat(12), code: 'x'.repeat(12), assumptions: 'a'.repeat(12), ...hashes },
});

const FIGURES: TrialFigures = {
  ...{ fromMs: T0, toMs: T0 + 864e5, pnl: '1.5', fees: '-0.5', funding: '0', turnover: '100', fills: 4, liquidations: 0 },
  ...{ totalReturn: 0.01, yearlyReturn: null, sharpe: 1, sortino: 2, calmar: null, maxDrawdownPercent: 3, exposed: 0.5 },
  ...{ periodMs: 86_400_000, returns: [] },
};
export const figuresWith = (over: Partial<TrialFigures> = {}): TrialFigures => ({ ...FIGURES, ...over });
export const doneWith = (...figures: readonly Partial<TrialFigures>[]): Outcome => ({ kind: 'done', figures: figures.map(figuresWith) });

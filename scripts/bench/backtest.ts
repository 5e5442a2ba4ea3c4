/**
 * How fast backtests are: MACD over 14 months of recorded five-minute bars, and market making on the recorded book with its queue, as many
 * times as real time. Times are of this process's own CPU, beside a loop of plain arithmetic in the same round: on a busy machine both take
 * longer. What is held at the end is told for a file and for the same four times over.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BacktestArguments } from '../lib/backtest/arguments.ts';
import { prepareDepth } from '../lib/backtest/prepare-depth.ts';
import { prepareKlines } from '../lib/backtest/prepare-klines.ts';
import type { BacktestResult } from '../lib/backtest/result.ts';
import { runDepth } from '../lib/backtest/run-depth.ts';
import { runKlines } from '../lib/backtest/run-klines.ts';
import { benchBacktestMemory } from './backtest-memory.ts';
import { type Figure, median } from './measure.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DATA = process.env['MMBOT_DATA'] ?? join(ROOT, '..', 'shared', 'data');
const BARS = 'klines/binance-usdm_BTCUSDT_5m_20231101-20241230.csv.gz';
const BOOK = 'book/binance-usdm/BTCUSDT_20240808.raw.gz';
const ROUNDS = 3;
const GOAL_SECONDS = 1;
const GOAL_TIMES = 300;
/** Turns of the control. */
const CONTROL_TURNS = 20_000_000;

type Round = { readonly seconds: number; readonly control: number; readonly result: BacktestResult };

export async function benchBacktest(): Promise<readonly Figure[]> {
  const [bars, book] = [fileOf(BARS), fileOf(BOOK)];
  const speed = [...(bars === null ? [] : await barFigures(bars)), ...(book === null ? [] : await bookFigures(book))];
  return [...speed, ...(await benchBacktestMemory({ bars, book }, COMMON))];
}

async function barFigures(file: string): Promise<readonly Figure[]> {
  const asked = { ...COMMON, klines: [file], strategy: 'macd-trend' };
  const rounds = await repeated(async () => runKlines(await prepareKlines(asked)));
  const [first] = rounds;
  if (!first) throw new Error('Cannot measure: there was no round');
  const { meta, fills } = first.result;
  const seconds = median(rounds.map((round) => round.seconds));
  return [
    {
      ...{ name: `backtest: MACD on ${meta.records} bars`, value: seconds, unit: 's', goal: GOAL_SECONDS, conclusive: isQuiet(rounds) },
      beside: `CPU of the process, median of ${ROUNDS}; ${fills.length} fills; ${controlText(rounds)}`,
    },
  ];
}

async function bookFigures(file: string): Promise<readonly Figure[]> {
  const asked = { ...COMMON, tape: file };
  const rounds = await repeated(async () => runDepth(await prepareDepth(asked)));
  const naive = await runDepth(await prepareDepth({ ...asked, naive: true }));
  const [first] = rounds;
  if (!first) throw new Error('Cannot measure: there was no round');
  const { meta, fills, pnl } = first.result;
  const real = (meta.toMs - meta.fromMs) / 1_000;
  const seconds = median(rounds.map((round) => round.seconds));
  return [
    {
      ...{ name: `backtest: market making on ${meta.records} frames, share of real time`, value: (seconds / real) * 100, unit: '%' },
      ...{ goal: 100 / GOAL_TIMES, conclusive: isQuiet(rounds) },
      beside: `${(real / seconds).toFixed(0)} times real time (${real.toFixed(0)} s in ${seconds.toFixed(2)} s of CPU), ${controlText(rounds)}`,
    },
    {
      ...{ name: 'backtest: fills that a touch would add to those of the queue', value: naive.fills.length - fills.length, unit: '' },
      ...{ goal: null, conclusive: true },
      beside: `queue ${fills.length} fills, profit ${pnl.total}; touch ${naive.fills.length} fills, profit ${naive.pnl.total}`,
    },
  ];
}

const COMMON: BacktestArguments = {
  ...{ klines: [], symbol: ['BTCUSDT'], set: [], config: join(ROOT, 'config.json'), balance: [], funding: [], leverage: 20 },
  ...{ intrabar: 'worst-first', takerCost: 0.5, phase: 0, naive: false, seed: 1 },
};

async function repeated(run: () => Promise<BacktestResult>, count = ROUNDS): Promise<readonly Round[]> {
  await run(); // warm-up
  const rounds: Round[] = [];
  for (let n = 0; n < count; n++) {
    const control = cpuSeconds(controlLoop);
    const from = process.cpuUsage();
    const result = await run();
    const { user, system } = process.cpuUsage(from);
    rounds.push({ seconds: (user + system) / 1e6, control, result });
  }
  return rounds;
}

function cpuSeconds(run: () => void): number {
  const from = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}

function controlLoop(): void {
  let x = 1;
  for (let n = 0; n < CONTROL_TURNS; n++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  if (x === 0) process.stderr.write('');
}

/** Rounds of the control differ by less than this factor; more, and others were at work. */
const NOISE_MAX = 1.5;
const isQuiet = (rounds: readonly Round[]): boolean => {
  const controls = rounds.map(({ control }) => control);
  return Math.max(...controls) / Math.min(...controls) <= NOISE_MAX;
};
const controlText = (rounds: readonly Round[]): string => {
  const controls = rounds.map(({ control }) => control * 1_000);
  return `control of ${CONTROL_TURNS / 1e6} M turns ${Math.min(...controls).toFixed(0)} to ${Math.max(...controls).toFixed(0)} ms`;
};

function fileOf(name: string): string | null {
  const file = join(DATA, name);
  if (existsSync(file)) return file;
  process.stderr.write(
    `skipped: backtest, the recording ${name} is not in ${process.env['MMBOT_DATA'] ? 'MMBOT_DATA' : '../shared/data'}\n`,
  );
  return null;
}

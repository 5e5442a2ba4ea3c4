import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareKlines } from '../../../../scripts/lib/backtest/prepare-klines.ts';
import { runKlines } from '../../../../scripts/lib/backtest/run-klines.ts';
import { sweepPage } from '../../../../scripts/lib/sweep/page.ts';
import { sweepResult } from '../../../../scripts/lib/sweep/result.ts';
import { TrialRunner } from '../../../../scripts/lib/sweep/runner.ts';
import { spansOf } from '../../../../scripts/lib/sweep/study.ts';
import { sweepSummary } from '../../../../scripts/lib/sweep/summary.ts';
import { prepareSweep } from '../../../../scripts/lib/sweep/sweep.ts';
import { figuresOf, type Outcome, taskOf } from '../../../../scripts/lib/sweep/trial.ts';
import { fastDir } from '../../../kit/fast-dir.ts';
import { BAR_MS, CONFIG_FILE, sweepArguments, T0, walkedLines, writeBars } from '../../../kit/sweep.ts';

const folder = fastDir('sweep');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const LINES = walkedLines(2_400);
const bars = writeBars(join(folder, 'BTCUSDT-5m.csv'), LINES);
const CHANGE = { 'strategy.macdTrend.fastPeriod': 6, 'strategy.macdTrend.slowPeriod': 20 };
const FOLDS = ['--walk-forward', '2', '--train', '2', '--embargo', '1h', '--set', 'strategy.macdTrend.fastPeriod=6,8'];

const asked = sweepArguments(bars, ...FOLDS);
let prepared: Awaited<ReturnType<typeof prepareSweep>>;
let first: Outcome;
beforeAll(async () => {
  prepared = await prepareSweep(asked);
  const [fold] = prepared.plan.folds;
  if (!fold) throw new Error('there is a fold');
  first = await (await TrialRunner.open(prepared.world)).run(taskOf(CHANGE, spansOf(fold)));
});

/** The same trial of the first fold, on other bars from one moment on. */
async function onOtherBarsFrom(fromMs: number, name: string): Promise<Outcome> {
  const others = walkedLines(LINES.length, 99);
  const lines = LINES.map((line, n) => (Number(line.split(',')[0]) >= fromMs ? (others[n] ?? '') : line));
  const file = writeBars(join(folder, name), lines);
  const { world, plan } = await prepareSweep(sweepArguments(file, ...FOLDS));
  const [fold] = plan.folds;
  return (await TrialRunner.open(world)).run(taskOf(CHANGE, fold ? spansOf(fold) : []));
}

test('a trial is what scripts/backtest makes of the same parameters and times', async () => {
  const [span] = prepared.plan.folds.map(({ test: tested }) => tested);
  const set = Object.entries(CHANGE).map(([key, value]) => `${key}=${value}`);
  const run = await prepareKlines({ ...asked.asked, set, config: CONFIG_FILE, from: span?.fromMs ?? 0, to: span?.toMs ?? 0 });
  const alone = figuresOf(await runKlines(run));
  expect(first).toMatchObject({ kind: 'done', figures: [{}, alone] });
  expect(alone.fills).toBeGreaterThan(5);
});

test('nothing after the search of a fold changes what was found there, and nothing after its test what was found then', async () => {
  const [fold] = prepared.plan.folds;
  if (first.kind !== 'done' || !fold?.test) throw new Error('the first fold has a test');
  const fromTest = await onOtherBarsFrom(fold.train.toMs, 'a.csv');
  const afterTest = await onOtherBarsFrom(fold.test.toMs, 'b.csv');
  expect(fromTest).toMatchObject({ figures: [first.figures[0], {}] });
  expect(fromTest.kind === 'done' && fromTest.figures[1]).not.toEqual(first.figures[1]);
  expect(afterTest).toEqual(first);
});

test('a hole in the data is told', async () => {
  const file = writeBars(join(folder, 'holed.csv'), LINES.toSpliced(500, 100));
  const more = ['--set', 'strategy.macdTrend.fastPeriod=6,8'];
  const hole = { symbol: 'BTCUSDT', fromMs: T0 + 500 * BAR_MS, toMs: T0 + 600 * BAR_MS, what: 'no bars' };
  const { gaps, ...rest } = await prepareSweep(sweepArguments(file, ...more));
  expect(gaps).toEqual([hole]);
  const result = sweepResult({ ...rest, gaps, judged: { studies: [], walked: null } });
  expect(sweepSummary(result)).toContain('gaps      1 in the data, the first 2024-01-02 17:40:00 to 2024-01-03 02:00:00');
  expect(sweepPage(result)).toContain('no bars');
  expect((await prepareSweep(sweepArguments(file, ...more, '--from', '2024-01-04'))).gaps).toEqual([]);
});

test('what these parameters cannot be run on is an outcome, not an end', async () => {
  const { world, plan } = prepared;
  const [fold] = plan.folds;
  const outcome = await (await TrialRunner.open(world)).run(taskOf({ 'strategy.macdTrend.interval': '1m' }, fold ? spansOf(fold) : []));
  expect(outcome).toEqual({ kind: 'refused', lines: [expect.stringContaining('reads bars of 1m, the file has 5 min')] });
});

test.each([
  [['--set', 'strategy.macdTrend.fastPeriod=6'], 'nothing varies'],
  [['--set', 'exits.stopLossPercent=0.5..1.5'], 'a grid needs values'],
  [['--set', 'strategy.macdTrend.fastPeriod=2..200', '--set', 'strategy.macdTrend.slowPeriod=3..400'], 'the grid has 79202 points'],
  [['--set', 'strategy.macdTrend.fastPeriod=6,8', '--walk-forward', '100', '--embargo', '1d'], '--walk-forward: fold 1 would be empty'],
  [['--set', 'strategy.macdTrend.fastPeriod=6,8', '--naive'], '--naive: allowed without --klines'],
  [['--set', 'strategy.macdTrend.fastPeriod=6,8', '--from', '2030-01-01'], '--from, --to: nothing is left'],
])('prepareSweep() refuses %j in one line', async (more, line) => {
  await expect(prepareSweep(sweepArguments(bars, ...more))).rejects.toThrow(line);
});

test.each([
  [['--trials', '5'], '--trials: allowed with --search random or tpe'],
  [['--search', 'tpe'], '--trials: none given'],
  [['--anchored'], '--anchored: allowed with --walk-forward'],
  [['--search-seed', '3'], '--search-seed: allowed with --search random or tpe'],
  [['--queue', 'redis://127.0.0.1:1', '--workers', '2'], '--workers: allowed without --queue'],
  [['--out', 'x.csv'], '--out: x.csv: allowed is a name that ends in .json'],
])('sweepTool() refuses %j in one line', (more, line) => {
  expect(() => sweepArguments(bars, ...more)).toThrow(line);
});

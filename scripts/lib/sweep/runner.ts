/**
 * Runs trials of one world, one after the other, in this thread. K-lines are read once by each thread: half a second and 44 MB for 14 months
 * of five minutes, where bars made of shared numbers would take a third of that. A recording is streamed anew for each trial.
 */
import { runDepth } from '../backtest/run-depth.ts';
import { runKlines, type KlinesAtHand } from '../backtest/run-klines.ts';
import { runSimulated } from '../backtest/run-simulated.ts';
import type { BacktestArguments } from '../backtest/arguments.ts';
import { type FileBar, readBars } from '../backtest/bar-file.ts';
import { prepareOn } from '../backtest/prepare.ts';
import { depthRun, simulatedRun } from '../backtest/prepare-depth.ts';
import { klineRun, type KlineFiles, probeKlines } from '../backtest/prepare-klines.ts';
import type { BacktestResult } from '../backtest/result.ts';
import { Problem } from '../tool.ts';
import type { Span } from './splits.ts';
import { figuresOf, type Outcome, type Task, type TrialFigures } from './trial.ts';
import type { World } from './world.ts';

/** Bars of all files that are kept in memory, about half a gigabyte; more are read from the files for each trial. */
const BARS_MAX = 1_000_000;

export class TrialRunner {
  readonly #world: World;
  readonly #klines: KlineFiles | null;
  readonly #atHand: KlinesAtHand | null;

  private constructor(world: World, { klines, atHand }: { readonly klines: KlineFiles | null; readonly atHand: KlinesAtHand | null }) {
    this.#world = world;
    this.#klines = klines;
    this.#atHand = atHand;
  }

  /** Throws TapeProblem and Problem. */
  static async open(world: World): Promise<TrialRunner> {
    const asked = argumentsOf(world, []);
    if (asked.klines.length === 0) return new TrialRunner(world, { klines: null, atHand: null });
    const klines = await probeKlines(asked);
    const bars = await readAll(asked.klines, klines);
    return new TrialRunner(world, { klines, atHand: bars && { bars, dataHash: world.hashes.data } });
  }

  /** Throws what is wrong with the data or with us; what is wrong with the parameters is an outcome. */
  async run(task: Task): Promise<Outcome> {
    const set = Object.entries(task.change).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    const figures: TrialFigures[] = [];
    for (const span of task.spans) {
      try {
        figures.push(figuresOf(await this.backtest({ ...argumentsOf(this.#world, set), ...timesOf(this.#world, span) })));
      } catch (problem) {
        if (problem instanceof Problem) return { kind: 'refused', lines: [...problem.lines] };
        throw problem;
      }
    }
    return { kind: 'done', figures };
  }

  /** The same as `scripts/backtest` with these arguments. */
  async backtest(asked: BacktestArguments): Promise<BacktestResult> {
    const { build, config, configFile } = this.#world;
    const prepared = await prepareOn({ config, file: configFile }, asked);
    if (asked.simulate !== undefined) return runSimulated(simulatedRun(asked, { prepared, seconds: asked.simulate, build }));
    if (this.#klines === null) return runDepth(await depthRun(asked, { prepared, build }));
    const run = klineRun(asked, { prepared, files: this.#klines, build });
    return runKlines(this.#atHand === null ? run : { ...run, atHand: this.#atHand });
  }
}

/** A simulated market has its own time. */
const timesOf = ({ asked }: World, { fromMs, toMs }: Span): Pick<BacktestArguments, 'from' | 'to'> =>
  asked.simulate === undefined ? { from: fromMs, to: toMs } : {};

const argumentsOf = ({ asked, configFile }: World, set: readonly string[]): BacktestArguments => ({ ...asked, set, config: configFile });

/** Null: too many. */
async function readAll(files: readonly string[], { symbols }: KlineFiles): Promise<readonly (readonly FileBar[])[] | null> {
  const all: FileBar[][] = [];
  let count = 0;
  for (const [n, { instrument }] of symbols.entries()) {
    const bars: FileBar[] = [];
    for await (const piece of readBars(files[n] ?? '', instrument)) {
      bars.push(...piece);
      count += piece.length;
      if (count > BARS_MAX) return null;
    }
    all.push(bars);
  }
  return all;
}

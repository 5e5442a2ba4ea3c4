/** The command line of `scripts/sweep`. What a person got wrong is one line that says what is allowed. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type BacktestArguments, collect, NO_LISTS, oneOf, QUEUE_HELP, queueModel, worldOptions } from '../backtest/arguments.ts';
import { withCalibration } from '../backtest/calibrated.ts';
import { EXIT, newTool, Problem, wholeNumber } from '../tool.ts';
import { OBJECTIVES, type Objective } from './objective.ts';
import { SEARCHES, type SearchName } from './search.ts';
import type { Asked } from './world.ts';

export type SweepArguments = {
  readonly asked: Asked;
  readonly config: string;
  readonly set: readonly string[];
  readonly search: SearchName;
  readonly trials: number | null;
  readonly searchSeed: number;
  readonly generation: number;
  readonly objective: Objective;
  readonly walkForward: number;
  readonly train: number;
  readonly anchored: boolean;
  readonly embargoMs: number;
  readonly workers: number;
  readonly queue: string | null;
  readonly out: string;
  readonly fresh: boolean;
};

const EXAMPLES = `
Examples:
  # every pair of two lists; what the configuration refuses is listed
  scripts/sweep --klines BTCUSDT-5m.csv.gz --symbol BTCUSDT --strategy macd-trend \\
    --set strategy.macdTrend.fastPeriod=6,8,12 --set 'strategy.macdTrend.slowPeriod=10..40 step 5'
  # 200 trials by TPE in each of six folds, each tested on the time after it
  scripts/sweep --klines BTCUSDT-5m.csv.gz --symbol BTCUSDT --strategy macd-trend \\
    --search tpe --trials 200 --walk-forward 6 --set strategy.macdTrend.fastPeriod=3..40 \\
    --set strategy.macdTrend.slowPeriod=10..200 --set 'exits.stopLossPercent=0.2..5 log'
  # market making on a recorded book
  scripts/sweep --tape BTCUSDT.raw.gz --symbol BTCUSDT --objective pnl \\
    --set strategy.marketMaking.spreadBps=0.5,1,2,4 --set strategy.marketMaking.skewBps=0,0.5,1
  # on other machines as well: scripts/sweep-worker --queue redis://host:6379 --data DIR there
  scripts/sweep --queue redis://host:6379 --klines BTCUSDT-5m.csv.gz ...
A value is a list (6,8,12), a range (5..30, of whole numbers where the key has only these; with random and tpe also
0.1..10 or 0.1..10 log), or a grid over a range (5..30 step 5, 0.1..10 log points 7). One value alone holds for all trials.
The same command again goes on where it was stopped, Ctrl-C and kill -9 included, and ends in the same bytes.`;

type Given = Omit<BacktestArguments, 'queue'> & {
  readonly search: SearchName;
  readonly trials?: number;
  readonly searchSeed: number;
  readonly generation: number;
  readonly objective: Objective;
  readonly walkForward: number;
  readonly train: number;
  readonly anchored: boolean;
  readonly embargo: number;
  readonly workers: number;
  /** Address of a Redis server. */
  readonly queue?: string;
  readonly queueModel?: BacktestArguments['queue'];
  readonly out: string;
  readonly fresh: boolean;
};

export function sweepTool(argv?: readonly string[]): SweepArguments {
  const tool = newTool('sweep', 'Searches parameters on recorded data, and tells how far the best of them may be believed.');
  worldOptions(tool)
    .option('--queue-model <model>', QUEUE_HELP, queueModel)
    .option('--set <key=values>', 'a key of the configuration and what to try; repeat for several', collect)
    .option('--search <name>', SEARCHES.join(', '), oneOf(SEARCHES), 'grid' as SearchName)
    .option('--trials <n>', 'of random and tpe, in each fold', wholeNumber({ min: 1, max: 20_000 }))
    .option('--search-seed <n>', 'of random and tpe', wholeNumber({ min: 0, max: 4_294_967_295 }), 1)
    .option('--generation <n>', 'tpe: trials between two looks at what came of them', wholeNumber({ min: 1, max: 1_000 }), 16)
    .option('--objective <name>', `what is looked for: ${OBJECTIVES.join(', ')}`, oneOf(OBJECTIVES), 'sharpe' as Objective)
    .option(
      '--walk-forward <folds>',
      'searches on a part of the time and tests on what follows, so often',
      wholeNumber({ min: 0, max: 100 }),
      0,
    )
    .option('--train <lengths>', 'walk-forward: length of a search, in lengths of a test', wholeNumber({ min: 1, max: 50 }), 3)
    .option('--anchored', 'walk-forward: every search begins with the data', false)
    .option('--embargo <time>', 'walk-forward: left out between search and test, such as 1d, 12h, 30m, 5s', durationMs, 0)
    .option('--workers <n>', 'threads (default: one for each core)', wholeNumber({ min: 1, max: 256 }), availableParallelism())
    .option('--queue <url>', 'redis://…: trials are done by scripts/sweep-worker, on any host')
    .option('--out <file>', 'result; the page lies beside it as .html, the trials as .trials.ndjson', 'sweep.json')
    .option('--fresh', 'forgets the trials of earlier runs with this --out', false)
    .addHelpText('after', EXAMPLES)
    .parse(argv === undefined ? process.argv : ['node', 'sweep', ...argv]);
  refuseUnused(tool);
  return argumentsOf(tool.opts<Given>());
}

/** What a person believes to have set must not be passed over. */
function refuseUnused(tool: Command): void {
  const { search, walkForward, queue } = tool.opts<Given>();
  const unused = [
    ...(search === 'tpe' ? [] : [['generation', 'with --search tpe']]),
    ...(search === 'grid' ? [['searchSeed', 'with --search random or tpe']] : []),
    ...(walkForward > 0 ? [] : ['train', 'anchored', 'embargo'].map((name) => [name, 'with --walk-forward'])),
    ...(queue === undefined ? [] : [['workers', 'without --queue: scripts/sweep-worker has its own']]),
  ];
  for (const [name = '', allowed = ''] of unused) {
    const flag = tool.options.find((option) => option.attributeName() === name)?.long ?? name;
    if (tool.getOptionValueSource(name) === 'cli') throw usage(`${flag}: allowed ${allowed}`);
  }
}

function argumentsOf(given: Given): SweepArguments {
  const { set = [], config, json: _, search, trials, searchSeed, generation, objective, walkForward, ...more } = given;
  const { train, anchored, embargo: embargoMs, workers, queue, queueModel: model, out, fresh, ...asked } = more;
  const { klines, symbol, balance, funding } = { ...NO_LISTS, ...asked };
  if (search === 'grid' && trials !== undefined) throw usage('--trials: allowed with --search random or tpe: a grid is tried whole');
  if (search !== 'grid' && trials === undefined) throw usage(`--trials: none given: with --search ${search} allowed is a whole number`);
  if (walkForward > 0 && asked.simulate !== undefined) throw usage('--walk-forward: allowed with --klines and --tape');
  if (!out.endsWith('.json')) throw usage(`--out: ${out}: allowed is a name that ends in .json`);
  const whole = { ...asked, klines, symbol, balance, funding, ...(model === undefined ? {} : { queue: model }) };
  const { calibration: _file, set: _set, config: _config, ...told } = withCalibration({ ...whole, set: [], config }); // its content is in the rest
  return {
    asked: told,
    ...{ config, set, search, trials: trials ?? null, searchSeed, generation, objective, walkForward, train, anchored, embargoMs },
    ...{ workers, queue: queue ?? null, out, fresh },
  };
}

const usage = (line: string): Problem => new Problem(EXIT.usage, [line]);

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

function durationMs(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(d|h|m|s|ms)$/.exec(text) ?? [];
  if (amount === undefined && text !== '0') throw new InvalidArgumentError('allowed is a time such as 1d, 12h, 30m or 5s.');
  return Math.round(Number(amount ?? 0) * (UNITS[unit] ?? 0));
}

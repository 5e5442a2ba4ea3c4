/** A sweep from its arguments to its result: reads the data once, goes on with what earlier runs have left, and has the rest run. */
import type { Config } from '../../../shared/config.ts';
import { configOf, EXIT, Problem } from '../tool.ts';
import { prepareOn } from '../backtest/prepare.ts';
import type { SweepArguments } from './arguments.ts';
import { type DataRange, dataRange } from './data-range.ts';
import { sizeOf } from './dimension.ts';
import type { Executor } from './executor.ts';
import { judgeSweep } from './judge.ts';
import { ThreadPool } from './pool.ts';
import { Progress } from './progress.ts';
import { QueueExecutor } from './queue-executor.ts';
import { type SweepResult, sweepResult } from './result.ts';
import { readSpace, type Space } from './space.ts';
import { foldsOf } from './splits.ts';
import { type Run, runStudies, type SweepPlan } from './study.ts';
import { Outcome } from './trial.ts';
import { TrialFile } from './trial-file.ts';
import { type World, worldOf } from './world.ts';

/** Points of a grid at most. */
const GRID_MAX = 20_000;

export type Prepared = { readonly world: World; readonly plan: SweepPlan } & Pick<DataRange, 'range' | 'gaps'>;

/** Throws Problem and TapeProblem. */
export async function prepareSweep(asked: SweepArguments): Promise<Prepared> {
  const loaded = configOf(asked.config);
  const { config: base } = await prepareOn(loaded, { ...asked.asked, set: [], config: asked.config });
  const space = spaceOf(asked, base);
  const { range, stepMs, gaps } = await dataRange(asked.asked);
  const { walkForward: folds, train: trainLengths, anchored, embargoMs } = asked;
  const split = foldsOf({ range, folds, trainLengths, anchored, embargoMs, stepMs });
  if (!split.ok) throw new Problem(EXIT.usage, [split.error]);
  const { search, searchSeed, generation, objective, trials } = asked;
  const plan = { space, base, folds: split.value, search, searchSeed, generation, objective, budget: trials ?? sizeOf(space.dimensions) };
  return { world: await worldOf(asked.asked, { config: base, file: loaded.file }), plan, range, gaps };
}

function spaceOf({ set, search }: SweepArguments, base: Config): Space {
  const read = readSpace(set, base);
  if (!read.ok) throw new Problem(EXIT.usage, read.error);
  const { dimensions } = read.value;
  if (dimensions.length === 0)
    throw new Problem(EXIT.usage, ['--set: nothing varies: allowed is key=values such as exits.stopLossPercent=0.5,1,2']);
  const open = dimensions.find((one) => one.kind === 'range' && !one.whole);
  if (search === 'grid' && open)
    throw new Problem(EXIT.usage, [
      `--set: ${open.key}: a grid needs values: allowed is a range with "step S" or "points N", or --search random or tpe`,
    ]);
  if (search === 'grid' && sizeOf(dimensions) > GRID_MAX)
    throw new Problem(EXIT.usage, [
      `--set: the grid has ${sizeOf(dimensions)} points: allowed are ${GRID_MAX}; --search random or tpe takes a part of them`,
    ]);
  return read.value;
}

/** `stopped` rejects when a person ends it. */
export async function runSweep(asked: SweepArguments, stopped: Promise<never>): Promise<SweepResult> {
  const { world, plan, range, gaps } = await Promise.race([prepareSweep(asked), stopped]);
  using file = TrialFile.open(trialsFile(asked.out), world, asked);
  using progress = new Progress((plan.budget + 1) * plan.folds.length);
  await using executor = await executorOf(asked, { world, say: (line) => progress.say(`sweep: ${line}`) });
  const studies = await Promise.race([runStudies(plan, remembering(file, { executor, progress })), stopped]);
  refuseNothingRun(studies);
  return sweepResult({ world, range, gaps, plan, judged: judgeSweep(studies, plan.objective) });
}

const trialsFile = (out: string): string => out.replace(/\.json$/, '.trials.ndjson');

type Executing = { readonly world: World; readonly say: (line: string) => void };

const executorOf = (asked: SweepArguments, { world, say }: Executing): Promise<Executor> =>
  asked.queue === null ? Promise.resolve(new ThreadPool(world, asked.workers)) : QueueExecutor.open(asked.queue, { world, say });

type Remembering = { readonly executor: Executor; readonly progress: Progress };

/** What is on disk is not run again; what is run is on disk before anybody is told. */
function remembering(file: TrialFile, { executor, progress }: Remembering): Run {
  return async (task) => {
    const before = file.get(task.id);
    const outcome = before ?? Outcome.parse(await executor.run(task)); // as if it came from the file: the same bytes
    file.add(task.id, outcome);
    progress.done({ known: before !== undefined });
    return outcome;
  };
}

/** Mistakes of the command line that only a backtest notices are in every trial. */
function refuseNothingRun(studies: Awaited<ReturnType<typeof runStudies>>): void {
  const trials = studies.flatMap((study) => study.trials);
  const lines = new Set(
    [...studies.flatMap(({ refused }) => refused), ...trials.map(({ outcome }) => outcome)].flatMap((one) =>
      'lines' in one ? one.lines : [],
    ),
  );
  if (trials.every(({ outcome }) => outcome.kind === 'refused'))
    throw new Problem(EXIT.usage, ['not one point can be run:', ...[...lines].slice(0, 5)]);
}

/**
 * How a sweep scales over the cores: MACD parameter sets over 14 months of recorded five-minute bars on one thread and on one for each core,
 * beside threads of plain arithmetic, one and as many, in turn on the same cores. The time in which threads start and read the bars is told
 * apart, and counted once for 200 sets.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sweepTool } from '../lib/sweep/arguments.ts';
import { ThreadPool } from '../lib/sweep/pool.ts';
import { prepareSweep } from '../lib/sweep/sweep.ts';
import { type Task, taskOf } from '../lib/sweep/trial.ts';
import type { World } from '../lib/sweep/world.ts';
import { type Figure, median } from './measure.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DATA = process.env['MMBOT_DATA'] ?? join(ROOT, '..', 'shared', 'data');
const BARS = 'klines/binance-usdm_BTCUSDT_5m_20231101-20241230.csv.gz';
const SETS = 200;
/** Sets that are run in a round on one thread, and on several. */
const SETS_RUN = 4;
const ROUNDS = 3;
const ROUNDS_QUICK = 2;
/** Of the control, to see how many of them take as long as a set. */
const TRIAL_TURNS = 200_000_000;
/** Lost of what the control gains. */
const GOAL_LOST = 10;
/** What the control gains differs by less than this factor between rounds; more, and others were at work. */
const NOISE_MAX = 1.1;

/** `cpu`: of all threads of the process; on a busy machine it tells more than the time on the clock. */
type Took = { readonly seconds: number; readonly cpu: number };
type Round = { readonly sweepOne: Took; readonly sweepMany: Took; readonly controlOne: Took; readonly controlMany: Took };

/** `quick`: fewer rounds of the same sets over the same bars, about a minute. */
export async function benchSweep(quick = false): Promise<readonly Figure[]> {
  const file = join(DATA, BARS);
  if (!existsSync(file)) {
    process.stderr.write(
      `skipped: sweep, the recording ${BARS} is not in ${process.env['MMBOT_DATA'] ? 'MMBOT_DATA' : '../shared/data'}\n`,
    );
    return [];
  }
  const many = availableParallelism();
  const { world, tasks } = await macdSets(file);
  await using one = await openPool(world, 1);
  await using all = await openPool(world, many);
  await using spinOne = new Spinners(1);
  await using spinAll = new Spinners(many);
  await warmUp([one.pool, all.pool], tasks);
  const turns = await turnsOf(one.pool, { tasks, spinOne });
  const rounds: Round[] = [];
  for (let n = 0; n < (quick ? ROUNDS_QUICK : ROUNDS); n++)
    rounds.push({
      controlOne: await took(() => spinOne.run(turns)),
      sweepOne: await took(() => runAll(one.pool, tasks)),
      controlMany: await took(() => spinAll.run(turns)),
      sweepMany: await took(() => runAll(all.pool, tasks)),
    });
  return figuresOf(rounds, { many, startSeconds: all.startSeconds });
}

type Beside = { readonly tasks: readonly Task[]; readonly spinOne: Spinners };

/** Of the control, as long as the sets of a round. */
async function turnsOf(pool: ThreadPool, { tasks, spinOne }: Beside): Promise<number> {
  await spinOne.run(TRIAL_TURNS);
  const turn = (await seconds(() => spinOne.run(TRIAL_TURNS))) / TRIAL_TURNS;
  const set = await seconds(() => runAll(pool, tasks.slice(0, 1)));
  return Math.round((set * tasks.length) / turn);
}

function figuresOf(
  rounds: readonly Round[],
  { many, startSeconds }: { readonly many: number; readonly startSeconds: number },
): readonly Figure[] {
  const sweep = median(rounds.map(({ sweepOne, sweepMany }) => sweepOne.seconds / sweepMany.seconds));
  const gains = rounds.map(({ controlOne, controlMany }) => controlOne.seconds / controlMany.seconds);
  const control = median(gains);
  const perSet = median(rounds.map(({ sweepMany }) => sweepMany.seconds)) / SETS_RUN;
  const whole = startSeconds + perSet * SETS;
  const conclusive = Math.max(...gains) / Math.min(...gains) <= NOISE_MAX;
  const dearer = median(rounds.map((one) => one.sweepMany.cpu / one.sweepOne.cpu / (one.controlMany.cpu / one.controlOne.cpu)));
  const cpu = median(rounds.map(({ sweepMany }) => sweepMany.cpu)) / SETS_RUN;
  return [
    {
      ...{ name: `sweep: CPU of a set on ${many} threads above that on one`, value: (dearer - 1) * 100, unit: '%', goal: GOAL_LOST },
      ...{ conclusive: true, beside: `${cpu.toFixed(2)} s a set; what plain arithmetic takes more is taken out` },
    },
    {
      ...{
        name: `sweep: gain of ${many} threads lost beside the control`,
        value: (1 - sweep / control) * 100,
        unit: '%',
        goal: GOAL_LOST,
        conclusive,
      },
      beside: `${sweep.toFixed(2)} times one thread, plain arithmetic ${control.toFixed(2)} times; ${SETS_RUN} sets, median of ${rounds.length} rounds`,
    },
    {
      ...{ name: `sweep: ${SETS} MACD sets over 14 months of 5-minute bars`, value: whole, unit: 's', goal: null, conclusive },
      beside: `${many} threads, ${perSet.toFixed(2)} s a set and ${startSeconds.toFixed(1)} s to start and read the bars`,
    },
  ];
}

async function macdSets(file: string): Promise<{ readonly world: World; readonly tasks: readonly Task[] }> {
  const { world, range } = await prepareSweep(
    sweepTool([
      ...['--config', join(ROOT, 'config.json'), '--klines', file, '--symbol', 'BTCUSDT', '--strategy', 'macd-trend'],
      ...['--set', 'strategy.macdTrend.fastPeriod=8,12'],
    ]),
  );
  const tasks = Array.from({ length: SETS_RUN }, (_, n) =>
    taskOf({ 'strategy.macdTrend.fastPeriod': 6 + 2 * n, 'strategy.macdTrend.slowPeriod': 40 + n }, [range]),
  );
  return { world, tasks };
}

type OpenPool = AsyncDisposable & { readonly pool: ThreadPool; readonly startSeconds: number };

async function openPool(world: World, threads: number): Promise<OpenPool> {
  const pool = new ThreadPool(world, threads);
  const startSeconds = await seconds(() => pool.ready());
  return { pool, startSeconds, [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() };
}

/** Every thread has compiled what it runs. */
async function warmUp(pools: readonly ThreadPool[], tasks: readonly Task[]): Promise<void> {
  for (const pool of pools) await runAll(pool, tasks.slice(0, Math.max(2, availableParallelism())));
}

const runAll = async (pool: ThreadPool, tasks: readonly Task[]): Promise<void> =>
  void (await Promise.all(tasks.map((task) => pool.run(task))));

async function took(run: () => Promise<unknown>): Promise<Took> {
  const from = process.cpuUsage();
  const clock = await seconds(run);
  const { user, system } = process.cpuUsage(from);
  return { seconds: clock, cpu: (user + system) / 1e6 };
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run();
  return (performance.now() - from) / 1_000;
}

class Spinners implements AsyncDisposable {
  readonly #workers: readonly Worker[];

  constructor(threads: number) {
    this.#workers = Array.from({ length: threads }, () => new Worker(new URL('./spin.ts', import.meta.url)));
  }

  /** Shared among the threads. */
  async run(all: number): Promise<void> {
    const turns = Math.round(all / this.#workers.length);
    await Promise.all(
      this.#workers.map(
        (worker) =>
          new Promise((done) => {
            worker.once('message', done);
            worker.postMessage(turns);
          }),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

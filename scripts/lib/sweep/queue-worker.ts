/** Does the trials of a queue on the threads of this machine, of any sweep whose data and program are here. */
import { type Job, WaitingError, Worker } from 'bullmq';
import { EXIT, Problem } from '../tool.ts';
import { ThreadPool } from './pool.ts';
import { LOCK_MS, openQueueRedis, QUEUE, readJob, STALLED_MS, type TrialJob, untilGone, watchRedis } from './queue-link.ts';
import type { Outcome } from './trial.ts';
import { keyOf, type World } from './world.ts';
import { worldHere } from './world-here.ts';

export type QueueWorkerOptions = {
  readonly url: string;
  /** Where data files lie here; null: under the paths of the coordinator. */
  readonly data: string | null;
  readonly threads: number;
  readonly say: (line: string) => void;
};

/** What a dead worker had may be taken up so often: it is the machine that dies, not the trial. */
const STALLED_MAX = 1_000;
const RETRY_MS = 250;

type Desk = { readonly key: string; readonly pool: Promise<ThreadPool | string>; running: number };

/** Runs until `ended`, and then until the trials at hand are done. Throws Problem: a sweep whose data or program is another. */
export async function workQueue(options: QueueWorkerOptions, ended: Promise<void>): Promise<number> {
  const { url, threads, say } = options;
  const redis = await openQueueRedis(url);
  const desks: Desk[] = [];
  let done = 0;
  let refused: (problem: Problem) => void = () => undefined;
  const refusal = new Promise<never>((_, reject) => {
    refused = reject;
  });
  refusal.catch(() => undefined); // awaited below
  const worker = new Worker<TrialJob, Outcome>(
    QUEUE.name,
    async (job, token) => {
      const outcome = await trialOf(job, { options, desks });
      if (typeof outcome === 'string') {
        await worker.pause(true);
        await job.moveToWait(token); // another worker may have what is missing here
        refused(new Problem(EXIT.refused, [outcome]));
        throw new WaitingError();
      }
      done += 1;
      return outcome;
    },
    {
      ...{ connection: redis, prefix: QUEUE.prefix, concurrency: threads, lockDuration: LOCK_MS, stalledInterval: STALLED_MS },
      ...{ maxStalledCount: STALLED_MAX, runRetryDelay: RETRY_MS },
    },
  );
  worker.on('error', () => undefined); // a lost server or lock: the coordinator finds what is missing
  watchRedis(redis, say);
  try {
    await Promise.race([ended, refusal]);
    return done;
  } finally {
    redis.removeAllListeners('close');
    await untilGone(redis, () => worker.close()); // it would wait for a server that may never come
    redis.disconnect();
    for (const desk of desks) await closeDesk(desk);
  }
}

type Doing = { readonly options: QueueWorkerOptions; readonly desks: Desk[] };

/** A text: why it cannot be done here. */
async function trialOf(job: Job<TrialJob, Outcome>, { options, desks }: Doing): Promise<Outcome | string> {
  const data = readJob(job.data);
  if (data === null) return 'a trial in the queue is of another version: allowed is the same checkout as that of the sweep';
  const desk = deskOf(data.world, { options, desks });
  desk.running += 1;
  try {
    await closeIdle(desks);
    const pool = await desk.pool;
    return typeof pool === 'string' ? pool : await pool.run(data.task);
  } catch (error) {
    if (desks.includes(desk)) desks.splice(desks.indexOf(desk), 1); // its threads have ended
    throw error;
  } finally {
    desk.running -= 1;
  }
}

/** One set of threads for each sweep. */
function deskOf(world: World, { options, desks }: Doing): Desk {
  const key = keyOf(world);
  const found = desks.find((desk) => desk.key === key);
  if (found) return found;
  const desk: Desk = { key, pool: openPool(world, options), running: 0 };
  desks.push(desk);
  return desk;
}

/** Of a sweep that has nothing to do any more, while another has. */
async function closeIdle(desks: Desk[]): Promise<void> {
  const idle = desks.filter(({ running }) => running === 0);
  desks.splice(0, desks.length, ...desks.filter(({ running }) => running > 0));
  for (const desk of idle) await closeDesk(desk);
}

async function openPool(world: World, { data, threads, say }: QueueWorkerOptions): Promise<ThreadPool | string> {
  const here = await worldHere(world, data);
  if (!here.ok) return here.error;
  say(`sweep ${keyOf(world)} of ${here.value.asked.symbol.join(', ')}: ${threads} threads`);
  return new ThreadPool(here.value, threads);
}

async function closeDesk({ pool }: Desk): Promise<void> {
  const opened = await pool;
  if (typeof opened !== 'string') await opened[Symbol.asyncDispose]();
}

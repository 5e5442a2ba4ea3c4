/** What coordinator and workers agree on: the queue, its jobs, and a connection that waits for Redis as long as it takes. */
import { Redis } from 'ioredis';
import * as z from 'zod';
import { hidePassword } from '../../../shared/config-problem.ts';
import { EXIT, Problem } from '../tool.ts';
import { Task, type Task as TaskType } from './trial.ts';
import { World, type World as WorldType } from './world.ts';

export const QUEUE = { name: 'trials', prefix: 'mm-sweep' } as const;
export const JOB = 'trial';
/** A worker that does not renew its lock for so long counts as dead, and what it had is given to another. */
export const LOCK_MS = 10_000;
/** How often workers look for what a dead one had. */
export const STALLED_MS = 3_000;

const Job = z.strictObject({ world: World, task: Task });
export type TrialJob = { readonly world: WorldType; readonly task: TaskType };

/** Written by one program and read by another of the same build; anything else is null. */
export function readJob(data: unknown): TrialJob | null {
  const parsed = Job.safeParse(data);
  return parsed.success ? (parsed.data as unknown as TrialJob) : null;
}

const CONNECT_MS = 3_000;
const RETRY_MS = 250;

/** Exit code 3 when nobody answers now; later losses are waited out: commands stay in line until the server is there again. */
export async function openQueueRedis(url: string): Promise<Redis> {
  if (!/^rediss?:\/\/./.test(url))
    throw new Problem(EXIT.usage, [`--queue: ${hidePassword(url)}: allowed is an address such as redis://host:6379`]);
  let isFirst = true;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: null, // what BullMQ asks for: a blocking command must not be given up
    retryStrategy: () => (isFirst ? null : RETRY_MS),
  });
  let why = 'no answer';
  redis.on('error', (error: NodeJS.ErrnoException) => {
    why = error.message || (error.code ?? why);
  });
  try {
    await redis.connect();
    await redis.select(redis.options.db ?? 0); // connecting passes over a database that is not there, and takes the first
  } catch (error) {
    if (redis.status === 'ready' && error instanceof Error) why = error.message;
    redis.disconnect();
    throw new Problem(EXIT.unreachable, [
      `Redis does not answer at ${hidePassword(url)} (${why}): start a redis-server there, or correct --queue`,
    ]);
  }
  isFirst = false;
  return redis;
}

/** Says once that the server is gone, and once that it is there again. */
export function watchRedis(redis: Redis, say: (line: string) => void): void {
  let gone = false;
  redis.on('close', () => {
    if (!gone) say('Redis does not answer: waiting for it');
    gone = true;
  });
  redis.on('ready', () => {
    if (gone) say('Redis is there again');
    gone = false;
  });
}

/** What is asked of a server at the end: not waited for where it is gone, or goes away under it. */
export async function untilGone(redis: Redis, ask: () => Promise<unknown>): Promise<void> {
  if (redis.status !== 'ready') return;
  const gone = Promise.withResolvers<void>();
  redis.once('close', gone.resolve);
  await Promise.race([ask(), gone.promise]);
}

/**
 * Trials by workers behind a queue. The queue holds what is to be done, and may lose all of it: what is wanted and not there any more is
 * put in again, what comes twice is taken once, and what a dead worker had goes to another. So neither the death of a worker nor that of
 * Redis, with what it remembers or without, loses a trial or counts one twice.
 */
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { EXIT, Problem } from '../tool.ts';
import type { Executor } from './executor.ts';
import { JOB, openQueueRedis, QUEUE, type TrialJob, untilGone, watchRedis } from './queue-link.ts';
import { Outcome, type Task } from './trial.ts';
import { keyOf, type World } from './world.ts';

type Wanted = { readonly task: Task; readonly done: (outcome: Outcome) => void; readonly failed: (problem: Error) => void };

/** Jobs in the queue at once. */
const WINDOW = 256;
const LOOK_MS = 1_000;
/** What nobody has asked for in the end, after the death of a coordinator. */
const KEEP = { age: 7 * 86_400, count: 20_000 } as const;

export class QueueExecutor implements Executor {
  readonly #redis: Redis;
  readonly #queue: Queue<TrialJob, Outcome>;
  readonly #events: QueueEvents;
  readonly #world: World;
  readonly #line: Wanted[] = [];
  /** By id of the job. */
  readonly #wanted = new Map<string, Wanted>();
  /** Jobs whose results were taken while the server went away. */
  readonly #left = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  readonly #say: (line: string) => void;
  #looking = false;
  #alone = false;

  private constructor(redis: Redis, world: World, say: (line: string) => void) {
    [this.#redis, this.#world, this.#say] = [redis, world, say];
    this.#queue = new Queue(QUEUE.name, { connection: redis, prefix: QUEUE.prefix });
    this.#events = new QueueEvents(QUEUE.name, { connection: redis, prefix: QUEUE.prefix });
    this.#queue.on('error', () => undefined); // told by the connection, once
    this.#events.on('error', () => undefined);
    this.#events.on('completed', ({ jobId }) => void this.#take(jobId));
    this.#events.on('failed', ({ jobId }) => void this.#take(jobId));
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    watchRedis(redis, say);
  }

  static async open(url: string, { world, say }: { readonly world: World; readonly say: (line: string) => void }): Promise<QueueExecutor> {
    return new QueueExecutor(await openQueueRedis(url), world, say);
  }

  run(task: Task): Promise<Outcome> {
    return new Promise((done, failed) => {
      this.#line.push({ task, done, failed });
      this.#feed();
    });
  }

  /** Trials that wait in the queue are taken out of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#line.length = 0;
    await untilGone(this.#redis, () => Promise.all([...this.#wanted.keys(), ...this.#left].map((id) => this.#drop(id))));
    this.#wanted.clear();
    this.#events.disconnect().catch(() => undefined); // closing waits for a server that may be gone
    this.#redis.removeAllListeners('close');
    this.#redis.disconnect();
  }

  #feed(): void {
    while (this.#wanted.size < WINDOW) {
      const next = this.#line.shift();
      if (next === undefined) return;
      const id = `${keyOf(this.#world)}-${next.task.id}`;
      this.#wanted.set(id, next);
      void this.#put(id, next);
    }
  }

  /** A job of this id that is there already, waiting or done, is left as it is. */
  async #put(jobId: string, { task }: Wanted): Promise<void> {
    const options = { jobId, removeOnComplete: KEEP, removeOnFail: KEEP };
    await this.#heard(this.#queue.add(JOB, { world: this.#world, task }, options));
  }

  /** What became of everything that is wanted: done and not heard of, or gone with the memory of a server. */
  async #look(): Promise<void> {
    if (this.#looking || this.#redis.status !== 'ready') return;
    this.#looking = true;
    await this.#heard(Promise.all([...this.#wanted].map(([id, wanted]) => this.#lookFor(id, wanted))));
    await this.#heard(this.#lookForWorkers());
    this.#looking = false;
  }

  /** Says once that nobody is there. */
  async #lookForWorkers(): Promise<void> {
    const alone = this.#wanted.size > 0 && (await this.#queue.getWorkersCount()) === 0;
    if (alone && !this.#alone) this.#say('no worker is connected: start scripts/sweep-worker --queue with this address, here or elsewhere');
    this.#alone = alone;
  }

  async #lookFor(id: string, wanted: Wanted): Promise<void> {
    const state = await this.#queue.getJobState(id);
    if (!this.#wanted.has(id)) return; // heard of in between
    if (state === 'unknown') await this.#put(id, wanted);
    else if (state === 'completed' || state === 'failed') await this.#take(id);
  }

  /** Takes the result, once, and the job out of the queue. */
  async #take(id: string): Promise<void> {
    if (!this.#wanted.has(id)) return;
    const job = await this.#heard(this.#queue.getJob(id));
    const wanted = this.#wanted.get(id);
    if (!job || !wanted) return;
    const outcome = Outcome.safeParse(job.returnvalue);
    if (outcome.success) wanted.done(outcome.data);
    else if (job.finishedOn !== undefined && !job.failedReason)
      wanted.failed(new Problem(EXIT.failed, ['a worker answered with what is no outcome of a trial: allowed is the same checkout there']));
    else if (job.failedReason) wanted.failed(new Problem(EXIT.failed, [`a worker gave up: ${job.failedReason}`]));
    else return; // it is not done at all: a server that forgot, and was told anew
    this.#wanted.delete(id);
    await this.#drop(id);
    this.#feed();
  }

  /** A worker that is at it keeps it; its result is not asked for any more. */
  async #drop(id: string): Promise<void> {
    this.#left.add(id);
    const removed = await this.#heard(this.#queue.remove(id));
    if (removed !== null) this.#left.delete(id);
  }

  /** Commands fail when a server goes away under them: the next look finds what is missing. */
  async #heard<T>(asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch {
      return null;
    }
  }
}

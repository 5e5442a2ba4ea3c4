/** Trials on threads of this machine, one task on each at a time. */
import { Worker } from 'node:worker_threads';
import { EXIT, Problem } from '../tool.ts';
import type { Executor } from './executor.ts';
import type { ThreadAnswer } from './thread.ts';
import type { Outcome, Task } from './trial.ts';
import type { World } from './world.ts';

type Waiting = { readonly task: Task; readonly done: (outcome: Outcome) => void; readonly failed: (problem: Error) => void };
type Thread = { readonly worker: Worker; readonly started: PromiseWithResolvers<void>; busy: Waiting | null; ready: boolean };

/** A trial makes much that is soon gone: with more room for it fewer collections stop the thread, and fewer helpers take the cores from others. */
const YOUNG = { maxYoungGenerationSizeMb: 96 } as const;

export class ThreadPool implements Executor {
  readonly #threads: Thread[];
  readonly #waiting: Waiting[] = [];
  #problem: Error | null = null;

  constructor(world: World, threads: number) {
    this.#threads = Array.from({ length: threads }, () => this.#start(world));
  }

  /** All threads have read the data. */
  async ready(): Promise<void> {
    await Promise.all(this.#threads.map(({ started }) => started.promise));
  }

  run(task: Task): Promise<Outcome> {
    return new Promise((done, failed) => {
      if (this.#problem) failed(this.#problem);
      else this.#waiting.push({ task, done, failed });
      this.#feed();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error('Cannot run trials: the pool is closed'));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(world: World): Thread {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: world, resourceLimits: YOUNG });
    const thread: Thread = { worker, started: Promise.withResolvers(), busy: null, ready: false };
    thread.started.promise.catch(() => undefined); // told to whoever waits for a trial
    worker.on('message', (answer: ThreadAnswer) => this.#hear(thread, answer));
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#fail(new Error('Cannot go on: a thread has ended')));
    return thread;
  }

  #hear(thread: Thread, answer: ThreadAnswer): void {
    if (answer.kind === 'failed') {
      this.#fail(new Problem(EXIT.failed, answer.lines));
      return;
    }
    const { busy } = thread;
    [thread.ready, thread.busy] = [true, null];
    thread.started.resolve();
    if (answer.kind === 'outcome') busy?.done(answer.outcome);
    this.#feed();
  }

  #feed(): void {
    for (const thread of this.#threads) {
      if (!thread.ready || thread.busy !== null) continue;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      thread.busy = next;
      thread.worker.postMessage(next.task);
    }
  }

  /** Once: all that wait are told the first problem. */
  #fail(problem: Error): void {
    if (this.#problem) return;
    this.#problem = problem;
    for (const { started } of this.#threads) started.reject(problem);
    for (const { failed } of [...this.#threads.flatMap(({ busy }) => busy ?? []), ...this.#waiting]) failed(problem);
    this.#waiting.length = 0;
  }
}

/** Work on the ledger's file that takes long and that nobody waits for, in a thread of its own: begun at the first task, over with the store. */
import { Worker } from 'node:worker_threads';

/** `fold`: the log into the file. `prove`: every page is sound. `open`: that it can be opened as at a start, and written. */
export type Task = 'fold' | 'prove' | 'open';
export type Answer = { readonly kind: 'done' } | { readonly kind: 'broken' | 'failed'; readonly sentence: string };

const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };

export class LedgerAside {
  readonly #path: string;
  #worker: Worker | null = null;
  #waiting: ((answer: Answer) => void)[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Never answered once stopped. */
  do(task: Task): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage(task);
      this.#waiting.push(resolve);
    } catch (error) {
      resolve({ kind: 'failed', sentence: wordsOf(error) });
    }
    return promise;
  }

  stop(): void {
    this.#waiting = [];
    void this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./ledger-thread.ts', import.meta.url), {
      workerData: { path: this.#path },
      resourceLimits: LIMITS,
    });
    worker.unref();
    worker.on('message', (answer: Answer) => this.#waiting.shift()?.(answer));
    worker.once('error', (error) => this.#lost(worker, wordsOf(error)));
    worker.once('exit', () => this.#lost(worker, 'its thread ended'));
    return worker;
  }

  /** What it was asked is not done; the next task begins another. */
  #lost(worker: Worker, sentence: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const answer of waiting) answer({ kind: 'failed', sentence });
  }
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

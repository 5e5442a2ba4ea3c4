/** Whoever runs trials: threads of this machine, or workers behind a queue. */
import type { Outcome, Task } from './trial.ts';

export type Executor = AsyncDisposable & {
  /** Any number may be asked for at once. Rejects with what is wrong with the data, or with us. */
  readonly run: (task: Task) => Promise<Outcome>;
};

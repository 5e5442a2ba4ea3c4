/** A thread that runs trials: told its world when it begins, then one task after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { TapeProblem } from '../../sim/tape-file.ts';
import { Problem } from '../tool.ts';
import { TrialRunner } from './runner.ts';
import type { Outcome, Task } from './trial.ts';
import type { World } from './world.ts';

export type ThreadAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** Lines for a person; nothing more comes. */
  | { readonly kind: 'failed'; readonly lines: readonly string[] };

const port = parentPort;
if (port === null) throw new Error('Cannot run trials: this file is for a thread');
const say = (answer: ThreadAnswer): void => port.postMessage(answer);

const failed = (error: unknown, task?: Task): ThreadAnswer => {
  if (error instanceof Problem) return { kind: 'failed', lines: error.lines };
  if (error instanceof TapeProblem) return { kind: 'failed', lines: [error.message] };
  const what = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', lines: [task ? `the backtest of ${JSON.stringify(task.change)} broke: ${what}` : what] };
};

const runner = await TrialRunner.open(workerData as World).catch((error: unknown) => {
  say(failed(error));
  return null;
});
if (runner !== null) {
  port.on('message', (task: Task) => {
    runner.run(task).then(
      (outcome) => say({ kind: 'outcome', outcome }),
      (error: unknown) => say(failed(error, task)),
    );
  });
  say({ kind: 'ready' });
}

/**
 * One answer to a question that may be asked twice: a second one goes out when the first is slow, and the first answer counts. Used at
 * the start, where one lost request must not cost a whole time-out.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { MonoMs } from '../../../shared/units.ts';

/** From `afterMs` without an answer on, as long as it is not `until`. */
export type Hedge = { readonly afterMs: number; readonly until: MonoMs };
export type HedgeOptions<T> = { readonly clock: Clock; readonly afterMs: number; readonly isAnswer: (result: T) => boolean };

/** The first answer; when none comes, the last that is none. One that fails before `afterMs` is not asked again here. */
export function hedged<T>(ask: () => Promise<T>, { clock, afterMs, isAnswer }: HedgeOptions<T>): Promise<T> {
  return new Promise((resolve) => {
    let asked = 0;
    const send = (): void => {
      asked++;
      void ask().then((result) => {
        asked--;
        if (!isAnswer(result) && asked > 0) return;
        timer.cancel();
        resolve(result);
      });
    };
    const timer = clock.after(afterMs, send);
    send();
  });
}

/**
 * One answer to a question that may be asked again: a second one goes out when the first is slow, a third when both are, and the first answer
 * counts. Used at the start, where lost requests must not cost a whole time-out.
 */
import type { Clock, Timer } from '../../../shared/clock.ts';
import type { MonoMs } from '../../../shared/units.ts';

const ASKS_MAX = 3;

/** From `afterMs` without an answer on, and once more twice as long after it, as long as it is not `until`. */
export type Hedge = { readonly afterMs: number; readonly until: MonoMs };
export type HedgeOptions<T> = { readonly clock: Clock; readonly afterMs: number; readonly isAnswer: (result: T) => boolean };

/** The first answer; when none comes, the last that is none. One that fails before `afterMs` is not asked again here. */
export function hedged<T>(ask: () => Promise<T>, { clock, afterMs, isAnswer }: HedgeOptions<T>): Promise<T> {
  return new Promise((resolve) => {
    let [sent, open] = [0, 0];
    let timer: Timer | null = null;
    const send = (): void => {
      open++;
      timer = ++sent < ASKS_MAX ? clock.after(sent * afterMs, send) : null;
      void ask().then((result) => {
        open--;
        if (!isAnswer(result) && open > 0) return;
        timer?.cancel();
        resolve(result);
      });
    };
    send();
  });
}

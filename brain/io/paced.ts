/** What is done when asked, at once but never twice within a time: who asks sooner is served at its end, many by one run. */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';

export class Paced implements Disposable {
  readonly #clock: Clock;
  readonly #apartMs: number;
  readonly #run: () => void;
  #ranAt: MonoMs | null = null;
  #waiting: Timer | null = null;

  /** `apartMs` is of this clock's time. */
  constructor({ clock, apartMs, run }: { readonly clock: Clock; readonly apartMs: number; readonly run: () => void }) {
    this.#clock = clock;
    this.#apartMs = apartMs;
    this.#run = run;
  }

  ask(): void {
    if (this.#waiting !== null) return;
    const waitMs = this.#ranAt === null ? 0 : this.#ranAt + this.#apartMs - this.#clock.monoMs();
    if (waitMs <= 0) this.#now();
    else this.#waiting = this.#clock.after(waitMs, () => this.#now());
  }

  /** Nothing that waits runs any more. */
  [Symbol.dispose](): void {
    this.#waiting?.cancel();
    this.#waiting = null;
  }

  #now(): void {
    this.#waiting = null;
    this.#ranAt = this.#clock.monoMs();
    this.#run();
  }
}

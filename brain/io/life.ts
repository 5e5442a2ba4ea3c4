/** Whether this process has just stood still (stopped, swapped out, a long collection): what it reads next may have waited as long. */
import type { Clock } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';

/** Both of real time. */
const BEAT_MS = 20;
const STILL_MS = 100;

export class Life implements Disposable {
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #beatAt: { readonly mono: MonoMs; readonly realMs: number } | null = null;
  /** The last sign of life before it stood still; null: it did not. */
  #stillFrom: MonoMs | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.beat();
    this.#timer = setInterval(() => this.beat(), BEAT_MS).unref();
  }

  /** Timers come before sockets after a stop, so that this is known when they are read. */
  beat(): void {
    const [before, now] = [this.#beatAt, { mono: this.#clock.monoMs(), realMs: performance.now() }];
    this.#stillFrom = before !== null && now.realMs - before.realMs > STILL_MS ? before.mono : null;
    this.#beatAt = now;
  }

  /** What is heard now came after this. */
  heardSince(): MonoMs {
    const beat = this.#beatAt;
    if (beat && performance.now() - beat.realMs > STILL_MS) return beat.mono; // since then no timer had its turn
    return this.#stillFrom ?? this.#clock.monoMs();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/**
 * One snapshot a tick, and one on its way at a time. A Redis that has not answered yet is sent nothing more: the tick is left out and counted, and
 * the newest state goes out in the moment of the answer instead of waiting for the next tick. Never a queue.
 */
import type { Timer } from '../../shared/clock.ts';
import type { TickClock } from '../publish/tick-clock.ts';

/** Where snapshots go. */
export type Outlet<T> = {
  /** False while the one before is unanswered. */
  readonly ready: boolean;
  /** Ticks that were left out. */
  skipped: number;
  /** Resolves when it was answered or has failed; never rejects. */
  readonly write: (taken: T) => Promise<unknown>;
};
export type PulseOptions<T> = { readonly ticks: TickClock; readonly outlet: Outlet<T>; readonly take: () => T };

export class Pulse<T> {
  readonly #options: PulseOptions<T>;
  #isOwed = false;
  #isOver = false;

  constructor(options: PulseOptions<T>) {
    this.#options = options;
  }

  start(): Timer {
    const timer = this.#options.ticks.start(() => this.#tick());
    return {
      cancel: () => {
        this.#isOver = true;
        timer.cancel();
      },
    };
  }

  #tick(): void {
    const { outlet } = this.#options;
    if (outlet.ready) {
      this.#send();
      return;
    }
    this.#isOwed = true;
    outlet.skipped++;
  }

  #send(): void {
    this.#isOwed = false;
    const taken = this.#options.take();
    setImmediate(() => void this.#written(taken)); // a command that came in while it was made goes first
  }

  async #written(taken: T): Promise<void> {
    await this.#options.outlet.write(taken);
    if (this.#isOwed && !this.#isOver) this.#send();
  }
}

/**
 * When snapshots are pushed. A change of the top at once, in the turn of its frame; those of the next moment go out as one at its end, so that
 * a burst of frames costs one message and the newest state wins. A change of an own order at the end of the moment: a brain that waits to see
 * what became of an order is not held up until the next snapshot, and no order waits for a push to be made.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type MonoMs, monoMs } from '../../shared/units.ts';

/** Changes closer together than this go out as one; longer where a push takes longer, so that frames and commands have half of the time. */
const APART_MS = 2;

export class PushPace {
  readonly #clock: Clock;
  readonly #push: () => void;
  #nextAt: MonoMs | null = null;
  #waiting: Timer | null = null;

  constructor({ clock, push }: { readonly clock: Clock; readonly push: () => void }) {
    this.#clock = clock;
    this.#push = push;
  }

  topChanged(): void {
    const waitMs = this.#waitMs;
    if (waitMs <= 0) this.#now();
    else this.#waiting ??= this.#clock.after(waitMs, () => this.#now());
  }

  ordersChanged(): void {
    this.#waiting ??= this.#clock.after(Math.max(APART_MS, this.#waitMs), () => this.#now());
  }

  get #waitMs(): number {
    return this.#nextAt === null ? 0 : this.#nextAt - this.#clock.monoMs();
  }

  #now(): void {
    this.#waiting?.cancel();
    this.#waiting = null;
    const begunAt = this.#clock.monoMs();
    this.#push();
    const endedAt = this.#clock.monoMs();
    this.#nextAt = monoMs(endedAt + Math.max(APART_MS, endedAt - begunAt));
  }
}

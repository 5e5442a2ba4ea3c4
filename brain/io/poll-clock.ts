/**
 * When Redis is read: a poll period after the last time, and just after each tick of the snapshots, which fall on whole multiples of their
 * period on the wall clock that both processes share. A snapshot that is not there yet is looked for again each millisecond, a few times: so it
 * is found a millisecond or two after it landed, not half a poll period. With a period as long as that of the snapshots
 * or longer somebody wants fewer reads: then the period is all there is. A poll never waits for the one before; that is the reader's to refuse.
 */
import type { Clock, Timer } from '../../shared/clock.ts';

export type PollClockOptions = {
  readonly clock: Clock;
  readonly pollMs: number;
  readonly snapshotMs: number;
  /** True when it found a new snapshot; null when nothing was asked. */
  readonly poll: () => Promise<boolean | null>;
};

/** From a tick until the first look: a snapshot takes so long at least. */
const LANDS_MS = 1;
const SEEK_MS = 1;
/** A timer may come so much too soon. */
const EARLY_MS = 0.9;
/** Then it is late, and the common period finds it. */
const SEEKS_MAX = 8;

export class PollClock implements Disposable {
  readonly #options: PollClockOptions;
  #timer: Timer;
  #seek: Timer | null = null;
  #isOver = false;

  constructor(options: PollClockOptions) {
    this.#options = options;
    this.#timer = this.#arm();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer.cancel();
    this.#seek?.cancel();
  }

  #arm(): Timer {
    const { clock, pollMs, snapshotMs } = this.#options;
    const now = clock.wallMs();
    const landsMs = snapshotMs - ((now - LANDS_MS) % snapshotMs);
    const isTick = pollMs < snapshotMs && landsMs <= pollMs && landsMs >= EARLY_MS; // a timer that came a little early was this tick's
    return clock.after(isTick ? landsMs : pollMs, () => {
      this.#seek?.cancel();
      this.#timer = this.#arm();
      void this.#look(isTick ? SEEKS_MAX : 0);
    });
  }

  async #look(seeks: number): Promise<void> {
    const found = await this.#options.poll();
    if (found !== false || seeks === 0 || this.#isOver) return;
    this.#seek?.cancel();
    this.#seek = this.#options.clock.after(SEEK_MS, () => void this.#look(seeks - 1));
  }
}

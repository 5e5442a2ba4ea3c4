/**
 * Notices that this process stood still (garbage collection, SIGSTOP, sleep): what waited in queues meanwhile was decided on a world long
 * gone. Real time on purpose: a stall is one of the machine's, whatever the speed of the simulated clock. The monotonic clock of a machine
 * that sleeps stands still with it, so the wall clock is looked at as well; one that is set forward looks like a stall and costs little.
 */
const STALL_MS = 500;
/** Time after a stall to empty the queues in. */
const DRAIN_MS = 100;

export type StallClocks = { readonly mono: () => number; readonly wall: () => number };

export class StallGuard {
  readonly #clocks: StallClocks;
  #beatAt: number;
  #beatWall: number;
  #until = 0;
  stalls = 0;

  constructor(clocks: StallClocks) {
    this.#clocks = clocks;
    [this.#beatAt, this.#beatWall] = [clocks.mono(), clocks.wall()];
  }

  /** Called by a timer many times a second. */
  beat(): void {
    this.isStalled();
    [this.#beatAt, this.#beatWall] = [this.#clocks.mono(), this.#clocks.wall()];
  }

  /** True right after a stall: orders that were waiting are dropped. */
  isStalled(): boolean {
    const now = this.#clocks.mono();
    if (Math.max(now - this.#beatAt, this.#clocks.wall() - this.#beatWall) > STALL_MS) {
      if (now >= this.#until) this.stalls++;
      this.#until = now + DRAIN_MS;
    }
    return now < this.#until;
  }
}

/**
 * Notices that this process stood still (garbage collection, SIGSTOP, sleep): what waited in queues meanwhile was decided on a world long
 * gone. Real time on purpose: a stall is one of the machine's, whatever the speed of the simulated clock.
 */
const STALL_MS = 500;
/** Time after a stall to empty the queues in. */
const DRAIN_MS = 100;

export class StallGuard {
  #beatAt: number;
  #until = 0;
  stalls = 0;

  constructor(nowMs: number) {
    this.#beatAt = nowMs;
  }

  /** Called by a timer many times a second. */
  beat(nowMs: number): void {
    this.isStalled(nowMs);
    this.#beatAt = nowMs;
  }

  /** True right after a stall: orders that were waiting are dropped. */
  isStalled(nowMs: number): boolean {
    if (nowMs - this.#beatAt > STALL_MS) {
      if (nowMs >= this.#until) this.stalls++;
      this.#until = nowMs + DRAIN_MS;
    }
    return nowMs < this.#until;
  }
}

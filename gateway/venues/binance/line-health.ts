/** Whether requests get through at all: a run of calls without any answer of the venue says no, and the first answer says yes. Pure. */
import type { MonoMs } from '../../../shared/units.ts';
import type { VenueFault } from '../venue.ts';

/** So many calls in a row without an answer. Each safe one has been sent five times by then. */
const FAILURES_MAX = 4;

export class LineHealth {
  #failures = 0;
  #clockAt: MonoMs;

  constructor(now: MonoMs) {
    this.#clockAt = now;
  }

  /** One finished call; true when it changed the verdict. */
  called(fault: VenueFault | null): boolean {
    const before = this.failing;
    this.#failures = fault !== null && isSilence(fault) ? this.#failures + 1 : 0;
    return this.failing !== before;
  }

  clockRead(now: MonoMs): void {
    this.#clockAt = now;
  }

  get failing(): boolean {
    return this.#failures >= FAILURES_MAX;
  }

  clockAgeMs(now: MonoMs): number {
    return now - this.#clockAt;
  }
}

const isSilence = ({ kind, reason }: VenueFault): boolean =>
  kind === 'unreachable' || reason === 'time-out' || reason === 'connection-lost';

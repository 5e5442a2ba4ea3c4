/** Whether requests get through at all: a run of calls without any answer of the venue says no, and the first answer says yes. Pure. */
import type { MonoMs } from '../../../shared/units.ts';
import type { Reads, VenueFault } from '../venue.ts';

/** So many calls in a row without an answer. Each safe one has been sent five times by then. */
const FAILURES_MAX = 4;

/** Answers of the venue about what was asked; any other end of a read is a failure. */
const SAID: ReadonlySet<string> = new Set<'ok' | VenueFault['kind']>(['ok', 'rejected', 'gone']);

export class LineHealth {
  /** Since the start. */
  reads: Reads = { asked: 0, failed: 0 };
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

  /** The same of a read. */
  read(outcome: 'ok' | VenueFault['kind']): void {
    const { asked, failed } = this.reads;
    this.reads = { asked: asked + 1, failed: failed + (SAID.has(outcome) ? 0 : 1) };
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

/**
 * Times for the record of what happened: microseconds since the epoch, rising with every stamp, so that the order of two things is never
 * lost in one millisecond. Between readings of the wall clock they run with the monotonic one.
 */
import type { Clock } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';

/** The wall clock was set, or runs away from the monotonic one: it wins. */
const APART_MS = 2;

export class Stamps {
  readonly #clock: Clock;
  #mono: number;
  #wall: number;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#mono = clock.monoMs();
    this.#wall = clock.wallMs();
  }

  /** Above every stamp before it. */
  next(): number {
    const now = this.#clock.monoMs();
    const wall = this.#clock.wallMs();
    if (Math.abs(this.#wall + now - this.#mono - wall) > APART_MS) [this.#mono, this.#wall] = [now, wall];
    this.#last = Math.max(this.#last + 1, this.at(now));
    return this.#last;
  }

  /** Of a moment that was kept; may be below stamps given since. */
  at(mono: MonoMs): number {
    return Math.floor((this.#wall + mono - this.#mono) * 1_000);
  }
}

/** Simulated time that stands still until told to move, and then runs as fast as the machine allows. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VirtualClock } from '../../shared/clock.ts';

/** Start of stepped time unless told otherwise, so that a run can be repeated to the byte: 2026-01-01 00:00 UTC. */
export const STEPPED_START_MS = 1_767_225_600_000;
/** Simulated milliseconds between two turns of the event loop: sockets get their bytes out, requests get in. */
const SLICE_MS = 250;
/** What a socket may have waiting before time goes on, and for how many turns a reader is waited for: a dead one stops nothing. */
const WAITING_BYTES_MAX = 1024 * 1024;
const TURNS_MAX = 1_000;

export type StepperOptions = {
  readonly clock: VirtualClock;
  /** Largest number of bytes that wait at one socket. */
  readonly waitingBytes: () => number;
  /** How far time may go now, at most to `untilMs`: a recording is read from disk first. */
  readonly reach: (untilMs: number) => Promise<number>;
};

export class Stepper {
  readonly #options: StepperOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: StepperOptions) {
    this.#options = options;
  }

  get nowMs(): number {
    return this.#options.clock.wallMs();
  }

  /** Moves on by `byMs`; resolves when all of it has happened. Steps asked for meanwhile follow in order. */
  advance(byMs: number): Promise<void> {
    this.#last = this.#last.then(() => this.#run(byMs));
    return this.#last;
  }

  async #run(byMs: number): Promise<void> {
    const { clock, waitingBytes, reach } = this.#options;
    const endMs = clock.wallMs() + byMs;
    while (clock.wallMs() < endMs) {
      const untilMs = await reach(Math.min(endMs, clock.wallMs() + SLICE_MS));
      clock.advance(Math.max(0, untilMs - clock.wallMs()));
      await nextTurn();
      for (let turn = 0; turn < TURNS_MAX && waitingBytes() > WAITING_BYTES_MAX; turn++) await nextTurn();
    }
  }
}

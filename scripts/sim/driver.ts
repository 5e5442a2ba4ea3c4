/** Moves the exchange along the clock: wakes when something is due, lets all of it happen in order, sleeps again. */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Exchange } from '../../shared/sim/exchange.ts';
import type { Outbox } from './outbox.ts';

/** Nothing due (which a running market never says): look again after this. */
const IDLE_MS = 100;

export class Driver {
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  #timer: Timer | null = null;
  #wakeMs = Number.POSITIVE_INFINITY;

  constructor({ exchange, clock, outbox }: { readonly exchange: Exchange; readonly clock: Clock; readonly outbox: Outbox }) {
    this.#exchange = exchange;
    this.#clock = clock;
    this.#outbox = outbox;
  }

  start(): void {
    this.#sleep();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Brings the exchange to the present: before every request that reads or changes it. */
  now(): void {
    this.#outbox.step(() => this.#exchange.advance(this.#clock.wallMs()));
  }

  /** Something is due at `atMs`: no later than that it wakes. */
  wakeBy(atMs: number): void {
    if (this.#timer === null || atMs >= this.#wakeMs) return;
    this.#timer.cancel();
    this.#sleep();
  }

  #sleep(): void {
    const nowMs = this.#clock.wallMs();
    this.#wakeMs = this.#exchange.nextDueMs() ?? nowMs + IDLE_MS;
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(this.#wakeMs) - nowMs), () => {
      this.now();
      this.#sleep();
    });
  }
}

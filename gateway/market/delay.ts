/** How long messages of a stream are on their way: the newest, smoothed over the last ones for people. Pure. */

/** Weight of the newest message. */
const ALPHA = 0.1;

export class Delay {
  #smoothMs: number | null = null;

  /** Milliseconds, to the tenth; null before the first message. */
  get ms(): number | null {
    return this.#smoothMs === null ? null : Math.round(this.#smoothMs * 10) / 10;
  }

  /** Below zero is an error of our clock, not a message from the future: taken as zero. */
  add(ms: number): number {
    const delayMs = Math.max(0, ms);
    this.#smoothMs = this.#smoothMs === null ? delayMs : this.#smoothMs + ALPHA * (delayMs - this.#smoothMs);
    return delayMs;
  }
}

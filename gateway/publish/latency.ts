/** Median and 99th percentile of the newest few thousand durations, in microseconds; and all of them in buckets. */
import { Buckets } from '../../shared/buckets.ts';

const KEPT = 8_192;

export type Percentiles = { readonly p50: number; readonly p99: number; readonly max: number; readonly n: number };

export class Latency {
  /** Of all ever added, seconds. */
  readonly seconds = new Buckets();
  readonly #ring = new Float64Array(KEPT);
  readonly #speed: number;
  #n = 0;

  /** `speed` of the clock that measures: figures are of real time. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  add(ms: number): void {
    this.#ring[this.#n % KEPT] = (ms * 1_000) / this.#speed;
    this.#n++;
    this.seconds.add(ms / 1_000 / this.#speed);
  }

  /** `n` counts all ever added; zeros before the first. */
  percentiles(): Percentiles {
    const held = this.#ring.slice(0, Math.min(this.#n, KEPT)).sort();
    const at = (share: number): number => Math.round((held[Math.min(held.length - 1, Math.floor(held.length * share))] ?? 0) * 10) / 10;
    return { p50: at(0.5), p99: at(0.99), max: at(1), n: this.#n };
  }
}

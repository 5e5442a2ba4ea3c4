/** How often a duration fell where: plain numbers that cost nanoseconds to add to, and are read when somebody scrapes. Pure. */

/** Upper bounds in seconds, for latencies. */
export const LATENCY_BOUNDS = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
] as const;

export class Buckets {
  readonly bounds: readonly number[];
  /** The last one holds what is above all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` rise. */
  constructor(bounds: readonly number[] = LATENCY_BOUNDS) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Seconds; clocks that disagree make it negative, which counts in the lowest. */
  add(seconds: number): void {
    let i = 0;
    while (i < this.bounds.length && seconds > (this.bounds[i] ?? 0)) i++;
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    this.#sum += Math.max(0, seconds);
  }

  /** For each bound how many were at or below it; `count` is all of them. */
  read(): { readonly upTo: readonly number[]; readonly sum: number; readonly count: number } {
    let count = 0;
    const cumulative = [...this.#counts].map((n) => {
      count += n;
      return count;
    });
    return { upTo: cumulative.slice(0, -1), sum: this.#sum, count };
  }
}

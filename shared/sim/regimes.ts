/** Volatility regimes that follow each other as a Markov chain: the same seed gives the same turns at the same times. */
import type { Random } from '../random.ts';

export type RegimeName = 'calm' | 'normal' | 'storm';
/** Factors on volatility, on the pace of trading and on the size of resting orders. */
export type Regime = { readonly name: RegimeName; readonly sigma: number; readonly pace: number; readonly depth: number };

type Row = Regime & { readonly meanMs: number; readonly next: readonly [RegimeName, ...RegimeName[]] };

const MINUTE_MS = 60_000;
/** Each of `next` is equally likely. */
const ROWS: Readonly<Record<RegimeName, Row>> = {
  calm: { name: 'calm', sigma: 0.35, pace: 0.7, depth: 1.2, meanMs: 8 * MINUTE_MS, next: ['normal'] },
  normal: { name: 'normal', sigma: 1, pace: 1, depth: 1, meanMs: 6 * MINUTE_MS, next: ['calm', 'storm'] },
  storm: { name: 'storm', sigma: 3.5, pace: 1.8, depth: 0.45, meanMs: 2.5 * MINUTE_MS, next: ['normal', 'normal', 'calm'] },
};

export class Regimes {
  readonly #random: Random;
  #row: Row = ROWS.normal;
  #untilMs: number;

  constructor(random: Random) {
    this.#random = random;
    this.#untilMs = random.exponential(this.#row.meanMs);
  }

  /** The regime so many milliseconds after the start; time never goes back. */
  at(ms: number): Regime {
    while (ms >= this.#untilMs) {
      this.#row = ROWS[this.#random.pick(this.#row.next)];
      this.#untilMs += this.#random.exponential(this.#row.meanMs);
    }
    return this.#row;
  }
}

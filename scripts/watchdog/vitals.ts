/**
 * How long the gateway has been silent, counted only while somebody looked: a watchdog that stood still itself (SIGSTOP, a laptop's sleep)
 * has seen nothing and must not take the time for the gateway's silence. Pure.
 */
import type { MonoMs } from '../../shared/units.ts';

export type VitalsOptions = { readonly lookMs: number; readonly silenceMs: number };

/** A look later than this many periods after the last counts as one of this many. */
const PERIODS_MAX = 2;

export class Vitals {
  readonly #options: VitalsOptions;
  #lookedAt: MonoMs | null = null;
  #silentMs = 0;

  constructor(options: VitalsOptions) {
    this.#options = options;
  }

  /** `sign`: anything that only a living gateway does was seen since the last look. */
  look({ sign, now }: { readonly sign: boolean; readonly now: MonoMs }): void {
    const sinceMs = this.#lookedAt === null ? 0 : now - this.#lookedAt;
    this.#lookedAt = now;
    this.#silentMs = sign ? 0 : this.#silentMs + Math.min(sinceMs, PERIODS_MAX * this.#options.lookMs);
  }

  get silentMs(): number {
    return this.#silentMs;
  }

  get isDead(): boolean {
    return this.#silentMs >= this.#options.silenceMs;
  }
}

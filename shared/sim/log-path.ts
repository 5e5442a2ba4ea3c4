/**
 * The logarithm of a price as it wanders: Brownian motion whose volatility wanders too (log-normal, over a minute or two) around the
 * usual one, with rare jumps, and, where a drift is given, with legs of strong drift whose direction alternates.
 */
import type { Random } from '../random.ts';
import type { Motion } from './flow-profile.ts';
import type { Regimes } from './regimes.ts';

export const YEAR_MS = 365 * 86_400_000;
const MOOD_MS = 90_000;
/** The first legs grow, so that whichever way a trend follower leans at the start, a longer leg against it comes soon. */
const FIRST_LEGS_MS = [180_000, 480_000];
const LEG_MS_MIN = 900_000;
const LEG_MS_MEAN = 300_000; // beyond the minimum

export class LogPath {
  #mood = 0;
  #direction: 1 | -1;
  #leg = 0;
  #legMs = 0;
  #drift = 0;
  #atMs = 0;
  readonly #random: Random;
  readonly #motion: Motion;
  readonly #regimes: Regimes | null;

  constructor({ random, motion, regimes }: { readonly random: Random; readonly motion: Motion; readonly regimes: Regimes | null }) {
    this.#random = random;
    this.#motion = motion;
    this.#regimes = regimes;
    this.#direction = random.chance(0.5) ? 1 : -1;
    this.#turn();
  }

  /** How far it moves in that time. */
  advance(elapsedMs: number): number {
    this.#atMs += elapsedMs;
    this.#legMs -= elapsedMs;
    if (this.#legMs <= 0) this.#turn();
    const pull = Math.min(1, elapsedMs / MOOD_MS);
    this.#mood += -this.#mood * pull + Math.sqrt(2 * pull) * this.#random.normal();
    const factor = this.#regimes?.at(this.#atMs).sigma ?? 1;
    const sigma = factor * this.#motion.yearly * Math.exp(0.35 * this.#mood) * Math.sqrt(elapsedMs / YEAR_MS);
    const jump = this.#random.chance((factor * elapsedMs) / this.#motion.jumpEveryMs) ? this.#motion.jumpSigma * this.#random.normal() : 0;
    return sigma * this.#random.normal() + jump + (this.#direction * this.#drift * elapsedMs) / 60_000;
  }

  #turn(): void {
    this.#direction = this.#direction === 1 ? -1 : 1;
    this.#legMs = FIRST_LEGS_MS[this.#leg++] ?? LEG_MS_MIN + this.#random.exponential(LEG_MS_MEAN);
    this.#drift = this.#motion.driftPerMinute * (0.7 + 0.8 * this.#random.float());
  }
}

/**
 * The latent fair price of a simulated market, in fractional ticks: geometric Brownian motion whose volatility wanders (log-normal, over
 * a minute or two) around the profile's, with rare jumps, and in 'fast' with legs of strong drift whose direction alternates.
 */
import type { Random } from '../random.ts';
import type { FlowView } from './market.ts';

/** Volatility about 20 % a year, about 80 %, and 120 % with trends of several tenths of a percent a minute. */
export type FlowProfile = 'calm' | 'normal' | 'fast';

type Motion = { readonly yearly: number; readonly jumpEveryMs: number; readonly jumpSigma: number; readonly driftPerMinute: number };

const MOTIONS: Readonly<Record<FlowProfile, Motion>> = {
  calm: { yearly: 0.2, jumpEveryMs: 900_000, jumpSigma: 3e-4, driftPerMinute: 0 },
  normal: { yearly: 0.8, jumpEveryMs: 240_000, jumpSigma: 7e-4, driftPerMinute: 0 },
  fast: { yearly: 1.2, jumpEveryMs: 120_000, jumpSigma: 10e-4, driftPerMinute: 0.004 },
};

const YEAR_MS = 365 * 86_400_000;
const MOOD_MS = 90_000;
/** The first legs grow, so that whichever way a trend follower leans at the start, a longer leg against it comes soon. */
const FIRST_LEGS_MS = [180_000, 480_000];
const LEG_MS_MIN = 900_000;
const LEG_MS_MEAN = 300_000; // beyond the minimum
/** Farthest the fair price may run from the market: a wall of a user's orders holds it back. */
const AWAY_MAX = 0.003;

export class FairPrice {
  #price: number;
  #mood = 0;
  #direction: 1 | -1;
  #leg = 0;
  #legMs = 0;
  #drift = 0;
  readonly #random: Random;
  readonly #motion: Motion;

  constructor({ random, price, profile }: { readonly random: Random; readonly price: number; readonly profile: FlowProfile }) {
    this.#random = random;
    this.#price = price;
    this.#motion = MOTIONS[profile];
    this.#direction = random.chance(0.5) ? 1 : -1;
    this.#turn();
  }

  get price(): number {
    return this.#price;
  }

  advance(elapsedMs: number): void {
    this.#legMs -= elapsedMs;
    if (this.#legMs <= 0) this.#turn();
    const pull = Math.min(1, elapsedMs / MOOD_MS);
    this.#mood += -this.#mood * pull + Math.sqrt(2 * pull) * this.#random.normal();
    const sigma = this.#motion.yearly * Math.exp(0.35 * this.#mood) * Math.sqrt(elapsedMs / YEAR_MS);
    const jump = this.#random.chance(elapsedMs / this.#motion.jumpEveryMs) ? this.#motion.jumpSigma * this.#random.normal() : 0;
    const change = sigma * this.#random.normal() + jump + (this.#direction * this.#drift * elapsedMs) / 60_000;
    this.#price = Math.max(1, this.#price * Math.exp(change));
  }

  /** Keeps within reach of the market that is seen. */
  hold({ bestBid, bestAsk }: FlowView): void {
    if (bestAsk !== null) this.#price = Math.min(this.#price, bestAsk * (1 + AWAY_MAX) + 5);
    if (bestBid !== null) this.#price = Math.max(this.#price, bestBid * (1 - AWAY_MAX) - 5, 1);
  }

  #turn(): void {
    this.#direction = this.#direction === 1 ? -1 : 1;
    this.#legMs = FIRST_LEGS_MS[this.#leg++] ?? LEG_MS_MIN + this.#random.exponential(LEG_MS_MEAN);
    this.#drift = this.#motion.driftPerMinute * (0.7 + 0.8 * this.#random.float());
  }
}

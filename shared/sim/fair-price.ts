/** The latent fair price of a simulated market, in fractional ticks: by itself (log-path.ts), or with a part in common with other symbols. */
import type { Random } from '../random.ts';
import { type Ticks, ticks } from '../units.ts';
import { type Common, CommonMove, regimesOf } from './common-move.ts';
import { type FlowProfile, type Profile, PROFILES } from './flow-profile.ts';
import { LogPath, YEAR_MS } from './log-path.ts';
import type { FlowView } from './market.ts';
import type { Regime, Regimes } from './regimes.ts';

/** Where the orders of a flow aim. */
export interface PriceSource {
  /** Fractional ticks. */
  readonly price: number;
  /** Factor on the pace of trading; 1 is usual. */
  readonly pace: number;
  /** Factor on the size of resting orders; 1 is usual. */
  readonly depth: number;
  advance(elapsedMs: number): void;
  /** Keeps within reach of the market that is seen. */
  hold(view: FlowView): void;
}

export type FairPriceOptions = {
  readonly random: Random;
  readonly price: number;
  readonly profile: FlowProfile;
  readonly common?: Common | null;
};

/** Farthest the fair price may run from the market: a wall of a user's orders holds it back. */
const AWAY_MAX = 0.003;
/** What a symbol strays from the common move: its volatility as a part of the usual one, and how soon it comes back. */
const STRAY_SHARE = 0.15;
const STRAY_MS = 20_000;
const USUAL: Regime = { name: 'normal', sigma: 1, pace: 1, depth: 1 };

export class FairPrice implements PriceSource {
  #price: number;
  #atMs = 0;
  #stray = 0;
  #regime: Regime = USUAL;
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #regimes: Regimes | null;
  readonly #path: LogPath | CommonMove;

  constructor({ random, price, profile, common = null }: FairPriceOptions) {
    this.#random = random;
    this.#price = price;
    this.#profile = PROFILES[profile];
    const { regimes, motion } = this.#profile;
    const seed = regimes ? (common?.seed ?? random.int({ min: 0, max: 0xff_ff_ff_ff })) : 0;
    this.#regimes = regimes ? regimesOf(seed) : null;
    this.#path = common
      ? new CommonMove(common, this.#profile)
      : new LogPath({ random, motion, regimes: regimes ? regimesOf(seed) : null });
  }

  get price(): number {
    return this.#price;
  }

  get pace(): number {
    return this.#regime.pace;
  }

  get depth(): number {
    return this.#regime.depth;
  }

  advance(elapsedMs: number): void {
    this.#atMs += elapsedMs;
    this.#regime = this.#regimes?.at(this.#atMs) ?? USUAL;
    const path = this.#path;
    const change = path instanceof LogPath ? path.advance(elapsedMs) : path.until(this.#atMs) + this.#strayed(elapsedMs);
    this.#price = Math.max(1, this.#price * Math.exp(change));
  }

  hold(view: FlowView): void {
    this.#price = holdBack(this.#price, view);
  }

  #strayed(elapsedMs: number): number {
    const sigma = STRAY_SHARE * this.#profile.motion.yearly * this.#regime.sigma * Math.sqrt(elapsedMs / YEAR_MS);
    const change = -this.#stray * Math.min(1, elapsedMs / STRAY_MS) + sigma * this.#random.normal();
    this.#stray += change;
    return change;
  }
}

/** Fractional ticks, no farther from the market than it may run. */
export function holdBack(price: number, { bestBid, bestAsk }: FlowView): number {
  const under = bestAsk === null ? price : Math.min(price, bestAsk * (1 + AWAY_MAX) + 5);
  return bestBid === null ? under : Math.max(under, bestBid * (1 - AWAY_MAX) - 5, 1);
}

/** The same price in other ticks, so many to each of the old: for a contract whose tick changed. */
export function scaledSource(source: PriceSource, factor: number): PriceSource {
  const back = (price: Ticks | null): Ticks | null => (price === null ? null : ticks(Math.round(price / factor)));
  return {
    get price() {
      return source.price * factor;
    },
    get pace() {
      return source.pace;
    },
    get depth() {
      return source.depth;
    },
    advance: (elapsedMs) => source.advance(elapsedMs),
    hold: ({ bestBid, bestAsk }) => source.hold({ bestBid: back(bestBid), bestAsk: back(bestAsk) }),
  };
}

/**
 * What several symbols have in common: the market's move, which Bitcoin makes and the others follow a moment later, and the move of a
 * base asset, which its contracts in USDT and USDC share. Each symbol computes both for itself from the same seeds on the same grid of
 * time, so the symbols agree whichever of them is asked first, and opening one more changes none of the others.
 */
import { Random } from '../random.ts';
import type { Profile } from './flow-profile.ts';
import { LogPath } from './log-path.ts';
import { Regimes } from './regimes.ts';

/** The same for all symbols of an exchange but `base`, the base asset of this one. */
export type Common = { readonly seed: number; readonly base: string };

const LEADER = 'BTC';
const LAG_MS = 400;
const STEP_MS = 50;
/** Volatility of what a base asset does by itself, beside the market's. */
const BASE_SHARE = 0.6;

export class CommonMove {
  readonly #market: GridPath;
  /** Null for the leader: its own move is the market's. */
  readonly #base: GridPath | null;
  #told = 0;

  constructor({ seed, base }: Common, { motion, regimes }: Profile) {
    this.#market = new GridPath(new LogPath({ random: new Random(seed), motion, regimes: regimes ? regimesOf(seed) : null }));
    const own = { ...motion, yearly: motion.yearly * BASE_SHARE, driftPerMinute: 0 };
    this.#base = base === LEADER ? null : new GridPath(new LogPath({ random: new Random(seed).fork(base), motion: own, regimes: null }));
  }

  /** How far the logarithm of the price moved since it was last asked, up to `atMs` after the start. Time never goes back. */
  until(atMs: number): number {
    const now = this.#base ? this.#market.at(Math.max(0, atMs - LAG_MS)) + this.#base.at(atMs) : this.#market.at(atMs);
    const moved = now - this.#told;
    this.#told = now;
    return moved;
  }
}

export const regimesOf = (seed: number): Regimes => new Regimes(new Random(seed).fork('regimes'));

/** A path known at the points of a grid, straight between them. */
class GridPath {
  readonly #path: LogPath;
  #index = 0;
  #value = 0;
  #next: number;

  constructor(path: LogPath) {
    this.#path = path;
    this.#next = path.advance(STEP_MS);
  }

  at(ms: number): number {
    for (; ms >= (this.#index + 1) * STEP_MS; this.#index++) {
      this.#value = this.#next;
      this.#next += this.#path.advance(STEP_MS);
    }
    return this.#value + (this.#next - this.#value) * (ms / STEP_MS - this.#index);
  }
}

/**
 * Bars as the path of a fair price: through each bar from its open by its low and high, in an order left to chance, to its close, straight
 * between them; its volume sets the pace of trading. After the last bar the price goes on as `then` makes it.
 */
import type { Random } from '../random.ts';
import { holdBack, type PriceSource } from './fair-price.ts';
import type { FlowView } from './market.ts';

/** Prices in fractional ticks, volume in any one unit. */
export type PathBar = {
  readonly openMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
};

/** Where the path is at which part of the bar, 0 to 1, ascending. */
export type Turn = { readonly part: number; readonly price: number };

export type BarPathOptions = {
  /** Ascending, without a hole, at least one. */
  readonly bars: readonly [PathBar, ...PathBar[]];
  readonly barMs: number;
  readonly random: Random;
  readonly then: (price: number) => PriceSource;
};

/** A bar's volume against the mean makes the pace, within these bounds: a market that stands still is still asked now and then. */
const PACE_MIN = 0.05;
const PACE_MAX = 4;
/** A rising bar saw its low first more often than not, a falling one its high. */
const USUAL_ORDER = 0.7;

export class BarPath implements PriceSource {
  readonly #options: BarPathOptions;
  readonly #meanVolume: number;
  #index = 0;
  #elapsedMs = 0;
  #turns: readonly Turn[];
  #price: number;
  #after: PriceSource | null = null;

  constructor(options: BarPathOptions) {
    this.#options = options;
    const { bars, random } = options;
    this.#meanVolume = bars.reduce((sum, { volume }) => sum + volume, 0) / bars.length;
    this.#turns = turnsOf(bars[0], random);
    this.#price = bars[0].open;
  }

  get price(): number {
    return this.#after?.price ?? this.#price;
  }

  get pace(): number {
    if (this.#after) return this.#after.pace;
    const volume = this.#options.bars[this.#index]?.volume ?? 0;
    return this.#meanVolume === 0 ? 1 : Math.min(PACE_MAX, Math.max(PACE_MIN, volume / this.#meanVolume));
  }

  get depth(): number {
    return this.#after?.depth ?? 1;
  }

  advance(elapsedMs: number): void {
    if (this.#after) {
      this.#after.advance(elapsedMs);
      return;
    }
    const { bars, barMs, random, then } = this.#options;
    this.#elapsedMs += elapsedMs;
    while (this.#elapsedMs >= (this.#index + 1) * barMs) {
      const bar = bars[++this.#index];
      if (!bar) {
        this.#after = then(this.#price);
        return;
      }
      this.#turns = turnsOf(bar, random);
    }
    this.#price = priceAt(this.#turns, this.#elapsedMs / barMs - this.#index);
  }

  hold(view: FlowView): void {
    if (this.#after) this.#after.hold(view);
    else this.#price = holdBack(this.#price, view);
  }
}

/** The open, the extremes somewhere in the first and the second half, and the close. */
export function turnsOf({ open, high, low, close }: PathBar, random: Random): readonly Turn[] {
  const lowFirst = random.chance(USUAL_ORDER) === close >= open;
  const [early, late] = [0.1 + 0.35 * random.float(), 0.55 + 0.35 * random.float()];
  return [
    { part: 0, price: open },
    { part: early, price: lowFirst ? low : high },
    { part: late, price: lowFirst ? high : low },
    { part: 1, price: close },
  ];
}

export function priceAt(turns: readonly Turn[], part: number): number {
  const next = turns.findIndex((turn) => turn.part >= part);
  const [from, to] = [turns[Math.max(0, next - 1)], turns[next]];
  if (!from || !to) throw new RangeError(`Cannot tell the price at ${part} of a bar`);
  return to.part === from.part ? to.price : from.price + ((to.price - from.price) * (part - from.part)) / (to.part - from.part);
}

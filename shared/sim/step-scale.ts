/** Scanned digits as whole ticks and lots of one contract. */
import type { Instrument } from '../instrument.ts';
import { decimalsOf, trimDecimal } from '../units.ts';
import type { ScannedLevels } from './tape-quick.ts';

/** A step is `unit` x 10^-scale. */
type Step = { readonly scale: number; readonly unit: number };
/** Digits of that many decimals count steps when multiplied or divided by whole numbers. */
type Factor = { readonly times: number; readonly by: number };

export class StepScale {
  readonly #price: Step;
  readonly #size: Step;

  constructor({ tickSize, stepSize }: Pick<Instrument, 'tickSize' | 'stepSize'>) {
    this.#price = stepOf(tickSize);
    this.#size = stepOf(stepSize);
  }

  /** Ticks and lots alternating; null when a level is not exact: whoever reads its text decides. */
  inSteps({ bids, asks, priceDecimals, sizeDecimals }: ScannedLevels): { readonly bids: number[]; readonly asks: number[] } | null {
    const factors = { price: factorOf(this.#price, priceDecimals), size: factorOf(this.#size, sizeDecimals) };
    const [scaledBids, scaledAsks] = [scaled(bids, factors), scaled(asks, factors)];
    return scaledBids && scaledAsks && { bids: scaledBids, asks: scaledAsks };
  }
}

const stepOf = (text: string): Step => {
  const trimmed = trimDecimal(text);
  return { scale: decimalsOf(trimmed), unit: Number(trimmed.replace('.', '')) };
};

const factorOf = ({ scale, unit }: Step, decimals: number): Factor =>
  decimals >= scale ? { times: 1, by: unit * 10 ** (decimals - scale) } : { times: 10 ** (scale - decimals), by: unit };

function scaled(flat: readonly number[], { price, size }: { readonly price: Factor; readonly size: Factor }): number[] | null {
  const steps: number[] = [];
  for (let n = 0; n < flat.length; n += 2) {
    const [ticks, lots] = [(flat[n] ?? 0) * price.times, (flat[n + 1] ?? 0) * size.times];
    if (ticks % price.by !== 0 || lots % size.by !== 0 || !Number.isSafeInteger(ticks) || !Number.isSafeInteger(lots)) return null;
    steps.push(ticks / price.by, lots / size.by);
  }
  return steps;
}

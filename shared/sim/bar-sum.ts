/** One bar in the making: fed with trades or with shorter bars, it tells the same bar either way. */
import { ExactSum } from './decimal.ts';
import type { Bar } from './market.ts';

export type LiveTrade = {
  readonly price: string;
  readonly size: string;
  /** Exchange time, milliseconds. */
  readonly atMs: number;
  readonly takerIsBuyer: boolean;
};

/** Decimals that volumes carry even before anything traded. */
export type Scales = { readonly volume: number; readonly quote: number };

/**
 * Starts as an empty bar at the close before it (open = high = low = close, volume 0); the first trade then sets the open,
 * as the venue does. Prices are compared as doubles, exact for at most 15 significant digits; sums are exact.
 */
export class BarSum {
  readonly openMs: number;
  #open: string;
  #high: string;
  #low: string;
  #close: string;
  #highNumber: number;
  #lowNumber: number;
  #trades = 0;
  readonly #volume: ExactSum;
  readonly #quote: ExactSum;
  readonly #takerBuy: ExactSum;
  readonly #takerBuyQuote: ExactSum;

  constructor({ openMs, previousClose, scales }: { readonly openMs: number; readonly previousClose: string; readonly scales: Scales }) {
    this.openMs = openMs;
    this.#open = this.#high = this.#low = this.#close = previousClose;
    this.#highNumber = this.#lowNumber = Number(previousClose);
    this.#volume = new ExactSum(scales.volume);
    this.#quote = new ExactSum(scales.quote);
    this.#takerBuy = new ExactSum(scales.volume);
    this.#takerBuyQuote = new ExactSum(scales.quote);
  }

  get close(): string {
    return this.#close;
  }

  get scales(): Scales {
    return { volume: this.#volume.scale, quote: this.#quote.scale };
  }

  addTrade({ price, size, takerIsBuyer }: LiveTrade): void {
    this.#reach({ open: price, high: price, low: price, close: price });
    this.#trades += 1;
    this.#volume.add(size);
    this.#quote.addProduct(price, size);
    if (!takerIsBuyer) return;
    this.#takerBuy.add(size);
    this.#takerBuyQuote.addProduct(price, size);
  }

  /** Takes in a shorter bar; an empty one moves no price once something traded. */
  addBar(bar: Bar): void {
    if (Number(bar.volume) !== 0 || this.#volume.isZero) this.#reach(bar);
    this.#trades += bar.trades;
    this.#volume.add(bar.volume);
    this.#quote.add(bar.quoteVolume);
    this.#takerBuy.add(bar.takerBuyVolume);
    this.#takerBuyQuote.add(bar.takerBuyQuoteVolume);
  }

  bar(): Bar {
    return {
      openMs: this.openMs,
      open: this.#open,
      high: this.#high,
      low: this.#low,
      close: this.#close,
      volume: this.#volume.text(),
      quoteVolume: this.#quote.text(),
      trades: this.#trades,
      takerBuyVolume: this.#takerBuy.text(this.#volume.scale),
      takerBuyQuoteVolume: this.#takerBuyQuote.text(this.#quote.scale),
    };
  }

  #reach({ open, high, low, close }: Pick<Bar, 'open' | 'high' | 'low' | 'close'>): void {
    const [highNumber, lowNumber] = [Number(high), Number(low)];
    const first = this.#volume.isZero;
    if (first) this.#open = open;
    if (first || highNumber > this.#highNumber) [this.#high, this.#highNumber] = [high, highNumber];
    if (first || lowNumber < this.#lowNumber) [this.#low, this.#lowNumber] = [low, lowNumber];
    this.#close = close;
  }
}

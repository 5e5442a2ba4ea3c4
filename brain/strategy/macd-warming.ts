/**
 * A series over many bars at once, without a state for each of them: after every hard exit hundreds of bars are taken in again. Number for
 * number what `advance` makes of the same bars one by one.
 */
import type { MacdParameters } from '../../shared/macd-parameters.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import type { Average, MacdPoint, Series } from './macd-series.ts';

class Mean {
  readonly #period: number;
  readonly #share: number;
  n = 0;
  value = 0;

  constructor(period: number, share = 2 / (period + 1)) {
    this.#period = period;
    this.#share = share;
  }

  get isFull(): boolean {
    return this.n >= this.#period;
  }

  /** The operations of `advance`, in its order. */
  take(value: number): void {
    if (this.n >= this.#period) {
      this.value = (value - this.value) * this.#share + this.value;
      return;
    }
    const sum = this.value + value;
    this.n += 1;
    this.value = this.n === this.#period ? sum / this.#period : sum;
  }

  told(): Average {
    return { n: this.n, value: this.value };
  }
}

/** Bars without a hole, oldest first. */
export class Warming {
  readonly #fast: Mean;
  readonly #slow: Mean;
  readonly #signal: Mean;
  readonly #trend: Mean | null;
  readonly #range: Mean;
  readonly #square: Mean;
  #bars = 0;
  #barMs = 0;
  #close = 0;
  #macd = 0;
  /** Not a number while there is none. */
  #histogram = Number.NaN;
  #run = 0;

  constructor({ fastPeriod, slowPeriod, signalPeriod, trendPeriod, atrPeriod, deviationBars }: MacdParameters) {
    this.#fast = new Mean(fastPeriod);
    this.#slow = new Mean(slowPeriod);
    this.#signal = new Mean(signalPeriod);
    this.#trend = trendPeriod === 0 ? null : new Mean(trendPeriod);
    this.#range = new Mean(atrPeriod, 1 / atrPeriod);
    this.#square = new Mean(deviationBars);
  }

  take(bar: BarRow): void {
    const close = Number(bar[4]);
    if (this.#bars > 0) this.#range.take(Math.max(Number(bar[2]), this.#close) - Math.min(Number(bar[3]), this.#close));
    this.#bars += 1;
    this.#barMs = bar[0];
    this.#close = close;
    this.#fast.take(close);
    this.#slow.take(close);
    this.#trend?.take(close);
    this.#takePoint();
  }

  /** Null without any bar. */
  series(key: string): Series | null {
    if (this.#bars === 0) return null;
    const [fast, slow, signal] = [this.#fast.told(), this.#slow.told(), this.#signal.told()];
    const trend = this.#trend?.told() ?? { n: 0, value: 0 };
    const [range, square] = [this.#range.told(), this.#square.told()];
    return { key, barMs: this.#barMs, close: this.#close, fast, slow, signal, trend, range, square, point: this.#point(), run: this.#run };
  }

  #takePoint(): void {
    if (!this.#slow.isFull) return;
    this.#macd = this.#fast.value - this.#slow.value;
    this.#signal.take(this.#macd);
    if (!this.#signal.isFull) return;
    const before = this.#histogram;
    this.#histogram = this.#macd - this.#signal.value;
    this.#square.take(this.#histogram ** 2);
    if (Number.isNaN(before)) return;
    const step = Math.sign(this.#histogram - before);
    this.#run = step === 0 ? 0 : step === Math.sign(this.#run) ? this.#run + step : step;
  }

  #point(): MacdPoint | null {
    return Number.isNaN(this.#histogram) ? null : { macd: this.#macd, signal: this.#signal.value, histogram: this.#histogram };
  }
}

/** Live trades into bars of several intervals at once, going on where a history of minutes ends. Pure: time comes with the input. */
import { decimalsOf } from '../units.ts';
import { BarSum, type LiveTrade, type Scales } from './bar-sum.ts';
import { aggregate, INTERVALS } from './history.ts';
import type { Bar } from './market.ts';

export type { LiveTrade };
export type BarClose = { readonly interval: string; readonly bar: Bar };
export type BarBuilderOptions = {
  /** One-minute bars, ascending; may be empty. */
  readonly history: readonly Bar[];
  /** Names out of INTERVALS; default all. Throws on another name. */
  readonly intervals?: readonly string[];
  /** Closed bars kept for each interval, and most empty bars made at once after a long silence (older ones are left out). */
  readonly barsMax?: number;
};

const BARS_MAX = 20_000;
const MINUTE_MS = 60_000;

export class BarBuilder {
  readonly #series: readonly Series[];

  constructor({ history, intervals = Object.keys(INTERVALS), barsMax = BARS_MAX }: BarBuilderOptions) {
    this.#series = intervals.map((interval) => new Series({ interval, history, barsMax }));
  }

  /** Books a trade; returns the bars that had to close before it. A trade older than the open bar counts in the open bar. */
  trade(trade: LiveTrade): readonly BarClose[] {
    return this.#series.flatMap((series) => series.trade(trade));
  }

  /** Closes every bar that ends at or before `atMs`, empty ones included: interval by interval, ascending. */
  advance(atMs: number): readonly BarClose[] {
    return this.#series.flatMap((series) => series.advance(atMs));
  }

  /** The bar that is still open; null before the first price is known. */
  open(interval: string): Bar | null {
    return this.#find(interval).open();
  }

  /** Closed bars, ascending, history included; the newest `barsMax` at least. Do not keep it: it grows. */
  closed(interval: string): readonly Bar[] {
    return this.#find(interval).bars;
  }

  #find(interval: string): Series {
    const series = this.#series.find((one) => one.interval === interval);
    if (!series) throw new Error(`Cannot tell bars of ${JSON.stringify(interval)}: they are not built`);
    return series;
  }
}

class Series {
  readonly interval: string;
  readonly bars: Bar[];
  readonly #lengthMs: number;
  readonly #barsMax: number;
  #sum: BarSum | null = null;

  constructor({ interval, history, barsMax }: { readonly interval: string; readonly history: readonly Bar[]; readonly barsMax: number }) {
    const lengthMs = INTERVALS[interval];
    if (lengthMs === undefined)
      throw new Error(`Cannot build bars of ${JSON.stringify(interval)}: intervals are ${Object.keys(INTERVALS).join(', ')}`);
    this.interval = interval;
    this.#lengthMs = lengthMs;
    this.#barsMax = barsMax;
    this.bars = lengthMs === MINUTE_MS ? history.slice(-barsMax) : aggregate(history, lengthMs).slice(-barsMax);
    const last = history.at(-1);
    if (last) this.#goOn(history, last);
  }

  trade(trade: LiveTrade): BarClose[] {
    const closed = this.advance(trade.atMs);
    this.#sum ??= this.#start(trade.atMs, trade.price, { volume: 0, quote: 0 });
    this.#sum.addTrade(trade);
    return closed;
  }

  advance(atMs: number): BarClose[] {
    const closed: BarClose[] = [];
    while (this.#sum && this.#sum.openMs + this.#lengthMs <= atMs) {
      const bar = this.#sum.bar();
      closed.push({ interval: this.interval, bar });
      this.bars.push(bar);
      const nextMs = Math.max(bar.openMs + this.#lengthMs, atMs - this.#barsMax * this.#lengthMs);
      this.#sum = this.#start(nextMs, bar.close, this.#sum.scales);
    }
    if (this.bars.length > this.#barsMax * 2) this.bars.splice(0, this.bars.length - this.#barsMax);
    return closed;
  }

  open(): Bar | null {
    return this.#sum?.bar() ?? null;
  }

  /** Opens the bar in which the history ends, with the minutes of it that the history holds. */
  #goOn(history: readonly Bar[], last: Bar): void {
    const endMs = last.openMs + MINUTE_MS;
    const openMs = Math.floor(endMs / this.#lengthMs) * this.#lengthMs;
    const part = history.slice(Math.max(0, history.length - this.#lengthMs / MINUTE_MS)).filter((bar) => bar.openMs >= openMs);
    if (part.length > 0) this.bars.pop(); // the last aggregate is the unfinished one
    const scales = { volume: decimalsOf(last.volume), quote: decimalsOf(last.quoteVolume) };
    this.#sum = this.#start(openMs, this.bars.at(-1)?.close ?? last.close, scales);
    for (const bar of part) this.#sum.addBar(bar);
  }

  #start(atMs: number, previousClose: string, scales: Scales): BarSum {
    const openMs = Math.floor(atMs / this.#lengthMs) * this.#lengthMs;
    return new BarSum({ openMs, previousClose, scales });
  }
}

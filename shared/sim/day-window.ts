/** The rolling day of a symbol: its last 1,440 minutes as one bar, the open minute included, as tickers show it. */
import type { BarBuilder } from './bar-builder.ts';
import { BarSum } from './bar-sum.ts';
import type { Bar } from './market.ts';

const MINUTES = 1_440;

export class DayWindow {
  readonly #bars: BarBuilder;
  /** All but the open minute, summed once a minute. */
  #closed: { readonly lastMs: number; readonly bar: Bar } | null = null;

  constructor(bars: BarBuilder) {
    this.#bars = bars;
  }

  /** Null before the first price is known. */
  read(): Bar | null {
    const open = this.#bars.open('1m');
    const closed = this.#closedPart();
    if (!closed || !open) return open ?? closed;
    return sumOf([closed, open]);
  }

  #closedPart(): Bar | null {
    const minutes = this.#bars.closed('1m');
    const last = minutes.at(-1);
    if (!last) return null;
    if (this.#closed?.lastMs !== last.openMs) this.#closed = { lastMs: last.openMs, bar: sumOf(minutes.slice(-(MINUTES - 1))) };
    return this.#closed.bar;
  }
}

function sumOf(bars: readonly Bar[]): Bar {
  const first = bars[0] as Bar;
  const sum = new BarSum({ openMs: first.openMs, previousClose: first.open, scales: { volume: 0, quote: 0 } });
  for (const bar of bars) sum.addBar(bar);
  return sum.bar();
}

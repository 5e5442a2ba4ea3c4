/** Bars of a figure that is sampled rather than traded (mark price, index price, premium), of several intervals at once; bounded. */

export type SampleBar = {
  readonly openMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly samples: number;
};
type Open = { -readonly [K in keyof SampleBar]: SampleBar[K] };

/** Closed bars kept of each interval: no call shows more. */
const KEPT = 1_500;

export class SampleBars {
  readonly #series: ReadonlyMap<string, { readonly lengthMs: number; readonly closed: SampleBar[]; open: Open | null }>;

  /** Lengths in milliseconds by interval name. */
  constructor(lengths: Readonly<Record<string, number>>) {
    this.#series = new Map(Object.entries(lengths).map(([interval, lengthMs]) => [interval, { lengthMs, closed: [], open: null }]));
  }

  /** Time never goes back. */
  sample(value: number, atMs: number): void {
    for (const series of this.#series.values()) {
      const openMs = Math.floor(atMs / series.lengthMs) * series.lengthMs;
      const { open, closed } = series;
      if (open?.openMs === openMs) {
        open.high = Math.max(open.high, value);
        open.low = Math.min(open.low, value);
        open.close = value;
        open.samples += 1;
        continue;
      }
      if (open) closed.push(open);
      if (closed.length >= 2 * KEPT) closed.splice(0, closed.length - KEPT);
      series.open = { openMs, open: value, high: value, low: value, close: value, samples: 1 };
    }
  }

  /** Closed bars, ascending, and the open one last; none before the first sample. */
  bars(interval: string): readonly SampleBar[] {
    const series = this.#series.get(interval);
    if (!series) throw new Error(`Cannot tell samples of ${JSON.stringify(interval)}: they are not built`);
    return series.open ? [...series.closed, series.open] : series.closed;
  }
}

/** What the charts of the page draw: columns of numbers on one time axis, and marks. Pure. */
import type { BacktestResult, FillRow, SymbolSamples } from '../backtest/result.ts';
import type { Execution } from './execution.ts';

/** Fills that are marked on the page, the newest; all of them are in the CSV. */
const MARKS_MAX = 20_000;
const BINS = 21;

export type SymbolChart = {
  readonly symbol: string;
  readonly price: readonly number[];
  readonly position: readonly number[];
  /** Seconds, price, 1 for a buy and -1 for a sell, 1 for a maker. */
  readonly marks: readonly (readonly [number, number, 1 | -1, 0 | 1])[];
  readonly marksLeftOut: number;
  readonly inventory: Histogram;
};
/** Share of the time in each bin of position; `edges` has one more entry. */
export type Histogram = { readonly edges: readonly number[]; readonly share: readonly number[] };
export type Charts = {
  /** Seconds since the epoch, one a row. */
  readonly at: readonly number[];
  readonly equity: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Percent below the highest equity so far, zero or negative. */
  readonly drawdown: readonly number[];
  readonly symbols: readonly SymbolChart[];
  readonly markouts: Pick<Execution, 'makerMarkouts' | 'takerMarkouts'>;
};

export function chartsOf({ samples, fills }: BacktestResult, execution: Execution): Charts {
  const [equity, low, high] = [samples.equity, samples.equityLow, samples.equityHigh].map((column) => column.map(Number)) as [
    number[],
    number[],
    number[],
  ];
  return {
    at: equity.map((_, n) => (samples.fromMs + (n + 1) * samples.periodMs) / 1_000),
    equity,
    low,
    high,
    drawdown: drawdownOf(low, high),
    symbols: Object.entries(samples.symbols).map(([symbol, columns]) => symbolChart(symbol, columns, fills)),
    markouts: { makerMarkouts: execution.makerMarkouts, takerMarkouts: execution.takerMarkouts },
  };
}

function drawdownOf(low: readonly number[], high: readonly number[]): readonly number[] {
  let peak = 0;
  return low.map((value, n) => {
    const below = peak > 0 ? Math.min(0, (value / peak - 1) * 100) : 0;
    peak = Math.max(peak, high[n] ?? 0);
    return below;
  });
}

function symbolChart(symbol: string, columns: SymbolSamples, fills: readonly FillRow[]): SymbolChart {
  const own = fills.filter((fill) => fill.symbol === symbol);
  const position = columns.position.map(Number);
  return {
    symbol,
    price: columns.price.map(Number),
    position,
    marks: own
      .slice(-MARKS_MAX)
      .map(({ atMs, price, side, maker }) => [atMs / 1_000, Number(price), side === 'buy' ? 1 : -1, maker ? 1 : 0]),
    marksLeftOut: Math.max(0, own.length - MARKS_MAX),
    inventory: histogram(position),
  };
}

/** Symmetric about zero, so that a skew is seen as one. */
export function histogram(values: readonly number[]): Histogram {
  const most = Math.max(...values.map(Math.abs), 0);
  if (most === 0) return { edges: [0, 0], share: [values.length > 0 ? 1 : 0] };
  const width = (2 * most) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value + most) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges: Array.from({ length: BINS + 1 }, (_, n) => -most + n * width), share: counts.map((count) => count / values.length) };
}

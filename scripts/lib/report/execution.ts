/** What the fills were worth: spread captured at the fill, and where the mid went afterwards. In basis points of the mid. Pure. */
import { type BacktestResult, type FillRow, MARKOUT_MS } from '../backtest/result.ts';

/** Weighted by notional. */
export type Edge = {
  readonly fills: number;
  readonly notional: number;
  readonly bps: number | null;
  /** Standard error of `bps` over the fills; null below two. */
  readonly errorBps: number | null;
};
export type Markout = Edge & { readonly afterMs: number };
export type Execution = {
  /** How much better than the mid a fill was: half the spread for a quote at the touch, negative for a taker. */
  readonly makers: Edge;
  readonly takers: Edge;
  /** The fill against the mid that much later, from our side: what of the captured spread remained. */
  readonly makerMarkouts: readonly Markout[];
  readonly takerMarkouts: readonly Markout[];
  /** Orders with a fill of those placed, 0 to 1. */
  readonly fillRatio: number | null;
  readonly makerShare: number | null;
  /** Notional traded over the equity at the start. */
  readonly turnover: number | null;
  /** Places, amends and cancels for each fill. */
  readonly actionsPerFill: number | null;
};

export function executionOf({ fills, orders, pnl, startEquity }: BacktestResult): Execution {
  const [makers, takers] = [fills.filter(({ maker }) => maker), fills.filter(({ maker }) => !maker)];
  const notional = (rows: readonly FillRow[]): number => rows.reduce((sum, row) => sum + notionalOf(row), 0);
  const all = notional(fills);
  const markouts = (rows: readonly FillRow[]): readonly Markout[] =>
    MARKOUT_MS.map((afterMs, n) => ({ afterMs, ...edgeOf(rows, (row) => row.midAfter[n] ?? null) }));
  return {
    makers: edgeOf(makers, ({ mid }) => mid),
    takers: edgeOf(takers, ({ mid }) => mid),
    makerMarkouts: markouts(makers),
    takerMarkouts: markouts(takers),
    fillRatio: orders.placed > 0 ? orders.touched / orders.placed : null,
    makerShare: all > 0 ? notional(makers) / all : null,
    turnover: Number(startEquity) > 0 ? Number(pnl.turnover) / Number(startEquity) : null,
    actionsPerFill: pnl.fills > 0 ? (orders.placed + orders.amended + orders.cancels) / pnl.fills : null,
  };
}

export const notionalOf = ({ price, size }: Pick<FillRow, 'price' | 'size'>): number => Number(price) * Number(size);

/** Of the fills whose reference is known; the others do not count. */
export function edgeOf(rows: readonly FillRow[], reference: (row: FillRow) => string | null): Edge {
  let [fills, weight, mean, squares] = [0, 0, 0, 0];
  for (const row of rows) {
    const at = reference(row);
    if (at === null) continue;
    const bps = ((row.side === 'buy' ? 1 : -1) * (Number(at) - Number(row.price)) * 10_000) / Number(at);
    const w = notionalOf(row);
    fills++;
    weight += w;
    const step = bps - mean;
    mean += (step * w) / weight;
    squares += w * step * (bps - mean);
  }
  return {
    fills,
    notional: weight,
    bps: fills > 0 ? mean : null,
    errorBps: fills > 1 ? Math.sqrt(squares / weight / (fills - 1)) : null,
  };
}

/** Fills in groups, by danfojs: hours, days, symbols, runs and reasons. Sums here are for looking at; exact ones are in the result. */
import type { BacktestResult, FillRow } from '../backtest/result.ts';
import { notionalOf } from './execution.ts';

export type GroupRow = {
  readonly group: string;
  readonly fills: number;
  readonly notional: number;
  /** Of the notional, 0 to 1. */
  readonly makerShare: number;
  readonly realized: number;
  readonly fees: number;
  /** Realized and fees together. */
  readonly net: number;
};
export type Tables = {
  /** Hour of the day, UTC: '00' to '23'. */
  readonly byHour: readonly GroupRow[];
  /** '2026-11-27', UTC. */
  readonly byDay: readonly GroupRow[];
  readonly bySymbol: readonly GroupRow[];
  readonly byStrategy: readonly GroupRow[];
  readonly byReason: readonly GroupRow[];
};

const KEYS = { byHour: 'hour', byDay: 'day', bySymbol: 'symbol', byStrategy: 'strategy', byReason: 'reason' } as const;
const SUMS = ['count', 'notional', 'makerNotional', 'realized', 'fee'] as const;

type Numbers = Readonly<Record<(typeof SUMS)[number], number>>;
type Row = Numbers & Readonly<Record<(typeof KEYS)[keyof typeof KEYS], string>>;

/** Loads danfojs, about a second: only a report pays for it. */
export async function tablesOf({ fills }: Pick<BacktestResult, 'fills'>): Promise<Tables> {
  if (fills.length === 0) return { byHour: [], byDay: [], bySymbol: [], byStrategy: [], byReason: [] };
  const { DataFrame } = await import('danfojs-node');
  const frame = new DataFrame(fills.map(rowOf));
  const groups = (key: string): readonly GroupRow[] => {
    const sums = frame.groupby([key]).agg(Object.fromEntries(SUMS.map((name) => [name, 'sum']))).values as unknown[][];
    return sums.map(groupOf).sort((a, b) => (a.group < b.group ? -1 : 1));
  };
  return {
    byHour: groups(KEYS.byHour),
    byDay: groups(KEYS.byDay),
    bySymbol: groups(KEYS.bySymbol),
    byStrategy: groups(KEYS.byStrategy),
    byReason: groups(KEYS.byReason),
  };
}

function rowOf(fill: FillRow): Row {
  const at = new Date(fill.atMs).toISOString();
  const notional = notionalOf(fill);
  return {
    hour: at.slice(11, 13),
    day: at.slice(0, 10),
    symbol: fill.symbol,
    strategy: fill.strategy,
    reason: fill.reason,
    count: 1,
    notional,
    makerNotional: fill.maker ? notional : 0,
    realized: Number(fill.realized),
    fee: Number(fill.fee),
  };
}

function groupOf([group, ...sums]: readonly unknown[]): GroupRow {
  const [fills = 0, notional = 0, maker = 0, realized = 0, fees = 0] = sums.map(Number);
  return { group: String(group), fills, notional, makerShare: notional > 0 ? maker / notional : 0, realized, fees, net: realized + fees };
}

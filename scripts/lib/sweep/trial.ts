/** One trial: parameters on one or two spans of time, and what came of it. Plain JSON, also on its way between machines. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { stable } from '../../../shared/json.ts';
import type { BacktestResult } from '../backtest/result.ts';
import { returnsOf, statisticsOf } from '../report/statistics.ts';
import type { Json } from './json.ts';
import type { Span } from './splits.ts';

const span = z.strictObject({ fromMs: z.number(), toMs: z.number() });
const figure = z.number().nullable();

export const TrialFigures = z.strictObject({
  fromMs: z.number(),
  toMs: z.number(),
  /** What the equity changed by, quote units, decimal. */
  pnl: z.string(),
  fees: z.string(),
  funding: z.string(),
  turnover: z.string(),
  fills: z.int(),
  liquidations: z.int(),
  totalReturn: z.number(),
  yearlyReturn: figure,
  sharpe: figure,
  sortino: figure,
  calmar: figure,
  maxDrawdownPercent: z.number(),
  exposed: z.number(),
  /** Time between two returns, ms; null: too short for any. */
  periodMs: figure,
  returns: z.array(z.number()),
});
export type TrialFigures = Readonly<z.infer<typeof TrialFigures>>;

/** Refused: in one line each, what of these parameters cannot be run on this data. */
export const Outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), figures: z.array(TrialFigures).min(1) }),
  z.strictObject({ kind: z.literal('refused'), lines: z.array(z.string()) }),
]);
export type Outcome = Readonly<z.infer<typeof Outcome>>;

export const Task = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** By key of the configuration. */
  change: z.record(z.string(), z.unknown()),
  spans: z.array(span).min(1),
});
export type Task = { readonly id: string; readonly change: Readonly<Record<string, Json>>; readonly spans: readonly Span[] };

/** The same work has the same id, whoever asks for it. */
export function taskOf(change: Readonly<Record<string, Json>>, spans: readonly Span[]): Task {
  const id = createHash('sha256').update(stable({ change, spans })).digest('hex').slice(0, 16);
  return { id, change, spans };
}

/** Digits that are kept of a return. */
const RETURN_DIGITS = 10;

export function figuresOf(result: BacktestResult): TrialFigures {
  const { meta, pnl, extremes, liquidations, samples, startEquity } = result;
  const { totalReturn, yearlyReturn, sharpe, sortino, calmar, periodMs } = statisticsOf(result);
  const returns = periodMs === null ? [] : returnsOf(samples, Number(startEquity), periodMs);
  return {
    ...{ fromMs: meta.fromMs, toMs: meta.toMs, pnl: pnl.total, fees: pnl.fees, funding: pnl.funding, turnover: pnl.turnover },
    ...{ fills: pnl.fills, liquidations: liquidations.length, totalReturn, yearlyReturn, sharpe, sortino, calmar },
    ...{ maxDrawdownPercent: extremes.maxDrawdownPercent, exposed: extremes.exposed, periodMs },
    returns: returns.map((one) => Number(one.toPrecision(RETURN_DIGITS))),
  };
}

/** A result of `scripts/backtest --json` from a file; one line for a person when it is none. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type BacktestResult, RESULT_SCHEMA } from '../backtest/result.ts';
import { EXIT, Problem } from '../tool.ts';

const rows = z.array(z.looseObject({}));
const sums = z.looseObject({ total: z.string(), turnover: z.string(), fills: z.number() });
/** What a report cannot do without; written by one program and read by another of the same build, so not every field. */
const Shape = z.looseObject({
  meta: z.looseObject({
    schema: z.literal(RESULT_SCHEMA),
    fromMs: z.number(),
    toMs: z.number(),
    assumptions: z.record(z.string(), z.string()),
  }),
  symbols: z.array(z.looseObject({ symbol: z.string(), strategies: z.array(z.string()) })),
  startEquity: z.string(),
  endEquity: z.string(),
  samples: z.looseObject({
    fromMs: z.number(),
    periodMs: z.number().positive(),
    rows: z.number(),
    equity: z.array(z.string()),
    symbols: z.record(z.string(), z.looseObject({ price: z.array(z.string()), position: z.array(z.string()) })),
  }),
  fills: z.array(
    z.looseObject({ atMs: z.number(), price: z.string(), size: z.string(), maker: z.boolean(), midAfter: z.array(z.string().nullable()) }),
  ),
  orders: z.looseObject({ placed: z.number() }),
  funding: rows,
  liquidations: rows,
  exits: rows,
  gaps: rows,
  pnl: sums,
  extremes: z.looseObject({ maxDrawdownPercent: z.number() }),
});

export function readResult(file: string): BacktestResult {
  const parsed = Shape.safeParse(jsonOf(file));
  if (parsed.success) return parsed.data as unknown as BacktestResult;
  const [issue] = parsed.error.issues;
  throw new Problem(EXIT.usage, [
    `${file}: not a result of scripts/backtest --json of this version: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
  ]);
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why =
      error instanceof SyntaxError ? `is not JSON: ${error.message}` : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new Problem(EXIT.usage, [`${file} ${why}`]);
  }
}

/**
 * What the market-making family remembers between two decisions: plain data of a bounded size. A stored one is checked whole before it is
 * gone on from, because what is wrong in it would be quoted on.
 */
import * as z from 'zod';
import { type FundingTimes, NO_FUNDING_TIMES } from './funding.ts';
import type { Pulled } from './pull.ts';
import { REASONS, type PullReason } from './reasons.ts';
import { NO_SENSES, type Senses } from './senses.ts';

/** `grid`: the steps that its ticks and lots are counted in; on another grid everything begins anew. */
export type MarketMakingState = {
  readonly grid: { readonly tick: number; readonly step: number } | null;
  readonly senses: Senses;
  readonly pulled: Pulled | null;
  readonly funding: FundingTimes;
};

export const INITIAL: MarketMakingState = { grid: null, senses: NO_SENSES, pulled: null, funding: NO_FUNDING_TIMES };

/** Bound of every stored row; the longest that a configuration can ask for is shorter. */
const ROW_MAX = 300;
const number = z.number();
const row = z.array(number).max(ROW_MAX);
const fields = <const K extends string>(...keys: readonly K[]) =>
  z.strictObject(Object.fromEntries(keys.map((key) => [key, number])) as Record<K, typeof number>);
const buckets = <T extends z.ZodType>(value: T) => {
  const bucket = z.strictObject({ id: number, value });
  return z.strictObject({ bucketMs: number, open: bucket, closed: z.array(bucket).max(ROW_MAX) });
};
const sign = z.union([z.literal(1), z.literal(-1)]);
const held = fields('mean', 'last', 'atMs');
const flow = fields('buys', 'sells', 'sinceMs', 'atMs').nullable();
const sum = fields('squares', 'seconds', 'samples');

const volatility = z.strictObject({ mid: number, atMs: number, samples: number, recent: sum, usual: sum, window: buckets(sum).nullable() });
const intensity = z.strictObject({
  widthBps: number,
  of: fields('observeMs', 'binBps', 'bins'),
  current: fields('sinceMs', 'mid', 'up', 'down'),
  counts: buckets(z.strictObject({ cells: row, seconds: number })).nullable(),
  fit: fields('a', 'k', 'errorA', 'errorK', 'observations').nullable(),
  fittedMs: number,
});
const microPrice = z.strictObject({
  seen: z.strictObject({ cell: z.int(), sign: z.union([sign, z.literal(0)]), mid: number, spread: number }),
  moved: z.array(row).max(ROW_MAX),
  looks: row,
  drift: row,
  adjustment: row.nullable(),
  solvedMs: number,
});
const senses = z.strictObject({
  volatility: volatility.nullable(),
  regime: z.enum(['low', 'normal', 'high']),
  momentum: z.strictObject({ fast: held, slow: held }).nullable(),
  flow,
  markouts: z.strictObject({ waiting: z.array(z.strictObject({ sign, price: number, atMs: number })).max(ROW_MAX), done: row }),
  intensity: intensity.nullable(),
  microPrice: microPrice.nullable(),
  range: buckets(fields('low', 'high')).nullable(),
  nowFlow: flow,
  usualFlow: flow,
  vpin: z.strictObject({ size: number, buys: number, sells: number, closed: row }).nullable(),
});
const isPull = (reason: string): reason is PullReason => reason.startsWith('pulled-');
const stateSchema: z.ZodType<MarketMakingState> = z.strictObject({
  grid: fields('tick', 'step').nullable(),
  senses,
  pulled: z.strictObject({ why: z.enum(REASONS.filter(isPull)), untilMs: number }).nullable(),
  funding: z.strictObject({ lastMs: number.nullable(), nextMs: number.nullable() }),
});

/** Null for what is no state of this version. */
export function readState(saved: unknown): MarketMakingState | null {
  const parsed = stateSchema.safeParse(saved);
  return parsed.success ? parsed.data : null;
}

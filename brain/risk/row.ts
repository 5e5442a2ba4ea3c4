/** What the risk watch must remember, as JSON and back. Pure. */
import * as z from 'zod';
import { TIERS } from '../../shared/risk.ts';
import type { RiskMemory } from './watch.ts';

const common = { relapses: z.int().nonnegative(), sinceMs: z.number() };
const Finding = z.strictObject({
  ...{ monitor: z.string(), where: z.string(), reading: z.number(), threshold: z.number() },
  tier: z.enum(TIERS),
});
const Breaker = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('closed'), ...common }),
  z.strictObject({ at: z.literal('open'), tier: z.enum(TIERS), findings: z.array(Finding), ...common }),
  z.strictObject({ at: z.literal('half-open'), ...common }),
]);
const Day = z.strictObject({
  ...{ startMs: z.number(), total: z.number(), fees: z.number(), funding: z.number() },
  runs: z.record(z.string(), z.number()),
});
const Earned = z.strictObject({ total: z.number(), fees: z.number(), funding: z.number() });
const Row = z.strictObject({
  day: Day.nullable(),
  peak: z.strictObject({ total: z.number(), equity: z.number() }).nullable(),
  fillSeq: z.int().nonnegative(),
  /** These two are absent in rows of earlier versions. */
  parts: z.record(z.string(), Earned).nullable().default(null),
  acting: z.array(z.string()).default([]),
  breakers: z.record(z.string(), Breaker),
  stopped: z.boolean(),
  sides: z.record(z.string(), z.strictObject({ side: z.number(), sideSinceMs: z.number() })),
});

export const writeRisk = (memory: RiskMemory): string => JSON.stringify(memory);
/** Throws on anything else than `writeRisk` has written: a breaker that cannot be read counts as open. */
export const readRisk = (text: string): RiskMemory => Row.parse(JSON.parse(text));

/** Risk monitors of the brain as config.json names them: what is read, when it warns, when it acts, and how far it goes then. */
import * as z from 'zod';

/** Each includes what stands before it. */
export const TIERS = ['widen', 'one-sided', 'pause', 'emergency'] as const;
export type Tier = (typeof TIERS)[number];

/** Which way of a reading is bad, its usual thresholds and tier, and what a person reads. */
type Spec = {
  readonly bad: 'above' | 'below';
  readonly warn: number;
  readonly act: number;
  readonly tier: Tier;
  readonly what: string;
  /** It must be that bad for so long, ms; 0 without it. */
  readonly holdMs?: number;
};

type Limits = readonly [warn: number, act: number];
const above = ([warn, act]: Limits, tier: Tier, what: string): Spec => ({ bad: 'above', warn, act, tier, what });
const below = ([warn, act]: Limits, tier: Tier, what: string): Spec => ({ bad: 'below', warn, act, tier, what });

/** Of the account, then of each symbol. */
export const MONITORS = {
  dailyLossPercent: above([0.5, 0.8], 'pause', 'loss since midnight UTC, open positions included, percent of the equity'),
  drawdownPercent: above([3, 5], 'emergency', 'fall of the equity from its highest, percent'),
  runLossPercent: above([0.4, 0.6], 'pause', 'loss of one strategy since midnight UTC, percent of the equity'),
  feesPercent: above([0.3, 0.6], 'widen', 'fees paid since midnight UTC, percent of the equity'),
  fundingPaidPercent: above([0.2, 0.5], 'one-sided', 'funding paid since midnight UTC, percent of the equity'),
  concentrationPercent: above([150, 300], 'one-sided', 'largest position of a symbol, percent of the equity'),
  ordersPerMinute: above([1_500, 2_500], 'widen', 'orders and amends sent, a minute'),
  cancelsPerMinute: above([1_500, 2_500], 'widen', 'cancels sent, a minute'),
  fillsPerMinute: above([60, 200], 'widen', 'own fills, a minute'),
  ordersPerFill: above([2_000, 4_000], 'widen', 'orders and amends for each fill, over ten minutes; from 500 orders on'),
  rejectPercent: above(
    [10, 30],
    'pause',
    'orders that were refused or rejected, percent, over a minute; from 30 orders on; not those that a race or a used-up budget explains',
  ),
  errorPercent: above(
    [5, 20],
    'pause',
    'commands without an answer and reads of the exchange that failed, percent of both, over a minute; from 30 on',
  ),
  feedAgeMs: above([300, 1_000], 'widen', 'how old the newest snapshot grew before this one came, ms'),
  acknowledgeMs: above([500, 2_000], 'widen', 'time from a command to the snapshot that shows it, 95 of 100, ms'),
  positionPercent: above([100, 200], 'one-sided', 'position of the symbol, percent of the equity'),
  positionAgeMinutes: above([240, 1_440], 'one-sided', 'time since the position was last flat or turned, minutes'),
  volatilityRatio: above(
    [3, 5],
    'widen',
    'volatility of the last 10 s over that of the last 10 min, which it is a part of: at most 7.7, less in the first minutes',
  ),
  spreadBps: above([20, 100], 'pause', 'best ask less best bid, basis points'),
  /** Of one snapshot it says little: what stands in the levels shown is a small part of the book, and changes from one to the next. */
  depthShare: {
    ...below([0.2, 0.05], 'widen', 'size of the levels shown within 10 bps of mid, on the thinner side, as a share of its usual'),
    holdMs: 2_000,
  },
  jumpBps: above([30, 100], 'pause', 'move of the mid within one second, basis points'),
  bookAgeMs: above([1_000, 2_500], 'widen', 'time since the book was last proved, ms; nothing is quoted on it meanwhile'),
  markGapBps: above([30, 100], 'pause', 'distance between mid and mark, basis points'),
  tradeGapBps: above([30, 100], 'pause', 'distance between mid and the last public trade, basis points; where a strategy reads trades'),
  fundingPercent: above([0.1, 0.5], 'one-sided', 'funding rate at the next time, percent, whatever its sign'),
} as const satisfies Readonly<Record<string, Spec>>;
export type MonitorName = keyof typeof MONITORS;

/** What all monitors have alike is made once: two dozen of each schema are felt at every start. */
const [reading, after, reaching] = [z.number().min(0), z.enum(TIERS), z.int().min(0).max(3_600_000)];
const ALIKE = {
  on: z.boolean().default(true).describe('false: only shown'),
  coolDownMs: z.int().min(0).max(86_400_000).default(10_000).describe('and well inside for so long before it is over, ms'),
  hysteresisPercent: z.number().min(0).max(90).default(20).describe('well inside is this far from the threshold, percent of it'),
};

const monitor = ({ bad, warn, act, tier, what, holdMs = 0 }: Spec) =>
  z
    .strictObject({
      on: ALIKE.on,
      warn: reading.default(warn).describe('reading that is told'),
      act: reading.default(act).describe('reading that acts'),
      tier: after.default(tier).describe('what happens then'),
      holdMs: reaching.default(holdMs).describe('it must be that bad for so long, ms'),
      coolDownMs: ALIKE.coolDownMs,
      hysteresisPercent: ALIKE.hysteresisPercent,
    })
    .refine((one) => (bad === 'above' ? one.warn <= one.act : one.warn >= one.act), {
      path: ['warn'],
      message: bad === 'above' ? 'at most act' : 'at least act',
    })
    .prefault({})
    .describe(what);

const monitors = Object.fromEntries(Object.entries(MONITORS).map(([name, spec]) => [name, monitor(spec)])) as {
  [Name in MonitorName]: ReturnType<typeof monitor>;
};

const Breaker = z.strictObject({
  widenFactor: z.number().min(1).max(20).default(2).describe('distance of quotes from mid in tier widen, as a multiple'),
  openMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(30_000)
    .describe('it stays open at least this long after the last finding, twice as long after each relapse, ms'),
  openMsMax: z.int().min(0).max(86_400_000).default(1_800_000).describe('but not longer than this, ms'),
  probeMs: z.int().min(0).max(86_400_000).default(60_000).describe('then small orders for this long; a relapse opens it again, ms'),
  probeSizePercent: z.number().gt(0).max(100).default(25).describe('size of those orders, percent of what the strategy wants'),
});

export const Risk = z
  .strictObject({
    monitors: z.strictObject(monitors).prefault({}).describe('what it watches'),
    breaker: Breaker.prefault({}).describe('what it does when a monitor acts, and how it comes back'),
  })
  .describe('risk watch of the brain, beside the hard exits and in front of the limits of the gateway');
export type Risk = Readonly<z.infer<typeof Risk>>;
export type BreakerParameters = Risk['breaker'];
export type MonitorParameters = Risk['monitors'][MonitorName];

/** Thresholds of one monitor with the way that is bad. */
export type Threshold = Pick<MonitorParameters, 'warn' | 'act' | 'holdMs' | 'coolDownMs' | 'hysteresisPercent'> & {
  readonly bad: 'above' | 'below';
};

/** In the document of the brain. Absent in documents of earlier versions. Places (`where`) are `account`, a symbol, or `run:` and a run. */
export const riskWatchDoc = {
  /** Those that are not closed. `sinceMs`: when it last moved or was confirmed, wall time. `findings`: what opened it, in the monitors' units. */
  breakers: z
    .array(
      z.strictObject({
        where: z.string(),
        at: z.enum(['open', 'half-open']),
        tier: z.enum(TIERS).nullable(),
        sinceMs: z.number(),
        relapses: z.int(),
        findings: z.array(z.strictObject({ monitor: z.string(), reading: z.number(), threshold: z.number() })),
      }),
    )
    .optional(),
  /** Monitors beyond a threshold, or not long enough back; `on` false: they are shown and restrain nothing. */
  alarms: z
    .array(
      z.strictObject({
        ...{ monitor: z.string(), where: z.string(), alarm: z.enum(['warn', 'act']), on: z.boolean() },
        ...{ reading: z.number().nullable(), warn: z.number(), act: z.number() },
      }),
    )
    .optional(),
  /** Of the account, by monitor; null while not known. */
  readings: z.record(z.string(), z.number().nullable()).optional(),
};

/** Every monitor only shown: for runs that are about something else. */
export const unwatched = (): Risk =>
  Risk.parse({ monitors: Object.fromEntries(Object.keys(MONITORS).map((name) => [name, { on: false }])) });

/** What the brain last decided, as it writes it to Redis for people, the supervisor and the alerts. */
import * as z from 'zod';
import { ConfigAudit, ConfigState } from './config-live.ts';
import { PnlDoc } from './pnl-doc.ts';
import { riskWatchDoc } from './risk.ts';
import { decimal, Stamp } from './snapshot.ts';

const signals = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const wantedQuotes = z.array(z.strictObject({ side: z.enum(['buy', 'sell']), price: decimal, size: decimal }));

/** One run on one symbol. */
export const RunDoc = z.strictObject({
  run: z.string(),
  strategy: z.string(),
  symbol: z.string(),
  /** Why it does what it does now (shared/reasons.ts), and what belongs to that. */
  reason: z.string(),
  detail: signals,
  quotes: wantedQuotes,
  signals,
  /** Its own share, base units, signed; its average entry price, quote units, null when flat. */
  position: decimal,
  entryPrice: decimal.nullable(),
  /** Quote units, since its sub-ledger began: before fees; fees by asset, positive = paid; funding positive = received. */
  realizedPnl: decimal,
  fees: z.record(z.string(), decimal),
  funding: decimal,
  /** Reasons it had lately, the newest first, each once; venue time, ms. */
  why: z.array(z.strictObject({ reason: z.string(), detail: signals, count: z.int(), firstMs: z.number(), lastMs: z.number() })),
});
export type RunDoc = Readonly<z.infer<typeof RunDoc>>;

/** One shadow on one symbol: what its parameters would have done on the same snapshots, by simulated fills. */
export const ShadowDoc = z.strictObject({
  shadow: z.string(),
  /** The run that it is compared with. */
  run: z.string(),
  symbol: z.string(),
  reason: z.string(),
  detail: signals,
  quotes: wantedQuotes,
  signals,
  position: decimal,
  entryPrice: decimal.nullable(),
  /** Quote units, as in the position documents. */
  realizedPnl: decimal,
  fees: decimal,
  funding: decimal,
  fills: z.int(),
  /** Since when its money counts, venue time, ms. */
  sinceMs: z.number(),
  /** Realized, unrealized by mark, fees and funding since then: of the shadow, and of the run. Null: not known, or fees in another asset. */
  net: decimal.nullable(),
  liveNet: decimal.nullable(),
  /** Snapshots before which public trades were missed: fills may be missing there. */
  missed: z.int(),
  /** Why it does nothing any more; null while it goes on. */
  failure: z.string().nullable(),
});
export type ShadowDoc = Readonly<z.infer<typeof ShadowDoc>>;

/** What the brain last decided; written by the brain, read by people and the supervisor. */
export const BrainDoc = z.strictObject({
  brainEpoch: z.int(),
  /** The snapshot it last acted on. */
  processed: Stamp,
  wallMs: z.number(),
  strategy: z.string(),
  /** Decisions made since start: one for each fresh snapshot used. */
  decisions: z.int(),
  fillSeq: z.int(),
  symbols: z.record(
    z.string(),
    z.strictObject({
      /** Coded reason of what it does now: `quoting`, `book-stale`, `cooling-down`, `no-signal`, ...; of several runs that of the first. */
      reason: z.string(),
      /** Wanted quotes, decimal strings. */
      quotes: wantedQuotes,
      signals,
      /** Adopted baseline plus the sum of the fills the brain itself has read, base units, signed. */
      position: decimal,
      takeProfits: z.int(),
      stopLosses: z.int(),
    }),
  ),
  /** `normal`, `restrained` by a breaker, or `blocked`. */
  risk: z.strictObject({ state: z.string(), reasons: z.array(z.string()), ...riskWatchDoc }),
  /** By run and symbol, in the order of the configuration; absent in documents of earlier versions. */
  runs: z.array(RunDoc).optional(),
  /** In force at the brain; absent in documents of earlier versions. `log`: the newest changes, newest first. */
  config: z
    .strictObject({ configHash: z.string(), limitsHash: z.string(), state: ConfigState, log: z.array(ConfigAudit).max(10) })
    .optional(),
  /** By symbol; absent in documents of earlier versions, and of a symbol that was not looked at yet. */
  pnl: z.record(z.string(), PnlDoc).optional(),
  /** What is held on each symbol and belongs to no run, base units, signed; with the holdings of the runs it adds up to the net position. */
  unassigned: z.record(z.string(), decimal).optional(),
  /** Absent where none is configured. */
  shadow: z.array(ShadowDoc).optional(),
});
export type BrainDoc = Readonly<z.infer<typeof BrainDoc>>;

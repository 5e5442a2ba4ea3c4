/**
 * The command contract on the Unix socket: one JSON message a line. Every request carries the client's own `id`, and exactly one
 * answer with that `id` comes back: `taken`, `refused` or `data`. What became of an order is read from later snapshots and fills.
 */
import * as z from 'zod';
import { SENTENCE_MAX } from './alarm.ts';
import { ConfigAudit, ConfigState } from './config-live.ts';
import { Limits } from './limits.ts';
import { RUN_ID_MAX } from './runs.ts';
import { FillDoc, OrderDoc, SCHEMA_VERSION, Stamp, TAG_MAX } from './snapshot.ts';

const decimal = z.string().regex(/^\d{1,20}(\.\d{1,20})?$/);
const id = z.int().nonnegative();
const clientId = z.string().regex(/^\d{1,19}$/);
const symbol = z.string().min(1).max(40);
const reason = z.string().max(200);
const runId = z.string().min(1).max(RUN_ID_MAX);
const wallMs = z.int().nonnegative();
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);

export const ClientRole = z.enum(['brain', 'operator', 'observer']);
export type ClientRole = z.infer<typeof ClientRole>;

/** First message of every connection. A brain names environment, account and config it was started for; a mismatch is refused. */
export const Hello = z.strictObject({
  id,
  type: z.literal('hello'),
  role: ClientRole,
  schema: z.literal(SCHEMA_VERSION),
  environment: z.string(),
  configHash: z.string().optional(),
  name: z.string().max(80).optional(),
});

/** `basedOn` is the snapshot the decision rests on; after `ttlMs`, counted from that snapshot's publication, the gateway refuses. */
const fresh = { basedOn: Stamp, ttlMs: z.int().positive().max(60_000) };

export const Place = z.strictObject({
  id,
  type: z.literal('place'),
  clientId,
  symbol,
  side: z.enum(['buy', 'sell']),
  kind: z.enum(['limit', 'market']),
  timeInForce: z.enum(['gtc', 'ioc', 'fok', 'post-only']),
  /** Quote units; absent for a market order only. */
  price: decimal.optional(),
  /** Base units. */
  size: decimal,
  reduceOnly: z.boolean(),
  reason: reason.optional(),
  /** Run of the brain it belongs to; kept with the order and told with its fills. */
  strategy: runId.optional(),
  /** Which of the run's quotes it serves; kept with the order and shown with it. Absent is ''. */
  tag: z.string().min(1).max(TAG_MAX).optional(),
  ...fresh,
});
/** `size` is the new total, what is already filled included. The order loses its queue place on most venues. */
export const Amend = z.strictObject({ id, type: z.literal('amend'), clientId, price: decimal, size: decimal, ...fresh });
export const Cancel = z.strictObject({ id, type: z.literal('cancel'), clientId });
/** Cancels our orders only (all of them for an operator, its own for a brain), on one symbol or on all. */
export const CancelAll = z.strictObject({ id, type: z.literal('cancelAll'), symbol: symbol.optional() });
/** Starts (or joins) the close ladder on the net position. `maker-first` rests at best before it takes; `taker` takes at once. */
export const ClosePosition = z.strictObject({
  id,
  type: z.literal('closePosition'),
  symbol,
  reason,
  ladder: z.enum(['maker-first', 'taker']),
});
export const Heartbeat = z.strictObject({ id, type: z.literal('heartbeat'), processed: Stamp.nullable() });
export const Query = z.strictObject({
  id,
  type: z.literal('query'),
  what: z.enum(['status', 'orders', 'order', 'fills', 'positions', 'book', 'stats', 'life', 'pnl', 'alarms', 'config']),
  symbol: symbol.optional(),
  clientId: clientId.optional(),
  /** For `fills` and `alarms`: only those numbered above this. */
  after: z.int().nonnegative().optional(),
  limit: z.int().positive().max(200).optional(),
  /** For `fills`: those of a time instead, by the venue's clock, newest first. `toMs` is exclusive; of its own millisecond those below `beforeN`. */
  range: z.strictObject({ fromMs: wallMs, toMs: wallMs, beforeN: z.int().nonnegative().optional() }).optional(),
  /** For `pnl`: UTC days, both inclusive. */
  days: z.strictObject({ from: day, to: day }).optional(),
  /** For `orders`: only those that have not ended. */
  open: z.boolean().optional(),
});
export const Subscribe = z.strictObject({ id, type: z.literal('subscribe'), what: z.literal('snapshot') });
/** Cancel all, verify, flatten, verify, stay stopped until an operator resumes. */
export const EmergencyStop = z.strictObject({ id, type: z.literal('emergencyStop'), reason, everything: z.boolean().optional() });
export const Pause = z.strictObject({ id, type: z.literal('pause'), reason: reason.optional() });
export const Resume = z.strictObject({ id, type: z.literal('resume') });

/** A person has seen the limits that the file has loosened, by their hash: they come into force. */
export const ConfirmConfig = z.strictObject({ id, type: z.literal('confirmConfig'), limitsHash: z.string().max(64) });

/** A person is to be told: what a brain's monitors and breaker see, and a test of the way to the channels. A few a minute. */
export const AlarmCommand = z.strictObject({
  id,
  type: z.literal('alarm'),
  code: z.enum(['risk-breaker', 'risk-warning', 'test']),
  symbol: symbol.optional(),
  sentence: z.string().min(1).max(SENTENCE_MAX),
});

const single = z.discriminatedUnion('type', [Place, Amend, Cancel]);
export const Batch = z.strictObject({ id, type: z.literal('batch'), commands: z.array(single).min(1).max(40) });

export const Command = z.discriminatedUnion('type', [
  Hello,
  Place,
  Amend,
  Cancel,
  CancelAll,
  ClosePosition,
  Batch,
  Heartbeat,
  Query,
  Subscribe,
  EmergencyStop,
  Pause,
  Resume,
  ConfirmConfig,
  AlarmCommand,
]);
export type Command = Readonly<z.infer<typeof Command>>;
export type Hello = Readonly<z.infer<typeof Hello>>;
export type Place = Readonly<z.infer<typeof Place>>;
export type Amend = Readonly<z.infer<typeof Amend>>;
export type Cancel = Readonly<z.infer<typeof Cancel>>;
export type CancelAll = Readonly<z.infer<typeof CancelAll>>;
export type ClosePosition = Readonly<z.infer<typeof ClosePosition>>;
export type Batch = Readonly<z.infer<typeof Batch>>;
export type Heartbeat = Readonly<z.infer<typeof Heartbeat>>;
export type Query = Readonly<z.infer<typeof Query>>;
export type EmergencyStop = Readonly<z.infer<typeof EmergencyStop>>;
export type ConfirmConfig = Readonly<z.infer<typeof ConfirmConfig>>;
export type AlarmCommand = Readonly<z.infer<typeof AlarmCommand>>;

export const REFUSALS = [
  'bad-message',
  'too-large',
  'flood',
  'no-hello',
  'wrong-schema',
  'wrong-environment',
  'wrong-config',
  'not-allowed',
  'brain-present',
  'no-lease',
  'stale-epoch',
  'stale-snapshot',
  'ttl-expired',
  'bad-id',
  'id-reused',
  'unknown-order',
  'order-ended',
  'order-busy',
  'unknown-symbol',
  'not-trading',
  'filter',
  'collar',
  'self-cross',
  'limit-order-size',
  'limit-order-notional',
  'limit-equity',
  'limit-position',
  'limit-gross-notional',
  'limit-open-orders',
  'limit-rate',
  'limit-order-to-fill',
  'liquidation-near',
  'reduce-only-mode',
  'cancel-only-mode',
  'book-not-live',
  'position-unknown',
  'balance-unknown',
  'foreign-order',
  'closing',
  'stop-missing',
  'paused',
  'stopped',
  'budget',
  'rejections',
  'ledger-unavailable',
  'stalled',
  'shutting-down',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Answer to `hello`. For a brain `brainEpoch` is its granted lease; others get 0. */
export const Welcome = z.strictObject({
  id,
  type: z.literal('taken'),
  seq: z.int(),
  welcome: z.strictObject({
    schema: z.literal(SCHEMA_VERSION),
    environment: z.string(),
    accountHash: z.string(),
    configHash: z.string(),
    /** The gateway's own run: the epoch of its snapshots. */
    epoch: z.int(),
    /** For an operator too: the epoch for its client ids. */
    brainEpoch: z.int(),
    leaseMs: z.number(),
  }),
});
export type Welcome = Readonly<z.infer<typeof Welcome>>;
/** The command's effect is visible in snapshots from `seq` on. */
export const Taken = z.strictObject({ id, type: z.literal('taken'), seq: z.int() });
export type Taken = Readonly<z.infer<typeof Taken>>;
export const Refused = z.strictObject({ id: id.nullable(), type: z.literal('refused'), code: z.enum(REFUSALS), sentence: z.string() });
export type Refused = Readonly<z.infer<typeof Refused>>;
/** Answer to `query`; the shape of `data` goes with `what`. */
export const Data = z.strictObject({ id, type: z.literal('data'), data: z.unknown() });
export type Data = Readonly<z.infer<typeof Data>>;
/** Answer to `batch`: one answer a command, in order, by each command's own id. */
export const BatchAnswer = z.strictObject({
  id,
  type: z.literal('batch'),
  answers: z.array(z.discriminatedUnion('type', [Taken, Refused])),
});
export type BatchAnswer = Readonly<z.infer<typeof BatchAnswer>>;
/**
 * Sent unasked to subscribers: the newest snapshot, the same documents as in Redis but for the entry prices and what is written there on
 * change only; a slow reader misses some. `entries`: what was added since the push before to the streams of fills and public trades, as Redis
 * gets it.
 */
export const Pushed = z.strictObject({
  type: z.literal('snapshot'),
  /** The gateway's monotonic time, ms: only to be compared with that of other pushes of the same run. */
  at: z.number(),
  /**
   * Number of the push before. Then only documents that have changed since are told: the others are as they were, but for their numbers and
   * their ages. Who has not read that push waits for the next whole one, a tick later as a rule. Absent: this one is whole.
   */
  base: z.int().nonnegative().optional(),
  /** By key; the header is always there, its numbers and what else of it has changed where there is a base. */
  docs: z.record(z.string(), z.unknown()),
  entries: z.array(z.strictObject({ key: z.string(), text: z.string() })).optional(),
});
export type Pushed = Readonly<z.infer<typeof Pushed>>;

export type Answer = Welcome | Taken | Refused | Data | BatchAnswer;
export const ANSWER = z.union([Welcome, Taken, Refused, Data, BatchAnswer, Pushed]);

/** `max` of the newest few thousand. */
const percentiles = z.strictObject({ p50: z.number(), p99: z.number(), max: z.number().optional(), n: z.int() });
/** Command received -> bytes written; written -> answered by the venue; written -> told on the private stream. */
const callSteps = z.strictObject({ written: percentiles, acknowledged: percentiles, told: percentiles });
/** Answer to `query stats`: counters of this run of the gateway, and latencies in microseconds of real time. */
export const Stats = z.strictObject({
  epoch: z.int(),
  snapshots: z.int(),
  symbols: z.record(
    z.string(),
    z.strictObject({
      messages: z.int(),
      applied: z.int(),
      dropped: z.int(),
      gaps: z.int(),
      gapsUnresolved: z.int(),
      resyncs: z.int(),
      /** Whole life of the ledger's account, not only this run. */
      placed: z.int(),
      amended: z.int(),
      canceled: z.int(),
      rejected: z.int(),
      unknown: z.int(),
      open: z.int(),
      fills: z.int(),
      volume: z.string(),
      position: z.string(),
      entryPrice: z.string().nullable(),
      realized: z.string(),
      unrealized: z.string().nullable(),
      fees: z.string(),
      funding: z.string(),
    }),
  ),
  latencyUs: z.strictObject({
    /** Newest market frame in the snapshot a decision rests on, received -> order bytes written. */
    frameToOrder: percentiles,
    /** Command line received -> order bytes written. */
    command: percentiles,
    /** Single order calls by the way they left; batches are not timed. */
    calls: z.strictObject({ rest: callSteps, websocket: callSteps }),
  }),
  /** From the spawn of this process on, real milliseconds; null: not yet. */
  startMs: z.strictObject({ protected: z.number().nullable(), ready: z.number().nullable(), quoting: z.number().nullable() }),
  /** Distinct problems with counts, worst first; empty when all is well. */
  errors: z.array(z.string()),
});
export type Stats = Readonly<z.infer<typeof Stats>>;

/** Answer to `query book`: every level held, best first, at `lastUpdateId`. */
export const FullBook = z.strictObject({
  symbol: z.string(),
  status: z.string(),
  lastUpdateId: z.number(),
  bids: z.array(z.tuple([z.string(), z.string()])),
  asks: z.array(z.tuple([z.string(), z.string()])),
  /** Prices up to which the last REST snapshot reached: beyond them only levels that a diff has touched are known. */
  known: z.strictObject({ bidFrom: z.string(), askTo: z.string() }).optional(),
});
export type FullBook = Readonly<z.infer<typeof FullBook>>;

const signed = z.string().regex(/^-?\d+(\.\d+)?$/);
/**
 * Answer to `query positions`: what the ledger adopted before its first fill, and what it holds now, base units, signed. The fills
 * numbered 1 ... fillSeq all count on top of `baseline`; a correction comes as a numbered fill or as a changed baseline.
 */
export const PositionsAnswer = z.strictObject({
  fillSeq: z.int().nonnegative(),
  positions: z.array(z.strictObject({ symbol: z.string(), baseline: signed, position: signed })),
});
export type PositionsAnswer = Readonly<z.infer<typeof PositionsAnswer>>;

/** Answer to `query order`; null: the ledger has never heard of it. */
export const OrderAnswer = z.strictObject({
  order: z.strictObject({ ...OrderDoc.shape, symbol, venueId: z.string().nullable() }).nullable(),
});
export type OrderAnswer = Readonly<z.infer<typeof OrderAnswer>>;
/** Answer to `query orders`: foreign ones, then own ones, newest last; at most `limit`, counted from the end. */
export const OrdersAnswer = z.strictObject({ orders: z.array(OrderDoc.extend({ symbol: z.string() })) });
export type OrdersAnswer = Readonly<z.infer<typeof OrdersAnswer>>;

/** Answer to `query fills`: in order of number, at most `limit` of them, the first above `after`; of a `range` the newest first. */
export const FillsAnswer = z.strictObject({ fills: z.array(FillDoc) });
export type FillsAnswer = Readonly<z.infer<typeof FillsAnswer>>;

/** Answer to `query config`: the limits in force, by symbol, with their hash and that of the file's; what the file wants otherwise; what was changed. */
export const ConfigAnswer = z.strictObject({
  limits: Limits,
  limitsHash: z.string(),
  wantedHash: z.string(),
  state: ConfigState,
  log: z.array(ConfigAudit),
});
export type ConfigAnswer = Readonly<z.infer<typeof ConfigAnswer>>;

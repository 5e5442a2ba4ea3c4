/**
 * The state contract: documents the gateway writes to Redis every tick, all at once. Prices, sizes and money are decimal strings;
 * every document carries the header's {epoch, seq}, and a reader uses them only when all parts carry the same numbers.
 */
import * as z from 'zod';
import { ConfigState } from './config-live.ts';
import { ORDER_STATUSES } from './order.ts';

export const SCHEMA_VERSION = 1;
/** Snapshot keys vanish this long after the gateway's death; freshness is judged by age, this only cleans up. */
export const SNAPSHOT_TTL_MS = 2_000;
/** An order stays in the snapshot this long after its end, with final status and fills. */
export const CLOSED_SHOWN_MS = 5_000;
/** Letters of the tag of an order. */
export const TAG_MAX = 40;

/** A decimal in quotes, signed. */
export const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const stamp = { epoch: z.int().nonnegative(), seq: z.int().nonnegative() };
export const Stamp = z.strictObject(stamp);
export type Stamp = Readonly<z.infer<typeof Stamp>>;

/** What the gateway lets through now: all; reduce-only; cancels only; nothing known (blind); emergency stop until a person resumes. */
export const Mode = z.enum(['normal', 'reduce-only', 'cancel-only', 'blind', 'stopped']);
export type Mode = z.infer<typeof Mode>;

const streamHealth = z.strictObject({
  state: z.enum(['connecting', 'live', 'lost']),
  ageMs: z.number().nullable(),
  /** How long messages are on their way from the venue, smoothed; absent where it is not measured, null before the first. */
  delayMs: z.number().nullable().optional(),
});

/** The emergency stop that holds: by whom, how far it is, and what is left of orders and positions, in words. */
export const EmergencyDoc = z.strictObject({
  reason: z.string(),
  source: z.enum(['operator', 'brain', 'signal', 'file', 'breaker']),
  /** Orders of others on our symbols are cancelled too. */
  everything: z.boolean(),
  /** `done`: a read of the account that began after all of it showed no order of ours and no position. */
  phase: z.enum(['canceling', 'flattening', 'verifying', 'done']),
  /** Venue-aligned wall time of its beginning. */
  sinceMs: z.number(),
  left: z.array(z.string()),
});
export type EmergencyDoc = Readonly<z.infer<typeof EmergencyDoc>>;

export const Header = z.strictObject({
  schema: z.literal(SCHEMA_VERSION),
  ...stamp,
  venue: z.string(),
  environment: z.enum(['sim', 'paper', 'testnet', 'mainnet']),
  accountHash: z.string(),
  configHash: z.string(),
  /** Of the limits that are in force at the gateway; the brain's own may differ, and the tighter of both rules. */
  limitsHash: z.string().optional(),
  /** Absent while the file says what is in force. */
  config: ConfigState.optional(),
  /** Venue-aligned wall time of the write: for people, never for ages. */
  wallMs: z.number(),
  /** Absent while the snapshot was made within 20 ms of its time, and none was left out before it. */
  late: z
    .strictObject({
      /** Milliseconds behind its time. */
      ms: z.number(),
      /** Ticks just before it that were never made. */
      missed: z.int().nonnegative(),
    })
    .optional(),
  symbols: z.array(z.string()),
  mode: Mode,
  /** Coded reasons of a mode other than normal, and of symbols that may not be quoted: `book-stale:BTCUSDT`, `account-lost`, ... */
  reasons: z.array(z.string()),
  health: z.strictObject({
    market: streamHealth,
    account: streamHealth,
    /** How orders leave; `fallback`: over REST, because the WebSocket API that the configuration asks for is down. */
    orderEntry: z.enum(['rest', 'websocket', 'fallback']),
  }),
  /** Used and allowed: request weight a minute, orders a minute and in ten seconds. */
  budgets: z.strictObject({
    weight: z.strictObject({ used: z.number(), limit: z.number() }),
    orders1m: z.strictObject({ used: z.number(), limit: z.number() }),
    orders10s: z.strictObject({ used: z.number(), limit: z.number() }),
  }),
  /** Reads of the venue by this run of the gateway; absent where none can fail. */
  reads: z
    .strictObject({
      /** That have ended. */
      asked: z.int().nonnegative(),
      /** Of those: that the venue did not answer, or only by a refusal to say anything. */
      failed: z.int().nonnegative(),
    })
    .optional(),
  paused: z.boolean(),
  /** Absent while no emergency stop holds. */
  emergency: EmergencyDoc.optional(),
  /** Orders whose state only a query can tell, and for how long the oldest has been one; absent while there is none. */
  unknownOrders: z.strictObject({ count: z.int().positive(), oldestMs: z.number() }).optional(),
  /** Symbols on which a close ladder is running. */
  closing: z.array(z.string()),
  /** Number of the newest fill in the ledger; fills are numbered 1, 2, 3 ... without holes. */
  fillSeq: z.int().nonnegative(),
  /**
   * The venue cancels our orders of a symbol this long after our last word, which comes this often; both stretch with the number of symbols
   * quoted. Absent while no order of ours rests.
   */
  deadMan: z.strictObject({ countdownMs: z.number(), refreshMs: z.number() }).optional(),
  /** Maintenance margin over margin balance where it is highest (1 is liquidation); margin shared between assets. Null: not read, or not told. */
  margin: z.strictObject({ ratio: z.number().nullable(), multiAssets: z.boolean().nullable() }).optional(),
  /** What the venue makes of amends: the most that one order may have, and whether a smaller size alone keeps its place in the queue. */
  amends: z.strictObject({ most: z.int().nonnegative(), shrinkKeepsPlace: z.boolean() }).optional(),
  /** Epoch of the brain that holds the lease, 0 when none does. */
  brainEpoch: z.int().nonnegative(),
  /** That brain also holds the open quotes of earlier brains from this epoch on; absent when it inherited none. */
  inheritsFrom: z.int().nonnegative().optional(),
});
export type Header = Readonly<z.infer<typeof Header>>;

const level = z.tuple([decimal, decimal]);
export const BookDoc = z.strictObject({
  ...stamp,
  symbol: z.string(),
  status: z.enum(['live', 'stale', 'syncing']),
  /** Milliseconds since the newest frame that proves this book, at write time; null before the first. */
  ageMs: z.number().nullable(),
  lastUpdateId: z.number(),
  /** Update id of the best level a side: above `lastUpdateId` where a faster stream of best prices was provably ahead. */
  topUpdateId: z.number(),
  /** Exchange time of the newest change, ms; 0 before the first. */
  exchangeMs: z.number(),
  /** Best first: [price, size in base units]. */
  bids: z.array(level),
  asks: z.array(level),
});
export type BookDoc = Readonly<z.infer<typeof BookDoc>>;

export const PositionDoc = z.strictObject({
  ...stamp,
  symbol: z.string(),
  /** False: nothing below may be trusted, above all not a zero. */
  known: z.boolean(),
  /** Base units, signed: negative is short. */
  size: decimal.nullable(),
  /** Quote units; null when flat or unknown. */
  entryPrice: decimal.nullable(),
  markPrice: decimal.nullable(),
  /** Milliseconds since the mark price came in, at write time; null: not known, so it may be of any age. */
  markAgeMs: z.number().nullable().optional(),
  /** Trade of the venue that took the position away from flat, or through it, and its time; null when flat, or when none is known (adopted). */
  opening: z.strictObject({ tradeId: z.string(), atMs: z.number() }).nullable().optional(),
  unrealizedPnl: decimal.nullable(),
  leverage: z.number().nullable(),
  /** Null: not read yet. */
  isolated: z.boolean().nullable().optional(),
  /** Shares of notional; negative is a rebate. Null: not read yet. */
  commission: z.strictObject({ maker: decimal, taker: decimal }).nullable().optional(),
  liquidationPrice: decimal.nullable(),
  /** Since the ledger began, quote units: before fees; fees positive = paid; funding positive = received. */
  realizedPnl: decimal,
  fees: decimal,
  funding: decimal,
  fundingRate: decimal.nullable(),
  nextFundingMs: z.number().nullable(),
  /** What the venue holds to close the position when all of ours is dead; absent where it holds nothing of the kind. */
  stop: z
    .strictObject({
      status: z.enum(['none', 'placing', 'resting', 'unknown']),
      triggerPrice: decimal.nullable(),
      /** Base units, confirmed by the venue; may be larger than the position, because it only reduces. */
      size: decimal,
      /** Conditional orders of a person or another program on the symbol: shown, never touched. */
      foreign: z.int().nonnegative(),
    })
    .optional(),
});
export type PositionDoc = Readonly<z.infer<typeof PositionDoc>>;

export const OrderDoc = z.strictObject({
  clientId: z.string(),
  /** Role in the client id; `foreign` for orders of a person or another program: shown, never touched. */
  role: z.string(),
  side: z.enum(['buy', 'sell']),
  kind: z.enum(['limit', 'market']),
  timeInForce: z.enum(['gtc', 'ioc', 'fok', 'post-only']),
  reduceOnly: z.boolean(),
  status: z.enum(ORDER_STATUSES),
  price: decimal.nullable(),
  size: decimal,
  filled: decimal,
  /** What an amend on its way asks for; the order may rest as either until the venue has answered. Absent: none is on its way. */
  amendTo: z.strictObject({ price: decimal, size: decimal }).optional(),
  /** Milliseconds since the ledger took it in, at write time. */
  ageMs: z.number(),
  /** Why it ended, or '' ; venue-neutral code. */
  reason: z.string(),
  /** Run of the brain that placed it; absent where nobody said. */
  strategy: z.string().optional(),
  /** Which of the run's quotes it serves; absent is ''. */
  tag: z.string().max(TAG_MAX).optional(),
  /** Amends that were asked of the venue, whatever became of them; absent where nobody counted from the beginning. */
  amends: z.int().nonnegative().optional(),
});
export type OrderDoc = Readonly<z.infer<typeof OrderDoc>>;

export const OrdersDoc = z.strictObject({ ...stamp, symbol: z.string(), known: z.boolean(), orders: z.array(OrderDoc) });
export type OrdersDoc = Readonly<z.infer<typeof OrdersDoc>>;

export const BalanceDoc = z.strictObject({
  ...stamp,
  known: z.boolean(),
  assets: z.array(z.strictObject({ asset: z.string(), wallet: decimal, available: decimal.nullable(), unrealized: decimal.nullable() })),
});
export type BalanceDoc = Readonly<z.infer<typeof BalanceDoc>>;

/** [open time ms, open, high, low, close, volume] */
const barRow = z.tuple([z.number(), decimal, decimal, decimal, decimal, decimal]);
export type BarRow = Readonly<z.infer<typeof barRow>>;

/** Closed bars, oldest first, without a hole when `complete`; written when a bar closes, so its stamp is older than the header's. */
export const KlinesDoc = z.strictObject({
  ...stamp,
  symbol: z.string(),
  interval: z.string(),
  status: z.enum(['complete', 'bars-unknown']),
  bars: z.array(barRow),
});
export type KlinesDoc = Readonly<z.infer<typeof KlinesDoc>>;

/** The bar that is still open; rewritten every tick. */
export const KlineDoc = z.strictObject({ ...stamp, symbol: z.string(), interval: z.string(), bar: barRow.nullable() });
export type KlineDoc = Readonly<z.infer<typeof KlineDoc>>;

/** One own fill; an entry of the fills stream under the field `fill`. */
export const FillDoc = z.strictObject({
  /** 1, 2, 3 ... without holes: a hole means that the reader missed fills and asks the gateway. */
  n: z.int().positive(),
  symbol: z.string(),
  clientId: z.string(),
  role: z.string(),
  tradeId: z.string(),
  side: z.enum(['buy', 'sell']),
  price: decimal,
  size: decimal,
  maker: z.boolean(),
  /** Null while the venue has not told it; the later word comes by `query`. */
  fee: decimal.nullable(),
  feeAsset: z.string().nullable(),
  realizedPnl: decimal.nullable(),
  wallMs: z.number(),
  /** Run of the brain whose order it fills; absent where nobody said. */
  strategy: z.string().optional(),
});
export type FillDoc = Readonly<z.infer<typeof FillDoc>>;

/**
 * One public trade; an entry of a symbol's trades stream under the field `trade`. Numbered 1, 2, 3 ... within one run of the gateway: a
 * hole means that trades were missed, by the gateway or by the reader.
 */
export const TradeDoc = z.strictObject({
  epoch: z.int().nonnegative(),
  n: z.int().positive(),
  tradeId: z.string(),
  price: decimal,
  size: decimal,
  /** The side that took. */
  aggressor: z.enum(['buy', 'sell']),
  wallMs: z.number(),
});
export type TradeDoc = Readonly<z.infer<typeof TradeDoc>>;

/**
 * Tick, step and filters of one contract as the venue states them (`InstrumentSpec`). Its stamp is that of the last change: written at
 * start, on change and after every loss of Redis, without TTL. A missing key, or one of another epoch than the header's, is unknown.
 */
export const InstrumentDoc = z.strictObject({
  ...stamp,
  symbol: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  tickSize: decimal,
  stepSize: decimal,
  minPrice: decimal,
  maxPrice: decimal,
  minQty: decimal,
  maxQty: decimal,
  maxMarketQty: decimal,
  minNotional: decimal,
  multiplierUp: decimal,
  multiplierDown: decimal,
  maxOpenOrders: z.int().nonnegative(),
  trading: z.boolean(),
});
export type InstrumentDoc = Readonly<z.infer<typeof InstrumentDoc>>;

/** Names of all keys under one prefix such as `mm:binance`. */
export const keysOf = (prefix: string) => ({
  header: `${prefix}:seq`,
  owner: `${prefix}:owner`,
  epoch: `${prefix}:epoch`,
  balance: `${prefix}:balance`,
  fills: `${prefix}:fills`,
  brain: `${prefix}:brain`,
  book: (symbol: string) => `${prefix}:${symbol}:book`,
  position: (symbol: string) => `${prefix}:${symbol}:position`,
  entryPrice: (symbol: string) => `${prefix}:${symbol}:entry-price`,
  orders: (symbol: string) => `${prefix}:${symbol}:orders`,
  instrument: (symbol: string) => `${prefix}:${symbol}:instrument`,
  klines: (symbol: string, interval: string) => `${prefix}:${symbol}:klines:${interval}`,
  kline: (symbol: string, interval: string) => `${prefix}:${symbol}:kline:${interval}`,
  trades: (symbol: string) => `${prefix}:${symbol}:trades`,
});
export type Keys = ReturnType<typeof keysOf>;

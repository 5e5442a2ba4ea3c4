/** Answers about what has been: the life of one order, and profit by day. Decimals are strings; times are milliseconds since the epoch, UTC. */
import * as z from 'zod';

const decimal = z.string();
/** With a fraction where the ledger knows more than the millisecond. */
const wallMs = z.number();

export const LifeEntry = z.discriminatedUnion('kind', [
  /** What was asked of the gateway and taken; sender `gateway`: why it acts by itself. */
  z.strictObject({ kind: z.literal('command'), wallMs, what: z.string(), sender: z.string(), detail: z.string() }),
  z.strictObject({ kind: z.literal('request'), wallMs, what: z.string(), detail: z.string() }),
  /** The venue's answer to a request, or that none came (`unknown`). */
  z.strictObject({ kind: z.literal('reply'), wallMs, what: z.string(), code: z.string(), sentence: z.string(), tookMs: z.number() }),
  /** A state that was reached, by whose word; `cause` is '' where it was not kept. */
  z.strictObject({ kind: z.literal('state'), wallMs, state: z.string(), cause: z.string(), reason: z.string() }),
  /** `times`: how many of its kind came at once, of which only this one was kept. */
  z.strictObject({
    kind: z.literal('refusal'),
    wallMs,
    by: z.string(),
    what: z.string(),
    code: z.string(),
    sentence: z.string(),
    times: z.int(),
  }),
  /** Its time is the venue's. */
  z.strictObject({
    kind: z.literal('fill'),
    wallMs,
    tradeId: z.string(),
    price: decimal,
    size: decimal,
    maker: z.boolean(),
    fee: decimal.nullable(),
    feeAsset: z.string().nullable(),
    realizedPnl: decimal.nullable(),
  }),
  /** Of the order by a reconcile, or of the position of its symbol, its entry price or its profit while it lived or shortly after. */
  z.strictObject({
    kind: z.literal('correction'),
    wallMs,
    what: z.enum(['position', 'order', 'fill', 'entry-price', 'realized']),
    from: z.string(),
    to: z.string(),
    reason: z.string(),
  }),
]);
export type LifeEntry = Readonly<z.infer<typeof LifeEntry>>;

/** Of a stop `price` is its trigger. */
export const LifeOrder = z.strictObject({
  clientId: z.string(),
  symbol: z.string(),
  role: z.string(),
  /** Id of the run that asked for it; absent where it was not kept, and for a person's. */
  strategy: z.string().optional(),
  side: z.enum(['buy', 'sell']),
  kind: z.enum(['limit', 'market', 'stop']),
  timeInForce: z.string().nullable(),
  reduceOnly: z.boolean(),
  status: z.string(),
  price: decimal.nullable(),
  size: decimal,
  filled: decimal,
  venueId: z.string().nullable(),
  reason: z.string(),
  sentMs: wallMs,
  endedMs: wallMs.nullable(),
});
export type LifeOrder = Readonly<z.infer<typeof LifeOrder>>;

/**
 * Answer to `query life`: `order` is null for an id the ledger does not hold (it may still have been refused). Oldest entry first; `cut`: of
 * some kind there were more, and the oldest are left out.
 */
export const LifeAnswer = z.strictObject({
  clientId: z.string(),
  order: LifeOrder.nullable(),
  cut: z.boolean(),
  entries: z.array(LifeEntry),
});
export type LifeAnswer = Readonly<z.infer<typeof LifeAnswer>>;

export const PnlDay = z.strictObject({
  /** UTC. */
  day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  /** `unknown:USDT` for funding of which the venue told the asset alone while several positions were held, or none. */
  symbol: z.string(),
  /** Of profit, funding and volume; '' where it was not kept. */
  quoteAsset: z.string(),
  /** Before fees and funding. */
  realized: decimal,
  /** By asset; positive is a cost. */
  fees: z.record(z.string(), decimal),
  funding: decimal,
  volume: decimal,
  fills: z.int(),
});
export type PnlDay = Readonly<z.infer<typeof PnlDay>>;
/** Answer to `query pnl`: newest day first, whole days only. `more`: older days of the range did not fit. */
export const PnlAnswer = z.strictObject({ days: z.array(PnlDay), more: z.boolean() });
export type PnlAnswer = Readonly<z.infer<typeof PnlAnswer>>;

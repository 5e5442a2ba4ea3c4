/**
 * Binance USD-M messages as they arrive: REST answers and stream events. Unknown fields are ignored, because the venue adds fields without
 * a version; missing ones are refused. Sections are those of the reference sheet 2026-11.
 */
import * as z from 'zod';

export const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
/** Whole numbers and, beyond 2^53, their digits as text (13): always carried on as a string. */
export const id = z.union([z.int(), z.string().regex(/^\d+$/)]).transform(String);
/** Some versions send times as text (8.1, listenKeyExpired). */
const time = z.union([z.int(), z.string().regex(/^\d+$/)]).transform(Number);
const unsigned = z.string().regex(/^\d+(\.\d+)?$/);
const level = z.tuple([unsigned, unsigned]);
export const orderSide = z.enum(['BUY', 'SELL']);

/**
 * JSON with order ids intact: a whole number that a double cannot hold comes back as the digits that were sent. Null when malformed.
 * Not for hot streams: the reviver costs several times a plain parse.
 */
export function parseJson(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text, keepDigits) };
  } catch {
    return null;
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

// REST: 3.4 market data, 4 exchangeInfo

export const ServerTime = z.object({ serverTime: z.int() });
export const PremiumIndex = z.object({
  symbol: z.string(),
  markPrice: decimal,
  indexPrice: decimal,
  lastFundingRate: decimal,
  nextFundingTime: z.int(),
});
export type PremiumIndex = z.infer<typeof PremiumIndex>;
/** Of every contract of the venue; a delivery contract has no funding, and is not ours. */
export const PremiumIndexes = z.array(z.union([PremiumIndex, z.object({ symbol: z.string() })]));
export const Depth = z.object({
  lastUpdateId: z.int(),
  E: z.int().optional(),
  T: z.int().optional(),
  bids: z.array(level),
  asks: z.array(level),
});
export type Depth = z.infer<typeof Depth>;
/** [open time, open, high, low, close, volume, close time, ...]; the last row is the open bar. */
export const Klines = z.array(z.tuple([z.int(), decimal, decimal, decimal, decimal, decimal, z.int()], z.unknown()));

/** Keys inside a filter come in varying order, and other filters carry other keys. */
const filter = z.object({
  filterType: z.string(),
  minPrice: decimal.optional(),
  maxPrice: decimal.optional(),
  tickSize: decimal.optional(),
  minQty: decimal.optional(),
  maxQty: decimal.optional(),
  stepSize: decimal.optional(),
  notional: decimal.optional(),
  multiplierUp: decimal.optional(),
  multiplierDown: decimal.optional(),
  limit: z.int().optional(),
});
export const SymbolInfo = z.object({
  symbol: z.string(),
  contractType: z.string(),
  status: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  marginAsset: z.string(),
  filters: z.array(filter),
});
export type SymbolInfo = z.infer<typeof SymbolInfo>;
export const RateLimit = z.object({ rateLimitType: z.string(), interval: z.string(), intervalNum: z.int(), limit: z.int() });
/** Symbols are read one by one: a listing of a new kind must not take down the ones we trade. */
export const ExchangeInfo = z.object({ rateLimits: z.array(RateLimit), symbols: z.array(z.looseObject({ symbol: z.string() })) });
export type ExchangeInfo = z.infer<typeof ExchangeInfo>;

// REST: 3.1 orders, 3.3 account

export const RestOrder = z.object({
  orderId: id,
  symbol: z.string(),
  status: z.string(),
  clientOrderId: z.string(),
  price: decimal,
  origQty: decimal,
  executedQty: decimal,
  timeInForce: z.string(),
  type: z.string(),
  side: orderSide,
  reduceOnly: z.boolean(),
  updateTime: z.int(),
});
export type RestOrder = z.infer<typeof RestOrder>;
export const RestOrders = z.array(RestOrder);
/** Of a list of orders only the names. */
export const OrderNames = z.array(z.object({ clientOrderId: z.string() }));
export const ErrorElement = z.object({ code: z.int(), msg: z.string() });
/** A batch answer: an order or an error each, in the order asked; HTTP 200 says nothing about success. */
export const BatchAnswer = z.array(z.union([RestOrder, ErrorElement]));
export const Trades = z.array(
  z.object({
    id,
    orderId: id,
    symbol: z.string(),
    side: orderSide,
    maker: z.boolean(),
    price: decimal,
    qty: decimal,
    commission: decimal,
    commissionAsset: z.string(),
    realizedPnl: decimal,
    time: z.int(),
  }),
);
export type Trades = z.infer<typeof Trades>;
/** `tranId` is unique within one type of income (3.3); how large it grows is not told. */
export const Income = z.array(
  z.object({ symbol: z.string(), income: decimal, asset: z.string(), time: z.int(), tranId: z.union([z.number(), z.string()]) }),
);
export type Income = z.infer<typeof Income>;
export const Balances = z.array(z.object({ asset: z.string(), balance: decimal, availableBalance: decimal, updateTime: z.int() }));
/** Only symbols with a position or open orders: a missing row is a flat one. */
export const Positions = z.array(
  z.object({
    symbol: z.string(),
    positionSide: z.string(),
    positionAmt: decimal,
    entryPrice: decimal,
    liquidationPrice: decimal,
    updateTime: z.int(),
  }),
);
export const SymbolConfigs = z.array(z.object({ symbol: z.string(), leverage: z.int(), marginType: z.string() }));
export const AccountConfig = z.object({ dualSidePosition: z.boolean(), multiAssetsMargin: z.boolean() });
/** The totals are of one asset in single-asset mode, of all in multi-assets mode. */
export const Account = z.object({
  totalMaintMargin: decimal,
  totalMarginBalance: decimal,
  assets: z.array(
    z.object({
      asset: z.string(),
      walletBalance: decimal,
      availableBalance: decimal,
      maintMargin: decimal,
      marginBalance: decimal,
      updateTime: z.int(),
    }),
  ),
});
export const CommissionRate = z.object({ makerCommissionRate: decimal, takerCommissionRate: decimal });
export const ListenKey = z.object({ listenKey: z.string().min(1) });
export const Anything = z.unknown();

// Streams: 6

/** Test oracle of the hand-written reader in depth-frame.ts; not run on the live stream. */
export const DepthUpdate = z.object({
  e: z.literal('depthUpdate'),
  E: z.int(),
  T: z.int(),
  s: z.string(),
  U: z.int(),
  u: z.int(),
  pu: z.int(),
  b: z.array(level),
  a: z.array(level),
});
export const AggTrade = z.object({ e: z.literal('aggTrade'), s: z.string(), a: id, p: decimal, q: decimal, T: z.int(), m: z.boolean() });
/** `r` and `T` are empty on delivery contracts; on perpetuals they are always there. */
export const MarkPrice = z.object({ e: z.literal('markPriceUpdate'), s: z.string(), p: decimal, i: decimal, r: decimal, T: z.int() });
export const Kline = z.object({
  e: z.literal('kline'),
  s: z.string(),
  k: z.object({ t: z.int(), i: z.string(), o: decimal, h: decimal, l: decimal, c: decimal, v: decimal, x: z.boolean() }),
});
/** Of every contract of the venue; `st` 1 is a USD-M one, and was not always there. */
export const ContractInfo = z.object({ e: z.literal('contractInfo'), s: z.string(), cs: z.string(), st: z.int().optional() });
export type ContractInfo = z.infer<typeof ContractInfo>;
const PriceEvent = z.discriminatedUnion('e', [AggTrade, MarkPrice, Kline]);
export type PriceEvent = z.infer<typeof PriceEvent>;
export const MarketEvent = z.discriminatedUnion('e', [...PriceEvent.options, ContractInfo]);
export type MarketEvent = z.infer<typeof MarketEvent>;

// User data stream: 8.2 to 8.5

export const OrderTradeUpdate = z.object({
  e: z.literal('ORDER_TRADE_UPDATE'),
  E: time,
  T: time,
  o: z.object({
    s: z.string(),
    c: z.string(),
    S: orderSide,
    o: z.string(),
    f: z.string(),
    q: decimal,
    p: decimal,
    x: z.string(),
    X: z.string(),
    i: id,
    l: decimal,
    z: decimal,
    L: decimal,
    /** Both absent, or n '0', without a fill. */
    N: z.string().nullish(),
    n: decimal.nullish(),
    /** The event's own T where it is absent. */
    T: time.optional(),
    t: id,
    m: z.boolean(),
    R: z.boolean(),
    rp: decimal.optional(),
    er: z.union([z.string(), z.int()]).transform(String).optional(), // since 2025-10-23
  }),
});
export type OrderTradeUpdate = z.infer<typeof OrderTradeUpdate>;
export const TradeLite = z.object({
  e: z.literal('TRADE_LITE'),
  T: time,
  s: z.string(),
  m: z.boolean(),
  c: z.string(),
  S: orderSide,
  L: decimal,
  l: decimal,
  t: id,
  i: id,
});
export type TradeLite = z.infer<typeof TradeLite>;
export const AccountUpdate = z.object({
  e: z.literal('ACCOUNT_UPDATE'),
  E: time,
  T: time,
  a: z.object({
    m: z.string(),
    B: z.array(z.object({ a: z.string(), wb: decimal, bc: decimal.optional() })).default([]),
    P: z.array(z.object({ s: z.string(), pa: decimal, ep: decimal, cr: decimal.optional(), ps: z.string() })).default([]),
    /** Symbol of a funding fee on a cross position, since 2026-08-07. */
    S: z.string().optional(),
  }),
});
export type AccountUpdate = z.infer<typeof AccountUpdate>;
/** Leverage (`ac`), or multi-assets mode (`ai`). */
export const AccountConfigUpdate = z.object({
  e: z.literal('ACCOUNT_CONFIG_UPDATE'),
  T: time,
  ac: z.object({ s: z.string(), l: z.int() }).optional(),
  ai: z.object({ j: z.boolean() }).optional(),
});
export type AccountConfigUpdate = z.infer<typeof AccountConfigUpdate>;
/** Conditional orders (8.6). */
export const AlgoUpdate = z.object({
  e: z.literal('ALGO_UPDATE'),
  T: time,
  o: z.object({
    caid: z.string(),
    aid: id,
    s: z.string(),
    S: orderSide,
    q: decimal,
    X: z.string(),
    /** Venue id of the order in the market; '' before the trigger. */
    ai: z.union([id, z.literal('')]),
    tp: z.union([decimal, z.literal('')]),
    R: z.boolean(),
    cp: z.boolean().default(false),
    rm: z.string().default(''),
  }),
});
export type AlgoUpdate = z.infer<typeof AlgoUpdate>;
export const MarginCallUpdate = z.object({ e: z.literal('MARGIN_CALL'), E: time, p: z.array(z.object({ s: z.string() })).default([]) });
export type MarginCallUpdate = z.infer<typeof MarginCallUpdate>;
export const ListenKeyExpired = z.object({ e: z.literal('listenKeyExpired') });
export const UserEvent = z.discriminatedUnion('e', [
  OrderTradeUpdate,
  TradeLite,
  AlgoUpdate,
  AccountUpdate,
  AccountConfigUpdate,
  MarginCallUpdate,
  ListenKeyExpired,
]);
/** What every event has; tells an unknown one from a broken one. */
export const Named = z.object({ e: z.string() });
/** A combined stream wraps its payload. */
export const Wrapped = z.object({ stream: z.string(), data: z.unknown() });

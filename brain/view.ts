/**
 * From the documents of one snapshot to what a strategy may look at, or the reason why it may not look. Fail closed: stale, mixed,
 * unknown and missing are reasons, never numbers.
 */
import { fractionalTicks, makeInstrument, parsePrice, parseSize } from '../shared/instrument.ts';
import {
  type BarRow,
  type BookDoc,
  type FillDoc,
  type Header,
  type InstrumentDoc,
  type KlineDoc,
  type KlinesDoc,
  type OrderDoc,
  type OrdersDoc,
  type PositionDoc,
  SCHEMA_VERSION,
  type Stamp,
} from '../shared/snapshot.ts';
import type { Instrument } from '../shared/instrument.ts';
import { type MonoMs, wallMs } from '../shared/units.ts';
import type { Terms, WorkingOrder } from './oms/working.ts';
import type { TradeNews } from './news.ts';
import type { Commission, Funding, Level, OwnFill, SymbolView, TradeSeen } from './strategy/strategy.ts';

export type SymbolDocs = {
  readonly book: BookDoc | null;
  readonly position: PositionDoc | null;
  readonly orders: OrdersDoc | null;
  readonly instrument: InstrumentDoc | null;
  /** Closed bars and the open one, by interval, of those that some strategy reads. */
  readonly klines: Readonly<Record<string, KlinesDoc | null>>;
  readonly openKlines: Readonly<Record<string, KlineDoc | null>>;
  /** Null where no strategy reads public trades. */
  readonly trades: TradeNews | null;
};
/** One round trip, parsed. `seenAt`: own monotonic time at which this seq was first seen. */
export type Documents = {
  readonly header: Header;
  readonly symbols: Readonly<Record<string, SymbolDocs>>;
  readonly balanceKnown: boolean;
  /** Free for new orders, by asset, decimal; null where it is not known. */
  readonly available?: Readonly<Record<string, string | null>>;
  /** Wallet plus unrealized profit, by asset, decimal; null where it is not known. */
  readonly equity?: Readonly<Record<string, string | null>>;
  readonly seenAt: MonoMs;
  /** Own fills that came with it; some may have come before, and some may be missing. */
  readonly fills: readonly FillDoc[];
};

/** What the gateway said of itself at hello; `epoch` is its own run. */
export type Identity = { readonly environment: string; readonly accountHash: string; readonly configHash: string; readonly epoch: number };

/** Why no symbol may be looked at, or null. */
export function headerReason(
  { header, seenAt }: Documents,
  { identity, now, maxAgeMs }: { readonly identity: Identity; readonly now: MonoMs; readonly maxAgeMs: number },
): string | null {
  if (header.schema !== SCHEMA_VERSION) return 'wrong-schema';
  if (header.environment !== identity.environment) return 'wrong-environment';
  if (header.accountHash !== identity.accountHash) return 'wrong-account';
  if (header.configHash !== identity.configHash) return 'wrong-config';
  if (header.epoch !== identity.epoch) return 'other-gateway-run'; // left behind by the one before, or we are not connected to the new one
  return now - seenAt > maxAgeMs ? 'snapshot-stale' : null;
}

/** What is needed to watch a position: fresh, known, of this snapshot. The book may be blind. */
export type HeldView = {
  readonly instrument: Instrument;
  readonly position: NonNullable<ReturnType<typeof parseSize>>;
  readonly entryPrice: string | null;
  readonly markPrice: string | null;
  /** When the snapshot was written; null: not known, so it may be of any age. */
  readonly markAgeMs: number | null;
  /** Trade that took the position away from flat; null when flat or not known. */
  readonly opening: { readonly tradeId: string; readonly atMs: number } | null;
  readonly bids: readonly Level[] | null;
  readonly asks: readonly Level[] | null;
  readonly orders: readonly WorkingOrder[];
  readonly document: PositionDoc;
};

/** A coded reason where something is missing, mixed or unknown. */
export function heldView(
  { header, symbols }: Documents,
  { symbol, maxAgeMs }: { readonly symbol: string; readonly maxAgeMs: number },
): HeldView | string {
  const docs = symbols[symbol];
  if (!docs?.position || !docs.orders || !docs.book) return 'document-missing';
  if (![docs.position, docs.orders, docs.book].every((document) => sameStamp(document, header))) return 'snapshot-mixed';
  const instrument = instrumentOf(docs.instrument, header);
  if (instrument === null) return 'instrument-unknown';
  if (!docs.position.known || docs.position.size === null) return 'position-unknown';
  if (!docs.orders.known) return 'orders-unknown';
  const position = parseSize(instrument, docs.position.size);
  const orders = docs.orders.orders.filter(({ role }) => role !== 'foreign').map((order) => workingOf(instrument, order));
  if (position === null || orders.some((order) => order === null)) return 'off-step';
  const live = docs.book.status === 'live' && docs.book.ageMs !== null && docs.book.ageMs <= Math.max(maxAgeMs, BOOK_AGE_MS);
  const [bids, asks] = live ? [levelsOf(instrument, docs.book.bids), levelsOf(instrument, docs.book.asks)] : [null, null];
  const { entryPrice, markPrice, markAgeMs = null, opening = null } = docs.position;
  const working = orders.filter((order) => order !== null);
  return { instrument, position, entryPrice, markPrice, markAgeMs, opening, bids, asks, orders: working, document: docs.position };
}

/** What of a view is the same for every run. */
export type MarketView = Omit<SymbolView, 'position' | 'entryPrice' | 'orders' | 'bars' | 'openBar' | 'trades' | 'fills'>;

/** What may be quoted on; a coded reason where it may not. */
export function marketView(
  documents: Documents,
  { symbol, held }: { readonly symbol: string; readonly held: HeldView },
): MarketView | string {
  const { header, balanceKnown, equity } = documents;
  if (header.mode !== 'normal') return `mode-${header.mode}`;
  if (header.paused) return 'paused';
  const blocked = header.reasons.find((reason) => reason.endsWith(`:${symbol}`));
  if (blocked) return blocked.slice(0, -symbol.length - 1);
  if (!balanceKnown) return 'balance-unknown';
  if (!held.instrument.trading) return 'not-trading';
  const [bid, ask] = [held.bids?.[0], held.asks?.[0]];
  if (!held.bids || !held.asks || !bid || !ask) return 'book-not-live';
  if (bid.price >= ask.price) return 'book-crossed';
  const { instrument, position, bids, asks, markPrice, document } = held;
  return {
    symbol,
    instrument,
    bids,
    asks,
    bestBid: bid.price,
    bestAsk: ask.price,
    atMs: wallMs(header.wallMs),
    netPosition: position,
    markTicks: markPrice === null ? null : fractionalTicks(instrument, markPrice),
    funding: fundingOf(document),
    commission: commissionOf(document),
    equity: numberOf(equity?.[instrument.quoteAsset] ?? null),
  };
}

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));

function fundingOf({ fundingRate, nextFundingMs }: PositionDoc): Funding | null {
  return fundingRate === null || nextFundingMs === null ? null : { rate: Number(fundingRate), nextMs: wallMs(nextFundingMs) };
}

export function commissionOf({ commission }: PositionDoc): Commission | null {
  return commission ? { maker: Number(commission.maker), taker: Number(commission.taker) } : null;
}

/** A live book that no frame has proved for longer than this is not quoted on, even before the gateway calls it stale. */
const BOOK_AGE_MS = 1_500;

/** A venue that rejected an order is not asked again for this long: the same order would be rejected at every snapshot. */
const REJECTED_MS = 1_000;

/** Why the venue lately rejected one of these orders; null when it did not, or only because a post-only order would have taken. */
export function rejectedLately(orders: OrdersDoc['orders']): string | null {
  const found = orders.find(
    ({ status, ageMs, reason }) => status === 'rejected' && ageMs <= REJECTED_MS && !reason.startsWith('post-only'),
  );
  return found ? found.reason || 'unnamed' : null;
}

const sameStamp = (document: Stamp, header: Header): boolean => document.epoch === header.epoch && document.seq === header.seq;

type Series = { readonly symbol: string; readonly interval: string };

/** Bars are written on close, so their stamp may be older, but not of another life of the gateway. */
export const barsOf = ({ header, symbols }: Documents, { symbol, interval }: Series): readonly BarRow[] | null => {
  const klines = symbols[symbol]?.klines[interval];
  return klines?.status === 'complete' && klines.epoch === header.epoch ? Object.freeze(klines.bars) : null; // shared by runs and turns
};

/** Rewritten with each snapshot, so it is of this one or unknown. */
export const openBarOf = ({ header, symbols }: Documents, { symbol, interval }: Series): BarRow | null => {
  const kline = symbols[symbol]?.openKlines[interval];
  return kline && sameStamp(kline, header) ? kline.bar : null;
};

/** Null when one of them is not on the grid: then they cannot all be told. */
export function tradesSeen(instrument: Instrument, { rows }: TradeNews): readonly TradeSeen[] | null {
  const trades: TradeSeen[] = [];
  for (const row of rows) {
    const [price, size] = [parsePrice(instrument, row.price), parseSize(instrument, row.size)];
    if (price === null || size === null) return null;
    trades.push({ price, size, aggressor: row.aggressor, atMs: wallMs(row.wallMs) });
  }
  return trades;
}

/** What a strategy is told of a fill. */
export type SeenFill = Pick<FillDoc, 'side' | 'price' | 'size' | 'maker' | 'wallMs'>;

/** Null when it was made on another grid. */
export function fillSeen(instrument: Instrument, { side, maker, ...fill }: SeenFill): OwnFill | null {
  const [price, size] = [parsePrice(instrument, fill.price), parseSize(instrument, fill.size)];
  return price === null || size === null ? null : { side, price, size, maker, atMs: wallMs(fill.wallMs) };
}

/** As the gateway last told it; null while it is not known. */
export const instrumentIn = ({ header, symbols }: Documents, symbol: string): Instrument | null =>
  instrumentOf(symbols[symbol]?.instrument ?? null, header);

/** Made once for each version of the document. */
const made = new WeakMap<InstrumentDoc, Instrument | null>();

export function instrumentOf(document: InstrumentDoc | null, header: Header): Instrument | null {
  if (document === null || document.epoch !== header.epoch) return null;
  const before = made.get(document);
  if (before !== undefined) return before;
  const { epoch: _, seq: __, ...spec } = document;
  const instrument = makeInstrument(spec);
  made.set(document, typeof instrument === 'string' ? null : instrument);
  return typeof instrument === 'string' ? null : instrument;
}

/** Null where a level is off the grid. */
export function levelsOf(instrument: Instrument, rows: BookDoc['bids']): readonly Level[] | null {
  const levels: Level[] = [];
  for (const row of rows) {
    const [price, size] = [parsePrice(instrument, row[0]), parseSize(instrument, row[1])];
    if (price === null || size === null) return null;
    levels.push({ price, size });
  }
  return Object.freeze(levels); // several runs see it
}

/** Null where it is off today's tick or step. */
export function workingOf(instrument: Instrument, order: Omit<OrderDoc, 'timeInForce'>): WorkingOrder | null {
  const { clientId, role, side, kind, status, reduceOnly } = order;
  const price = order.price === null ? null : parsePrice(instrument, order.price);
  const [size, filled] = [parseSize(instrument, order.size), parseSize(instrument, order.filled)];
  if (size === null || filled === null || (price === null && order.price !== null)) return null;
  const { strategy, tag, amends, reason } = order;
  const amendTo = order.amendTo ? termsOf(instrument, order.amendTo) : null;
  if (order.amendTo && amendTo === null) return null;
  const told = {
    ...(strategy === undefined ? {} : { strategy }),
    ...(tag === undefined ? {} : { tag }),
    ...(amends === undefined ? {} : { amends }),
  };
  return { clientId, role, side, kind, status, price, size, filled, reduceOnly, amendTo, reason, ...told };
}

function termsOf(instrument: Instrument, text: { readonly price: string; readonly size: string }): Terms | null {
  const [price, size] = [parsePrice(instrument, text.price), parseSize(instrument, text.size)];
  return price === null || size === null ? null : { price, size };
}

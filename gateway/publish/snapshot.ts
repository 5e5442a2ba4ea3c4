/** One moment of the gateway as the documents of the state contract. Pure: a moment in, texts by key out. */
import type { BalanceReport, Bar, Mark } from '../../shared/events.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import {
  type BalanceDoc,
  type BookDoc,
  CLOSED_SHOWN_MS,
  type FillDoc,
  type Header,
  type InstrumentDoc,
  type Keys,
  type KlineDoc,
  type KlinesDoc,
  type OrderDoc,
  type OrdersDoc,
  type PositionDoc,
  type Stamp,
} from '../../shared/snapshot.ts';
import { formatAtoms, type Lots, type MonoMs, type Ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { unrealizedIn, unrealizedOf } from '../account/equity.ts';
import type { Holding } from '../account/position.ts';
import { type BookedFill, isFilledUnbooked, type LedgerOrder, type PositionRow } from '../account/rows.ts';
import type { StopShown } from '../orders/stop.ts';
import type { BarsView, BookView, Commission } from '../venues/venue.ts';
import { bestLevels, topUpdateId } from '../market/top.ts';

export type SymbolMoment = {
  readonly instrument: Instrument;
  readonly book: BookView;
  readonly mark: Mark | null;
  readonly markAgeMs: number | null;
  readonly position: PositionRow;
  readonly entryPrice: string | null;
  readonly leverage: number | null;
  readonly isolated: boolean | null;
  readonly commission: Commission | null;
  readonly liquidationPrice: string | null;
  /** Own orders in memory and foreign ones. */
  readonly orders: readonly LedgerOrder[];
  /** By interval. */
  readonly bars: ReadonlyMap<string, BarsView>;
  /** Null: the venue holds no stops. */
  readonly stop: StopShown | null;
};
export type Moment = {
  readonly keys: Keys;
  readonly now: MonoMs;
  readonly header: Header;
  readonly accountKnown: boolean;
  readonly balances: readonly BalanceReport[];
  readonly symbols: readonly SymbolMoment[];
  readonly bookLevels: number;
};
/** Null: the key is to be absent. */
export type Document = readonly [key: string, text: string | null];

/** Everything that is rewritten at each tick, written anew; what is published is the same text, joined from kept pieces (texts.ts). */
export function renderSnapshot(moment: Moment): readonly Document[] {
  const { keys, header } = moment;
  const { epoch, seq } = header;
  const stamp = { epoch, seq };
  const perSymbol = moment.symbols.flatMap((symbol) => renderSymbol(symbol, { moment, stamp }));
  return [[keys.header, JSON.stringify(header)], [keys.balance, JSON.stringify(balanceDoc(moment, stamp))], ...perSymbol];
}

type Context = { readonly moment: Moment; readonly stamp: Stamp };

function renderSymbol(symbol: SymbolMoment, { moment, stamp }: Context): readonly Document[] {
  const { keys, now, accountKnown } = moment;
  const name = symbol.instrument.symbol;
  const position = positionDoc(symbol, { stamp, known: accountKnown });
  return [
    [keys.book(name), JSON.stringify(bookDoc(symbol, { stamp, now, levels: moment.bookLevels }))],
    [keys.position(name), JSON.stringify(position)],
    [keys.entryPrice(name), position.known ? (position.entryPrice ?? 'none') : null],
    [keys.orders(name), JSON.stringify(ordersDoc(symbol, { stamp, now, known: accountKnown }))],
    ...[...symbol.bars].map(
      ([interval, bars]): Document => [
        keys.kline(name, interval),
        JSON.stringify(klineDoc({ instrument: symbol.instrument, bars }, { stamp, interval })),
      ],
    ),
  ];
}

export function bookDoc(
  { instrument, book }: SymbolMoment,
  at: { readonly stamp: Stamp; readonly now: MonoMs; readonly levels: number },
): BookDoc {
  return {
    ...at.stamp,
    symbol: instrument.symbol,
    status: book.status,
    ageMs: ageOf(book, at.now),
    lastUpdateId: book.lastUpdateId,
    topUpdateId: topUpdateId(book),
    exchangeMs: book.exchangeMs,
    bids: textsOf(instrument, bestLevels(book, 'bids', at.levels)),
    asks: textsOf(instrument, bestLevels(book, 'asks', at.levels)),
  };
}

/** Milliseconds, to the microsecond. */
export const ageOf = ({ receivedAt }: BookView, now: MonoMs): number | null =>
  receivedAt === null ? null : Math.max(0, Math.round((now - receivedAt) * 1_000) / 1_000);

export const textsOf = (instrument: Instrument, rows: readonly (readonly [Ticks, Lots])[]): [string, string][] =>
  rows.map(([price, size]) => [formatPrice(instrument, price), formatSize(instrument, size)]);

/** Without `known` nothing in it may be trusted, so nothing but the ledger's own sums is told. */
export function positionDoc(symbol: SymbolMoment, { stamp, known }: { readonly stamp: Stamp; readonly known: boolean }): PositionDoc {
  const { instrument, position, mark, entryPrice } = symbol;
  return {
    ...stamp,
    symbol: instrument.symbol,
    known,
    size: known ? formatSize(instrument, position.size) : null,
    entryPrice: known && position.size !== 0 ? entryPrice : null,
    markPrice: mark?.markPrice ?? null,
    markAgeMs: markAgeOf(symbol),
    opening: known && position.size !== 0 ? (position.opening ?? null) : null,
    unrealizedPnl: known ? unrealized(instrument, { holding: position, mark }) : null,
    leverage: symbol.leverage,
    isolated: symbol.isolated,
    commission: symbol.commission,
    liquidationPrice: known && position.size !== 0 ? symbol.liquidationPrice : null,
    realizedPnl: formatAtoms(position.realized),
    fees: formatAtoms(position.fees[instrument.quoteAsset] ?? ZERO_ATOMS),
    funding: formatAtoms(position.funding),
    fundingRate: mark ? mark.fundingRate : null,
    nextFundingMs: mark ? mark.nextFundingMs : null,
    ...(symbol.stop ? { stop: stopDoc(instrument, symbol.stop) } : {}),
  };
}

export const markAgeOf = ({ mark, markAgeMs }: SymbolMoment): number | null =>
  mark === null || markAgeMs === null ? null : Math.max(0, Math.round(markAgeMs));

const stopDoc = (instrument: Instrument, { status, trigger, size, foreign }: StopShown): NonNullable<PositionDoc['stop']> => ({
  status,
  triggerPrice: trigger === null ? null : formatPrice(instrument, trigger),
  size: formatSize(instrument, size),
  foreign,
});

/** At the mark price, quote units; null while it is not known. */
export function unrealized(
  instrument: Instrument,
  { holding, mark }: { readonly holding: Holding; readonly mark: Mark | null },
): string | null {
  const value = unrealizedOf({ instrument, holding, mark });
  return value === null ? null : formatAtoms(value);
}

function ordersDoc({ instrument, orders }: SymbolMoment, { stamp, now, known }: { stamp: Stamp; now: MonoMs; known: boolean }): OrdersDoc {
  const shown = orders.filter((order) => isShown(order, now));
  return { ...stamp, symbol: instrument.symbol, known, orders: shown.map((order) => orderDoc(instrument, { order, now })) };
}

export const isShown = ({ endedAt }: LedgerOrder, now: MonoMs): boolean => endedAt === null || now - endedAt <= CLOSED_SHOWN_MS;

export const orderAgeOf = ({ sentAt }: LedgerOrder, now: MonoMs): number => Math.max(0, Math.round(now - sentAt));

export function orderDoc(instrument: Instrument, { order: row, now }: { readonly order: LedgerOrder; readonly now: MonoMs }): OrderDoc {
  return {
    clientId: row.clientId,
    role: row.role,
    side: row.side,
    kind: row.kind,
    timeInForce: row.timeInForce,
    reduceOnly: row.reduceOnly,
    status: isFilledUnbooked(row) ? 'unknown' : row.order.status, // never as one that can still be amended
    price: row.order.price === null ? null : formatPrice(instrument, row.order.price),
    size: formatSize(instrument, row.order.size),
    filled: formatSize(instrument, row.order.filled),
    ...(row.amendTo && { amendTo: { price: formatPrice(instrument, row.amendTo.price), size: formatSize(instrument, row.amendTo.size) } }),
    ageMs: orderAgeOf(row, now),
    reason: row.reason,
    ...(row.strategy === undefined ? {} : { strategy: row.strategy }),
    ...(row.tag === undefined ? {} : { tag: row.tag }),
    ...(row.amends === undefined ? {} : { amends: row.amends }),
  };
}

export function balanceDoc({ accountKnown, balances, symbols }: Moment, stamp: Stamp): BalanceDoc {
  const assets = balances.map(({ asset, wallet, available }) => ({
    asset,
    wallet: formatAtoms(wallet),
    available: available === null ? null : formatAtoms(available),
    unrealized: accountKnown ? sumOf(asset, symbols) : null,
  }));
  return { ...stamp, known: accountKnown, assets };
}

function sumOf(asset: string, symbols: readonly SymbolMoment[]): string | null {
  const total = unrealizedIn(
    asset,
    symbols.map(({ instrument, position, mark }) => ({ instrument, holding: position, mark })),
  );
  return total === null ? null : formatAtoms(total);
}

export const barRow = (bar: Bar): [number, string, string, string, string, string] => [
  bar.openMs,
  bar.open,
  bar.high,
  bar.low,
  bar.close,
  bar.volume,
];

type BarsMoment = { readonly instrument: Instrument; readonly bars: BarsView };

function klineDoc({ instrument, bars }: BarsMoment, { stamp, interval }: { readonly stamp: Stamp; readonly interval: string }): KlineDoc {
  return { ...stamp, symbol: instrument.symbol, interval, bar: bars.open ? barRow(bars.open) : null };
}

/** Rewritten when a bar closes, at start and after every loss of Redis. */
export function klinesDoc(symbol: BarsMoment, { stamp, interval }: { stamp: Stamp; interval: string }): KlinesDoc {
  return { ...stamp, symbol: symbol.instrument.symbol, interval, status: symbol.bars.status, bars: symbol.bars.closed.map(barRow) };
}

export function instrumentDoc(instrument: Instrument, stamp: Stamp): InstrumentDoc {
  const { symbol, baseAsset, quoteAsset, maxOpenOrders, trading } = instrument;
  const { tickSize, stepSize, minPrice, maxPrice, minQty, maxQty, maxMarketQty, minNotional, multiplierUp, multiplierDown } = instrument;
  return {
    ...stamp,
    ...{ symbol, baseAsset, quoteAsset, maxOpenOrders, trading },
    ...{ tickSize, stepSize, minPrice, maxPrice, minQty, maxQty, maxMarketQty, minNotional, multiplierUp, multiplierDown },
  };
}

export function fillDoc(
  instrument: Instrument,
  { fill, role, strategy }: { readonly fill: BookedFill; readonly role: string; readonly strategy?: string | undefined },
): FillDoc {
  return {
    n: fill.n,
    symbol: fill.symbol,
    clientId: fill.clientId,
    role,
    tradeId: fill.tradeId,
    side: fill.side,
    price: fill.told?.price ?? formatPrice(instrument, fill.price),
    size: fill.told?.size ?? formatSize(instrument, fill.size),
    maker: fill.maker,
    fee: fill.fee === null ? null : formatAtoms(fill.fee),
    feeAsset: fill.feeAsset,
    realizedPnl: fill.realizedPnl === null ? null : formatAtoms(fill.realizedPnl),
    wallMs: fill.atMs,
    ...(strategy === undefined ? {} : { strategy }),
  };
}

/** Public trades: GET trades, historicalTrades, aggTrades (reference sheet 2026-11, section 3.4). */
import { formatPrice, formatSize, type Instrument, notionalOf } from '../../instrument.ts';
import { formatAtoms } from '../../units.ts';
import type { LoggedAggregate, LoggedTrade } from '../trade-log.ts';
import { readMarket } from './order-params.ts';
import type { Params } from './params.ts';
import { invalidValue, Refusal } from './refusal.ts';
import { type Context, type Route, startAfterEnd } from './route.ts';

const HOUR_MS = 3_600_000;
const AGGREGATES_REACH_MS = 48 * HOUR_MS;

export const TRADE_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/trades': { security: 'none', weight: 5, run: recent },
  'GET /fapi/v1/historicalTrades': { security: 'key', weight: 200, run: historical },
  'GET /fapi/v1/aggTrades': { security: 'none', weight: 20, run: aggregates },
};

function recent({ exchange, params }: Context): unknown {
  const { instrument, feed } = readMarket(exchange, params);
  return feed.log.trades.slice(-readLimit(params, { byDefault: 500, most: 1_000 })).map((trade) => tradeJson(instrument, trade));
}

/** From an id on, or the newest. */
function historical({ exchange, params }: Context): unknown {
  const { instrument, feed } = readMarket(exchange, params);
  const limit = readLimit(params, { byDefault: 100, most: 500 });
  return fromId(feed.log.trades, params.findWhole('fromId'), limit).map((trade) => tradeJson(instrument, trade));
}

/** Of the past 48 hours; a window of both ends is shorter than an hour; an id and a time exclude each other. */
function aggregates({ exchange, params, nowMs }: Context): unknown {
  const { instrument, feed } = readMarket(exchange, params);
  const limit = readLimit(params, { byDefault: 500, most: 1_000 });
  const [id, start, end] = [params.findWhole('fromId'), params.findWhole('startTime'), params.findWhole('endTime')];
  if (id !== undefined && (start !== undefined || end !== undefined))
    throw new Refusal({ code: -1128, message: 'Combination of optional parameters invalid.' });
  if (start !== undefined && end !== undefined && start > end) throw startAfterEnd();
  if (start !== undefined && end !== undefined && end - start >= HOUR_MS)
    throw new Refusal({ code: -1127, message: 'More than 1 hours between startTime and endTime.' });
  const [from, to] = [Math.max(start ?? 0, nowMs - AGGREGATES_REACH_MS), end ?? nowMs];
  const rows = feed.log.aggregates.filter(({ atMs }) => atMs >= from && Math.floor(atMs) <= to);
  const page = id !== undefined || start === undefined ? fromId(rows, id, limit) : rows.slice(0, limit);
  return page.map((row) => aggregateJson(instrument, row));
}

function fromId<T extends { readonly id: number }>(rows: readonly T[], id: number | undefined, limit: number): readonly T[] {
  return id === undefined ? rows.slice(-limit) : rows.filter((row) => row.id >= id).slice(0, limit);
}

function readLimit(params: Params, { byDefault, most }: { readonly byDefault: number; readonly most: number }): number {
  const limit = params.findWhole('limit') ?? byDefault;
  if (limit < 1 || limit > most) throw invalidValue('limit');
  return limit;
}

const tradeJson = (instrument: Instrument, trade: LoggedTrade): Record<string, unknown> => ({
  id: trade.id,
  price: formatPrice(instrument, trade.price),
  qty: formatSize(instrument, trade.size),
  quoteQty: formatAtoms(notionalOf(instrument, trade)),
  time: Math.floor(trade.atMs),
  isBuyerMaker: trade.buyerIsMaker,
  isRPITrade: false,
});

function aggregateJson(instrument: Instrument, row: LoggedAggregate): Record<string, unknown> {
  const size = formatSize(instrument, row.size);
  const ids = { f: row.firstId, l: row.lastId };
  return { a: row.id, p: formatPrice(instrument, row.price), q: size, nq: size, ...ids, T: Math.floor(row.atMs), m: row.buyerIsMaker };
}

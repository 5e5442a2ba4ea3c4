/**
 * The ledger: every order by client id, every fill by (symbol, trade id), position and fees from them. Replies, stream and reconcile
 * may tell the same thing in any order and more than once; the result is the same. Pure: events in, rows to persist and doubts out.
 */
import { parseClientId } from '../../shared/client-id.ts';
import type { FillReport, FundingReport, OrderReport, PositionReport } from '../../shared/events.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { applyOrderEvent, type Doubt, hasEnded, type Move, type OrderEvent } from '../../shared/order.ts';
import { type Lots, lots, type MonoMs, type Ticks } from '../../shared/units.ts';
import type { OrderRequest, VenueOrder } from '../venues/venue.ts';
import { OrderIndex } from './order-index.ts';
import { laterId, Positions } from './positions.ts';
import {
  type Archive,
  type BookedFill,
  type Change,
  type DoubtFact,
  fundingRow,
  joinChanges,
  type LedgerOrder,
  type LedgerState,
  LOOSE_KEPT,
  NO_CHANGE,
  type Now,
} from './rows.ts';

/** Ended orders stay in memory this long, for late words about them; after it the archive answers. */
const ENDED_KEPT_MS = 60_000;
const FILLS_KEPT = 4_096;

export type LedgerOptions = {
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly archive: Archive;
  readonly state: LedgerState;
};
/** `amended`: the statement answers an amend, so it ends it whatever its state is called. */
type ReportOptions = { readonly now: Now; readonly amended?: boolean };

export class Ledger {
  readonly positions: Positions;
  readonly #archive: Archive;
  readonly #orders = new OrderIndex();
  readonly #foreign = new Map<string, LedgerOrder>();
  readonly #byVenueId = new Map<string, string>();
  readonly #fills = new Map<string, BookedFill>();
  /** Fills of orders we do not know (yet), by the venue's order id. */
  readonly #loose = new Map<string, readonly BookedFill[]>();
  #fillSeq: number;

  constructor({ instruments, archive, state }: LedgerOptions) {
    this.#archive = archive;
    this.#fillSeq = state.fillSeq;
    this.positions = new Positions(instruments, state.positions);
    for (const row of state.orders) this.#put(row);
    for (const fill of state.loose) this.#keepLoose(fill);
  }

  get fillSeq(): number {
    return this.#fillSeq;
  }

  /** Ours, in memory or archived; never a foreign one. */
  order(clientId: string): LedgerOrder | null {
    return this.#orders.get(clientId) ?? this.#archive.findOrder(clientId);
  }

  /** Own orders in memory: every one not ended, and those ended lately. */
  readonly orders = (symbol?: string): LedgerOrder[] => this.#orders.values(symbol);

  openOrders(symbol?: string): LedgerOrder[] {
    return this.movingOrders(symbol).filter(({ order }) => !hasEnded(order.status));
  }

  /** All that may still move the position: not ended, or ended with fills on their way. */
  readonly movingOrders = (symbol?: string): LedgerOrder[] => this.#orders.moving(symbol);

  foreignOrders(symbol?: string): LedgerOrder[] {
    return [...this.#foreign.values()].filter((order) => symbol === undefined || order.symbol === symbol);
  }

  /** Takes in an order before its bytes leave. The caller has made sure that the id is new. */
  take(request: OrderRequest, now: Now): Change {
    const row = newRow({ request, now });
    this.#put(row);
    return { ...NO_CHANGE, orders: [row] };
  }

  /** Takes back an order that could not be persisted: its bytes never left. */
  readonly forget = (clientId: string): void => this.#orders.delete(clientId);

  /** Something we did, or an answer without a statement of the order. */
  move(clientId: string, { kind, reason = '', now }: { readonly kind: Move; readonly reason?: string; readonly now: Now }): Change {
    const row = this.order(clientId);
    return row ? this.#advance(row, { events: [{ kind }], patch: { reason }, now }) : NO_CHANGE;
  }

  /** An amend on its way; exposure counts the larger of both from here on. */
  amend(clientId: string, { price, size, now }: { readonly price: Ticks; readonly size: Lots; readonly now: Now }): Change {
    const row = this.order(clientId);
    return row ? this.#advance(row, { events: [{ kind: 'amend-sent' }], patch: { amendTo: { price, size } }, now }) : NO_CHANGE;
  }

  /** A statement of the venue about one order, by reply, stream or query. */
  report(report: OrderReport | VenueOrder, { now, amended = false }: ReportOptions): Change {
    const row = this.order(report.clientId);
    if (row === null) return parseClientId(report.clientId) ? this.#adopt(report, now) : this.#noteForeign(report, now);
    const learned = row.venueId === null ? this.#learnVenueId(row, { venueId: report.venueId, now }) : NO_CHANGE;
    const known = this.order(report.clientId) ?? row;
    return joinChanges([learned, this.#advance(known, { ...statement(known, { report, amended }), now })]);
  }

  /** One execution. Told twice counts once; a later word fills in fee and profit of the first. */
  fill(report: FillReport, now: Now): Change {
    const owner = this.order(report.clientId);
    const learned = owner?.venueId === null ? this.#learnVenueId(owner, { venueId: report.venueId, now }) : NO_CHANGE;
    return joinChanges([learned, this.#book(report, now)]);
  }

  #book(report: FillReport, now: Now): Change {
    const key = fillKey(report);
    const booked = this.#fills.get(key) ?? this.#archive.findFill(report);
    if (booked) return this.#complete(booked, report);
    const { sinceTradeId } = this.positions.row(report.symbol);
    if (sinceTradeId !== null && laterId(sinceTradeId, report.tradeId) === sinceTradeId) return NO_CHANGE; // part of the adopted baseline
    const twin = this.#twin(report);
    if (twin) return twin;
    const row = this.order(report.clientId) ?? this.#orderByVenueId(report);
    const fill: BookedFill = { ...report, clientId: row?.clientId ?? report.clientId, n: ++this.#fillSeq };
    this.#keepFill(fill);
    const position = this.positions.add(fill, now.mono);
    const change: Change = { ...NO_CHANGE, fills: [fill], newFills: [fill], positions: position ? [position] : [] };
    if (row) return joinChanges([change, this.#advance(row, { events: [{ ...fill, kind: 'fill' }], patch: {}, now })]);
    this.#keepLoose(fill);
    return { ...change, doubts: [{ symbol: fill.symbol, clientId: fill.clientId, doubt: 'foreign-fill' }] };
  }

  /**
   * A forced close is told twice under two names: by the stream without a trade id, by the list of trades with one. What is booked already
   * gets its true name; null: it is news.
   */
  #twin(report: FillReport): Change | null {
    const total = forcedTotal(report.tradeId);
    const known = this.#fillsOfOrder(report);
    if (total !== null) {
      const named = known.filter((fill) => forcedTotal(fill.tradeId) === null);
      return named.reduce((sum, fill) => sum + fill.size, 0) >= total ? NO_CHANGE : null;
    }
    const booked = known.find((fill) => forcedTotal(fill.tradeId) !== null && fill.size === report.size && fill.side === report.side);
    if (!booked) return null;
    this.#fills.delete(fillKey(booked));
    const renamed: BookedFill = { ...booked, tradeId: report.tradeId };
    this.#keepFill(renamed);
    const loose = this.#loose.get(venueKey(booked));
    if (loose)
      this.#loose.set(
        venueKey(booked),
        loose.map((fill) => (fill.n === booked.n ? renamed : fill)),
      );
    return joinChanges([{ ...NO_CHANGE, fills: [renamed] }, this.#complete(renamed, report)]);
  }

  /** In memory and archived, each once: what memory holds is newer. */
  #fillsOfOrder(key: { readonly symbol: string; readonly venueId: string }): readonly BookedFill[] {
    const all = new Map(this.#archive.fillsOfOrder(key).map((fill) => [fill.n, fill]));
    for (const fill of this.#fills.values()) if (fill.symbol === key.symbol && fill.venueId === key.venueId) all.set(fill.n, fill);
    return [...all.values()];
  }

  position(report: PositionReport, now: Now): Change {
    this.positions.state(report, now.mono);
    return NO_CHANGE;
  }

  funding(report: FundingReport): Change {
    const row = this.positions.fund(report);
    return { ...NO_CHANGE, positions: row ? [row] : [], funding: [fundingRow(report, row?.symbol ?? '')] };
  }

  /** Every trade of the venue's list up to this one is booked: the next reading begins there. */
  readTrades(symbol: string, upTo: string): Change {
    const row = this.positions.readUpTo(symbol, upTo);
    return row ? { ...NO_CHANGE, positions: [row] } : NO_CHANGE;
  }

  /** First run of a symbol: counting begins at the venue's position, after the trade named. */
  adoptBaseline(baseline: { readonly report: PositionReport; readonly sinceTradeId: string | null }): Change {
    const row = this.positions.adopt(baseline);
    return row ? { ...NO_CHANGE, positions: [row] } : NO_CHANGE;
  }

  /** The venue's position where no fill explains it: booked openly, never silently. */
  correct(report: PositionReport, { reason, now }: { readonly reason: string; readonly now: Now }): Change {
    const from = this.positions.row(report.symbol).size;
    const row = this.positions.correct(report, now.mono);
    if (!row) return NO_CHANGE;
    const correction = { symbol: report.symbol, from, to: report.size, entryPrice: report.entryPrice, reason, atMs: now.wall };
    return { ...NO_CHANGE, positions: [row], corrections: [correction] };
  }

  /** Foreign orders are exactly those the venue lists; what it lists no more has ended. */
  replaceForeign(clientIds: ReadonlySet<string>): void {
    for (const clientId of this.#foreign.keys()) if (!clientIds.has(clientId)) this.#foreign.delete(clientId);
  }

  /** Fills of this side and symbol since a time that belong to no order we know: one of them may be the order in question. */
  looseFills({
    symbol,
    side,
    sinceMs,
  }: {
    readonly symbol: string;
    readonly side: string;
    readonly sinceMs: number;
  }): readonly BookedFill[] {
    return [...this.#loose.values()]
      .flat()
      .filter((fill) => fill.symbol === symbol && fill.side === side && fill.atMs >= sinceMs && fill.clientId === '');
  }

  /** Whose order loose fills belong to, by the venue's id: ours gets them; those of another are named and no longer in question. */
  name(report: VenueOrder, now: Now): Change {
    if (this.order(report.clientId) || parseClientId(report.clientId)) return this.report(report, { now });
    const key = venueKey(report);
    const named = (this.#loose.get(key) ?? []).map((fill) => ({ ...(this.#fills.get(fillKey(fill)) ?? fill), clientId: report.clientId }));
    for (const fill of named) this.#keepFill(fill);
    this.#loose.set(key, named);
    return { ...NO_CHANGE, fills: named };
  }

  /** Lets go of what ended long ago. */
  prune(now: MonoMs): void {
    for (const row of this.#orders.values()) {
      if (row.endedAt === null || now - row.endedAt < ENDED_KEPT_MS) continue;
      this.#orders.delete(row.clientId);
      if (row.venueId !== null) this.#byVenueId.delete(venueKey({ symbol: row.symbol, venueId: row.venueId }));
    }
  }

  #advance(row: LedgerOrder, { events, patch, now }: Step & { readonly now: Now }): Change {
    const doubts: Doubt[] = [];
    let order = row.order;
    for (const event of events) {
      const applied = applyOrderEvent(order, event);
      order = applied.order;
      doubts.push(...applied.doubts);
    }
    const ended = hasEnded(order.status);
    const next: LedgerOrder = {
      ...row,
      ...patch,
      order,
      reason: ended ? patch.reason || row.reason : '',
      amendTo:
        order.status === 'amending' || order.status === 'unknown' || order.status === 'canceling' ? (patch.amendTo ?? row.amendTo) : null,
      endedAt: ended ? (row.endedAt ?? now.mono) : null,
    };
    this.#put(next);
    const missing = next.statedFilled > order.filled ? [doubtOf(next, 'fill-missing')] : [];
    return { ...NO_CHANGE, orders: [next], doubts: [...doubts.map((doubt) => doubtOf(next, doubt)), ...missing] };
  }

  /** The first word of one of our ids that the ledger does not hold. */
  #adopt(report: OrderReport | VenueOrder, now: Now): Change {
    const row = { ...rowOf(report, now), venueId: null };
    this.#put(row);
    return this.report(report, { now });
  }

  #noteForeign(report: OrderReport | VenueOrder, now: Now): Change {
    const ended = report.state === 'canceled' || report.state === 'expired' || report.state === 'rejected' || report.state === 'filled';
    if (ended) this.#foreign.delete(report.clientId);
    else
      this.#foreign.set(report.clientId, {
        ...rowOf(report, now),
        order: { ...rowOf(report, now).order, status: 'open', filled: report.filled },
      });
    return NO_CHANGE;
  }

  /** Fills booked before we knew whose they were go to their order now. */
  #learnVenueId(row: LedgerOrder, { venueId, now }: { readonly venueId: string; readonly now: Now }): Change {
    this.#put({ ...row, venueId });
    const key = venueKey({ symbol: row.symbol, venueId });
    const owned = (this.#loose.get(key) ?? []).map((fill) => ({ ...(this.#fills.get(fillKey(fill)) ?? fill), clientId: row.clientId }));
    this.#loose.delete(key);
    for (const fill of owned) this.#keepFill(fill);
    if (owned.length === 0) return NO_CHANGE;
    const known = this.order(row.clientId) ?? row;
    const events = owned.map((fill): OrderEvent => ({ kind: 'fill', tradeId: fill.tradeId, price: fill.price, size: fill.size }));
    return joinChanges([{ ...NO_CHANGE, fills: owned }, this.#advance(known, { events, patch: {}, now })]);
  }

  #complete(booked: BookedFill, report: FillReport): Change {
    const fee = booked.fee === null && report.fee !== null;
    const profit = booked.realizedPnl === null && report.realizedPnl !== null;
    if (!fee && !profit) return NO_CHANGE;
    const fill: BookedFill = {
      ...booked,
      ...(fee ? { fee: report.fee, feeAsset: report.feeAsset } : {}),
      ...(profit ? { realizedPnl: report.realizedPnl } : {}),
    };
    this.#keepFill(fill);
    const position = fee ? this.positions.addFee(fill) : null;
    return { ...NO_CHANGE, fills: [fill], positions: position ? [position] : [] };
  }

  #orderByVenueId(report: FillReport): LedgerOrder | null {
    const clientId = this.#byVenueId.get(venueKey(report));
    return clientId === undefined ? null : this.order(clientId);
  }

  #put(row: LedgerOrder): void {
    this.#orders.set(row);
    if (row.venueId !== null) this.#byVenueId.set(venueKey({ symbol: row.symbol, venueId: row.venueId }), row.clientId);
  }

  #keepLoose(fill: BookedFill): void {
    this.#loose.set(venueKey(fill), [...(this.#loose.get(venueKey(fill)) ?? []), fill]);
    dropOldest(this.#loose, LOOSE_KEPT);
  }

  #keepFill(fill: BookedFill): void {
    this.#fills.set(fillKey(fill), fill);
    dropOldest(this.#fills, FILLS_KEPT);
  }
}

type Step = { readonly events: readonly OrderEvent[]; readonly patch: Partial<Omit<LedgerOrder, 'order'>> };
type Stated = { readonly report: OrderReport | VenueOrder; readonly amended: boolean };

/** What a statement means for the order as we know it. An older statement never takes back a newer price or size. */
function statement(row: LedgerOrder, { report, amended }: Stated): Step {
  const statedFilled = lots(Math.max(row.statedFilled, report.filled));
  const live = report.state === 'accepted' || report.state === 'amended' || report.state === 'partially-filled';
  const differs = report.price !== row.order.price || report.size !== row.order.size;
  const answersAmend = report.state === 'amended' || (amended && live);
  const restates = report.atMs >= row.statedAtMs && (answersAmend || (differs && report.kind === 'order' && row.order.price !== null));
  const restated: OrderEvent[] = restates ? [{ kind: 'restated', price: report.price ?? row.order.price, size: report.size }] : [];
  const moved: OrderEvent[] = live
    ? [{ kind: 'accepted' }]
    : report.state === 'filled'
      ? acceptedUnlessBusy(row)
      : [{ kind: report.state }];
  const patch = {
    venueId: report.venueId,
    statedFilled,
    statedAtMs: Math.max(row.statedAtMs, report.atMs),
    reason: live ? '' : report.reason,
  };
  return { events: [...restated, ...moved], patch };
}

/** `filled` is proved by fills, not by the word: until they come the order counts as open, and its lots as pending. */
const acceptedUnlessBusy = (row: LedgerOrder): OrderEvent[] => (hasEnded(row.order.status) ? [] : [{ kind: 'accepted' }]);

function newRow({ request, now }: { readonly request: OrderRequest; readonly now: Now }): LedgerOrder {
  const { clientId, symbol, side, kind, timeInForce, reduceOnly, price, size, strategy } = request;
  return {
    ...{ clientId, symbol, side, kind, timeInForce, reduceOnly },
    ...(strategy === undefined ? {} : { strategy }),
    role: parseClientId(clientId)?.role ?? 'foreign',
    order: { status: 'sent', price, size, filled: lots(0), trades: [] },
    venueId: null,
    statedFilled: lots(0),
    amendTo: null,
    reason: '',
    sentAt: now.mono,
    sentWallMs: now.wall,
    endedAt: null,
    statedAtMs: 0,
    content: contentOf(request),
  };
}

function rowOf(report: OrderReport | VenueOrder, now: Now): LedgerOrder {
  const kind = 'orderKind' in report ? report.orderKind : report.price === null ? 'market' : 'limit';
  const timeInForce = 'timeInForce' in report ? report.timeInForce : 'gtc';
  return { ...newRow({ request: { ...report, kind, timeInForce }, now }), venueId: report.venueId };
}

/** Same text, same order: what a repeated client id is compared with. */
export const contentOf = ({ symbol, side, kind, timeInForce, reduceOnly, price, size }: OrderRequest): string =>
  [symbol, side, kind, timeInForce, reduceOnly, price ?? 'market', size].join(' ');

function dropOldest<T>(map: Map<string, T>, kept: number): void {
  for (const key of map.keys()) {
    if (map.size <= kept) return;
    map.delete(key);
  }
}

/** Filled total in the name of a fill that the venue gave none; null for a trade id. */
function forcedTotal(tradeId: string): number | null {
  const at = tradeId.indexOf('@');
  return at < 0 ? null : Number(tradeId.slice(at + 1));
}

const fillKey = ({ symbol, tradeId }: { readonly symbol: string; readonly tradeId: string }): string => `${symbol} ${tradeId}`;
const venueKey = ({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): string => `${symbol} ${venueId}`;
const doubtOf = ({ symbol, clientId }: LedgerOrder, doubt: DoubtFact['doubt']): DoubtFact => ({ symbol, clientId, doubt });

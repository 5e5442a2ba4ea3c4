/**
 * The ledger: every order by client id, every fill by (symbol, trade id), position and fees from them. Replies, stream and reconcile
 * may tell the same thing in any order and more than once; the result is the same. Pure: events in, rows to persist and doubts out.
 */
import { parseClientId } from '../../shared/client-id.ts';
import type { FillReport, FundingReport, PositionReport } from '../../shared/events.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { applyOrderEvent, type Doubt, hasEnded, type Move, type Order, type OrderEvent } from '../../shared/order.ts';
import { formatAtoms, type Lots, type MonoMs, type Ticks } from '../../shared/units.ts';
import type { OrderRequest, VenueOrder } from '../venues/venue.ts';
import { OrderIndex } from './order-index.ts';
import { FillBook } from './fill-book.ts';
import { ListedFunding } from './listed-funding.ts';
import type { MoneyDifference } from './money.ts';
import { LooseFills, type LooseQuery } from './loose-fills.ts';
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
  NO_CHANGE,
  type Now,
  venueKey,
} from './rows.ts';
import { isEnd, newRow, type Report, rowOf, stateStep, type Step } from './statement.ts';

/** Fills told before the baseline of their symbol was adopted. */
const EARLY_KEPT = 1_000;
/** Ended orders stay in memory this long, for late words about them; after it the archive answers. */
const ENDED_KEPT_MS = 60_000;

export type LedgerOptions = {
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly archive: Archive;
  readonly state: LedgerState;
};
/** `amended`, `settled`: see `Statement`. `asked`: the venue was asked about this order, so that its word counts against an end we believe in. */
type ReportOptions = { readonly now: Now; readonly amended?: boolean; readonly settled?: boolean; readonly asked?: boolean };
/** Of this run of the process alone. */
type Heard = { touchedAt: MonoMs; amendSentAt: MonoMs | null };

export class Ledger {
  readonly positions: Positions;
  readonly fills: FillBook;
  readonly #archive: Archive;
  readonly #orders = new OrderIndex();
  readonly #foreign = new Map<string, LedgerOrder>();
  readonly #byVenueId = new Map<string, string>();
  readonly #loose = new LooseFills();
  readonly #listed = new ListedFunding();
  #early: FillReport[] = [];
  readonly #heard = new Map<string, Heard>();
  #fillSeq: number;

  constructor({ instruments, archive, state }: LedgerOptions) {
    this.#archive = archive;
    this.#fillSeq = state.fillSeq;
    this.fills = new FillBook(archive);
    this.positions = new Positions({ instruments, rows: state.positions, archive });
    for (const row of state.orders) this.#put(row);
    for (const fill of state.loose) this.#loose.add(fill);
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
    this.#touch(row.clientId, now);
    return { ...NO_CHANGE, orders: [row] };
  }

  /** Takes back an order that could not be persisted: its bytes never left. */
  readonly forget = (clientId: string): void => this.#orders.delete(clientId);

  /** When it last was heard of, or something was sent about it; null: never in this run. */
  touchedAt(clientId: string): MonoMs | null {
    return this.#heard.get(clientId)?.touchedAt ?? null;
  }

  /** When the newest amend left in this run; null: none did. */
  amendSentAt(clientId: string): MonoMs | null {
    return this.#heard.get(clientId)?.amendSentAt ?? null;
  }

  /** Something we did, or an answer without a statement of the order. */
  move(clientId: string, { kind, reason = '', now }: { readonly kind: Move; readonly reason?: string; readonly now: Now }): Change {
    const row = this.order(clientId);
    if (!row) return NO_CHANGE;
    this.#touch(clientId, now);
    const amendOpen = kind === 'cancel-failed' && row.order.status === 'canceling' && row.amendTo !== null;
    const patch = { reason, ...(kind === 'amend-failed' ? { amendTo: null } : {}) };
    const change = this.#advance(row, { events: [{ kind: amendOpen ? 'timed-out' : kind }], patch, now });
    return amendOpen ? { ...change, doubts: [...change.doubts, doubtOf(row, 'amend-open')] } : change;
  }

  /** An amend on its way; exposure counts the larger of both from here on. */
  amend(clientId: string, { price, size, now }: { readonly price: Ticks; readonly size: Lots; readonly now: Now }): Change {
    const row = this.order(clientId);
    if (!row) return NO_CHANGE;
    this.#touch(clientId, now).amendSentAt = now.mono;
    const counted = row.amends === undefined ? {} : { amends: row.amends + 1 };
    return this.#advance(row, { events: [{ kind: 'amend-sent' }], patch: { amendTo: { price, size }, ...counted }, now });
  }

  /** A statement of the venue about one order, by reply, stream or query. */
  report(report: Report, { now, amended = false, settled = false, asked = false }: ReportOptions): Change {
    const row = this.order(report.clientId);
    if (row === null) return parseClientId(report.clientId) ? this.#adopt(report, now) : this.#noteForeign(report, now);
    this.#touch(row.clientId, now);
    const learned = this.#learnVenueId(row, { venueId: report.venueId, now });
    const known = this.order(report.clientId) ?? row;
    const { events, patch } = stateStep(known, { report, amended, settled });
    const revived = asked && hasEnded(known.order.status) && contradicts(known.order, report);
    const first: OrderEvent[] = revived ? [{ kind: 'revived' }] : [];
    const base = revived ? { ...known, reason: '', endedAt: null } : known;
    return joinChanges([learned, this.#advance(base, { events: [...first, ...events], patch, now })]);
  }

  /** One execution. Told twice counts once; a later word fills in fee and profit of the first. */
  fill(report: FillReport, now: Now): Change {
    const owner = this.order(report.clientId);
    const learned = owner ? this.#learnVenueId(owner, { venueId: report.venueId, now }) : NO_CHANGE;
    if (this.positions.isAwaited(report.symbol)) {
      this.#early = [...this.#early, report].slice(-EARLY_KEPT); // whether the baseline holds it already is not known yet
      return learned;
    }
    return joinChanges([learned, this.#book(report, now)]);
  }

  #book(report: FillReport, now: Now): Change {
    const booked = this.fills.find(report);
    if (booked) return this.#complete(booked, report);
    const { sinceTradeId } = this.positions.row(report.symbol);
    const row = this.order(report.clientId) ?? this.#orderByVenueId(report);
    if (sinceTradeId !== null && laterId(sinceTradeId, report.tradeId) === sinceTradeId)
      return row ? this.#advance(row, { events: [{ ...report, kind: 'fill' }], patch: {}, now }) : NO_CHANGE; // the baseline holds it already
    const twin = this.fills.twinOf(report);
    if (twin !== null) return twin === 'told' ? NO_CHANGE : this.#rename(twin, report);
    const fill: BookedFill = { ...report, clientId: row?.clientId ?? report.clientId, n: ++this.#fillSeq };
    this.fills.book(fill, now.mono);
    const position = this.positions.add(fill, now.mono);
    const change: Change = { ...NO_CHANGE, fills: [fill], newFills: [fill], positions: position ? [position] : [] };
    if (row) return joinChanges([change, this.#advance(row, { events: [{ ...fill, kind: 'fill' }], patch: {}, now })]);
    this.#loose.add(fill);
    return { ...change, doubts: [{ symbol: fill.symbol, clientId: fill.clientId, doubt: 'foreign-fill' }] };
  }

  /** What is booked already gets its true name. */
  #rename(booked: BookedFill, report: FillReport): Change {
    const renamed = this.fills.rename(booked, report.tradeId);
    const loose = this.#loose.of(booked);
    if (loose.length > 0)
      this.#loose.put(
        booked,
        loose.map((fill) => (fill.n === booked.n ? renamed : fill)),
      );
    return joinChanges([{ ...NO_CHANGE, fills: [renamed] }, this.#complete(renamed, report)]);
  }

  position(report: PositionReport, now: Now): Change {
    this.positions.state(report, now.mono);
    return NO_CHANGE;
  }

  funding(report: FundingReport): Change {
    if (!this.#listed.take(report)) return this.#fund(report);
    this.positions.passOver(report); // told twice, it is not new the second time either
    return NO_CHANGE;
  }

  /** One that is in the venue's list alone; should the stream tell it all the same, it is the same. */
  listedFunding(report: FundingReport): Change {
    this.#listed.add(report);
    return this.#fund(report);
  }

  #fund(report: FundingReport): Change {
    const row = this.positions.fund(report);
    return { ...NO_CHANGE, positions: row ? [row] : [], funding: [fundingRow(report, row?.symbol ?? '')] };
  }

  /** Every trade of the venue's list up to this one is booked: the next reading begins there. */
  readTrades(symbol: string, upTo: string): Change {
    const row = this.positions.readUpTo(symbol, upTo);
    return row ? { ...NO_CHANGE, positions: [row] } : NO_CHANGE;
  }

  /** First run of a symbol: counting begins at the venue's position, after the trade named. */
  adoptBaseline(baseline: { readonly report: PositionReport; readonly sinceTradeId: string | null; readonly now: Now }): Change {
    const row = this.positions.adopt(baseline);
    if (!row) return NO_CHANGE;
    const early = this.#early.filter(({ symbol }) => symbol === row.symbol);
    this.#early = this.#early.filter(({ symbol }) => symbol !== row.symbol);
    return joinChanges([{ ...NO_CHANGE, positions: [row] }, ...early.map((fill) => this.fill(fill, baseline.now))]);
  }

  /** The venue's position where no fill explains it: booked openly, never silently. */
  correct(report: PositionReport, { reason, now }: { readonly reason: string; readonly now: Now }): Change {
    const from = this.positions.row(report.symbol).size;
    const row = this.positions.correct(report, now.mono);
    if (!row) return NO_CHANGE;
    const { symbol, size: to, entryPrice } = report;
    const correction = { kind: 'position', symbol, from, to, entryPrice, reason, atMs: now.wall } as const;
    return { ...NO_CHANGE, positions: [row], corrections: [correction] };
  }

  /** The venue's entry price or profit where our fills lead to another: booked openly, too. */
  correctMoney(symbol: string, { what, now }: { readonly what: MoneyDifference; readonly now: Now }): Change {
    const textOf = (): string =>
      what === 'realized' ? formatAtoms(this.positions.row(symbol).realized) : (this.positions.account(symbol).ownEntryPrice ?? '0');
    const fromText = textOf();
    const row = this.positions.correctMoney(symbol, { what, now: now.mono });
    if (!row) return NO_CHANGE;
    const correction = { kind: what, symbol, fromText, toText: textOf(), reason: 'fills-lead-elsewhere', atMs: now.wall } as const;
    return { ...NO_CHANGE, positions: [row], corrections: [correction] };
  }

  /** The venue says how much is filled, and nothing tells by which trades: the order takes its word, the position does not. */
  believeFilled(clientId: string, now: Now): Change {
    const row = this.order(clientId);
    if (!row || row.statedFilled <= row.order.filled) return NO_CHANGE;
    const believed = { ...row, order: { ...row.order, filled: row.statedFilled } };
    const change = this.#advance(believed, { events: [{ kind: 'accepted' }], patch: {}, now });
    return { ...change, orders: [this.order(clientId) ?? believed] };
  }

  /** Foreign orders are exactly those the venue lists; what it lists no more has ended. */
  replaceForeign(clientIds: ReadonlySet<string>): void {
    for (const clientId of this.#foreign.keys()) if (!clientIds.has(clientId)) this.#foreign.delete(clientId);
  }

  looseFills(query: LooseQuery): readonly BookedFill[] {
    return this.#loose.find(query);
  }

  /** The venue's ids of orders with fills here that nobody was asked about, newest first. */
  unnamed(symbol: string): readonly string[] {
    return this.#loose.unnamed(symbol);
  }

  /** Whose order loose fills belong to, by the venue's id: ours gets them; those of another are named and no longer in question. */
  name(report: VenueOrder, now: Now): Change {
    if (this.order(report.clientId) || parseClientId(report.clientId)) return this.report(report, { now });
    const named = this.#loose.of(report).map((fill) => this.fills.named(fill, report.clientId));
    this.#loose.put(report, named);
    return { ...NO_CHANGE, fills: named };
  }

  /** Lets go of what ended long ago. */
  prune(now: MonoMs): void {
    for (const row of this.#orders.values()) {
      if (row.endedAt === null || now - row.endedAt < ENDED_KEPT_MS) continue;
      this.#orders.delete(row.clientId);
      this.#heard.delete(row.clientId);
      if (row.venueId !== null) this.#byVenueId.delete(venueKey({ symbol: row.symbol, venueId: row.venueId }));
    }
  }

  #advance(row: LedgerOrder, { events, patch, now }: Step & { readonly now: Now }): Change {
    const doubts: Doubt[] = [];
    const amendTo = patch.amendTo === undefined ? row.amendTo : patch.amendTo;
    let order = row.order;
    for (const event of events) {
      const applied = applyOrderEvent(order, event);
      const larger = event.kind === 'fill' && amendTo !== null && applied.order.filled < amendTo.size;
      order = larger && !hasEnded(order.status) ? { ...applied.order, status: order.status } : applied.order; // filled whole, unless it was made larger
      doubts.push(...applied.doubts);
    }
    const ended = hasEnded(order.status);
    const next: LedgerOrder = {
      ...row,
      ...patch,
      order,
      reason: ended ? patch.reason || row.reason : '',
      amendTo: ended ? null : amendTo,
      endedAt: ended ? (row.endedAt ?? now.mono) : null,
    };
    this.#put(next);
    if (isBeyondEnd(row, next)) doubts.push('fill-after-end');
    const missing = next.statedFilled > order.filled ? [doubtOf(next, 'fill-missing')] : [];
    return {
      ...NO_CHANGE,
      orders: isSame(row, next) ? [] : [next],
      doubts: [...doubts.map((doubt) => doubtOf(next, doubt)), ...missing],
    };
  }

  /** The first word of one of our ids that the ledger does not hold. */
  #adopt(report: Report, now: Now): Change {
    this.#put({ ...rowOf(report, now), venueId: null });
    return this.report(report, { now });
  }

  #noteForeign(report: Report, now: Now): Change {
    if (isEnd(report)) this.#foreign.delete(report.clientId);
    else
      this.#foreign.set(report.clientId, {
        ...rowOf(report, now),
        order: { ...rowOf(report, now).order, status: 'open', filled: report.filled },
      });
    return NO_CHANGE;
  }

  /** Fills booked before we knew whose they were go to their order now. */
  #learnVenueId(row: LedgerOrder, { venueId, now }: { readonly venueId: string; readonly now: Now }): Change {
    if (row.venueId === null) this.#put({ ...row, venueId });
    const owned = this.#loose.take({ symbol: row.symbol, venueId }).map((fill) => this.fills.named(fill, row.clientId));
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
    this.fills.keep(fill);
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

  #touch(clientId: string, { mono }: Now): Heard {
    const heard = this.#heard.get(clientId) ?? { touchedAt: mono, amendSentAt: null };
    heard.touchedAt = mono;
    this.#heard.set(clientId, heard);
    return heard;
  }
}

/** Whether the venue, asked about an order that we hold for ended, tells of another end or of none. Echoes of one end have several names. */
function contradicts({ status, filled, size }: Order, report: Report): boolean {
  if (!isEnd(report)) return true;
  if (status === 'rejected') return report.state !== 'rejected';
  if (report.state === 'filled') return filled < report.size || size !== report.size;
  return status === 'filled' && report.size > filled; // it had been made larger, and that was lost here
}

/** The venue's last word on a cancelled or expired order tells how much was filled: a fill beyond it says that the order lived on. */
const isBeyondEnd = (before: LedgerOrder, after: LedgerOrder): boolean =>
  (before.order.status === 'canceled' || before.order.status === 'expired') &&
  after.order.filled > Math.max(after.statedFilled, before.order.filled);

const doubtOf = ({ symbol, clientId }: LedgerOrder, doubt: DoubtFact['doubt']): DoubtFact => ({ symbol, clientId, doubt });

const SAME_ROW = ['venueId', 'statedFilled', 'statedAtMs', 'amendTo', 'amends', 'reason', 'endedAt'] as const;
const SAME_ORDER = ['status', 'price', 'size', 'filled'] as const;
const isSame = (a: LedgerOrder, b: LedgerOrder): boolean =>
  SAME_ORDER.every((key) => a.order[key] === b.order[key]) && SAME_ROW.every((key) => a[key] === b[key]);

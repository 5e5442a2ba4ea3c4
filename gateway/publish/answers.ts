/** Answers to queries, from the same cores that the snapshot is made of. Every answer fits one message of the socket. */
import type { AlarmsAnswer } from '../../shared/alarm.ts';
import type { LifeAnswer, PnlAnswer } from '../../shared/audit.ts';
import type { FillsAnswer, FullBook, PositionsAnswer, Query, Stats } from '../../shared/command.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import { formatAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import type { LifeRows } from '../account/audit-rows.ts';
import type { DayRow } from '../account/day-profit.ts';
import type { BookedFill, DaysRange, FillsRange } from '../account/rows.ts';
import { bestLevels } from '../market/top.ts';
import { type Core, makerOf } from '../orders/core.ts';
import type { BookView } from '../venues/venue.ts';
import { lifeAnswer, pnlAnswer } from './life.ts';
import { fillDoc, orderDoc, textsOf, unrealized } from './snapshot.ts';

export type AnswersOptions = {
  readonly core: Core;
  readonly history: History;
  readonly header: () => unknown;
  readonly problems: () => readonly string[];
  /** From the spawn of this process to each milestone, real ms. */
  readonly startMs: () => Stats['startMs'];
  readonly alarmsAfter: (n: number) => AlarmsAnswer;
};

/** What the ledger on disk tells; null or nothing while it cannot be read. */
export type History = {
  readonly flush: () => void;
  readonly fillsAfter: (range: { readonly after: number; readonly limit: number }) => readonly BookedFill[];
  readonly fillsRange: (range: FillsRange) => readonly BookedFill[];
  /** How often orders of a symbol reached each state, over the life of the ledger. */
  readonly countReached: (symbol: string) => Readonly<Record<string, number>>;
  readonly life: (clientId: string) => LifeRows | null;
  readonly days: (range: DaysRange) => readonly DayRow[];
  readonly quoteAsset: (symbol: string) => string;
};

const LIMIT_DEFAULT = 100;
const DAYS_ROWS = 200;
const EVER = { from: '0000-01-01', to: '9999-12-31' } as const;
/** Levels a side of a whole book, so that its answer stays below 64 KiB. */
const BOOK_LEVELS_MAX = 1_000;

export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  answer(query: Query): unknown {
    switch (query.what) {
      case 'status':
        return this.#options.header();
      case 'orders':
        return { orders: this.#orders(query) };
      case 'order':
        return { order: this.#order(query.clientId ?? '') };
      case 'fills':
        return this.#fills(query);
      case 'positions':
        return this.#positions();
      case 'book':
        return this.#book(query.symbol);
      case 'stats':
        return this.#stats();
      case 'life':
        return this.#life(query.clientId ?? '');
      case 'pnl':
        return this.#pnl(query);
      case 'alarms':
        return this.#options.alarmsAfter(query.after ?? 0);
      case 'config':
        return this.#options.core.inForce.answer();
      default:
        throw new Error(`Cannot answer: ${JSON.stringify(query.what satisfies never)}`);
    }
  }

  #orders({ symbol, open, limit = LIMIT_DEFAULT }: Query): readonly unknown[] {
    const { keeper, venue, clock } = this.#options.core;
    const own = open ? keeper.ledger.openOrders(symbol) : keeper.ledger.orders(symbol);
    const all = [...keeper.ledger.foreignOrders(symbol), ...own].slice(-limit); // what does not fit is not ours
    return all.flatMap((order) => {
      const instrument = venue.instruments.get(order.symbol);
      return instrument ? [{ symbol: order.symbol, ...orderDoc(instrument, { order, now: clock.monoMs() }) }] : [];
    });
  }

  #order(clientId: string): unknown {
    const { keeper, venue, clock } = this.#options.core;
    const order = keeper.ledger.order(clientId);
    const instrument = order && venue.instruments.get(order.symbol);
    if (!order || !instrument) return null;
    return { symbol: order.symbol, venueId: order.venueId, ...orderDoc(instrument, { order, now: clock.monoMs() }) };
  }

  #fills({ after = 0, limit = LIMIT_DEFAULT, symbol, range }: Query): FillsAnswer {
    const { core, history } = this.#options;
    const { venue } = core;
    const fills = range
      ? history.fillsRange({ symbol: symbol ?? null, fromMs: range.fromMs, toMs: range.toMs, beforeN: range.beforeN ?? 0, limit })
      : history.fillsAfter({ after, limit });
    const docs = fills.flatMap((fill) => {
      const instrument = venue.instruments.get(fill.symbol);
      return instrument ? [fillDoc(instrument, { fill, ...makerOf(core, fill.clientId) })] : [];
    });
    return { fills: docs };
  }

  /** Null while the ledger cannot be read. */
  #life(clientId: string): LifeAnswer | null {
    const rows = this.#options.history.life(clientId);
    return rows && lifeAnswer(rows);
  }

  #pnl({ symbol, days = EVER }: Query): PnlAnswer {
    const { history } = this.#options;
    const found = history.days({ symbol: symbol ?? null, fromDay: days.from, toDay: days.to, limit: DAYS_ROWS });
    return pnlAnswer(found, { limit: DAYS_ROWS, quoteAsset: (each) => history.quoteAsset(each) });
  }

  #positions(): PositionsAnswer {
    const { keeper, venue } = this.#options.core;
    this.#options.history.flush(); // whoever counts on from here must never be told a fill twice under two numbers
    const positions = [...venue.instruments].map(([symbol, instrument]) => {
      const { baseline, size } = keeper.ledger.positions.row(symbol);
      return { symbol, baseline: formatSize(instrument, baseline), position: formatSize(instrument, size) };
    });
    return { fillSeq: keeper.ledger.fillSeq, positions };
  }

  /** Null for a symbol that is not configured. */
  #book(symbol: string | undefined): FullBook | null {
    const { venue } = this.#options.core;
    const instrument = venue.instruments.get(symbol ?? [...venue.instruments.keys()][0] ?? '');
    return instrument ? fullBook(instrument, venue.market.book(instrument.symbol)) : null;
  }

  #stats(): Stats {
    const { identity, seqs, venue, latency } = this.#options.core;
    const symbols = Object.fromEntries(
      [...venue.instruments].map(([symbol, instrument]) => [symbol, this.#symbolStats(symbol, instrument)]),
    );
    return {
      epoch: identity.epoch,
      snapshots: seqs.seq,
      symbols,
      latencyUs: {
        frameToOrder: latency.frameToOrder.percentiles(),
        command: latency.command.percentiles(),
        calls: latency.calls.percentiles(),
      },
      startMs: this.#options.startMs(),
      errors: [...this.#options.problems()],
    };
  }

  #symbolStats(symbol: string, instrument: Instrument): Stats['symbols'][string] {
    const { keeper, venue } = this.#options.core;
    const reached = this.#options.history.countReached(symbol);
    const row = keeper.ledger.positions.row(symbol);
    const { messages, applied, dropped, gaps, gapsUnresolved, resyncs } = venue.market.counters(symbol);
    return {
      ...{ messages, applied, dropped, gaps, gapsUnresolved, resyncs },
      placed: reached['sent'] ?? 0,
      amended: reached['amending'] ?? 0,
      canceled: reached['canceled'] ?? 0,
      rejected: reached['rejected'] ?? 0,
      unknown: reached['unknown'] ?? 0,
      open: keeper.ledger.openOrders(symbol).length,
      fills: row.fills,
      volume: formatAtoms(row.volume),
      position: formatSize(instrument, row.size),
      entryPrice: keeper.ledger.positions.account(symbol).entryPrice,
      realized: formatAtoms(row.realized),
      unrealized: unrealized(instrument, { holding: row, mark: venue.market.mark(symbol) }),
      fees: formatAtoms(row.fees[instrument.quoteAsset] ?? ZERO_ATOMS),
      funding: formatAtoms(row.funding),
    };
  }
}

/** Every level held, or the best thousand a side; `known` tells how far it reaches. */
export function fullBook(instrument: Instrument, view: BookView): FullBook {
  const { book, status, lastUpdateId } = view;
  const exact = { book, top: null }; // of one update id
  const bids = textsOf(instrument, bestLevels(exact, 'bids', BOOK_LEVELS_MAX));
  const asks = textsOf(instrument, bestLevels(exact, 'asks', BOOK_LEVELS_MAX));
  const lastBid = book.bids.count > bids.length ? book.bids.priceAt(bids.length - 1) : null;
  const lastAsk = book.asks.count > asks.length ? book.asks.priceAt(asks.length - 1) : null;
  const from = Math.max(view.knownFrom ?? 0, lastBid ?? 0);
  const to = Math.min(view.knownTo ?? instrument.maxPriceTicks, lastAsk ?? instrument.maxPriceTicks);
  const cut = view.knownFrom !== null || view.knownTo !== null || lastBid !== null || lastAsk !== null;
  const known = { bidFrom: formatPrice(instrument, ticks(from)), askTo: formatPrice(instrument, ticks(to)) };
  return { symbol: instrument.symbol, status, lastUpdateId, bids, asks, ...(cut ? { known } : {}) };
}

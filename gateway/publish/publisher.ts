/**
 * Makes the moment and its number: one snapshot for Redis at every tick, one for push subscribers at a change of the top. Also the
 * documents written on change only (bars, instruments), and the backlog of fills and public trades for the next tick. Owns no socket.
 */
import { barsRead, leverageMaxOf } from '../../shared/config.ts';
import type { PublicTrade } from '../../shared/events.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import { type Header, type Keys, SCHEMA_VERSION, type Stamp, type TradeDoc } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { BookedFill } from '../account/rows.ts';
import type { Closer } from '../orders/closer.ts';
import { type Core, makerOf } from '../orders/core.ts';
import type { DeadManPace } from '../orders/dead-man.ts';
import { symbolReasons, wholeMode } from '../orders/degraded.ts';
import { wholeState } from '../orders/degraded-view.ts';
import type { Stops } from '../orders/stop.ts';
import { newsSince, type Told, toldOf } from './news.ts';
import { type Push, pushLine } from './push-line.ts';
import { type Document, fillDoc, instrumentDoc, klinesDoc, type Moment, type SymbolMoment } from './snapshot.ts';
import { SnapshotTexts } from './texts.ts';
import type { Behind } from './tick-clock.ts';

export type StreamEntry = { readonly key: string; readonly field: string; readonly text: string; readonly maxLen: number };
/** One tick for Redis: keys with TTL, keys without, and stream entries, to be written together. */
export type Batch = {
  readonly seq: number;
  readonly documents: readonly Document[];
  readonly lasting: readonly Document[];
  readonly entries: readonly StreamEntry[];
};
export type PublisherOptions = {
  readonly core: Core;
  readonly keys: Keys;
  readonly closer: Closer;
  readonly stops: Stops;
  readonly redisDown: () => boolean;
  /** Of the tick for which a snapshot is taken; null while it is on time. */
  readonly behind?: () => Behind | null;
  readonly deadMan: () => DeadManPace | null;
  /** Oldest brain epoch whose quotes the lease in force inherited; null when there are none. */
  readonly inheritsFrom?: () => number | null;
  readonly safety: () => Pick<Header, 'emergency' | 'unknownOrders'>;
  /** Highest epoch ever granted: Redis keeps it for a gateway that has lost its ledger. */
  readonly lastEpoch: () => number;
  /** Writes what of the ledger waits: no fill is told under a number before its row was tried. */
  readonly flush: () => void;
};

const FILLS_KEPT = 10_000;
const TRADES_KEPT = 1_000;
/** Public trades kept for one tick, and fills kept while Redis is away; the oldest go first, a reader sees the hole and asks. */
const WAITING_MAX = 2_000;
/** The same for one push, which is one message. */
const UNPUSHED_MAX = 200;
/** The newest whole push is at most so old when another only adds to it: ticks may be rarer, or left out. */
const WHOLE_MS = 250;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #texts: SnapshotTexts;
  readonly #barVersions = new Map<string, number>();
  readonly #instrumentVersions = new Map<string, string>();
  readonly #tradeSeqs = new Map<string, number>();
  readonly #intervals: readonly string[];
  #epochWritten = 0;
  #entries: StreamEntry[] = [];
  /** Since the last push; nobody collects them while there are no subscribers. */
  #unpushed: StreamEntry[] = [];
  /** The newest snapshot that was taken and not pushed; its books are as they are only in the turn in which it was made. */
  #taken: { readonly moment: Moment; readonly documents: readonly Document[] } | null = null;
  /** What the last push told. */
  #pushed: (Told & { readonly seq: number }) | null = null;
  #wholeAt = 0;
  /** Newest number of a fill that was told. */
  #toldFill = 0;
  dropped = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#texts = new SnapshotTexts(options.keys);
    this.#intervals = [...barsRead(options.core.config).keys()];
  }

  addFills(fills: readonly BookedFill[]): void {
    const { core, keys } = this.#options;
    core.pace.filled(fills.length, core.clock.monoMs());
    for (const fill of fills) {
      const instrument = core.venue.instruments.get(fill.symbol);
      if (!instrument) continue;
      const text = JSON.stringify(fillDoc(instrument, { fill, ...makerOf(core, fill.clientId) }));
      this.#add({ key: keys.fills, field: 'fill', text, maxLen: FILLS_KEPT });
    }
  }

  addTrade(trade: PublicTrade): void {
    const { core, keys } = this.#options;
    const instrument = core.venue.instruments.get(trade.symbol);
    if (!instrument) return;
    const [price, size] = [formatPrice(instrument, trade.price), formatSize(instrument, trade.size)];
    const { epoch } = core.identity;
    const { symbol, tradeId, aggressor, atMs: wallMs } = trade;
    const document: TradeDoc = { epoch, n: this.#nextTrade(symbol), tradeId, price, size, aggressor, wallMs };
    this.#add({ key: keys.trades(symbol), field: 'trade', text: JSON.stringify(document), maxLen: TRADES_KEPT });
  }

  /** A number is left out, so that readers see the hole. */
  tradesMissed(symbol: string): void {
    this.#nextTrade(symbol);
  }

  #nextTrade(symbol: string): number {
    const n = (this.#tradeSeqs.get(symbol) ?? 0) + 1;
    this.#tradeSeqs.set(symbol, n);
    return n;
  }

  /** After a loss of Redis everything that lasts is written again. */
  redisLost(): void {
    this.#barVersions.clear();
    this.#instrumentVersions.clear();
    this.#epochWritten = 0;
  }

  /** The next snapshot, with all that waits beside it. */
  take(): Batch {
    this.#flush();
    const moment = this.#moment(this.#options.behind?.());
    const { epoch, seq } = moment.header;
    const documents = this.#texts.render(moment);
    this.#taken = { moment, documents };
    const stamp = { epoch, seq };
    const batch = { seq, documents, lasting: this.#lasting(stamp), entries: this.#entries };
    this.#entries = [];
    return batch;
  }

  /** The next snapshot for subscribers, with what was added to the streams since the last one. Of documents only what the push before did not say. */
  takePush(): Push {
    if (this.#options.core.keeper.ledger.fillSeq !== this.#toldFill) this.#flush(); // at a change of the top nothing waits for the disk
    const moment = this.#moment();
    const told = this.#pushed !== null && moment.now - this.#wholeAt < WHOLE_MS ? this.#pushed : null;
    const news = told && newsSince(told, moment);
    return this.#push(moment, this.#texts.render(moment, news), told && news && told.seq);
  }

  /** The snapshot that was taken last, whole, for subscribers; null before the first. */
  pushTaken(): Push | null {
    const taken = this.#taken;
    this.#taken = null;
    return taken && this.#push(taken.moment, taken.documents, null);
  }

  #push(moment: Moment, documents: readonly Document[], base: number | null): Push {
    const { seq } = moment.header;
    this.#pushed = { seq, ...toldOf(moment) };
    if (base === null) this.#wholeAt = moment.now;
    const entries = this.#unpushed.map(({ key, text }) => ({ key, text }));
    this.#unpushed = [];
    const line = pushLine(moment, { documents, base, entries });
    return { seq, base, line };
  }

  #flush(): void {
    this.#options.flush();
    this.#toldFill = this.#options.core.keeper.ledger.fillSeq;
  }

  /** A batch that Redis did not take: its fills wait for the next, what lasts is written again; its trades are of the past. */
  putBack(batch: Batch): void {
    this.redisLost();
    const fills = batch.entries.filter(({ key }) => key === this.#options.keys.fills);
    this.#entries = [...fills, ...this.#entries].slice(-WAITING_MAX);
  }

  /** One moment with a number of its own. */
  #moment(late: Behind | null = null): Moment {
    const { core, keys } = this.#options;
    const now = core.clock.monoMs();
    const symbols = [...core.venue.instruments.keys()].map((symbol) => this.#symbol(symbol));
    const seq = core.seqs.next({ at: now, newestFrameAt: newest(symbols) });
    return {
      keys,
      now,
      header: { ...this.header(seq), ...(late && { late: { ms: Math.round(late.ms), missed: late.missed } }) },
      accountKnown: core.keeper.known,
      balances: core.keeper.balances,
      symbols,
      bookLevels: core.config.snapshot.bookLevels,
    };
  }

  header(seq = this.#options.core.seqs.seq): Header {
    const { core, closer, redisDown } = this.#options;
    const { venue, keeper, identity, modes } = core;
    const { epoch, environment, accountHash, configHash } = identity;
    const deadMan = this.#options.deadMan();
    const inheritsFrom = this.#options.inheritsFrom?.() ?? null;
    const reads = venue.lineHealth?.().reads;
    const { mode, reasons } = wholeMode(wholeState(core, { redisDown: redisDown() }));
    return {
      schema: SCHEMA_VERSION,
      ...{ epoch, seq, environment, accountHash, configHash, ...core.inForce.header() },
      venue: venue.name,
      wallMs: venue.nowMs(),
      symbols: [...venue.instruments.keys()],
      mode,
      reasons: [...reasons, ...[...venue.instruments.keys()].flatMap((symbol) => this.#symbolReasons(symbol))],
      health: { market: venue.market.health(), account: venue.accountHealth(), orderEntry: venue.orders.route?.() ?? 'rest' },
      budgets: venue.orders.budgets(),
      ...(reads ? { reads } : {}),
      paused: modes.paused !== null,
      ...this.#options.safety(),
      closing: [...closer.closing],
      fillSeq: keeper.ledger.fillSeq,
      margin: { ratio: keeper.marginRatio, multiAssets: keeper.multiAssets },
      ...(deadMan ? { deadMan } : {}),
      ...(venue.orders.amends ? { amends: venue.orders.amends } : {}),
      brainEpoch: core.lease.epoch,
      ...(inheritsFrom !== null && core.lease.epoch !== 0 ? { inheritsFrom } : {}),
    };
  }

  #symbolReasons(symbol: string): readonly string[] {
    const { core, closer, stops } = this.#options;
    const { venue, keeper, modes, config } = core;
    return symbolReasons({
      symbol,
      bookStatus: venue.market.book(symbol).status,
      trading: venue.instruments.get(symbol)?.trading ?? false,
      halted: modes.halted(symbol),
      leverage: keeper.leverage(symbol),
      leverageMax: leverageMaxOf(config, symbol),
      closing: closer.isClosing(symbol),
      rejections: core.router.breaker.isTripped(symbol),
      stopMissing: stops.isMissing(symbol),
      orderUnknown: keeper.unknowns.overdue(symbol, core.clock.monoMs()) !== null,
      foreignOrder: !config.account.exclusive && keeper.ledger.foreignOrders(symbol).length > 0,
    });
  }

  #symbol(symbol: string): SymbolMoment {
    const { venue, keeper } = this.#options.core;
    const instrument = venue.instruments.get(symbol);
    if (!instrument) throw new Error(`Cannot publish ${symbol}: it has no instrument`);
    const { ledger } = keeper;
    return {
      instrument,
      book: venue.market.book(symbol),
      mark: venue.market.mark(symbol),
      markAgeMs: venue.market.markAgeMs(symbol),
      position: ledger.positions.row(symbol),
      entryPrice: ledger.positions.account(symbol).entryPrice,
      leverage: keeper.leverage(symbol),
      isolated: keeper.isIsolated(symbol),
      commission: keeper.commission(symbol),
      liquidationPrice: keeper.liquidationPrice(symbol),
      orders: [...ledger.orders(symbol), ...ledger.foreignOrders(symbol)],
      bars: new Map(this.#intervals.map((interval) => [interval, venue.market.bars(symbol, interval)])),
      stop: venue.stops === null ? null : this.#options.stops.shown(symbol),
    };
  }

  /** Bars, instruments and the epoch, where they changed since they were last written. */
  #lasting(stamp: Stamp): readonly Document[] {
    const { core, keys } = this.#options;
    const epoch = this.#options.lastEpoch();
    const epochs: readonly Document[] = epoch === this.#epochWritten ? [] : [[keys.epoch, String(epoch)]];
    this.#epochWritten = epoch;
    const changed = [...core.venue.instruments].flatMap(([symbol, instrument]): Document[] => {
      const out = this.#intervals.flatMap((interval) => this.#newBars(instrument, { stamp, interval }));
      if (this.#instrumentVersions.get(symbol) !== instrument.version)
        out.push([keys.instrument(symbol), JSON.stringify(instrumentDoc(instrument, stamp))]);
      this.#instrumentVersions.set(symbol, instrument.version);
      return out;
    });
    return [...epochs, ...changed];
  }

  #newBars(instrument: Instrument, { stamp, interval }: { readonly stamp: Stamp; readonly interval: string }): Document[] {
    const { core, keys } = this.#options;
    const key = keys.klines(instrument.symbol, interval);
    const bars = core.venue.market.bars(instrument.symbol, interval);
    if (this.#barVersions.get(key) === bars.version) return [];
    this.#barVersions.set(key, bars.version);
    return [[key, JSON.stringify(klinesDoc({ instrument, bars }, { stamp, interval }))]];
  }

  #add(entry: StreamEntry): void {
    if (this.#entries.length >= WAITING_MAX) {
      this.#entries.shift();
      this.dropped++;
    }
    this.#entries.push(entry);
    this.#unpushed.push(entry);
    if (this.#unpushed.length > UNPUSHED_MAX) this.#unpushed.shift();
  }
}

function newest(symbols: readonly SymbolMoment[]): MonoMs | null {
  let at: MonoMs | null = null;
  for (const { book } of symbols) // a difference may come later than best prices that are ahead of it
    for (const seen of [book.receivedAt, book.top?.receivedAt ?? null]) if (seen !== null && (at === null || seen > at)) at = seen;
  return at;
}

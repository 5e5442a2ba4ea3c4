/**
 * Makes the moment and its number: one snapshot for Redis at every tick, one for push subscribers at a change of the top. Also the
 * documents written on change only (bars, instruments), and the backlog of fills and public trades for the next tick. Owns no socket.
 */
import { leverageMaxOf } from '../../shared/config.ts';
import type { PublicTrade } from '../../shared/events.ts';
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import { type Header, type Keys, SCHEMA_VERSION, type Stamp } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { BookedFill } from '../account/rows.ts';
import type { Closer } from '../orders/closer.ts';
import { type Core, roleOf } from '../orders/core.ts';
import type { DeadManPace } from '../orders/dead-man.ts';
import { symbolReasons, wholeMode } from '../orders/degraded.ts';
import { wholeState } from '../orders/degraded-view.ts';
import type { Stops } from '../orders/stop.ts';
import { type Document, fillDoc, instrumentDoc, klinesDoc, type Moment, renderSnapshot, type SymbolMoment } from './snapshot.ts';

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
  readonly deadMan: () => DeadManPace | null;
  /** Highest epoch ever granted: Redis keeps it for a gateway that has lost its ledger. */
  readonly lastEpoch: () => number;
};

const FILLS_KEPT = 10_000;
const TRADES_KEPT = 1_000;
/** Public trades kept for one tick, and fills kept while Redis is away; the oldest go first, a reader sees the hole and asks. */
const WAITING_MAX = 2_000;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #barVersions = new Map<string, number>();
  readonly #instrumentVersions = new Map<string, string>();
  #epochWritten = 0;
  #entries: StreamEntry[] = [];
  dropped = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  addFills(fills: readonly BookedFill[]): void {
    const { core, keys } = this.#options;
    for (const fill of fills) {
      const instrument = core.venue.instruments.get(fill.symbol);
      if (!instrument) continue;
      const role = roleOf(core, fill.clientId);
      this.#add({ key: keys.fills, field: 'fill', text: JSON.stringify(fillDoc(instrument, { fill, role })), maxLen: FILLS_KEPT });
    }
  }

  addTrade(trade: PublicTrade): void {
    const { core, keys } = this.#options;
    const instrument = core.venue.instruments.get(trade.symbol);
    if (!instrument) return;
    const [price, size] = [formatPrice(instrument, trade.price), formatSize(instrument, trade.size)];
    const text = JSON.stringify({ tradeId: trade.tradeId, price, size, aggressor: trade.aggressor, wallMs: trade.atMs });
    this.#add({ key: keys.trades(trade.symbol), field: 'trade', text, maxLen: TRADES_KEPT });
  }

  /** After a loss of Redis everything that lasts is written again. */
  redisLost(): void {
    this.#barVersions.clear();
    this.#instrumentVersions.clear();
    this.#epochWritten = 0;
  }

  /** The next snapshot, with all that waits beside it. */
  take(): Batch {
    const { seq, documents } = this.render();
    const stamp = { epoch: this.#options.core.identity.epoch, seq };
    const batch = { seq, documents, lasting: this.#lasting(stamp), entries: this.#entries };
    this.#entries = [];
    return batch;
  }

  /** A batch that Redis did not take: its fills wait for the next; its trades are of the past. */
  putBack(batch: Batch): void {
    const fills = batch.entries.filter(({ key }) => key === this.#options.keys.fills);
    this.#entries = [...fills, ...this.#entries].slice(-WAITING_MAX);
  }

  /** One snapshot with a number of its own. */
  render(): { readonly seq: number; readonly documents: readonly Document[] } {
    const { core, keys } = this.#options;
    const now = core.clock.monoMs();
    const symbols = [...core.venue.instruments.keys()].map((symbol) => this.#symbol(symbol));
    const seq = core.seqs.next({ at: now, newestFrameAt: newest(symbols) });
    const moment: Moment = {
      keys,
      now,
      header: this.header(seq),
      accountKnown: core.keeper.known,
      balances: core.keeper.balances,
      symbols,
      bookLevels: core.config.snapshot.bookLevels,
      interval: core.config.strategy.macdTrend.interval,
    };
    return { seq, documents: renderSnapshot(moment) };
  }

  header(seq = this.#options.core.seqs.seq): Header {
    const { core, closer, redisDown } = this.#options;
    const { venue, keeper, identity, modes } = core;
    const { epoch, environment, accountHash, configHash } = identity;
    const deadMan = this.#options.deadMan();
    const { mode, reasons } = wholeMode(wholeState(core, { redisDown: redisDown() }));
    return {
      schema: SCHEMA_VERSION,
      ...{ epoch, seq, environment, accountHash, configHash },
      venue: venue.name,
      wallMs: venue.nowMs(),
      symbols: [...venue.instruments.keys()],
      mode,
      reasons: [...reasons, ...[...venue.instruments.keys()].flatMap((symbol) => this.#symbolReasons(symbol))],
      health: { market: venue.market.health(), account: venue.accountHealth(), orderEntry: venue.orders.route?.() ?? 'rest' },
      budgets: venue.orders.budgets(),
      paused: modes.paused !== null,
      closing: [...closer.closing],
      fillSeq: keeper.ledger.fillSeq,
      margin: { ratio: keeper.marginRatio, multiAssets: keeper.multiAssets },
      ...(deadMan ? { deadMan } : {}),
      brainEpoch: core.lease.epoch,
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
    const { venue, keeper, config } = this.#options.core;
    const instrument = venue.instruments.get(symbol);
    if (!instrument) throw new Error(`Cannot publish ${symbol}: it has no instrument`);
    const { ledger } = keeper;
    return {
      instrument,
      book: venue.market.book(symbol),
      mark: venue.market.mark(symbol),
      position: ledger.positions.row(symbol),
      entryPrice: ledger.positions.account(symbol).entryPrice,
      leverage: keeper.leverage(symbol),
      isolated: keeper.isIsolated(symbol),
      commission: keeper.commission(symbol),
      liquidationPrice: keeper.liquidationPrice(symbol),
      orders: [...ledger.orders(symbol), ...ledger.foreignOrders(symbol)],
      bars: venue.market.bars(symbol, config.strategy.macdTrend.interval),
      stop: venue.stops === null ? null : this.#options.stops.shown(symbol),
    };
  }

  /** Bars, instruments and the epoch, where they changed since they were last written. */
  #lasting(stamp: Stamp): readonly Document[] {
    const { core, keys } = this.#options;
    const { interval } = core.config.strategy.macdTrend;
    const epoch = this.#options.lastEpoch();
    const epochs: readonly Document[] = epoch === this.#epochWritten ? [] : [[keys.epoch, String(epoch)]];
    this.#epochWritten = epoch;
    const changed = [...core.venue.instruments].flatMap(([symbol, instrument]): Document[] => {
      const bars = core.venue.market.bars(symbol, interval);
      const out: Document[] = [];
      if (this.#barVersions.get(symbol) !== bars.version)
        out.push([keys.klines(symbol, interval), JSON.stringify(klinesDoc({ instrument, bars }, { stamp, interval }))]);
      if (this.#instrumentVersions.get(symbol) !== instrument.version)
        out.push([keys.instrument(symbol), JSON.stringify(instrumentDoc(instrument, stamp))]);
      this.#barVersions.set(symbol, bars.version);
      this.#instrumentVersions.set(symbol, instrument.version);
      return out;
    });
    return [...epochs, ...changed];
  }

  #add(entry: StreamEntry): void {
    if (this.#entries.length >= WAITING_MAX) {
      this.#entries.shift();
      this.dropped++;
    }
    this.#entries.push(entry);
  }
}

function newest(symbols: readonly SymbolMoment[]): MonoMs | null {
  let at: MonoMs | null = null;
  for (const { book } of symbols) if (book.receivedAt !== null && (at === null || book.receivedAt > at)) at = book.receivedAt;
  return at;
}

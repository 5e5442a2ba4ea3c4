/**
 * A backtest on a book, on virtual time: the brain's own turn on the gateway's own snapshots, at the same period, phase and poll as live,
 * with every message as long on its way as it is live. Nothing is looked at before it could have been received:
 * - A snapshot shows the market as it was at the venue one way of the feed before, and orders, fills and positions as they were heard of.
 * - It is read just after it was made (at the next poll, where polls are as rare as snapshots; at once, where it is pushed), decided on, and what leaves passes the guard and arrives one way later.
 * - The venue is always ahead of what is known of it, so a cancel or an amend may come too late, and a quote may be refused for taking.
 */
import { TradeRow } from '../../../brain/news.ts';
import { ClientIds } from '../../../brain/oms/ids.ts';
import type { OrderCommand, Pending } from '../../../brain/oms/working.ts';
import { DeedsBook } from '../../../brain/risk/deeds.ts';
import { wantsStop } from '../../../brain/risk/watch.ts';
import { settle } from '../../../brain/settle.ts';
import { readsOf } from '../../../brain/runs.ts';
import { settingsOf } from '../../../brain/settings.ts';
import { type BrainState, initialState, type Settings, step } from '../../../brain/step.ts';
import type { Documents } from '../../../brain/view.ts';
import { fillDoc } from '../../../gateway/publish/snapshot.ts';
import type { BookedFill } from '../../../gateway/account/rows.ts';
import { parseClientId } from '../../../shared/client-id.ts';
import type { Refusal } from '../../../shared/command.ts';
import { formatPrice, formatSize } from '../../../shared/instrument.ts';
import { Random } from '../../../shared/random.ts';
import { ratesWith } from '../../../shared/sim/account.ts';
import type { MarketEvent, UserEvent } from '../../../shared/sim/exchange-events.ts';
import { drawLatency } from '../../../shared/sim/latency.ts';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import { midOf } from '../../../shared/sim/symbol-market.ts';
import type { FillDoc, TradeDoc } from '../../../shared/snapshot.ts';
import { monoMs, wallMs } from '../../../shared/units.ts';
import { DepthAccount } from './depth-account.ts';
import { guardedCommand } from './depth-guard.ts';
import type { DepthOptions } from './depth-options.ts';
import { EPOCH, SnapshotMaker } from './depth-snapshot.ts';
import { DepthVenue } from './depth-venue.ts';
import { type BookWindow, LocalBooks } from './local-books.ts';
import { LocalCloser } from './local-closer.ts';
import { LocalDesk } from './local-desk.ts';
import { MARKOUT_MS } from './result.ts';
import { Tally } from './tally.ts';

/** From the tick of a snapshot to Redis, and from the poll to the command: measured on the bench, rounded up. */
const PUBLISH_MS = 1;
const DECIDE_MS = 1;
/** Just after a tick the brain looks so often, until the snapshot is there (brain/io/poll-clock.ts). */
const SEEK_MS = 1;
/** A picture of the market is planned so many snapshots ahead: the feed may be so late. */
const AHEAD = 10;
const EMERGENCY = 'emergency-stop';

type Published = { readonly documents: Omit<Documents, 'seenAt'>; readonly atMs: number };

export class DepthEngine {
  readonly tally: Tally;
  readonly venue: DepthVenue;
  readonly #options: DepthOptions;
  readonly #settings: Settings;
  readonly #desk: LocalDesk;
  readonly #books: BookWindow;
  /** Pictures of the market one way of the feed ago; null where a recorded session tells what was heard. */
  readonly #pictures: LocalBooks | null;
  readonly #closer: LocalCloser;
  readonly #snapshots: SnapshotMaker;
  readonly #account: DepthAccount;
  readonly #feed: Random;
  readonly #trades = new Map<string, { readonly row: TradeRow; n: number }>();
  readonly #ids = new ClientIds(EPOCH);
  #state: BrainState;
  readonly #deeds = new DeedsBook();
  #fills: FillDoc[] = [];
  #published: Published | null = null;
  #processed = 0;
  #pictureMs: number;
  /** Best prices of the newest picture that was pushed, and how many were. */
  readonly #pushed: { tops: readonly (number | undefined)[]; taken: number; shown: number } = { tops: [], taken: 0, shown: 0 };
  /** The risk watch has stopped everything; nobody resumes in a backtest. */
  #stopped = false;

  constructor(options: DepthOptions) {
    const { config, runs, symbols, fromMs, seed } = options;
    this.#options = options;
    this.#settings = { ...settingsOf(config, runs), symbols: symbols.map(({ instrument }) => instrument.symbol) };
    this.#state = initialState(this.#settings, options.recorded?.remembered ?? undefined);
    this.#feed = new Random(seed).fork('way feed');
    this.#pictureMs = fromMs;
    this.venue = new DepthVenue(options, {
      onUser: (event) => this.#onUser(event),
      onMarket: (event) => this.#onMarket(event),
      onAccount: (event) => this.#desk.hear(event),
    });
    this.#account = new DepthAccount(this.venue);
    this.tally = new Tally({
      symbols: symbols.map(({ instrument }) => ({
        ...{ instrument, held: this.venue.heldBefore(instrument.symbol).size },
        strategies: runs.filter((run) => run.symbols.includes(instrument.symbol)).map(({ id }) => id),
      })),
      ...{ fromMs, periodMs: config.snapshot.intervalMs, startEquity: this.#account.equity() },
    });
    const { venue } = this;
    const pictures = new LocalBooks(venue, config.snapshot.bookLevels);
    this.#pictures = options.recorded ? null : pictures;
    this.#books = options.recorded?.books ?? pictures;
    this.#desk = new LocalDesk({
      venue,
      orders: this.tally.orders,
      onFill: (fill) => this.#heard(fill),
      onNews: () => this.#closer.tick(),
    });
    const parts = { venue, desk: this.#desk, books: this.#books };
    this.#closer = new LocalCloser({ ...parts, onOrder: (clientId, reason) => this.tally.cause(clientId, { strategy: 'exit', reason }) });
    this.#snapshots = new SnapshotMaker({
      ...{ ...parts, levels: config.snapshot.bookLevels, leverage: options.leverage, closing: () => this.#closer.closing },
      commission: ({ quoteAsset }) => {
        const { makerPpm, takerPpm } = ratesWith(options.fees, quoteAsset);
        return { maker: String(Number(makerPpm) / 1e6), taker: String(Number(takerPpm) / 1e6) };
      },
    });
    if (readsOf(runs).trades) for (const { instrument } of symbols) this.#trades.set(instrument.symbol, { row: new TradeRow(), n: 0 });
    const firstMs = fromMs + options.phaseMs;
    for (let n = 0; n < AHEAD && this.#pictures; n++) this.#plan(firstMs + n * config.snapshot.intervalMs);
  }

  /** Lets time pass; recorded frames up to then have been given before. */
  advance(toMs: number): void {
    this.venue.exchange.advance(toMs);
  }

  /** A recorded frame, in order of time. */
  give(frame: TapeFrame): void {
    this.venue.schedule(frame, (done) => {
      if (done.kind === 'best' || done.kind === 'depth') this.#topMayHaveChanged();
    });
  }

  ending(): ReturnType<DepthAccount['left']> {
    return this.#account.left();
  }

  /** The snapshot of that time: its picture of the market first, one way of the feed before. */
  #plan(atMs: number): void {
    const { agenda } = this.venue.exchange;
    const { latencies, wholeMs } = this.#options;
    this.#pictureMs = Math.max(this.#pictureMs, atMs - drawLatency(latencies.feed, this.#feed) - (wholeMs ? 1 : 0));
    const planned: { show: () => void } = { show: () => undefined };
    agenda.at(this.#pictureMs, () => {
      planned.show = this.#pictures?.take(this.venue.nowMs) ?? planned.show;
    });
    agenda.at(atMs, () => {
      planned.show();
      this.publish();
      const { intervalMs } = this.#options.config.snapshot;
      this.#plan(atMs + AHEAD * intervalMs);
    });
  }

  /** A snapshot of now. `lookMs`: when it is decided on; null: never. Absent: by the poll. */
  publish(lookMs: number | null = this.#decidesAt(this.venue.nowMs)): void {
    const { nowMs, exchange } = this.venue;
    const published = { documents: this.#snapshots.make(), atMs: nowMs };
    this.#published = published;
    // in a recorded session it is known which one was looked at, also where a newer one was there already
    if (lookMs !== null) exchange.agenda.at(Math.max(nowMs, lookMs), () => this.#turn(this.#pictures ? this.#published : published));
    this.#look();
  }

  /** Public trades that the gateway of a recorded session has handed on with this snapshot. */
  tell(symbol: string, trades: readonly TradeDoc[]): void {
    this.#trades.get(symbol)?.row.add(trades);
  }

  #decidesAt(publishedMs: number): number {
    const { config, lookMs } = this.#options;
    const { pollMs, feed } = config.brain;
    if (lookMs !== null) return publishedMs + lookMs;
    const readMs = publishedMs + PUBLISH_MS;
    if (feed === 'push') return readMs + DECIDE_MS;
    const isSought = pollMs < config.snapshot.intervalMs;
    return (isSought ? readMs + SEEK_MS : Math.ceil(readMs / pollMs) * pollMs) + DECIDE_MS;
  }

  /** Where snapshots are pushed, each change of the best prices makes one; of two that overtake each other the newest wins. */
  #topMayHaveChanged(): void {
    if (this.#options.config.brain.feed !== 'push' || !this.#pictures) return;
    const { exchange } = this.venue;
    const tops = [...exchange.markets.values()].flatMap((market) => [market.best('buy')?.price, market.best('sell')?.price]);
    if (tops.every((price, n) => price === this.#pushed.tops[n])) return;
    this.#pushed.tops = tops;
    const n = ++this.#pushed.taken;
    const show = this.#pictures.take(this.venue.nowMs);
    exchange.agenda.at(this.venue.nowMs + drawLatency(this.#options.latencies.feed, this.#feed), () => {
      if (n < this.#pushed.shown) return;
      this.#pushed.shown = n;
      show();
      this.publish();
    });
  }

  #turn(published: Published | null): void {
    if (!published || published.documents.header.seq <= this.#processed) return;
    const { header } = published.documents;
    this.#processed = header.seq;
    if (this.#stopped) {
      for (const { id } of this.#options.runs) this.tally.reason(id, EMERGENCY);
      return;
    }
    const { nowMs } = this.venue;
    const documents = { ...published.documents, symbols: this.#withTrades(published.documents.symbols), seenAt: monoMs(published.atMs) };
    const fills = this.#fills.filter(({ n }) => n <= header.fillSeq);
    this.#fills = this.#fills.slice(fills.length);
    const turn = {
      ...{ documents, fills, fees: [], now: monoMs(nowMs), nowMs: wallMs(Math.floor(nowMs)), mayTrade: true },
      deeds: this.#deeds.take({ ...documents, fills }, nowMs),
      nextId: (role: Parameters<ClientIds['next']>[0]) => this.#ids.next(role),
    };
    const stepped = step(this.#state, { settings: this.#settings, turn });
    this.#state = stepped.state;
    for (const { symbol, commands, close, outcomes } of stepped.symbols) {
      for (const { run, reason } of outcomes) this.tally.reason(run, reason);
      for (const command of commands) {
        this.#deeds.sent(command);
        this.#send(command, published.atMs);
      }
      if (close === null) continue;
      const price = this.#state.symbols[symbol]?.exits.state;
      const at = price?.at === 'closing' && price.price !== null ? String(Number(price.price.toFixed(8))) : '';
      this.tally.exits.push({ atMs: nowMs, symbol, rule: close, price: at });
      this.#closer.start(symbol, { reason: close, ladder: close === 'take-profit' ? 'maker-first' : 'taker' });
    }
    if (wantsStop(this.#state.risk) !== null) this.#stop();
  }

  /** The gateway's emergency stop: everything is canceled and closed, and only a person would go on. */
  #stop(): void {
    this.#stopped = true;
    for (const symbol of this.venue.instruments.keys()) {
      this.tally.exits.push({ atMs: this.venue.nowMs, symbol, rule: EMERGENCY, price: '' });
      this.#closer.start(symbol, { reason: EMERGENCY, ladder: 'taker' });
    }
  }

  #withTrades(symbols: Documents['symbols']): Documents['symbols'] {
    if (this.#trades.size === 0) return symbols;
    return Object.fromEntries(
      Object.entries(symbols).map(([symbol, docs]) => [symbol, { ...docs, trades: this.#trades.get(symbol)?.row.take() ?? null }]),
    );
  }

  /** As the gateway takes it: judged by the guard, written down, on its way. */
  #send(command: OrderCommand, basedOnAt: number): void {
    const { symbol, clientId } = command;
    const now = monoMs(this.venue.nowMs);
    const refused = command.kind === 'cancel' ? null : this.#refusal(command, basedOnAt);
    this.#options.recorded?.onSent?.(command, refused, this.venue.nowMs);
    const role = parseClientId(clientId)?.role ?? '';
    const pending: Pending = { command, role, sentAt: now, visibleFrom: this.#snapshots.seq + 1, lease: EPOCH };
    if (refused !== null) {
      this.tally.orders.refused(symbol, refused);
      this.#deeds.refused(refused);
      this.#update(symbol, (state) => settle(state, pending, { answer: { type: 'refused', code: refused }, sent: true, now }));
      return;
    }
    this.#deeds.taken(pending, pending.visibleFrom ?? 0);
    this.#update(symbol, (state) => ({ ...state, pending: [...state.pending, pending] }));
    if (command.kind === 'cancel') this.#desk.cancel(clientId);
    else if (command.kind === 'place') {
      const { side, timeInForce, price, size, reduceOnly, strategy, reason } = command;
      this.tally.cause(clientId, { strategy, reason });
      this.#desk.place({ symbol, clientId, side, kind: 'limit', timeInForce, price, size, reduceOnly, strategy });
    } else {
      const row = this.#desk.ledger.order(clientId);
      if (row) this.#desk.amend(row, command);
    }
  }

  #refusal(command: Exclude<OrderCommand, { readonly kind: 'cancel' }>, basedOnAt: number): Refusal | null {
    const { config } = this.#options;
    const parts = { config, venue: this.venue, desk: this.#desk, books: this.#books, snapshots: this.#snapshots };
    const moment = { basedOnAt: monoMs(basedOnAt), ttlMs: this.#settings.ttlMs, closing: this.#closer.closing.includes(command.symbol) };
    return guardedCommand(command, { ...parts, ...moment, equity: this.#account.equity() });
  }

  #update(symbol: string, change: (state: BrainState['symbols'][string]) => BrainState['symbols'][string]): void {
    const before = this.#state.symbols[symbol];
    if (before) this.#state = { ...this.#state, symbols: { ...this.#state.symbols, [symbol]: change(before) } };
  }

  #heard(fill: BookedFill): void {
    const instrument = this.venue.instruments.get(fill.symbol);
    const row = this.#desk.ledger.order(fill.clientId);
    if (instrument) this.#fills.push(fillDoc(instrument, { fill, role: row?.role ?? 'foreign', strategy: row?.strategy }));
  }

  #onUser(event: UserEvent): void {
    if (event.kind === 'order' && event.trade) {
      const { symbol } = event.order;
      this.#see(symbol);
      for (const ms of MARKOUT_MS) this.venue.exchange.agenda.at(event.trade.atMs + ms, () => this.#see(symbol));
    }
    this.tally.onUser(event);
    if (event.kind === 'account' && event.reason === 'funding') this.#account.tellFunding(event, this.tally);
  }

  #onMarket(event: MarketEvent): void {
    if (event.kind === 'liquidation') this.tally.liquidation(event);
    if (event.kind === 'best') this.#topMayHaveChanged();
    if (!this.#pictures) return;
    if (event.kind !== 'trades' && !(event.kind === 'frame' && event.feed === 'trades')) return;
    const kept = this.#trades.get(event.symbol);
    const trade = kept && this.#tradeOf(event, ++kept.n);
    if (!kept || !trade) return;
    const delayMs = drawLatency(this.#options.latencies.feed, this.#feed);
    this.venue.exchange.agenda.at(this.venue.nowMs + delayMs, () => kept.row.add([trade]));
  }

  #tradeOf(event: Extract<MarketEvent, { kind: 'trades' | 'frame' }>, n: number): TradeDoc | null {
    const instrument = this.venue.instruments.get(event.symbol);
    if (!instrument) return null;
    const when = { epoch: EPOCH, n, wallMs: Math.floor(this.venue.nowMs) };
    if (event.kind === 'trades') {
      const { aggregateId, price, size, buyerIsMaker } = event;
      const texts = { price: formatPrice(instrument, price), size: formatSize(instrument, size) };
      return { ...when, tradeId: String(aggregateId), ...texts, aggressor: buyerIsMaker ? 'sell' : 'buy' };
    }
    const { a, p, q, m }: Readonly<Record<string, unknown>> = JSON.parse(event.raw);
    return { ...when, tradeId: String(a), price: String(p), size: String(q), aggressor: m === true ? 'sell' : 'buy' };
  }

  #look(): void {
    for (const symbol of this.venue.instruments.keys()) this.#see(symbol);
    this.tally.equity(this.venue.nowMs, this.#account.equityNumber(), this.#account.holds());
  }

  #see(symbol: string): void {
    const mid = midOf(this.venue.exchange.market(symbol));
    if (mid !== null) this.tally.price(symbol, this.venue.nowMs, mid);
  }
}

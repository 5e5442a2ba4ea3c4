/**
 * Keeps a stop at the venue for every position: first thing at start, resized and moved as the position changes, gone when flat. Nothing
 * else here touches it, so it lives through shutdown, brain death and our own. It uses the share of the limits kept back for what
 * protects. An outcome that is not known is asked for, by the stop's own id; a trigger that the price has passed starts the close ladder.
 */
import { makeClientId } from '../../shared/client-id.ts';
import { stopPercentOf } from '../../shared/config.ts';
import type { StopReport } from '../../shared/events.ts';
import { fractionalTicks } from '../../shared/instrument.ts';
import { hasEnded, type Side } from '../../shared/order.ts';
import { type Lots, lots, type MonoMs, type Ticks } from '../../shared/units.ts';
import { queryDelayMs } from '../account/reconcile.ts';
import type { StopEntry, VenueFault } from '../venues/venue.ts';
import type { Closer } from './closer.ts';
import type { Core } from './core.ts';
import { NO_STOPS, worstCase } from './guard-rules/exposure.ts';
import type { Sides } from './guard-rules/rule.ts';
import { StopBook, type StopRow } from './stop-book.ts';
import { coveredLots, planStops, type StopStep } from './stop-plan.ts';

export type StopsOptions = {
  readonly core: Core;
  readonly closer: Closer;
  /** Own stops of an earlier run that had not ended. */
  readonly rows: readonly StopRow[];
  readonly save: (row: StopRow) => boolean;
  /** Position and open orders, read now. */
  readonly readPositions: () => Promise<unknown>;
  /** The venue's view of a position is not ours. */
  readonly onSuspicious: (reason: string) => void;
  /** A position is without a confirmed stop for longer than configured. */
  readonly onMissing: (symbol: string) => void;
};
/** What a person sees of the stops of one symbol. */
export type StopShown = {
  readonly status: 'none' | 'placing' | 'resting' | 'unknown';
  readonly trigger: Ticks | null;
  readonly size: Lots;
  /** Stops of a person or another program. */
  readonly foreign: number;
};

const RETRY_MS = 250;
const RETRY_MS_MAX = 10_000;
const SYNC_RETRY_MS = 500;
/** At the start: between two looks at what was sent, and before a read that failed is made again. */
const LOOK_MS = 10;
const REREAD_MS = 50;
/** The order of a triggered stop is told by the stream; it is asked for when that stays silent. */
const FOLLOW_MS = 300;
/** Ledger and venue may disagree about flat for this long: they are told one after the other. */
const DIFFERS_MS = 1_500;
/** Added to the receive window: a request that late is refused there, so its stop can no longer appear. */
const SETTLE_MS = 3_000;

type Asking = { queries: number; nextAt: number; busy: boolean };
/** `version` of the instrument that triggers and sizes are counted in. */
type Held = { version: string; failures: number; retryAt: number; bareSince: MonoMs | null; missing: boolean };

export class Stops {
  readonly #options: StopsOptions;
  readonly #core: Core;
  readonly #book: StopBook;
  readonly #venue: StopEntry | null;
  readonly #asking = new Map<string, Asking>();
  readonly #held = new Map<string, Held>();
  #everKnown = false;
  #synced = false;
  #syncing: Promise<boolean> | null = null;
  #syncAt = 0;
  #counter = 0;

  constructor(options: StopsOptions) {
    const { core, rows, save } = options;
    this.#options = options;
    this.#core = core;
    this.#venue = core.venue.stops;
    this.#book = new StopBook({ rows, save, now: core.keeper.now() });
    for (const [symbol, { version }] of core.venue.instruments)
      this.#held.set(symbol, { version, failures: 0, retryAt: 0, bareSince: null, missing: false });
  }

  /** Before anything else at start: what rests is read, positions are read, and what they lack is placed. */
  async protectFirst(limitMs: number): Promise<void> {
    if (this.#venue === null) return;
    const end = this.#now() + limitMs;
    const read = { stops: false, positions: false };
    do {
      const [stops, positions] = await Promise.all([read.stops || this.sync(), read.positions || this.#options.readPositions()]);
      [read.stops, read.positions] = [stops, positions === true];
      this.tick();
      await this.#core.clock.sleep(read.stops && read.positions ? LOOK_MS : REREAD_MS);
    } while (this.#now() < end && !(read.stops && read.positions && !this.#isAnyUnderWay()));
  }

  #isAnyUnderWay(): boolean {
    return [...this.#held.keys()].some((symbol) => this.#isUnderWay(symbol));
  }

  /** Everything that waits at the venue, ours and others'; false when it could not be read. One read at a time. */
  sync(): Promise<boolean> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null;
    });
    return this.#syncing;
  }

  /** Takes conditional orders of others away; true when the venue lists none any more. Only ever on a person's word. */
  async cancelForeign(): Promise<boolean> {
    const venue = this.#venue;
    if (venue === null) return true;
    if (!(await this.#sync())) return false;
    const all = [...this.#held.keys()].flatMap((symbol) => this.#book.foreign(symbol));
    await Promise.all(all.map(({ symbol, clientId }) => venue.cancelStop({ symbol, clientId })));
    return all.length === 0;
  }

  onReport(report: StopReport): void {
    const before = this.#book.row(report.clientId)?.status;
    this.#book.report(report, this.#core.keeper.now());
    const row = this.#book.row(report.clientId);
    if (row && row.status !== before) this.#tell(row, report);
    this.tick();
  }

  /** Often, and after each event that may have changed a position. */
  tick(): void {
    if (this.#venue === null) return;
    const now = this.#now();
    this.#everKnown ||= this.#core.keeper.known;
    this.#ask(now);
    if (!this.#synced && now >= this.#syncAt && this.#syncing === null) void this.sync();
    for (const symbol of this.#held.keys()) this.#step(symbol, now);
    this.#book.prune(now);
  }

  shown(symbol: string): StopShown {
    const live = this.#book.live(symbol);
    const confirmed = live.filter(({ status }) => status === 'resting' || status === 'canceling');
    const first = (confirmed.length > 0 ? confirmed : live).at(-1);
    const status = confirmed.length > 0 ? 'resting' : live.some((row) => row.status === 'placing') ? 'placing' : 'unknown';
    return {
      status: first ? status : 'none',
      trigger: first?.trigger ?? null,
      size: lots(confirmed.reduce((sum, { size }) => sum + size, 0)),
      foreign: this.#book.foreign(symbol).length,
    };
  }

  /** What may be closed by stops of ours that have not ended. */
  closingLots(symbol: string): Sides {
    const live = this.#book.live(symbol);
    const sum = (side: Side): Lots => lots(live.reduce((total, stop) => total + (stop.side === side ? stop.size : 0), 0));
    return { buy: sum('buy'), sell: sum('sell') };
  }

  /** True while a position is not covered by confirmed stops for longer than configured. */
  isMissing(symbol: string): boolean {
    return this.#held.get(symbol)?.missing ?? false;
  }

  /** Every position has been read at the venue, and has there what is wanted, or is being closed. */
  get protecting(): boolean {
    return [...this.#held.keys()].every((symbol) => {
      const { size } = this.#position(symbol);
      const read = this.#synced && this.#core.keeper.ledger.positions.venue(symbol) !== null;
      return read
        ? this.#options.closer.isClosing(symbol) || !this.#isBare(symbol, { size, stops: this.#book.live(symbol) })
        : this.#venue === null;
    });
  }

  /** Nothing of ours is under way, none rests where there is no position, and each position has its own, as far as the venue takes them. */
  get settled(): boolean {
    return [...this.#held].every(([symbol, { failures }]) => {
      const { size } = this.#position(symbol);
      const live = this.#book.live(symbol);
      if (this.#isUnderWay(symbol)) return false;
      return size === 0 ? live.length === 0 : failures > 0 || !this.#isBare(symbol, { size, stops: live });
    });
  }

  #isBare(symbol: string, { size, stops }: { readonly size: Lots; readonly stops: readonly StopRow[] }): boolean {
    const wanted = this.#venue !== null && stopPercentOf(this.#core.config, symbol) !== 0;
    return wanted && coveredLots(stops, size) < Math.abs(size);
  }

  #isUnderWay(symbol: string): boolean {
    return this.#book.live(symbol).some(({ status }) => status !== 'resting');
  }

  #step(symbol: string, now: MonoMs): void {
    const { core, closer } = { core: this.#core, closer: this.#options.closer };
    const held = this.#held.get(symbol);
    const instrument = core.venue.instruments.get(symbol);
    if (!held || !instrument) return;
    if (held.version !== instrument.version) [held.version, this.#synced] = [instrument.version, false]; // what rests is read in the new steps
    const { size, reach, entryPrice } = this.#position(symbol);
    const percent = stopPercentOf(core.config, symbol);
    const stops = this.#book.live(symbol);
    this.#judge(symbol, { bare: this.#isBare(symbol, { size, stops }), now });
    if (!this.#synced || now < held.retryAt || now < core.budget.blockedUntil) return;
    const mark = core.venue.market.mark(symbol);
    const markTicks = mark ? fractionalTicks(instrument, mark.markPrice) : null;
    const view = { now, instrument, position: size, reach, known: core.keeper.known, entryPrice, markTicks, percent, stops };
    const step = planStops(view);
    if (step?.kind === 'close' && !closer.isClosing(symbol)) closer.start({ symbol, reason: 'stop price passed', ladder: 'taker' });
    if (step?.kind === 'cancel') for (const clientId of step.clientIds) void this.#cancel(symbol, clientId);
    if (step?.kind === 'place') void this.#place(symbol, step);
  }

  /**
   * The larger of ledger and venue on the side that is held, so that a fill told by one alone is covered. Fills are told before positions,
   * so a ledger that says flat is believed for a moment; before the first reconcile of this run only the venue's word counts.
   */
  #position(symbol: string): { readonly size: Lots; readonly reach: Lots; readonly entryPrice: string | null } {
    const { ledger } = this.#core.keeper;
    const { positions } = ledger;
    const [booked, stated] = [positions.row(symbol).size, positions.venue(symbol)];
    const held = positions.range(symbol);
    const worst = worstCase({ held, own: ledger.movingOrders(symbol), stops: NO_STOPS });
    const differsMs = this.#now() - (positions.differsSince(symbol) ?? this.#now());
    const believed = this.#everKnown ? booked : (stated?.size ?? booked);
    const side = believed !== 0 || differsMs < DIFFERS_MS ? believed : (stated?.size ?? 0);
    const size = side > 0 ? lots(Math.max(held.high, 0)) : side < 0 ? lots(Math.min(held.low, 0)) : lots(0);
    const reach = side > 0 ? worst.high : side < 0 ? worst.low : lots(0);
    const told = stated && stated.size !== 0 ? stated.entryPrice : null;
    return { size, reach, entryPrice: positions.account(symbol).entryPrice ?? told };
  }

  #judge(symbol: string, { bare, now }: { readonly bare: boolean; readonly now: MonoMs }): void {
    const held = this.#held.get(symbol);
    if (!held) return;
    held.bareSince = bare ? (held.bareSince ?? now) : null;
    const missing = held.bareSince !== null && now - held.bareSince > this.#core.config.gateway.disasterStop.graceMs;
    if (missing === held.missing) return;
    held.missing = missing;
    const message = missing ? 'Position without a stop at the venue' : 'Stop at the venue protects the position';
    this.#core.keeper.notice({ level: missing ? 'warn' : 'info', message, fields: { symbol } });
    if (missing) this.#options.onMissing(symbol);
  }

  async #place(symbol: string, { side, trigger, size }: Extract<StopStep, { kind: 'place' }>): Promise<void> {
    const { budget, venue, keeper, identity, config } = this.#core;
    const now = keeper.now();
    if (this.#venue === null || budget.refusal({ budgets: venue.orders.budgets(), now: now.mono, protective: true }) !== null) return;
    const clientId = makeClientId({ role: 'stop', epoch: identity.epoch, counter: this.#counter++ });
    const request = { symbol, clientId, side, trigger, size, working: config.gateway.disasterStop.workingType };
    this.#book.take(request, now); // without a disk it protects all the same
    budget.spend(now.mono, venue.orders.budgets());
    this.#note('Stop sent', { symbol, clientId, side, trigger, sizeLots: size });
    const result = await this.#venue.placeStop(request);
    const held = this.#held.get(symbol);
    if (result.ok) {
      if (held) held.failures = 0;
      this.onReport(result.value);
    } else this.#refused(symbol, { clientId, fault: result.error });
  }

  /** Only an answer about this very stop is one; all else is asked for. A refusal is tried again with a new id, later and later. */
  #refused(symbol: string, { clientId, fault }: { readonly clientId: string; readonly fault: VenueFault }): void {
    const { keeper, budget } = this.#core;
    const now = keeper.now();
    const held = this.#held.get(symbol);
    keeper.notice({ level: 'warn', message: 'Venue refused a stop', fields: { symbol, clientId, fault } });
    if (fault.kind === 'rate-limited' || fault.kind === 'banned') budget.block({ until: now.mono + (fault.retryAfterMs ?? 1_000) });
    if (fault.kind === 'unknown' || fault.kind === 'gone') {
      if (this.#book.row(clientId)?.status === 'placing') this.#book.move(clientId, { status: 'unknown', now });
      return;
    }
    this.#book.move(clientId, { status: 'ended', reason: fault.reason || fault.kind, now });
    if (fault.reason === 'would-trigger') {
      this.#options.closer.start({ symbol, reason: 'stop price passed', ladder: 'taker' });
    } else if (fault.reason === 'reduce-only-refused' || fault.reason === 'stop-exists') this.#options.onSuspicious('stop-refused');
    if (held) held.retryAt = now.mono + Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** held.failures++);
  }

  async #cancel(symbol: string, clientId: string): Promise<void> {
    if (this.#venue === null) return;
    const { keeper, budget } = this.#core;
    this.#book.move(clientId, { status: 'canceling', now: keeper.now() });
    const result = await this.#venue.cancelStop({ symbol, clientId });
    const now = keeper.now();
    if (this.#book.row(clientId)?.status !== 'canceling') return; // the stream was faster
    if (result.ok) this.#book.move(clientId, { status: 'ended', reason: 'canceled', now });
    else {
      const { kind, retryAfterMs } = result.error;
      if (kind === 'rate-limited' || kind === 'banned') budget.block({ until: now.mono + (retryAfterMs ?? 1_000) });
      this.#book.move(clientId, { status: 'unknown', now }); // gone may mean triggered: a query tells
    }
    this.tick();
  }

  async #sync(): Promise<boolean> {
    if (this.#venue === null) return true;
    const readAt = this.#now();
    const result = await this.#venue.openStops();
    this.#syncAt = this.#now() + SYNC_RETRY_MS;
    if (!result.ok) {
      this.#core.keeper.notice({ level: 'warn', message: 'Stops at the venue could not be read', fields: { fault: result.error } });
      return false;
    }
    this.#book.list(result.value, { readAt, now: this.#core.keeper.now() });
    this.#synced = true;
    const doubtful = this.#book.live().filter(({ status }) => status === 'unknown' || status === 'triggered');
    await Promise.all(doubtful.map((row) => this.#resolve(row.clientId)));
    return true;
  }

  /** Asks for what is unknown or was triggered, again and again until the venue tells. */
  #ask(now: MonoMs): void {
    for (const { clientId, status, changedAt } of this.#book.live()) {
      const due = status === 'unknown' ? queryDelayMs(0) : status === 'triggered' ? FOLLOW_MS : null;
      const asking = this.#asking.get(clientId);
      if (due === null) this.#asking.delete(clientId);
      else if (asking ? !asking.busy && now >= asking.nextAt : now - changedAt >= due) void this.#resolve(clientId);
    }
  }

  async #resolve(clientId: string): Promise<void> {
    const row = this.#book.row(clientId);
    const asking = this.#asking.get(clientId) ?? { queries: 0, nextAt: 0, busy: false };
    if (row === null || asking.busy) return;
    this.#asking.set(clientId, { ...asking, busy: true });
    const ended = row.status === 'triggered' && row.childId !== '' ? await this.#follow(row) : await this.#query(row);
    const queries = asking.queries + 1;
    if (ended) this.#asking.delete(clientId);
    else this.#asking.set(clientId, { queries, nextAt: this.#now() + queryDelayMs(queries), busy: false });
  }

  async #query({ symbol, clientId, sentAt }: StopRow): Promise<boolean> {
    if (this.#venue === null) return true;
    const result = await this.#venue.queryStop({ symbol, clientId });
    const { keeper, config } = this.#core;
    if (result.ok) {
      this.onReport(result.value);
      const row = this.#book.row(clientId);
      return row?.status === 'triggered' && row.childId !== '' ? this.#follow(row) : row?.status !== 'unknown';
    }
    const late = this.#now() - sentAt >= config.gateway.recvWindowMs + SETTLE_MS;
    if (result.error.kind !== 'gone' || !late) return false;
    this.#book.move(clientId, { status: 'ended', reason: 'not-found', now: keeper.now() });
    return true;
  }

  /** The order that took the stop's place is ours, by its client id: the ledger gets it, and with it the fills it had. */
  async #follow({ symbol, clientId, childId }: StopRow): Promise<boolean> {
    const { keeper, venue } = this.#core;
    const known = keeper.ledger.order(clientId);
    if (known === null || !hasEnded(known.order.status)) {
      const order = await venue.orders.orderOf({ symbol, venueId: childId });
      if (!order.ok) return false;
      keeper.commit(keeper.ledger.name(order.value, keeper.now()));
    }
    this.#book.move(clientId, { status: 'ended', reason: 'triggered', now: keeper.now() });
    return true;
  }

  #tell({ symbol, clientId, status, side, trigger, size }: StopRow, report: StopReport): void {
    const fields = { symbol, clientId, side, trigger, sizeLots: size, reason: report.reason };
    if (status === 'triggered') this.#core.keeper.notice({ level: 'warn', message: 'Stop triggered', fields });
    if (status === 'resting') this.#note('Stop rests at the venue', fields);
    if (status === 'ended' && report.state !== 'canceled')
      this.#core.keeper.notice({ level: 'warn', message: 'Stop died at the venue', fields });
  }

  #note(message: string, fields: { readonly side: Side } & Readonly<Record<string, unknown>>): void {
    this.#core.keeper.notice({ level: 'info', message, fields });
  }

  #now(): MonoMs {
    return this.#core.clock.monoMs();
  }
}

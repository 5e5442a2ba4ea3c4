/**
 * Runs the reconcile against the venue: whole after each time the stream comes up, at once for unknown orders, and in small steps all the
 * time. Until the first whole one has succeeded nothing is known. One whole run at a time; a request for one during it is kept.
 */
import type { Clock } from '../../shared/clock.ts';
import { hasEnded } from '../../shared/order.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { AccountState, Holdings, OrderEntry } from '../venues/venue.ts';
import type { Keeper } from './keeper.ts';
import { type Correction, isProvenAbsent, newestTradeId, queryDelayMs, reconcileOrders, reconcilePositions } from './reconcile.ts';
import type { DoubtFact, LedgerOrder } from './rows.ts';

export type ReconcilerOptions = {
  readonly keeper: Keeper;
  readonly orders: OrderEntry;
  readonly clock: Clock;
  readonly symbols: readonly string[];
  readonly recvWindowMs: number;
  /** Own orders found at the venue that the ledger did not hold. */
  readonly onAdopted: (clientIds: readonly string[]) => void;
  /** Reads the stops at the venue, before trades are read: the order of a triggered one is ours, and its fills with it. */
  readonly readStops: () => Promise<unknown>;
  readonly onAccount?: (account: AccountState) => void;
  /** Of every read, light ones too. */
  readonly onHoldings?: (holdings: Holdings, readAt: MonoMs) => void;
};

/** Positions and balances are read this often; everything, with open orders and settings, a few times as seldom. */
const LIGHT_MS = 30_000;
const WHOLE_MS = 120_000;
/** Rates change by the day; until all are known one symbol is asked every second, after it one every minute. */
const COMMISSION_MS = 60_000;
const COMMISSION_FIRST_MS = 1_000;
/** Ledger and stream may disagree this long (they race); after it the account is read. */
const GRACE_MS = 1_500;
/** Orders asked for in one round to learn whose a fill is. */
const NAMED_AT_ONCE = 5;
/** REST may lag behind the stream: a difference must be seen in this many reads, this far apart, before it is corrected. */
const READS_BEFORE_CORRECTION = 3;
const REREAD_MS = 1_000;
/** Until the account is known for the first time nobody may quote, and a position may be without its stop. */
const RETRY_FIRST_MS = 50;
const RETRY_MS = 500;
const RETRY_MS_MAX = 10_000;

type Unknown = { queries: number; nextAt: number; busy: boolean };

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #unknown = new Map<string, Unknown>();
  readonly #suspects = new Set<string>();
  #suspectsAt = 0;
  #streamLive = false;
  #running = false;
  #wanted: string | null = null;
  #retryAt = 0;
  #failures = 0;
  #everDone = false;
  #lastAt = 0;
  #generation = 0;
  #lightAt = 0;
  #commissionAt = 0;
  #commissions = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** The private stream is up: the account is read afresh, and known only after that. */
  streamLive(): void {
    this.#streamLive = true;
    this.want('stream-live');
  }

  /** Nothing is known from here on, until the stream is back and the account was read again. */
  streamLost(): void {
    this.#streamLive = false;
    this.#generation++;
    this.#options.keeper.setKnown(false);
  }

  /** Wants a whole reconcile as soon as possible. */
  want(reason: string): void {
    this.#wanted ??= reason;
    this.tick();
  }

  /** Queries an order until the venue tells, or its absence is proved. */
  resolve(clientId: string): void {
    if (this.#unknown.has(clientId)) return;
    this.#unknown.set(clientId, { queries: 0, nextAt: this.#now() + queryDelayMs(0), busy: false });
  }

  /** A doubt: the order is asked about, missing fills are looked for after a grace. */
  doubt({ symbol, clientId, doubt }: DoubtFact): void {
    if (doubt === 'foreign-fill') return; // the position report will tell whether it was more than a race
    if (doubt === 'fill-missing') {
      if (this.#suspects.size === 0) this.#suspectsAt = this.#now();
      this.#suspects.add(symbol);
    } else if (doubt === 'illegal-move') this.resolve(clientId);
    else this.want(doubt);
  }

  get unresolved(): number {
    return this.#unknown.size;
  }

  /** Starts whatever is due. Called every few tens of milliseconds. */
  tick(): void {
    const now = this.#now();
    for (const [clientId, entry] of this.#unknown) if (!entry.busy && now >= entry.nextAt) void this.#query(clientId, entry);
    if (this.#running || !this.#streamLive || now < this.#retryAt) return;
    const { keeper, symbols } = this.#options;
    const suspect = this.#suspects.size > 0 && now - this.#suspectsAt >= GRACE_MS;
    const differs = symbols.some((symbol) => now - (keeper.ledger.positions.differsSince(symbol) ?? now) >= GRACE_MS);
    const reason =
      this.#wanted ?? (suspect ? 'fill-missing' : differs ? 'position-differs' : now - this.#lastAt >= WHOLE_MS ? 'periodic' : null);
    if (reason !== null) void this.#run(reason);
    else this.#light(now);
  }

  #light(now: MonoMs): void {
    const { keeper, orders, symbols } = this.#options;
    if (!keeper.known) return;
    if (now - Math.max(this.#lastAt, this.#lightAt) >= LIGHT_MS) {
      this.#lightAt = now;
      void this.readPositions();
      return;
    }
    const period = this.#commissions < symbols.length ? COMMISSION_FIRST_MS : COMMISSION_MS;
    if (!orders.commission || now - this.#commissionAt < period) return;
    this.#commissionAt = now;
    void this.#readCommission();
  }

  async #run(reason: string): Promise<void> {
    const { keeper } = this.#options;
    this.#running = true;
    this.#wanted = null;
    const generation = this.#generation;
    const done = await this.#whole();
    this.#running = false;
    this.#lastAt = this.#now();
    this.#everDone ||= done;
    if (done) this.#failures = 0;
    else {
      this.#retryAt = this.#now() + Math.min(RETRY_MS_MAX, (this.#everDone ? RETRY_MS : RETRY_FIRST_MS) * 2 ** this.#failures++);
      this.#wanted ??= reason;
    }
    if (done && generation === this.#generation && this.#streamLive) {
      if (!keeper.known) keeper.notice({ level: 'info', message: 'Account known', fields: { reason } });
      keeper.setKnown(true);
    }
  }

  /** Orders, then trades, then positions; false when the venue could not be read. */
  async #whole(): Promise<boolean> {
    const { keeper, symbols } = this.#options;
    const first = symbols.filter((symbol) => !keeper.ledger.positions.isAdopted(symbol));
    const marks = await this.#newestTrades(first);
    if (marks === null) return false;
    const account = await this.#readAccount();
    if (account === null) return false;
    const again = await this.#newestTrades(first);
    if (again === null || first.some((symbol) => again.get(symbol) !== marks.get(symbol))) return false; // traded meanwhile: begin anew
    for (const symbol of first) this.#adoptBaseline({ account: account.state, symbol, sinceTradeId: marks.get(symbol) ?? null });
    this.#applyOrders(account);
    await this.#options.readStops();
    const suspects = new Set([...this.#suspects, ...this.#symbolsWithUnknown()]);
    this.#suspects.clear();
    return this.#settlePositions(account, suspects);
  }

  /** Reads trades where something is missing; what still differs after several reads is corrected, with a reason, in the open. */
  async #settlePositions(first: Read, suspects: ReadonlySet<string>): Promise<boolean> {
    const { keeper, symbols, clock } = this.#options;
    let account = first;
    for (let reads = 1; ; reads++) {
      const asked = { ledger: keeper.ledger, account: account.state, symbols, readAt: account.at };
      const differing = reconcilePositions(asked, { tradesRead: false }).map((each) =>
        'symbol' in each ? each.symbol : each.report.symbol,
      );
      const ever = keeper.knownSince === null && reads === 1 ? symbols : []; // after every break of the stream
      for (const symbol of new Set([...differing, ...(reads === 1 ? suspects : []), ...ever]))
        if (!(await this.readTrades(symbol))) return false;
      const left = reconcilePositions(asked, { tradesRead: true });
      if (left.length === 0) return true;
      if (reads >= READS_BEFORE_CORRECTION) {
        for (const correction of left) this.#correct(correction);
        return true;
      }
      await clock.sleep(REREAD_MS);
      const next = await this.#readAccount();
      if (next === null) return false;
      account = next;
    }
  }

  #correct(correction: Correction): void {
    if (correction.kind !== 'position') return;
    const { keeper } = this.#options;
    const { report, reason } = correction;
    const from = keeper.ledger.positions.row(report.symbol).size;
    keeper.commit(keeper.ledger.correct(report, { reason, now: keeper.now() }));
    keeper.notice({
      level: 'error',
      message: 'Position corrected to the venue',
      fields: { symbol: report.symbol, fromLots: from, toLots: report.size, reason },
      alarm: 'position-corrected',
    });
  }

  #adoptBaseline({
    account,
    symbol,
    sinceTradeId,
  }: {
    readonly account: AccountState;
    readonly symbol: string;
    readonly sinceTradeId: string | null;
  }): void {
    const { keeper } = this.#options;
    const report = account.positions.find((position) => position.symbol === symbol);
    if (!report) return;
    keeper.commit(keeper.ledger.adoptBaseline({ report, sinceTradeId }));
    keeper.notice({ level: 'info', message: 'Baseline adopted', fields: { symbol, sizeLots: report.size, sinceTradeId } });
  }

  #applyOrders({ state, at }: Read): void {
    const { keeper, symbols, onAdopted } = this.#options;
    const corrections = reconcileOrders({ ledger: keeper.ledger, account: state, symbols, readAt: at });
    const adopted: string[] = [];
    const foreign = new Set<string>();
    for (const correction of corrections) {
      if (correction.kind === 'ask') this.resolve(correction.clientId);
      if (correction.kind === 'foreign') foreign.add(correction.report.clientId);
      if (correction.kind === 'adopt') adopted.push(correction.report.clientId);
      if ('report' in correction && correction.kind !== 'baseline' && correction.kind !== 'position')
        keeper.commit(keeper.ledger.report(correction.report, { now: keeper.now() }));
    }
    keeper.ledger.replaceForeign(foreign);
    if (adopted.length === 0) return;
    keeper.notice({ level: 'warn', message: 'Own orders found at the venue that the ledger did not hold', fields: { clientIds: adopted } });
    onAdopted(adopted);
  }

  async #readAccount(): Promise<Read | null> {
    const { keeper, orders, onAccount, onHoldings } = this.#options;
    const at = keeper.now().mono;
    const result = await orders.account();
    if (!result.ok) {
      keeper.notice({ level: 'warn', message: 'Account could not be read', fields: { fault: result.error } });
      return null;
    }
    const state = result.value;
    keeper.setAccount(state);
    onAccount?.(state);
    onHoldings?.(state, at);
    return { state, at };
  }

  /** Positions and balances of one moment: what a close ladder rests on, and the light read between whole ones. False: not read. */
  async readPositions(): Promise<boolean> {
    const { keeper, orders, onHoldings } = this.#options;
    const at = keeper.now().mono;
    const result = await orders.holdings();
    if (!result.ok) {
      keeper.notice({ level: 'warn', message: 'Account could not be read', fields: { fault: result.error } });
      return false;
    }
    keeper.setHoldings(result.value);
    onHoldings?.(result.value, at);
    return true;
  }

  /** One symbol at a time, so that their weight never comes together; what is read stays until it is read again. */
  async #readCommission(): Promise<void> {
    const { keeper, orders, symbols } = this.#options;
    const symbol = symbols[this.#commissions++ % symbols.length];
    if (symbol === undefined || !orders.commission) return;
    const result = await orders.commission(symbol);
    if (result.ok) keeper.setCommission(symbol, result.value);
    else keeper.notice({ level: 'warn', message: 'Commission rates could not be read', fields: { symbol, fault: result.error } });
  }

  /** Books what the venue lists from the last trade read on, page by page; what the stream told meanwhile is booked once. */
  async readTrades(symbol: string): Promise<boolean> {
    const { keeper, orders } = this.#options;
    for (let pages = 0; pages < 100; pages++) {
      const { lastTradeId } = keeper.ledger.positions.row(symbol);
      const result = await orders.trades({ symbol, fromTradeId: lastTradeId });
      if (!result.ok) return false;
      for (const fill of result.value) keeper.commit(keeper.ledger.fill(fill, keeper.now()));
      const newest = newestTradeId(result.value);
      if (newest === null || newest === lastTradeId) return true;
      keeper.commit(keeper.ledger.readTrades(symbol, newest));
      if (keeper.ledger.positions.row(symbol).lastTradeId === lastTradeId) return true;
    }
    return true;
  }

  async #newestTrades(symbols: readonly string[]): Promise<Map<string, string | null> | null> {
    const newest = new Map<string, string | null>();
    for (const symbol of symbols) {
      const result = await this.#options.orders.trades({ symbol, fromTradeId: null });
      if (!result.ok) return null;
      newest.set(symbol, newestTradeId(result.value));
    }
    return newest;
  }

  async #query(clientId: string, entry: Unknown): Promise<void> {
    const { keeper, orders } = this.#options;
    const row = keeper.ledger.order(clientId);
    if (!row || hasEnded(row.order.status)) {
      this.#unknown.delete(clientId);
      return;
    }
    entry.busy = true;
    const result = await orders.queryOrder({ symbol: row.symbol, clientId });
    entry.busy = false;
    entry.queries++;
    entry.nextAt = this.#now() + queryDelayMs(entry.queries);
    if (result.ok) {
      keeper.commit(keeper.ledger.report(result.value, { now: keeper.now() }));
      this.#unknown.delete(clientId);
    } else if (result.error.kind === 'gone' && (await this.readTrades(row.symbol))) {
      await this.#nameLooseFills(row);
      this.#believeAbsence(clientId);
    }
  }

  /** The trade list tells no client id: a fill of it could be this order's until its own order is asked for. */
  async #nameLooseFills({ symbol, side, sentWallMs }: LedgerOrder): Promise<void> {
    const { keeper, orders } = this.#options;
    const loose = keeper.ledger.looseFills({ symbol, side, sinceMs: sentWallMs - GRACE_MS });
    for (const venueId of [...new Set(loose.map((fill) => fill.venueId))].slice(0, NAMED_AT_ONCE)) {
      const result = await orders.orderOf({ symbol, venueId });
      if (result.ok) keeper.commit(keeper.ledger.name(result.value, keeper.now()));
    }
  }

  #believeAbsence(clientId: string): void {
    const { keeper, recvWindowMs } = this.#options;
    const row = keeper.ledger.order(clientId);
    if (!row) return;
    const { symbol, side } = row;
    const looseFills = keeper.ledger.looseFills({ symbol, side, sinceMs: row.sentWallMs - GRACE_MS }).length;
    const now = keeper.now();
    if (!isProvenAbsent({ row, now: now.mono, recvWindowMs, knownSince: keeper.knownSince, looseFills })) return;
    const kind = row.venueId === null ? 'rejected' : 'canceled';
    if (row.order.status !== 'unknown') keeper.commit(keeper.ledger.move(clientId, { kind: 'timed-out', now }));
    keeper.commit(keeper.ledger.move(clientId, { kind, reason: 'not-found', now }));
    keeper.notice({ level: 'warn', message: 'Order proved absent', fields: { clientId, symbol, kind } });
    this.#unknown.delete(clientId);
  }

  #symbolsWithUnknown(): readonly string[] {
    return this.#options.keeper.ledger
      .openOrders()
      .filter(({ order }) => order.status === 'unknown')
      .map(({ symbol }) => symbol);
  }

  #now(): MonoMs {
    return this.#options.clock.monoMs();
  }
}

type Read = { readonly state: AccountState; readonly at: MonoMs };

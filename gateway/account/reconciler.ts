/**
 * Runs the reconcile against the venue: whole after each time the stream comes up and a few times an hour, in steps of open orders and
 * positions all the time, and at once for an order that is unknown, silent or contradicted. Until the first whole one has succeeded nothing
 * is known. One run at a time; a request for a whole one during it is kept. Whole ones that do not come to agree are an alarm.
 */
import type { Clock } from '../../shared/clock.ts';
import type { FillReport } from '../../shared/events.ts';
import type { MonoMs, WallMs } from '../../shared/units.ts';
import type { AccountState, Holdings, OrderEntry } from '../venues/venue.ts';
import { Commissions } from './commissions.ts';
import { Convergence, type Round } from './convergence.ts';
import { orderCorrections, withCorrections } from './corrections.ts';
import { type FundingBooks, FundingReader } from './funding-reader.ts';
import type { Keeper } from './keeper.ts';
import { type Correction, type Patience, reconcileOrders, silentOrders } from './reconcile.ts';
import { Resolver } from './resolver.ts';
import type { DoubtFact } from './rows.ts';
import { GRACE_MS, Settler } from './settler.ts';
import { TradeReader } from './trade-reader.ts';

/** Who sends the orders. */
export type Sender = {
  /** In the ledger, and not yet sent. */
  readonly isHeld: (clientId: string) => boolean;
  /** Nobody will answer for it any more. */
  readonly giveUpAnswer: (clientId: string) => void;
};

export type ReconcilerOptions = {
  readonly keeper: Keeper;
  readonly orders: OrderEntry;
  readonly clock: Clock;
  readonly symbols: readonly string[];
  readonly recvWindowMs: number;
  /** An unanswered request has failed by then. */
  readonly requestTimeoutMs: number;
  /** Between two reads of open orders and positions. */
  readonly reconcileMs: number;
  /** Own orders at the venue that nobody wants: the ledger did not hold them, or held them for ended. */
  /** `revived`: the ledger knew them and took them for ended. */
  readonly onAdopted: (clientIds: readonly string[], how: 'found' | 'revived') => void;
  readonly sender: Sender;
  /** Reads the stops at the venue, before trades are read: the order of a triggered one is ours, and its fills with it. */
  readonly readStops: () => Promise<unknown>;
  /** Where what was paid is remembered; without it only the stream tells. */
  readonly funding?: FundingBooks;
  readonly onAccount?: (account: AccountState) => void;
  /** Of every read, light ones too. */
  readonly onHoldings?: (holdings: Holdings, readAt: MonoMs) => void;
};

/** One whole reconcile in so many periods. */
const WHOLE_EVERY = 4;
/** Until the account is known for the first time nobody may quote, and a position may be without its stop. */
const RETRY_FIRST_MS = 50;
const RETRY_MS = 500;
const RETRY_MS_MAX = 10_000;
/** After something was corrected: looked at again. */
const VERIFY_MS = 2_000;
/** Between two looks for orders that nobody speaks of. */
const SILENCE_MS = 500;
const ANSWER_SPARE_MS = 2_000;
/** An account that was read is no older than this. */
const LAG_MS = 5_000;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #resolver: Resolver;
  readonly #trades: TradeReader;
  readonly #settler: Settler;
  readonly #commissions: Commissions;
  readonly #funding: FundingReader | null;
  readonly #convergence = new Convergence();
  readonly #patience: Patience;
  readonly #startedAt: MonoMs;
  readonly #suspects = new Set<string>();
  #suspectsAt = 0;
  #streamLive = false;
  #running = false;
  #wanted: string | null = null;
  #retryAt = 0;
  #failures = 0;
  #everDone = false;
  #lastAt = 0;
  #verifyAt = Number.POSITIVE_INFINITY;
  #generation = 0;
  #stepAt = 0;
  #silenceAt = 0;
  /** What the present run had to correct that was no mere race. */
  #corrected = 0;

  constructor(options: ReconcilerOptions) {
    const { keeper, orders, clock, symbols, recvWindowMs, requestTimeoutMs, reconcileMs, onAdopted } = options;
    this.#options = options;
    const onCorrected = (): void => void this.#corrected++;
    this.#trades = new TradeReader({ keeper, orders, lateMs: GRACE_MS, onMissed: onCorrected });
    const readHoldings = async () => (await this.#readAccount())?.state ?? null;
    this.#settler = new Settler({ keeper, clock, symbols, trades: this.#trades, readHoldings, onCorrected });
    this.#commissions = new Commissions({ keeper, orders, symbols });
    this.#funding = options.funding ? new FundingReader({ keeper, orders, books: options.funding }) : null;
    this.#patience = { answerMs: requestTimeoutMs + ANSWER_SPARE_MS, restMs: 2 * reconcileMs };
    this.#startedAt = clock.monoMs();
    this.#resolver = new Resolver({
      ...{ keeper, orders, clock, recvWindowMs },
      readTrades: (symbol) => this.#trades.read(symbol),
      onRevived: (clientId) => {
        keeper.notice({ level: 'warn', message: 'An order that was thought to have ended rests at the venue', fields: { clientId } });
        onAdopted([clientId], 'revived');
      },
    });
  }

  /** The private stream is up: the account is read afresh, and known only after that. */
  streamLive(): void {
    this.#streamLive = true;
    this.#funding?.want();
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
    this.#resolver.ask(clientId, 'unknown');
  }

  /** A doubt: the order is asked about, missing fills are looked for after a grace. */
  doubt({ symbol, clientId, doubt }: DoubtFact): void {
    if (doubt === 'foreign-fill') return; // the position report will tell whether it was more than a race
    if (doubt === 'fill-missing') {
      if (this.#suspects.size === 0) this.#suspectsAt = this.#now();
      this.#suspects.add(symbol);
      return;
    }
    this.#resolver.ask(clientId, 'contradicted');
    if (doubt === 'overfill' || doubt === 'fill-after-end') this.want(doubt);
  }

  get unresolved(): number {
    return this.#resolver.size;
  }

  /** Starts whatever is due. Called every few tens of milliseconds. */
  tick(): void {
    const now = this.#now();
    this.#resolver.tick(now);
    this.#seekSilent(now);
    if (this.#running || !this.#streamLive || now < this.#retryAt) return;
    const { keeper, reconcileMs } = this.#options;
    const suspect = this.#suspects.size > 0 && now - this.#suspectsAt >= GRACE_MS;
    const late = now >= this.#verifyAt ? 'verify' : now - this.#lastAt >= WHOLE_EVERY * reconcileMs ? 'periodic' : null;
    const reason = this.#wanted ?? (suspect ? 'fill-missing' : (this.#settler.due(now) ?? late));
    if (reason !== null) void this.#run(reason);
    else if (keeper.known) this.#light(now);
  }

  #light(now: MonoMs): void {
    this.#commissions.tick(now);
    this.#funding?.tick(now);
    if (now - Math.max(this.#lastAt, this.#stepAt) < this.#options.reconcileMs) return;
    this.#stepAt = now;
    void this.#step();
  }

  /** An order that nobody speaks of for too long. What waits for an answer gets none any more: its outcome is unknown. */
  #seekSilent(now: MonoMs): void {
    if (now - this.#silenceAt < SILENCE_MS) return;
    this.#silenceAt = now;
    const { keeper, sender } = this.#options;
    const silence = {
      ledger: keeper.ledger,
      now,
      since: this.#startedAt,
      patience: this.#patience,
      isHeld: (clientId: string) => sender.isHeld(clientId),
    };
    for (const { clientId, symbol, order } of silentOrders(silence)) {
      keeper.notice({ level: 'warn', message: 'Order is silent', fields: { clientId, symbol, status: order.status } });
      const waits = order.status !== 'open' && order.status !== 'partially-filled';
      if (waits) keeper.commit(keeper.ledger.move(clientId, { kind: 'timed-out', now: keeper.now() }));
      if (waits) sender.giveUpAnswer(clientId);
      this.#resolver.ask(clientId, 'silent');
    }
  }

  async #run(reason: string): Promise<void> {
    const { keeper } = this.#options;
    this.#running = true;
    this.#wanted = null;
    this.#verifyAt = Number.POSITIVE_INFINITY;
    this.#corrected = 0;
    const generation = this.#generation;
    const done = await this.#whole();
    this.#running = false;
    this.#lastAt = this.#now();
    this.#everDone ||= done;
    if (done) this.#failures = 0;
    else this.#retryAt = this.#now() + Math.min(RETRY_MS_MAX, (this.#everDone ? RETRY_MS : RETRY_FIRST_MS) * 2 ** this.#failures++);
    if (!done) this.#wanted ??= reason;
    if (generation === this.#generation) this.#judge(!done ? 'failed' : this.#corrected > 0 ? 'corrected' : 'agrees');
    if (done && generation === this.#generation && this.#streamLive) {
      if (!keeper.known) keeper.notice({ level: 'info', message: 'Account known', fields: { reason } });
      keeper.setKnown(true);
    }
  }

  /** What was corrected is looked at again soon; what never comes to agree is an alarm until it does. */
  #judge(round: Round): void {
    const { keeper } = this.#options;
    if (round === 'corrected') this.#verifyAt = this.#now() + (this.#convergence.failing ? RETRY_MS_MAX : VERIFY_MS);
    const news = this.#convergence.add(round);
    keeper.agrees = !this.#convergence.failing;
    if (news === 'alarm') keeper.notice({ level: 'error', message: 'Reconcile does not come to agree with the venue', fields: { round } });
    if (news === 'over') keeper.notice({ level: 'info', message: 'Reconcile agrees with the venue again', fields: {} });
  }

  /** Orders, then trades, then positions; false when the venue could not be read. */
  async #whole(): Promise<boolean> {
    const { keeper, symbols } = this.#options;
    const first = symbols.filter((symbol) => !keeper.ledger.positions.isAdopted(symbol));
    const marks = await this.#trades.newest(first);
    if (marks === null) return false;
    const account = await this.#readAccount();
    if (account === null) return false;
    const again = await this.#trades.newest(first);
    if (
      again === null ||
      first.some((symbol) => !canBegin(account.state, { symbol, before: marks, after: again, nowWall: keeper.now().wall }))
    )
      return false;
    for (const symbol of first) this.#adoptBaseline({ account: account.state, symbol, sinceTradeId: marks.get(symbol)?.tradeId ?? null });
    this.#applyOrders(account.state, account.at);
    await this.#options.readStops();
    const suspects = new Set([...this.#suspects, ...this.#symbolsWithUnknown()]);
    this.#suspects.clear();
    const settled = await this.#settler.settle(account.state, suspects);
    for (const symbol of symbols) await this.#resolver.nameFills(symbol);
    return settled;
  }

  /** Between two whole ones: open orders and positions of one moment. */
  async #step(): Promise<void> {
    this.#running = true;
    const at = this.#now();
    const [listed, read] = await Promise.all([this.#options.orders.openOrders(), this.readPositions()]);
    this.#running = false;
    if (listed.ok && this.#streamLive) this.#applyOrders({ openOrders: listed.value }, at);
    else if (!listed.ok && read)
      this.#options.keeper.notice({ level: 'warn', message: 'Open orders could not be read', fields: { fault: listed.error } });
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
    keeper.commit(keeper.ledger.adoptBaseline({ report, sinceTradeId, now: keeper.now() }));
    keeper.notice({ level: 'info', message: 'Baseline adopted', fields: { symbol, sizeLots: report.size, sinceTradeId } });
  }

  #applyOrders({ openOrders }: Pick<AccountState, 'openOrders'>, readAt: MonoMs): void {
    const { keeper, onAdopted } = this.#options;
    const found = reconcileOrders({ ledger: keeper.ledger, openOrders, readAt });
    for (const correction of found) {
      if (correction.kind === 'ask') this.#ask(correction, readAt);
      if (correction.kind === 'merge' || correction.kind === 'adopt' || correction.kind === 'foreign') this.#merge(correction, readAt);
    }
    keeper.ledger.replaceForeign(new Set(found.flatMap((each) => (each.kind === 'foreign' ? [each.report.clientId] : []))));
    const adopted = found.flatMap((each) => (each.kind === 'adopt' ? [each.report.clientId] : []));
    if (adopted.length === 0) return;
    keeper.notice({ level: 'warn', message: 'Own orders found at the venue that the ledger did not hold', fields: { clientIds: adopted } });
    onAdopted(adopted, 'found');
  }

  #ask({ clientId, reason }: Extract<Correction, { kind: 'ask' }>, readAt: MonoMs): void {
    this.#resolver.ask(clientId, reason);
    if (reason === 'ended-here-open-there') this.#corrected++;
    else this.#resolver.unlisted(clientId, readAt);
  }

  #merge({ report, reason }: Extract<Correction, { kind: 'merge' | 'adopt' | 'foreign' }>, readAt: MonoMs): void {
    const { keeper } = this.#options;
    const { ledger } = keeper;
    const now = keeper.now();
    const before = ledger.order(report.clientId);
    const quietMs = readAt - (ledger.touchedAt(report.clientId) ?? this.#startedAt);
    const change = ledger.report(report, { now });
    const rows = orderCorrections({ before, after: ledger.order(report.clientId) }, { reason, now });
    if (rows.length > 0 && quietMs >= GRACE_MS) this.#corrected++;
    keeper.commit(withCorrections(change, rows));
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

  readTrades(symbol: string): Promise<boolean> {
    return this.#trades.read(symbol);
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
type Newest = ReadonlyMap<string, FillReport | null>;
type Beginning = { readonly symbol: string; readonly before: Newest; readonly after: Newest; readonly nowWall: WallMs };

/** Nothing was traded while the account was read, and what it says is not older than a trade of just now: REST may lag behind. */
function canBegin({ positions }: AccountState, { symbol, before, after, nowWall }: Beginning): boolean {
  const [newest, report] = [after.get(symbol) ?? null, positions.find((position) => position.symbol === symbol)];
  if ((before.get(symbol)?.tradeId ?? null) !== (newest?.tradeId ?? null)) return false;
  return newest === null || report === undefined || report.atMs >= newest.atMs || nowWall - newest.atMs >= LAG_MS;
}

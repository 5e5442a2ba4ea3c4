/** What happens by itself: quotes pulled when a book, the user stream, Redis or the brain dies; countdowns re-armed; ladders stepped. */
import { parseClientId } from '../../shared/client-id.ts';
import type { DoubtFact, LedgerOrder } from '../account/rows.ts';
import type { AccountEvent, ForcedClose, LeverageReport, MarginCall, MultiAssetsReport } from '../../shared/events.ts';
import type { Reconciler } from '../account/reconciler.ts';
import type { Closer } from './closer.ts';
import type { AccountState, InstrumentNews, VenueFault } from '../venues/venue.ts';
import type { Mode } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import { MARK_AGE_MS_MAX } from './guard-rules/price.ts';
import { AckWatch } from '../account/ack-watch.ts';
import { Suspicion } from '../account/suspicion.ts';
import { BlindWatch } from './blind.ts';
import { wholeMode } from './degraded.ts';
import { haltOf, wholeState } from './degraded-view.ts';
import { brainOrders, type Core, isBrains, isPersons } from './core.ts';
import type { DeadMan, DeadManAction, DeadManPace, SymbolView } from './dead-man.ts';
import type { Stops } from './stop.ts';
import { Strangers } from './strangers.ts';

export type WatchOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly reconciler: Reconciler;
  readonly deadMan: DeadMan;
  readonly stops: Stops;
  /** An acknowledged order that the private stream does not speak of for this long means that it is dead. */
  readonly ackSilenceMs?: number;
  /** Newest epoch granted here; without it only orders that appear later tell of another session. */
  readonly newestEpoch?: () => number | null;
};
export const ACK_SILENCE_MS = 2_000;
/** An order of a person forbids quoting: its end may be a word that was lost, so it is looked for this often, not once in two minutes. */
const FOREIGN_MS = 10_000;
/** Nothing new is opened at the configured margin ratio, and again below this share of it. */
const MARGIN_HEALTHY = 0.75;

const BLIND = {
  alarm: 'A position cannot be seen: its book is not live and its mark is old',
  close: 'A position that could not be seen is closed',
  'sees-again': 'A position can be seen again',
} as const;

const CONFIGURED = {
  'margin-call': 'Margin call',
  'multi-assets': 'Multi-assets mode of the account changed',
  leverage: 'Leverage of a symbol changed',
} as const;

export class Watch {
  readonly #options: WatchOptions;
  readonly #acks: AckWatch;
  readonly #suspicion = new Suspicion();
  readonly #blind: BlindWatch;
  readonly #strangers: Strangers;
  #mode: Mode | null = null;
  #foreignLookedAt: MonoMs | null = null;
  readonly #halted = new Set<string>();
  readonly #doubtful = new Set<string>();
  #redisDown = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { alarmMs, closeMs } = options.core.config.gateway.blind;
    this.#blind = new BlindWatch({ alarmMs, closeMs, markAgeMsMax: MARK_AGE_MS_MAX });
    this.#acks = new AckWatch({ silenceMsMax: options.ackSilenceMs ?? ACK_SILENCE_MS });
    this.#strangers = new Strangers({
      newestEpoch: options.newestEpoch ?? (() => null),
      isOurs: (clientId) => options.core.keeper.ledger.order(clientId) !== null,
    });
  }

  get redisDown(): boolean {
    return this.#redisDown;
  }

  /** How fast orders are gone at the venue when we vanish; null while none of ours is there. */
  get deadMan(): DeadManPace | null {
    return this.#options.deadMan.current;
  }

  /** The venue has answered for an order: its stream must speak of it, too. */
  onAcked(clientId: string): void {
    const { core } = this.#options;
    if (core.venue.accountHealth().state === 'live') this.#acks.acked(clientId, core.clock.monoMs());
  }

  /** A refusal may say that what we believe is not so. */
  onRefused(fault: VenueFault): void {
    const { core, reconciler } = this.#options;
    const suspect = this.#suspicion.refused(fault, core.clock.monoMs());
    if (suspect === 'account') reconciler.want(`refused-${fault.reason}`);
    if (suspect === 'instruments') core.venue.refreshInstruments?.(`refused-${fault.reason}`);
  }

  /** Quotes made by the old filters go; the brain gets the new ones with the next snapshot. Changed steps wait for a person. */
  onInstrument({ symbol, change, sentence }: InstrumentNews): void {
    const { core } = this.#options;
    const level = change === 'trading' || change === 'filters' ? 'warn' : 'error';
    if (change === 'steps' && !core.modes.halt(symbol, `steps-changed: ${sentence}`)) return;
    core.keeper.notice({ level, message: 'Instrument changed at the venue', fields: { symbol, change, sentence } });
    this.pull(`instrument-${change}`, this.#quotes(symbol));
  }

  /** A whole read of the account: the margin tells by itself what a margin call tells late. */
  onWhole({ marginRatio }: AccountState): void {
    const { modes, keeper, config } = this.#options.core;
    const was = modes.marginCall;
    const most = config.limits.margin.maxRatioPercent / 100;
    if (marginRatio !== null) modes.marginCall = marginRatio >= most * (was ? MARGIN_HEALTHY : 1);
    if (modes.marginCall !== was)
      keeper.notice({ level: 'warn', message: was ? 'Margin is healthy again' : 'Margin is short', fields: { marginRatio } });
  }

  onAccount(event: AccountEvent): void {
    const { core, reconciler, stops } = this.#options;
    if (event.kind === 'order' || event.kind === 'fill') this.#acks.told(event.clientId, core.clock.monoMs());
    if (event.kind === 'stream') this.#acks.reset();
    this.#meetStrangers(this.#strangers.told(event));
    if (event.kind === 'stop') stops.onReport(event);
    if (event.kind === 'forced-close') this.#forced(event);
    if (event.kind === 'margin-call' || event.kind === 'multi-assets' || event.kind === 'leverage') this.#configured(event);
    if (event.kind !== 'stream') {
      core.keeper.handle(event);
      return;
    }
    core.keeper.notice({
      level: event.state === 'live' ? 'info' : 'warn',
      message: `Account stream ${event.state}`,
      fields: { reason: event.reason },
    });
    if (event.state === 'live') reconciler.streamLive();
    else {
      reconciler.streamLost();
      this.pull('account-lost', this.#quotes());
    }
  }

  /** The venue took a position from us: what is left is protected, and nothing new is opened there before a person has looked. */
  #forced({ symbol, what, clientId }: ForcedClose): void {
    const { core, reconciler } = this.#options;
    if (!core.modes.halt(symbol, what)) return;
    const fields = { symbol, what, clientId };
    core.keeper.notice({ level: 'error', message: 'The venue closed a position by force', fields, alarm: 'forced-close' });
    this.pull(`halted-${what}`, this.#quotes(symbol));
    reconciler.want('forced-close');
  }

  /** The venue tells only that something of the account changed: the rest is read. */
  #configured(event: MarginCall | MultiAssetsReport | LeverageReport): void {
    const { core, reconciler } = this.#options;
    const { kind, atMs: _, ...fields } = event;
    if (kind === 'margin-call') core.modes.marginCall = true;
    if (kind === 'margin-call') core.keeper.notice({ level: 'error', message: CONFIGURED[kind], fields, alarm: 'margin-call' });
    else core.keeper.notice({ level: 'warn', message: CONFIGURED[kind], fields });
    reconciler.want(kind);
  }

  onDoubts(doubts: readonly DoubtFact[]): void {
    for (const doubt of doubts) {
      if (doubt.doubt !== 'fill-missing')
        this.#options.core.keeper.notice({ level: 'warn', message: 'Ledger doubt', fields: { ...doubt } });
      this.#options.reconciler.doubt(doubt);
    }
  }

  onBookLive(symbol: string, { live, reason }: { readonly live: boolean; readonly reason: string }): void {
    if (!live) this.pull(`book-${reason || 'lost'}`, this.#quotes(symbol));
  }

  /** A brain that polls Redis is blind without it. */
  setRedisDown(down: boolean): void {
    if (down && !this.#redisDown) this.pull('redis-down', brainOrders(this.#options.core));
    this.#redisDown = down;
  }

  /** Own orders found at the venue that no ledger held, or that ours took for ended: nobody wants them. */
  onAdopted(clientIds: readonly string[], how: 'found' | 'revived'): void {
    if (how === 'found') this.#meetStrangers(this.#strangers.found(clientIds));
    this.pull(
      'adopted',
      clientIds.filter((clientId) => parseClientId(clientId)?.role !== 'stop'), // of a stop that was triggered: it closes a position
    );
  }

  /** Nobody here made them: somebody else trades on this account. Nothing is opened until a person has seen to it that one session is left. */
  #meetStrangers(clientIds: readonly string[]): void {
    const { modes, keeper } = this.#options.core;
    const first = !modes.otherSession;
    for (const clientId of clientIds) modes.addStranger(clientId);
    if (!first || !modes.otherSession) return;
    modes.pause(`another session trades on this account: nobody here made order ${clientIds[0]}`);
    keeper.notice({ level: 'error', message: 'Another session trades on this account', fields: { clientIds } });
    this.pull('other-session', brainOrders(this.#options.core));
  }

  /** The position has been without a stop at the venue for too long: what would make it grow is taken out of the book. */
  onStopMissing(symbol: string): void {
    const { ledger } = this.#options.core.keeper;
    const { low, high } = ledger.positions.range(symbol);
    const growing = ledger.openOrders(symbol).filter(({ side, reduceOnly }) => !reduceOnly && (side === 'buy' ? high > 0 : low < 0));
    this.pull(
      'stop-missing',
      growing.map(({ clientId }) => clientId),
    );
  }

  /** Every few tens of milliseconds. */
  tick(): void {
    const { core, closer, reconciler, stops } = this.#options;
    const now = core.clock.monoMs();
    if (core.keeper.known) this.#strangers.accountRead();
    const ended = core.lease.tick(now);
    if (ended) {
      core.keeper.notice({ level: 'warn', message: 'Lease ended', fields: { brainEpoch: ended.epoch, why: ended.why } });
      this.pull('lease-ended', brainOrders(core));
    }
    core.risk.tick(now, core.venue.nowMs());
    for (const symbol of core.venue.instruments.keys()) this.#look(symbol, now);
    this.#modes();
    this.#lookForForeign(now);
    if (this.#acks.overdue(now)) {
      core.keeper.notice({
        level: 'error',
        message: 'Account stream is silent about an acknowledged order; it is opened anew',
        fields: {},
      });
      core.venue.reopenAccount?.('silent-after-ack');
    }
    reconciler.tick();
    closer.tick();
    stops.tick();
    core.router.tick();
  }

  #lookForForeign(now: MonoMs): void {
    const { core, reconciler } = this.#options;
    const forbids = !core.config.account.exclusive && core.keeper.ledger.foreignOrders().length > 0;
    const lookedAt = forbids ? (this.#foreignLookedAt ?? now) : null;
    const isDue = lookedAt !== null && now - lookedAt >= FOREIGN_MS;
    this.#foreignLookedAt = isDue ? now : lookedAt;
    if (isDue) reconciler.want('foreign-order');
  }

  #look(symbol: string, now: MonoMs): void {
    const { core, closer } = this.#options;
    const { low, high } = core.keeper.ledger.positions.range(symbol);
    const view = {
      symbol,
      holds: low !== 0 || high !== 0,
      bookLive: core.venue.market.book(symbol).status === 'live',
      markAgeMs: core.venue.market.markAgeMs(symbol),
    };
    const step = this.#blind.look(view, now);
    if (step === null) return;
    core.keeper.notice({
      level: ({ alarm: 'warn', close: 'error', 'sees-again': 'info' } as const)[step.kind],
      message: BLIND[step.kind],
      fields: { symbol, blindMs: step.blindMs },
    });
    if (step.kind === 'close') closer.start({ symbol, reason: 'blind', ladder: 'taker' });
  }

  /** Quotes do not outlive the mode that let them in; what changed is told once. */
  #modes(): void {
    const { core } = this.#options;
    const { mode, reasons } = wholeMode(wholeState(core, { redisDown: this.#redisDown }));
    if (mode !== this.#mode) {
      const level = mode === 'normal' ? 'info' : 'warn';
      core.keeper.notice({ level, message: 'Mode changed', fields: { from: this.#mode, to: mode, reasons } });
      if (mode !== 'normal' && this.#mode === 'normal') this.pull(`mode-${mode}`, this.#quotes());
      this.#mode = mode;
    }
    for (const symbol of core.venue.instruments.keys()) {
      this.#seeUnknown(symbol);
      const why = haltOf(core, symbol);
      if (why === null) this.#halted.delete(symbol);
      else if (!this.#halted.has(symbol)) {
        this.#halted.add(symbol);
        core.keeper.notice({ level: 'error', message: 'Symbol halted: nothing new is opened on it', fields: { symbol, why } });
        this.pull('halted', this.#quotes(symbol));
      }
    }
  }

  /** Told once when it begins and once when it is over. */
  #seeUnknown(symbol: string): void {
    const { keeper, clock } = this.#options.core;
    const clientId = keeper.unknowns.overdue(symbol, clock.monoMs());
    if ((clientId !== null) === this.#doubtful.has(symbol)) return;
    if (clientId === null) {
      this.#doubtful.delete(symbol);
      keeper.notice({ level: 'info', message: 'Outcome of every order is known again', fields: { symbol } });
      return;
    }
    this.#doubtful.add(symbol);
    keeper.notice({ level: 'warn', message: 'Outcome of an order is unknown: nothing new is opened', fields: { symbol, clientId } });
    this.pull('order-unknown', this.#quotes(symbol));
  }

  /** An order in the ledger, its bytes not yet sent: the countdown is armed no later than the order. */
  onOrders(orders: readonly LedgerOrder[]): void {
    const { core, deadMan } = this.#options;
    const now = core.clock.monoMs();
    if (orders.some(({ symbol, order }) => order.status === 'sent' && !deadMan.covers(symbol, now))) this.#arm();
  }

  /** A few times a second; what ended long ago is let go of here, and never while an order waits to leave. */
  armDeadMan(): void {
    const { core } = this.#options;
    if (core.modes.shuttingDown) return;
    this.#arm();
    core.keeper.ledger.prune(core.clock.monoMs());
  }

  #arm(): void {
    const { core, deadMan } = this.#options;
    if (core.modes.shuttingDown) return;
    const views = [...core.venue.instruments.keys()].map((symbol) => this.#deadManView(symbol));
    const weightLimit = core.venue.orders.budgets().weight.limit;
    for (const action of deadMan.tick(views, { now: core.clock.monoMs(), weightLimit })) void this.#perform(action);
  }

  /** Shutdown: nothing of ours is open, so nothing needs the countdown. */
  async disarm(): Promise<void> {
    await Promise.all(this.#options.deadMan.disarmAll().map((action) => this.#perform(action)));
  }

  #deadManView(symbol: string): SymbolView {
    const { core } = this.#options;
    const open = core.keeper.ledger.openOrders(symbol);
    const brainAlive = core.lease.epoch !== 0 || !open.some(isBrains);
    return {
      symbol,
      ownOrders: open.length,
      foreignOrders: core.keeper.ledger.foreignOrders(symbol).filter(mayRest).length,
      healthy: core.modes.stopped === null && brainAlive && core.keeper.known && core.venue.market.book(symbol).status === 'live',
    };
  }

  async #perform({ symbol, ms }: DeadManAction): Promise<void> {
    const { core, deadMan } = this.#options;
    const result = await core.venue.orders.armDeadMan({ symbol, ms });
    if (result.ok) return;
    core.keeper.notice({
      level: 'warn',
      message: 'Countdown at the venue could not be set',
      fields: { symbol, ms, fault: result.error },
    });
    if (ms > 0) deadMan.failed(symbol, core.clock.monoMs());
  }

  /** Orders that rest for a brain or a person; ladder orders are not quotes. */
  #quotes(symbol?: string): string[] {
    const open = this.#options.core.keeper.ledger.openOrders(symbol);
    return open.filter((order) => isBrains(order) || (isPersons(order) && !order.reduceOnly)).map(({ clientId }) => clientId);
  }

  /** Takes quotes back, and says why. */
  pull(reason: string, clientIds: readonly string[]): void {
    const { core } = this.#options;
    const own = clientIds.filter((clientId) => !core.modes.strangers.has(clientId)); // two that cancel each other's would never end
    if (own.length === 0) return;
    core.keeper.notice({ level: 'warn', message: 'Quotes pulled', fields: { reason, orders: own.length } });
    core.router.cancel(own);
  }
}

/** A market order is gone in a moment: nothing of it could be cancelled, and without the countdown our own would rest unguarded for that moment. */
const mayRest = ({ kind }: LedgerOrder): boolean => kind !== 'market';

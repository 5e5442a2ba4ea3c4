/** What happens by itself: quotes pulled when a book, the user stream, Redis or the brain dies; countdowns re-armed; ladders stepped. */
import { parseClientId } from '../../shared/client-id.ts';
import type { DoubtFact, LedgerOrder } from '../account/rows.ts';
import type { AccountEvent, ForcedClose, LeverageReport, MarginCall, MultiAssetsReport } from '../../shared/events.ts';
import type { Reconciler } from '../account/reconciler.ts';
import type { Closer } from './closer.ts';
import { brainOrders, type Core, isBrains, isPersons } from './core.ts';
import type { DeadMan, DeadManAction, DeadManPace, SymbolView } from './dead-man.ts';
import type { Stops } from './stop.ts';

export type WatchOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly reconciler: Reconciler;
  readonly deadMan: DeadMan;
  readonly stops: Stops;
};

const CONFIGURED = {
  'margin-call': 'Margin call',
  'multi-assets': 'Multi-assets mode of the account changed',
  leverage: 'Leverage of a symbol changed',
} as const;

export class Watch {
  readonly #options: WatchOptions;
  #redisDown = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get redisDown(): boolean {
    return this.#redisDown;
  }

  /** How fast orders are gone at the venue when we vanish; null while none of ours is there. */
  get deadMan(): DeadManPace | null {
    return this.#options.deadMan.current;
  }

  onAccount(event: AccountEvent): void {
    const { core, reconciler, stops } = this.#options;
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
      this.#pull('account-lost', this.#quotes());
    }
  }

  /** The venue took a position from us: what is left is protected, and nothing new is opened there before a person has looked. */
  #forced({ symbol, what, clientId }: ForcedClose): void {
    const { core, reconciler } = this.#options;
    if (!core.modes.halt(symbol, what)) return;
    core.keeper.notice({ level: 'error', message: 'The venue closed a position by force', fields: { symbol, what, clientId } });
    this.#pull(`halted-${what}`, this.#quotes(symbol));
    reconciler.want('forced-close');
  }

  /** The venue tells only that something of the account changed: the rest is read. */
  #configured(event: MarginCall | MultiAssetsReport | LeverageReport): void {
    const { core, reconciler } = this.#options;
    const { kind, atMs: _, ...fields } = event;
    core.keeper.notice({ level: kind === 'margin-call' ? 'error' : 'warn', message: CONFIGURED[kind], fields });
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
    if (!live) this.#pull(`book-${reason || 'lost'}`, this.#quotes(symbol));
  }

  /** A brain that polls Redis is blind without it. */
  setRedisDown(down: boolean): void {
    if (down && !this.#redisDown) this.#pull('redis-down', brainOrders(this.#options.core));
    this.#redisDown = down;
  }

  /** Own orders found at the venue that no ledger held: nobody wants them. */
  onAdopted(clientIds: readonly string[]): void {
    this.#pull(
      'adopted',
      clientIds.filter((clientId) => parseClientId(clientId)?.role !== 'stop'), // of a stop that was triggered: it closes a position
    );
  }

  /** The position has been without a stop at the venue for too long: what would make it grow is taken out of the book. */
  onStopMissing(symbol: string): void {
    const { ledger } = this.#options.core.keeper;
    const { low, high } = ledger.positions.range(symbol);
    const growing = ledger.openOrders(symbol).filter(({ side, reduceOnly }) => !reduceOnly && (side === 'buy' ? high > 0 : low < 0));
    this.#pull(
      'stop-missing',
      growing.map(({ clientId }) => clientId),
    );
  }

  /** Every few tens of milliseconds. */
  tick(): void {
    const { core, closer, reconciler, stops } = this.#options;
    const now = core.clock.monoMs();
    const ended = core.lease.tick(now);
    if (ended) {
      core.keeper.notice({ level: 'warn', message: 'Lease ended', fields: { brainEpoch: ended.epoch, why: ended.why } });
      this.#pull('lease-ended', brainOrders(core));
    }
    reconciler.tick();
    closer.tick();
    stops.tick();
    core.router.tick();
  }

  /** An order in the ledger, its bytes not yet sent: the countdown is armed no later than the order. */
  onOrders(orders: readonly LedgerOrder[]): void {
    if (orders.some(({ order }) => order.status === 'sent')) this.armDeadMan();
  }

  /** A few times a second, and before an order leaves. */
  armDeadMan(): void {
    const { core, deadMan } = this.#options;
    if (core.modes.shuttingDown) return;
    const views = [...core.venue.instruments.keys()].map((symbol) => this.#deadManView(symbol));
    const weightLimit = core.venue.orders.budgets().weight.limit;
    for (const action of deadMan.tick(views, { now: core.clock.monoMs(), weightLimit })) void this.#perform(action);
    core.keeper.ledger.prune(core.clock.monoMs());
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
      foreignOrders: core.keeper.ledger.foreignOrders(symbol).length,
      healthy: brainAlive && core.keeper.known && core.venue.market.book(symbol).status === 'live',
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

  #pull(reason: string, clientIds: readonly string[]): void {
    const { core } = this.#options;
    if (clientIds.length === 0) return;
    core.keeper.notice({ level: 'warn', message: 'Quotes pulled', fields: { reason, orders: clientIds.length } });
    core.router.cancel(clientIds);
  }
}

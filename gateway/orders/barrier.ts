/**
 * The end of a run: from the instant it is closed nothing new leaves, own orders are cancelled, the position is kept or flattened, and the
 * venue's own word is waited for. Being hurried shortens the wait and skips nothing. Time is real: a person waits.
 */
import { isOurs, parseClientId } from '../../shared/client-id.ts';
import type { Clock } from '../../shared/clock.ts';
import { formatSize } from '../../shared/instrument.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { AccountState, VenueOrder } from '../venues/venue.ts';
import type { Closer } from './closer.ts';
import { type Core, ownOpen } from './core.ts';
import type { DeadManPace } from './dead-man.ts';
import type { LeftOrder, LeftPosition, Proof } from './proof.ts';
import type { Stops } from './stop.ts';

export type BarrierOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly stops: Stops;
  /** Orders and amends that wait for the budget. */
  readonly waiting: { readonly dropAll: (reason: 'shutting-down') => void };
  readonly deadMan: () => DeadManPace | null;
  readonly real: Clock;
};
/** `takeBack`: only our own orders are taken back; position, stops and ladders are another's business now. */
export type Ending = 'as-configured' | 'take-back';

/** A proof is sought for this long; hurried, for this long from then on. */
const PROVE_MS = 12_000;
const HURRIED_MS = 2_000;
const POLL_MS = 20;
/** Answers to cancels are waited for this long before the venue is asked all the same. */
const QUIET_MS = 500;
/** Added to the receive window: a request that late is refused there, so its order can no longer appear. */
const SETTLE_MS = 3_000;

/** One look at the venue. */
type Look = { readonly account: AccountState | null; readonly readAt: MonoMs; readonly problems: readonly string[] };

export class Barrier {
  readonly #options: BarrierOptions;
  #ending: Ending = 'as-configured';
  #closedAt: number | null = null;
  #deadline = 0;
  #hurried = false;

  constructor(options: BarrierOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closedAt !== null;
  }

  /** At once and without a look at the venue; what was asked for before is not forgotten. */
  close(ending: Ending = 'as-configured'): void {
    if (ending === 'take-back') this.#ending = ending;
    if (this.#closedAt !== null) return;
    const { core, waiting, real } = this.#options;
    this.#closedAt = real.monoMs();
    this.#deadline = this.#closedAt + PROVE_MS;
    core.modes.shuttingDown = true;
    waiting.dropAll('shutting-down');
    core.keeper.notice({ level: 'info', message: 'Shutting down', fields: { openOrders: ownOpen(core).length, ending } });
    this.#takeBack();
    for (const symbol of core.venue.instruments.keys()) if (core.keeper.ledger.positions.row(symbol).size !== 0) this.#flatten(symbol);
  }

  /** A person is impatient: the venue is still asked, but not for long. */
  hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    this.#deadline = Math.min(this.#deadline, this.#options.real.monoMs() + HURRIED_MS);
  }

  /** The venue is asked until it says that nothing of ours is left, or time is up. */
  async prove(): Promise<Proof> {
    this.close();
    for (;;) {
      await this.#quiet();
      const look = await this.#look();
      const problems = this.#problems(look);
      if (problems.length === 0 || this.#leftMs() <= 0) return this.#proof(look, problems);
      this.#takeBack();
      await this.#options.real.sleep(Math.min(POLL_MS, this.#leftMs()));
    }
  }

  #leftMs(): number {
    return this.#deadline - this.#options.real.monoMs();
  }

  #takeBack(): void {
    const { core } = this.#options;
    core.router.cancel(ownOpen(core).map(({ clientId }) => clientId));
  }

  #flatten(symbol: string): void {
    const { core, closer } = this.#options;
    if (core.config.gateway.onShutdown === 'flatten' && this.#ending === 'as-configured' && !closer.isClosing(symbol))
      closer.start({ symbol, reason: 'shutdown', ladder: 'taker' });
  }

  /** Until the ledger knows of nothing that is under way. */
  async #quiet(): Promise<void> {
    const { core, closer, stops, real } = this.#options;
    const busy = (): boolean =>
      ownOpen(core).length > 0 || (this.#ending === 'as-configured' && (closer.closing.length > 0 || !stops.settled));
    for (const end = real.monoMs() + QUIET_MS; busy() && real.monoMs() < end && this.#leftMs() > 0; ) await real.sleep(POLL_MS);
  }

  /** What the venue lists is taken into the ledger, so that it is cancelled. */
  async #look(): Promise<Look> {
    const { core, closer, stops } = this.#options;
    const { keeper, venue } = core;
    const readAt = keeper.now().mono;
    const asked = Promise.all([venue.orders.account(), this.#ending === 'take-back' || stops.sync()]);
    const [account, stopsRead] = (await this.#inTime(asked)) ?? [null, false];
    if (account === null) return { account: null, readAt, problems: ['the exchange does not answer'] };
    if (!account.ok) return { account: null, readAt, problems: [`the exchange could not be read: ${account.error.sentence}`] };
    for (const report of this.#ours(account.value)) keeper.commit(keeper.ledger.report(report, { now: keeper.now() }));
    closer.onAccount(account.value, readAt);
    for (const { symbol, size } of account.value.positions) if (size !== 0) this.#flatten(symbol);
    return { account: account.value, readAt, problems: stopsRead ? [] : ['the stops could not be read'] };
  }

  #ours({ openOrders }: AccountState): readonly VenueOrder[] {
    const { keeper, modes } = this.#options.core;
    const isOwn = (clientId: string): boolean =>
      (isOurs(clientId) || keeper.ledger.order(clientId) !== null) && !modes.strangers.has(clientId);
    return openOrders.filter(({ clientId }) => isOwn(clientId) && parseClientId(clientId)?.role !== 'stop');
  }

  #problems(look: Look): readonly string[] {
    if (look.account === null) return look.problems;
    const { core, closer, stops } = this.#options;
    const left = this.#left(look);
    const settled = this.#ending === 'take-back' || (closer.closing.length === 0 && stops.settled);
    const wantsFlat = core.config.gateway.onShutdown === 'flatten' && this.#ending === 'as-configured';
    const held = wantsFlat ? look.account.positions.filter(({ size }) => size !== 0) : [];
    return [
      ...look.problems,
      ...(left.length > 0 ? [`${left.length} orders are not proved gone`] : []),
      ...(settled ? [] : [closer.closing.length > 0 ? `a close is under way on ${closer.closing.join(', ')}` : 'a stop is under way']),
      ...held.map(({ symbol }) => `${symbol} is not flat yet`),
    ];
  }

  /**
   * Orders that are open, or may be: those the venue lists, and those of the ledger that it may not list yet. One that is not listed, and
   * whose request it would refuse by now, is not open whatever became of it.
   */
  #left({ account, readAt }: Look): readonly LedgerOrder[] {
    const { core } = this.#options;
    const listed = new Set(account === null ? [] : this.#ours(account).map(({ clientId }) => clientId));
    const lateMs = core.config.gateway.recvWindowMs + SETTLE_MS;
    return ownOpen(core).filter(({ clientId, sentAt }) => account === null || listed.has(clientId) || readAt - sentAt < lateMs);
  }

  #proof(look: Look, problems: readonly string[]): Proof {
    const { core, real, deadMan } = this.#options;
    const left = this.#left(look).map(({ clientId, symbol, order }): LeftOrder => ({ clientId, symbol, status: order.status }));
    const pace = deadMan();
    return {
      verified: problems.length === 0,
      tookMs: Math.round(real.monoMs() - (this.#closedAt ?? 0)),
      left,
      untold: ownOpen(core).length - left.length,
      positions: this.#positions(look),
      positionsBy: look.account === null ? 'ledger' : 'venue',
      problems,
      countdownMs: left.length > 0 && pace !== null ? pace.countdownMs : null,
    };
  }

  #positions({ account }: Look): readonly LeftPosition[] {
    const { core, stops } = this.#options;
    return [...core.venue.instruments].flatMap(([symbol, instrument]): LeftPosition[] => {
      const told = account?.positions.find((position) => position.symbol === symbol)?.size;
      const size = told ?? core.keeper.ledger.positions.row(symbol).size;
      if (size === 0) return [];
      return [{ symbol, size: formatSize(instrument, size), stop: formatSize(instrument, stops.shown(symbol).size) }];
    });
  }

  /** Null when time is up before. */
  #inTime<T>(answer: Promise<T>): Promise<T | null> {
    return new Promise((resolve) => {
      const timer = this.#options.real.after(Math.max(POLL_MS, this.#leftMs()), () => resolve(null));
      void answer.then((value) => {
        timer.cancel();
        resolve(value);
      });
    });
  }
}

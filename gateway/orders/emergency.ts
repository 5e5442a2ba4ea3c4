/**
 * The emergency stop, from wherever it is asked for: nothing new from that instant, all of ours cancelled, every position closed by the
 * ladders, and done only when one read of the account that began after all of it shows no order and no position. It rests on the venue's
 * own answers: a dead private stream, brain or Redis holds nothing up. Cancels overtake each other and whatever is on its way, reads are
 * hedged, the countdown is no longer pushed back; after a 429 or in a ban it waits as the venue demands. It is on disk, so that a restart
 * goes on with one that was not done, and leaves alone what a person trades after one that was.
 */
import { isOurs } from '../../shared/client-id.ts';
import { formatSize } from '../../shared/instrument.ts';
import { hasEnded } from '../../shared/order.ts';
import type { EmergencyDoc } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { AccountState } from '../venues/venue.ts';
import type { Closer } from './closer.ts';
import type { Core } from './core.ts';
import type { Stops } from './stop.ts';

export type StopOrder = {
  readonly reason: string;
  readonly source: EmergencyDoc['source'];
  /** Orders of others on our symbols too. */
  readonly everything: boolean;
};
export type EmergencyOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly stops: Stops;
  /** What an earlier run left, as it was saved. */
  readonly saved: string | null;
  /** False when the disk failed: tried again. */
  readonly save: (text: string | null) => boolean;
  /** Books what the venue's list of trades tells: the only word of a fill while the private stream is dead or silent. */
  readonly readTrades: (symbol: string) => Promise<unknown>;
  /** What waits for the order budget is not to leave any more. */
  readonly dropWaiting: () => void;
  /** Keeps the request outside the ledger too, which may be lost. */
  readonly keepRequest: (order: StopOrder) => void;
  /** Takes away what keeps it outside; why that cannot be done, or null. */
  readonly clearRequest: () => string | null;
};

type Run = StopOrder & { readonly sinceMs: number; readonly done: boolean };
/** What the venue said last: what of it is left. */
type Seen = {
  readonly own: readonly { readonly symbol: string; readonly clientId: string }[];
  readonly foreign: readonly string[];
  readonly positions: readonly string[];
};

/** Between reads of the account while something is left: each time twice as long, up to the maximum, because each weighs as much as twenty cancels. */
const LOOK_MS = 250;
const LOOK_MS_MAX = 4_000;
/** Added to the receive window: a request that late is refused by the venue, so its order can no longer appear. */
const LATE_MS = 500;
const LEFT_MAX = 20;

export class Emergency {
  readonly #options: EmergencyOptions;
  readonly #core: Core;
  #run: Run | null;
  #unsaved = false;
  #seen: Seen | null = null;
  #trouble: string | null = null;
  #looking = false;
  #lookAt = 0;
  #looks = 0;
  #wasIdle = false;
  /** Each trigger is a new one: a read that began before it proves nothing. */
  #generation = 0;

  constructor(options: EmergencyOptions) {
    this.#options = options;
    this.#core = options.core;
    this.#run = options.saved === null ? null : (JSON.parse(options.saved) as Run);
  }

  /** Null while none holds. */
  shown(): EmergencyDoc | null {
    const run = this.#run;
    if (run === null) return null;
    const { done, ...rest } = run;
    return { ...rest, phase: done ? 'done' : this.#phase(), left: done ? [] : this.#left().slice(0, LEFT_MAX) };
  }

  /** Takes effect before it returns. Asked again while it is under way it goes on, wider when that is asked for; after its end it begins anew. */
  trigger({ reason, source, everything }: StopOrder): void {
    const { modes, keeper, venue } = this.#core;
    const before = this.#run?.done === false ? this.#run : null;
    const wide = everything || (before?.everything ?? false);
    if (before !== null && wide === before.everything) return;
    this.#run = { reason, source, everything: wide, sinceMs: before?.sinceMs ?? venue.nowMs(), done: false };
    modes.stop(reason);
    this.#unsaved = true;
    const fields = { reason, source, everything: wide };
    keeper.notice({ level: 'warn', message: 'Emergency stop', fields, alarm: 'emergency-stop' });
    this.#begin();
    this.#persist();
    this.#options.keepRequest({ reason, source, everything: wide });
  }

  /** At start: goes on with one that an earlier run had not done. */
  takeUp(): void {
    if (this.#run?.done === false) this.#begin();
  }

  /** A person lifts it; why that cannot be, or null. Ladders that run go on to their end. */
  lift(): string | null {
    const left = this.#options.clearRequest();
    if (left !== null) return left;
    if (this.#run !== null && !this.#options.save(null)) return 'the ledger cannot be written';
    [this.#run, this.#unsaved, this.#seen] = [null, false, null];
    this.#core.router.urgent = false;
    return null;
  }

  /** Every few tens of milliseconds. */
  tick(): void {
    this.#persist();
    if (this.#run === null || this.#run.done) return;
    this.#core.router.cancel(this.#toCancel()); // what was found since, too
    const idle = this.#isIdle();
    if (idle && !this.#wasIdle) this.#lookAt = this.#now(); // all that could be done from here is done: let the venue say so
    this.#wasIdle = idle;
    if (!this.#looking && this.#now() >= this.#lookAt) void this.#look();
  }

  #begin(): void {
    const { core, closer, dropWaiting } = this.#options;
    this.#generation++;
    [this.#seen, this.#trouble, this.#looks, this.#wasIdle] = [null, null, 0, false];
    this.#lookAt = this.#now() + LOOK_MS; // the answers to cancels and orders come first
    core.router.urgent = true;
    dropWaiting();
    core.router.cancel(this.#toCancel());
    if (this.#run?.everything) this.#cancelThere(core.keeper.ledger.foreignOrders());
    for (const symbol of core.venue.instruments.keys()) this.#close(symbol);
    closer.tick();
  }

  #close(symbol: string): void {
    this.#options.closer.start({ symbol, reason: `emergency stop: ${this.#run?.reason ?? ''}`, ladder: 'taker' });
  }

  /** All that has not ended here but the orders of the ladders, which close. */
  #toCancel(): readonly string[] {
    const open = this.#core.keeper.ledger.openOrders();
    return open.filter(({ role }) => role !== 'close').map(({ clientId }) => clientId);
  }

  /** One read of the account; done when nothing is left in it, and nothing of ours can still appear. */
  async #look(): Promise<void> {
    const [generation, at] = [this.#generation, this.#now()];
    const idle = this.#isIdle();
    this.#looking = true;
    const account = await this.#core.venue.orders.account();
    const conditional = !this.#run?.everything || !account.ok || (await this.#options.stops.cancelForeign());
    this.#looking = false;
    this.#lookAt = this.#now() + Math.min(LOOK_MS_MAX, LOOK_MS * 2 ** this.#looks++);
    this.#trouble = account.ok ? null : `the account cannot be read: ${account.error.sentence}`;
    if (!account.ok || generation !== this.#generation || this.#run === null || this.#run.done) return;
    this.#take(account.value, at);
    await this.#bookTrades(account.value);
    if (idle && conditional && this.#isClean(at)) this.#finish();
  }

  /** What the venue lists is the truth: ours goes into the ledger and is cancelled, what is held is closed. */
  #take(account: AccountState, at: MonoMs): void {
    const { keeper, venue } = this.#core;
    const { closer } = this.#options;
    const listed = account.openOrders.filter(({ clientId }) => this.#isOwn(clientId));
    const others = account.openOrders.filter(({ clientId }) => !this.#isOwn(clientId));
    for (const report of listed) keeper.commit(keeper.ledger.report(report, { now: keeper.now() }));
    const held = account.positions.filter(({ size }) => size !== 0);
    const wanted = this.#run?.everything ? others : [];
    this.#seen = {
      own: listed.map(({ symbol, clientId }) => ({ symbol, clientId })),
      foreign: wanted.map(({ symbol, clientId }) => `${symbol}: foreign order ${clientId}`),
      positions: held.flatMap(({ symbol, size }) => {
        const instrument = venue.instruments.get(symbol);
        return instrument ? [`${symbol}: position ${formatSize(instrument, size)}`] : [];
      }),
    };
    closer.onAccount(account, at);
    this.#cancelThere(wanted);
    this.#cancelThere(listed.filter(({ clientId }) => hasEnded(keeper.ledger.order(clientId)?.order.status ?? 'canceled'))); // whatever we believe
    for (const { symbol } of held) if (!closer.isClosing(symbol)) this.#close(symbol);
    this.tick();
  }

  /** Where the ledger differs. One that has never seen the account has nothing to differ from. */
  async #bookTrades(account: AccountState): Promise<void> {
    const { positions } = this.#core.keeper.ledger;
    const differing = account.positions.filter(({ symbol, size }) => positions.isAdopted(symbol) && positions.row(symbol).size !== size);
    await Promise.all(differing.map(({ symbol }) => this.#options.readTrades(symbol)));
  }

  #isOwn(clientId: string): boolean {
    return isOurs(clientId) || this.#core.keeper.ledger.order(clientId) !== null;
  }

  /** Orders that the ledger does not hold for open: those of others, and ours that it is wrong about. The next read tells what became of it. */
  #cancelThere(orders: readonly { readonly symbol: string; readonly clientId: string }[]): void {
    const { venue, keeper } = this.#core;
    for (const [symbol, rows] of Map.groupBy(orders, (order) => order.symbol)) {
      const clientIds = rows.map(({ clientId }) => clientId);
      keeper.notice({ level: 'warn', message: 'Cancelling orders that are not open in the ledger', fields: { symbol, clientIds } });
      void venue.orders.cancelMany({ symbol, clientIds });
    }
  }

  /** Nothing of ours is under way. */
  #isIdle(): boolean {
    const stopsSettled = this.#options.stops.settled || !this.#core.keeper.known; // without the stream nobody takes one away, and it only reduces
    return stopsSettled && this.#doubtful().length === 0;
  }

  #isClean(readAt: MonoMs): boolean {
    const seen = this.#seen;
    const nothing = seen !== null && seen.own.length + seen.foreign.length + seen.positions.length === 0;
    return nothing && this.#doubtful(readAt).length === 0;
  }

  /**
   * Own orders that the ledger holds for open and that may be, or may come to be, at the venue: one that is not listed there and was sent
   * longer ago than the venue accepts requests cannot.
   */
  #doubtful(now = this.#now()): readonly LedgerOrder[] {
    const lateMs = this.#core.config.gateway.recvWindowMs + LATE_MS;
    const listed = new Set(this.#seen?.own.map(({ clientId }) => clientId));
    return this.#core.keeper.ledger.openOrders().filter(({ clientId, sentAt }) => listed.has(clientId) || now - sentAt < lateMs);
  }

  #finish(): void {
    if (this.#run === null) return;
    this.#run = { ...this.#run, done: true };
    this.#unsaved = true;
    this.#persist();
    this.#core.router.urgent = false;
    this.#options.closer.finishAll();
    const { reason } = this.#run;
    const fields = { reason, tookMs: Math.round(this.#core.venue.nowMs() - this.#run.sinceMs) };
    this.#core.keeper.notice({ level: 'warn', message: 'Emergency stop done: the venue shows no order of ours and no position', fields });
  }

  #phase(): EmergencyDoc['phase'] {
    const doubtful = this.#doubtful();
    if (doubtful.some(({ role }) => role !== 'close')) return 'canceling';
    const held = this.#seen === null ? this.#options.closer.closing.length > 0 : this.#seen.positions.length > 0;
    return held || doubtful.length > 0 ? 'flattening' : 'verifying';
  }

  #left(): readonly string[] {
    const bySymbol = Map.groupBy(this.#doubtful(), ({ symbol }) => symbol);
    const orders = [...bySymbol].map(([symbol, rows]) => `${symbol}: ${rows.length} own orders open or not known to be closed`);
    const open = new Set(this.#core.keeper.ledger.openOrders().map(({ clientId }) => clientId));
    const wrong = (this.#seen?.own ?? [])
      .filter(({ clientId }) => !open.has(clientId))
      .map(({ symbol, clientId }) => `${symbol}: own order ${clientId}`);
    const unread = this.#seen === null ? ['the venue has not confirmed it yet'] : [];
    const trouble = this.#trouble === null ? unread : [this.#trouble];
    return [...orders, ...wrong, ...(this.#seen?.positions ?? []), ...(this.#seen?.foreign ?? []), ...trouble];
  }

  #persist(): void {
    if (this.#unsaved && this.#run !== null && this.#options.save(JSON.stringify(this.#run))) this.#unsaved = false;
  }

  #now(): MonoMs {
    return this.#core.clock.monoMs();
  }
}

/** Runs the close ladders: one a symbol, started by anyone, joined by whoever asks again, resumed after a restart. */
import { makeClientId } from '../../shared/client-id.ts';
import { fractionalTicks } from '../../shared/instrument.ts';
import { monoMs, lots, type MonoMs } from '../../shared/units.ts';
import type { Holdings, OrderRequest } from '../venues/venue.ts';
import { isFilledUnbooked } from '../account/rows.ts';
import type { Core } from './core.ts';
import {
  hasten,
  type LadderAction,
  type LadderJob,
  type LadderState,
  type LadderView,
  orderSent,
  startLadder,
  stepLadder,
} from './ladder.ts';

export type CloserOptions = {
  readonly core: Core;
  /** False: not read. */
  readonly readPositions: () => Promise<boolean>;
  /** Persists the jobs that run; false when the disk failed: then it is asked again. */
  readonly save: (jobs: readonly LadderJob[]) => boolean;
};

/** A read without an answer is asked again beside it after this long, one that failed after as long; each time twice as long, up to the maximum. */
const READ_MS = 200;
const READ_MS_MAX = 2_000;

export class Closer {
  readonly #options: CloserOptions;
  readonly #ladders = new Map<string, LadderState>();
  readonly #reads = new Map<string, NonNullable<LadderView['read']>>();
  #readFailedAt: MonoMs | null = null;
  /** When the newest read that was answered began. */
  #readAt: MonoMs | null = null;
  #readAgainAt = 0;
  /** Reads since the last that succeeded: under way, or failed. */
  #readsInVain = 0;
  #counter = 0;
  #saved = true;

  constructor(options: CloserOptions) {
    this.#options = options;
  }

  /** Symbols on which a ladder is running: nobody quotes there. */
  get closing(): readonly string[] {
    return [...this.#ladders.keys()];
  }

  isClosing(symbol: string): boolean {
    return this.#ladders.has(symbol);
  }

  /** Idempotent; a request to take at once hastens a ladder that rests. */
  start(job: LadderJob): void {
    const { keeper, clock } = this.#options.core;
    const running = this.#ladders.get(job.symbol);
    const state = running ? (job.ladder === 'taker' ? hasten(running) : running) : startLadder(job, clock.monoMs());
    this.#ladders.set(job.symbol, state);
    if (!running) keeper.notice({ level: 'warn', message: 'Close ladder started', fields: { ...job } });
    this.#saveJobs();
    this.tick();
  }

  /** It is proved elsewhere that all is flat, with no order on its way: what a ladder still waits for is bookkeeping. */
  finishAll(): void {
    for (const symbol of this.closing) this.#finish(symbol);
  }

  /** A read of the account that began at `at`; one that was overtaken says nothing. */
  onAccount({ positions }: Holdings, at: MonoMs): void {
    for (const { symbol, size } of positions) if ((this.#reads.get(symbol)?.at ?? at) <= at) this.#reads.set(symbol, { size, at });
    this.#readAt = monoMs(Math.max(this.#readAt ?? 0, at));
  }

  tick(): void {
    if (!this.#saved) this.#saveJobs();
    for (const [symbol, state] of this.#ladders) {
      const view = this.#view(state);
      if (!view) continue;
      const stepped = stepLadder(state, view);
      if (stepped.actions.some(({ kind }) => kind === 'place') && this.#mustWait()) continue; // with what it has read, instead of reading on and on
      this.#ladders.set(symbol, stepped.state);
      for (const action of stepped.actions) this.#perform(symbol, action);
    }
    const now = this.#options.core.clock.monoMs();
    if (now >= this.#readAgainAt && [...this.#ladders.values()].some(({ at, readFrom }) => at === 'reading' && !this.#isRead(readFrom)))
      void this.#read();
  }

  /** The venue's windows of orders are full, or it asked for silence. */
  #mustWait(): boolean {
    const { budget, venue, clock } = this.#options.core;
    return budget.refusal({ budgets: venue.orders.budgets(), now: clock.monoMs(), protective: true }) !== null;
  }

  /** An answer that is young enough for whoever asked then. */
  #isRead(from: MonoMs | null): boolean {
    return from !== null && this.#readAt !== null && this.#readAt >= from;
  }

  #view({ job, order }: LadderState): LadderView | null {
    const { venue, keeper, clock } = this.#options.core;
    const instrument = venue.instruments.get(job.symbol);
    if (!instrument) return null;
    const { status, book } = venue.market.book(job.symbol);
    const mark = venue.market.mark(job.symbol);
    const [bid, ask] = [book.bestBid, book.bestAsk];
    const own = order ? keeper.ledger.order(order.clientId) : null;
    return {
      now: clock.monoMs(),
      instrument,
      ledgerSize: keeper.ledger.positions.row(job.symbol).size,
      read: this.#reads.get(job.symbol) ?? null,
      readFailedAt: this.#readFailedAt,
      best: status === 'live' && book.sound && bid !== null && ask !== null ? { bid, ask } : null,
      markTicks: mark ? fractionalTicks(instrument, mark.markPrice) : null,
      otherOrders: this.#others(job.symbol, order?.clientId).length,
      order: own ? { status: isFilledUnbooked(own) ? 'filled' : own.order.status, reason: own.reason } : null,
    };
  }

  #others(symbol: string, own: string | undefined): string[] {
    const open = this.#options.core.keeper.ledger.openOrders(symbol);
    return open.map(({ clientId }) => clientId).filter((clientId) => clientId !== own);
  }

  #perform(symbol: string, action: LadderAction): void {
    const { router } = this.#options.core;
    const order = this.#ladders.get(symbol)?.order;
    switch (action.kind) {
      case 'cancel-others':
        router.cancel(this.#others(symbol, order?.clientId));
        return;
      case 'cancel-own':
        if (order) router.cancel([order.clientId]);
        return;
      case 'read-position':
        void this.#read();
        return;
      case 'place':
        this.#place(symbol, action);
        return;
      case 'done':
        this.#finish(symbol);
        return;
      default:
        throw new Error(`Cannot perform: ${JSON.stringify(action satisfies never)}`);
    }
  }

  #place(symbol: string, { order, rung }: Extract<LadderAction, { kind: 'place' }>): void {
    const { router, clock, identity, keeper } = this.#options.core;
    const state = this.#ladders.get(symbol);
    const now = clock.monoMs();
    if (!state) return;
    const clientId = makeClientId({ role: 'close', epoch: identity.epoch, counter: this.#counter++ });
    const request: OrderRequest = { ...order, symbol, clientId, reduceOnly: true };
    this.#ladders.set(symbol, orderSent(state, { clientId, order, rung, now }));
    router.place(request, { must: true });
    keeper.notice({
      level: 'info',
      message: 'Close order sent',
      fields: { symbol, clientId, rung, side: order.side, sizeLots: lots(order.size) },
    });
  }

  #finish(symbol: string): void {
    const reason = this.#ladders.get(symbol)?.job.reason;
    this.#ladders.delete(symbol);
    this.#saveJobs();
    this.#options.core.keeper.notice({ level: 'info', message: 'Position closed', fields: { symbol, reason } });
  }

  /** One at a time, or another beside one that hangs. What is read is acted on at once. */
  async #read(): Promise<void> {
    const began = this.#options.core.clock.monoMs();
    if (this.#readsInVain > 0 && began < this.#readAgainAt) return; // what comes may be too old for the asker, who then asks again
    this.#readAgainAt = began + Math.min(READ_MS_MAX, READ_MS * 2 ** this.#readsInVain++);
    const read = await this.#options.readPositions();
    if (read) [this.#readsInVain, this.#readAgainAt] = [0, 0];
    else {
      this.#readFailedAt = this.#options.core.clock.monoMs();
      this.#believeLedger(began);
    }
    this.tick();
  }

  /**
   * The venue cannot be asked now (its weight is used up, say). While the private stream lives, a position that the ledger holds is closed
   * on its word: the order only reduces. That a symbol is flat is never believed so.
   */
  #believeLedger(at: MonoMs): void {
    const { keeper } = this.#options.core;
    if (!keeper.known) return;
    for (const symbol of this.#ladders.keys()) {
      const { size } = keeper.ledger.positions.row(symbol);
      if (size !== 0) this.#reads.set(symbol, { size, at });
    }
  }

  #saveJobs(): void {
    this.#saved = this.#options.save([...this.#ladders.values()].map(({ job }) => job));
  }
}

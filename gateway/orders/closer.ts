/** Runs the close ladders: one a symbol, started by anyone, joined by whoever asks again, resumed after a restart. */
import { makeClientId } from '../../shared/client-id.ts';
import { fractionalTicks } from '../../shared/instrument.ts';
import { lots, type MonoMs } from '../../shared/units.ts';
import type { Holdings, OrderRequest } from '../venues/venue.ts';
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
  readonly readPositions: () => Promise<unknown>;
  /** Persists the jobs that run; false when the disk failed: then it is asked again. */
  readonly save: (jobs: readonly LadderJob[]) => boolean;
};

export class Closer {
  readonly #options: CloserOptions;
  readonly #ladders = new Map<string, LadderState>();
  readonly #reads = new Map<string, NonNullable<LadderView['read']>>();
  #reading = false;
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

  /** A read of the account that began at `at`. */
  onAccount({ positions }: Holdings, at: MonoMs): void {
    for (const { symbol, size } of positions) this.#reads.set(symbol, { size, at });
  }

  tick(): void {
    if (!this.#saved) this.#saveJobs();
    for (const [symbol, state] of this.#ladders) {
      const view = this.#view(state);
      if (!view) continue;
      const stepped = stepLadder(state, view);
      this.#ladders.set(symbol, stepped.state);
      for (const action of stepped.actions) this.#perform(symbol, action);
    }
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
      best: status === 'live' && book.sound && bid !== null && ask !== null ? { bid, ask } : null,
      markTicks: mark ? fractionalTicks(instrument, mark.markPrice) : null,
      otherOrders: this.#others(job.symbol, order?.clientId).length,
      order: own ? { status: own.order.status, reason: own.reason } : null,
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

  /** Stays within the venue's limits, with the share kept back for closes; refused here, the ladder reads and tries again. */
  #place(symbol: string, { order, rung }: Extract<LadderAction, { kind: 'place' }>): void {
    const { router, budget, venue, clock, identity, keeper } = this.#options.core;
    const state = this.#ladders.get(symbol);
    const now = clock.monoMs();
    if (!state || budget.refusal({ budgets: venue.orders.budgets(), now, protective: true }) !== null) return;
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

  async #read(): Promise<void> {
    if (this.#reading) return; // its answer may be too old for the asker, who then asks again
    this.#reading = true;
    await this.#options.readPositions();
    this.#reading = false;
  }

  #saveJobs(): void {
    this.#saved = this.#options.save([...this.#ladders.values()].map(({ job }) => job));
  }
}

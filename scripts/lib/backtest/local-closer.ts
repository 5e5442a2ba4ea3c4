/** The close ladders of a backtest on a book: the gateway's own, stepped whenever something was heard and now and then. */
import { isFilledUnbooked } from '../../../gateway/account/rows.ts';
import {
  hasten,
  type LadderAction,
  type LadderKind,
  type LadderState,
  type LadderView,
  orderSent,
  startLadder,
  stepLadder,
} from '../../../gateway/orders/ladder.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import { fractionalTicks } from '../../../shared/instrument.ts';
import { lots, type MonoMs, monoMs } from '../../../shared/units.ts';
import type { BookWindow } from './local-books.ts';
import type { DepthVenue } from './depth-venue.ts';
import type { LocalDesk } from './local-desk.ts';

export type CloserOptions = {
  readonly venue: DepthVenue;
  readonly desk: LocalDesk;
  readonly books: BookWindow;
  readonly onOrder: (clientId: string, reason: string) => void;
};

const TICK_MS = 20;
const EPOCH = 1;

export class LocalCloser {
  readonly #options: CloserOptions;
  readonly #ladders = new Map<string, LadderState>();
  readonly #reads = new Map<string, NonNullable<LadderView['read']>>();
  #counter = 0;
  #ticking = false;

  constructor(options: CloserOptions) {
    this.#options = options;
  }

  get closing(): readonly string[] {
    return [...this.#ladders.keys()];
  }

  start(symbol: string, { reason, ladder }: { readonly reason: string; readonly ladder: LadderKind }): void {
    const running = this.#ladders.get(symbol);
    if (running) {
      if (ladder === 'taker') this.#ladders.set(symbol, hasten(running));
    } else this.#ladders.set(symbol, startLadder({ symbol, reason, ladder }, this.#now()));
    this.tick();
    this.#again();
  }

  tick(): void {
    for (const [symbol, state] of this.#ladders) {
      const stepped = stepLadder(state, this.#view(symbol, state));
      this.#ladders.set(symbol, stepped.state);
      for (const action of stepped.actions) this.#perform(symbol, action);
    }
  }

  /** As long as a ladder runs. */
  #again(): void {
    if (this.#ticking || this.#ladders.size === 0) return;
    this.#ticking = true;
    const { exchange, nowMs } = this.#options.venue;
    exchange.agenda.at(nowMs + TICK_MS, () => {
      this.#ticking = false;
      this.tick();
      this.#again();
    });
  }

  #view(symbol: string, { order }: LadderState): LadderView {
    const { desk, books, venue } = this.#options;
    const instrument = venue.instruments.get(symbol);
    if (!instrument) throw new Error(`Cannot close ${symbol}: it is not open`);
    const own = order ? desk.ledger.order(order.clientId) : null;
    const { best, markPrice } = books.look(symbol);
    return {
      ...{ now: this.#now(), instrument, ledgerSize: desk.ledger.positions.row(symbol).size, best, readFailedAt: null },
      read: this.#reads.get(symbol) ?? null,
      markTicks: markPrice === null ? null : fractionalTicks(instrument, markPrice),
      otherOrders: this.#others(symbol, order?.clientId).length,
      order: own ? { status: isFilledUnbooked(own) ? 'filled' : own.order.status, reason: own.reason } : null,
    };
  }

  #others(symbol: string, own: string | undefined): readonly string[] {
    return this.#options.desk.ledger.openOrders(symbol).flatMap(({ clientId }) => (clientId === own ? [] : [clientId]));
  }

  #perform(symbol: string, action: LadderAction): void {
    const { desk } = this.#options;
    const order = this.#ladders.get(symbol)?.order;
    switch (action.kind) {
      case 'cancel-others':
        for (const clientId of this.#others(symbol, order?.clientId)) desk.cancel(clientId);
        return;
      case 'cancel-own':
        if (order) desk.cancel(order.clientId);
        return;
      case 'read-position':
        this.#read(symbol);
        return;
      case 'place':
        this.#place(symbol, action);
        return;
      case 'done':
        this.#ladders.delete(symbol);
        return;
      default:
        throw new Error(`Cannot perform: ${JSON.stringify(action satisfies never)}`);
    }
  }

  #place(symbol: string, { order, rung }: Extract<LadderAction, { kind: 'place' }>): void {
    const { desk, onOrder } = this.#options;
    const state = this.#ladders.get(symbol);
    if (!state) return;
    const clientId = makeClientId({ role: 'close', epoch: EPOCH, counter: this.#counter++ });
    this.#ladders.set(symbol, orderSent(state, { clientId, order, rung, now: this.#now() }));
    onOrder(clientId, state.job.reason);
    desk.place({ ...order, symbol, clientId, reduceOnly: true });
  }

  #read(symbol: string): void {
    const at = this.#now();
    this.#options.venue.position(symbol, (result) => {
      if (result.ok) this.#reads.set(symbol, { size: lots(result.value), at });
      this.tick();
    });
  }

  #now(): MonoMs {
    return monoMs(this.#options.venue.nowMs);
  }
}

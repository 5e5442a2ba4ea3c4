/**
 * The gateway's side of a backtest on a book: its ledger, which knows of orders, fills and positions what has come back so far; its guard;
 * its close ladders. Orders leave through here as they do live, and each thing is known only once it was heard.
 */
import { Ledger } from '../../../gateway/account/ledger.ts';
import type { BookedFill, LedgerOrder, Now } from '../../../gateway/account/rows.ts';
import { isFilledUnbooked } from '../../../gateway/account/rows.ts';
import type { OrderRequest, VenueOrder, VenueResult } from '../../../gateway/venues/venue.ts';
import type { Refusal } from '../../../shared/command.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import { hasEnded } from '../../../shared/order.ts';
import { monoMs, type Lots, type Ticks, wallMs } from '../../../shared/units.ts';
import type { DepthVenue } from './depth-venue.ts';
import type { OrderTally } from './order-counts.ts';

export type DeskOptions = {
  readonly venue: DepthVenue;
  readonly orders: OrderTally;
  readonly onFill: (fill: BookedFill) => void;
  /** Something was heard that a running close may wait for. */
  readonly onNews: () => void;
};
type Terms = { readonly price: Ticks; readonly size: Lots };

const WINDOW_MINUTE_MS = 60_000;
const WINDOW_TEN_MS = 10_000;
const PRUNE_MS = 10_000;

export class LocalDesk {
  readonly ledger: Ledger;
  readonly #options: DeskOptions;
  /** The venue's windows of order counts. */
  readonly #windows = { minute: { from: 0, used: 0 }, ten: { from: 0, used: 0 } };
  #prunedMs = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    const archive = { findOrder: () => null, findFill: () => null, fillsOfOrder: () => [] };
    const state = { orders: [], positions: [], fillSeq: 0, loose: [] };
    this.ledger = new Ledger({ instruments: options.venue.instruments, archive, state });
    for (const symbol of options.venue.instruments.keys()) {
      const report = { kind: 'position', symbol, ...options.venue.heldBefore(symbol), atMs: this.now().wall } as const;
      this.ledger.adoptBaseline({ report, sinceTradeId: null, now: this.now() });
    }
  }

  now(): Now {
    const { nowMs } = this.#options.venue;
    return { mono: monoMs(nowMs), wall: wallMs(Math.floor(nowMs)) };
  }

  /** Orders sent in the present ten seconds and minute. */
  used(): { readonly ten: number; readonly minute: number } {
    this.#roll();
    return { ten: this.#windows.ten.used, minute: this.#windows.minute.used };
  }

  place(request: OrderRequest): void {
    const { venue, orders } = this.#options;
    this.ledger.take(request, this.now());
    this.#count();
    orders.of(request.symbol).placed += 1;
    venue.place(request, (result) => this.#placed(request, result));
  }

  /** Why it is not there to be amended; null when it is. */
  hindrance(clientId: string): Refusal | null {
    const row = this.ledger.order(clientId);
    if (!row) return 'unknown-order';
    if (hasEnded(row.order.status)) return 'order-ended';
    return isFilledUnbooked(row) || (row.order.status !== 'open' && row.order.status !== 'partially-filled') ? 'order-busy' : null;
  }

  amend({ symbol, clientId, side }: LedgerOrder, { price, size }: Terms): void {
    const { venue, orders } = this.#options;
    this.ledger.amend(clientId, { price, size, now: this.now() });
    this.#count();
    orders.of(symbol).amended += 1;
    venue.amend({ symbol, clientId, side, price, size }, (result) => {
      if (result.ok) this.ledger.report(result.value, { now: this.now(), amended: true });
      else this.#failed(symbol, clientId, { kind: 'amend-failed', gone: result.error.kind === 'gone', word: result.error.reason });
      this.#options.onNews();
    });
  }

  /** Once: an order whose cancel is on its way is let be. */
  cancel(clientId: string): void {
    const { venue, orders } = this.#options;
    const row = this.ledger.order(clientId);
    if (!row || hasEnded(row.order.status) || row.order.status === 'canceling') return;
    const { symbol } = row;
    this.ledger.move(clientId, { kind: 'cancel-sent', now: this.now() });
    orders.of(symbol).cancels += 1;
    venue.cancel({ symbol, clientId }, (result) => {
      if (result.ok) this.ledger.report(result.value, { now: this.now() });
      else this.#failed(symbol, clientId, { kind: 'cancel-failed', gone: result.error.kind === 'gone', word: result.error.reason });
      this.#options.onNews();
    });
  }

  /** What the venue says of the account. */
  hear(event: AccountEvent): void {
    const now = this.now();
    if (event.kind === 'fill') for (const fill of this.ledger.fill(event, now).newFills) this.#options.onFill(fill);
    if (event.kind === 'order') this.ledger.report(event, { now });
    if (event.kind === 'position') this.ledger.position(event, now);
    if (event.kind === 'funding') this.ledger.funding(event);
    this.#options.onNews();
    if (now.mono - this.#prunedMs < PRUNE_MS) return;
    this.#prunedMs = now.mono;
    this.ledger.prune(now.mono);
  }

  #placed({ symbol, clientId }: OrderRequest, result: VenueResult<VenueOrder>): void {
    if (result.ok) this.ledger.report(result.value, { now: this.now() });
    else {
      const { reason, kind } = result.error;
      this.ledger.move(clientId, { kind: 'rejected', reason: reason || kind, now: this.now() });
      this.#options.orders.rejected(symbol, reason === 'post-only-would-take' ? 'would-take' : reason || kind);
    }
    this.#options.onNews();
  }

  /** An order that is gone was filled, or ended by itself, while the request was on its way: its events are, too. */
  #failed(
    symbol: string,
    clientId: string,
    { kind, gone, word }: { readonly kind: 'amend-failed' | 'cancel-failed'; readonly gone: boolean; readonly word: string },
  ) {
    const row = this.ledger.order(clientId);
    if (row && !hasEnded(row.order.status)) this.ledger.move(clientId, { kind, now: this.now() });
    if (gone) this.#options.orders.of(symbol).lostRaces += 1;
    else this.#options.orders.rejected(symbol, word);
  }

  #count(): void {
    this.#roll();
    this.#windows.minute.used += 1;
    this.#windows.ten.used += 1;
  }

  #roll(): void {
    const { nowMs } = this.#options.venue;
    const roll = (window: { from: number; used: number }, lengthMs: number): void => {
      const from = Math.floor(nowMs / lengthMs) * lengthMs;
      if (window.from !== from) [window.from, window.used] = [from, 0];
    };
    roll(this.#windows.minute, WINDOW_MINUTE_MS);
    roll(this.#windows.ten, WINDOW_TEN_MS);
  }
}

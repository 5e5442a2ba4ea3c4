/**
 * Ledger row to venue request: at most one placing request per client id, ever; its answer is merged into the ledger. A cancel wanted
 * while the place is on its way leaves right after the answer; it is repeated until the venue says that the order has ended. What no
 * answer settles is told to the reconcile, never sent again.
 */
import type { Clock } from '../../shared/clock.ts';
import { hasEnded } from '../../shared/order.ts';
import type { Lots, MonoMs, Ticks } from '../../shared/units.ts';
import type { Keeper } from '../account/keeper.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { Sender } from '../publish/call-times.ts';
import type { AmendRequest, OnWritten, OrderRequest, VenueFault, VenueOrder, VenueResult } from '../venues/venue.ts';
import { Breaker, type Slot } from './breaker.ts';
import type { Budget } from './budget.ts';

export type RouterOptions = {
  readonly keeper: Keeper;
  readonly orders: Sender;
  readonly clock: Clock;
  readonly budget: Budget;
  /** Of the instrument's filters. */
  readonly version: (symbol: string) => string;
  /** An order whose state only a query can tell. */
  readonly onUnknown: (clientId: string) => void;
  /** The venue took an order. */
  readonly onAcked: (clientId: string) => void;
  /** The venue refused a request, whatever it was. */
  readonly onRefused: (fault: VenueFault) => void;
  /** The venue refused our key. */
  readonly onAuth: (sentence: string) => void;
};
type Metered = { readonly clientId: string | undefined; readonly onWritten: OnWritten };
type Terms = { readonly price: Ticks; readonly size: Lots };
type Held = { readonly request: OrderRequest; readonly onWritten?: OnWritten };
const CANCEL_RETRY_MS = 500;
/** In an emergency: between the first two cancels of an order, then twice as long each time, up to the maximum. */
const URGENT_MS = 100;
const URGENT_MS_MAX = 1_000;

/** A cancel that is wanted: when the last one left (null: none yet), and how many did. */
type Wish = { readonly sentAt: MonoMs | null; readonly tries: number };

export class Router {
  readonly #options: RouterOptions;
  /** Orders that must end. */
  readonly #unwanted = new Map<string, Wish>();
  readonly #placing = new Set<string>();
  readonly #canceling = new Set<string>();
  /** Taken into the ledger, not yet sent: they wait for the budget. */
  readonly #held = new Map<string, Held>();
  readonly breaker = new Breaker();
  /** Emergency stop: a cancel waits neither for the answer to the order nor for that to an earlier cancel. It is idempotent, and weighs little. */
  urgent = false;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Persists the row, then sends. False: the ledger cannot be written and nothing left, unless `must` (closes go on without a disk). */
  place(request: OrderRequest, { onWritten, must = false }: { readonly onWritten?: OnWritten; readonly must?: boolean } = {}): boolean {
    if (!this.#take(request) && !must) return this.#giveBack(request.clientId);
    this.#dispatch(request, onWritten);
    return true;
  }

  /** Persists the row and sends later, when told to. False: the ledger cannot be written. */
  hold(request: OrderRequest, onWritten?: OnWritten): boolean {
    if (!this.#take(request)) return this.#giveBack(request.clientId);
    this.#held.set(request.clientId, { request, ...(onWritten ? { onWritten } : {}) });
    return true;
  }

  /** False once it has left, was cancelled, or ended otherwise. */
  isHeld(clientId: string): boolean {
    return this.#held.has(clientId) && this.#options.keeper.ledger.order(clientId)?.order.status === 'sent';
  }

  release(clientId: string): void {
    const held = this.#unhold(clientId);
    if (held) this.#dispatch(held.request, held.onWritten);
  }

  /** As one request of the venue: held places, or amends that `prepareAmend` has written down. Each has its own outcome. */
  sendTogether({ places = [], amends = [] }: { readonly places?: readonly string[]; readonly amends?: readonly AmendRequest[] }): void {
    const { orders, budget, clock } = this.#options;
    const requests = places.flatMap((clientId) => this.#unhold(clientId)?.request ?? []);
    if (requests.length + amends.length === 0) return;
    budget.spend(clock.monoMs(), orders.budgets(), orders.batch);
    for (const request of requests) {
      this.breaker.sent({ ...request, what: 'place' }, clock.monoMs());
      this.#placing.add(request.clientId);
    }
    const answers = (requests.length > 0 ? orders.placeMany?.(requests) : orders.amendMany?.(amends)) ?? Promise.resolve([]);
    void answers.then((results) => {
      for (const [i, { clientId }] of requests.entries()) this.#placed(clientId, results[i] ?? UNANSWERED);
      for (const [i, { clientId }] of amends.entries()) this.#amended(clientId, results[i] ?? UNANSWERED);
    });
  }

  #unhold(clientId: string): Held | undefined {
    const held = this.isHeld(clientId) ? this.#held.get(clientId) : undefined;
    this.#held.delete(clientId);
    return held;
  }

  /** It will not be sent: its bytes never left, so it has ended for certain. */
  drop(clientId: string, { kind, reason }: { readonly kind: 'canceled' | 'rejected'; readonly reason: string }): void {
    const { keeper } = this.#options;
    const held = this.isHeld(clientId);
    this.#held.delete(clientId);
    if (held) keeper.commit(keeper.ledger.move(clientId, { kind, reason, now: keeper.now() }), 'gateway');
  }

  #take(request: OrderRequest): boolean {
    const { keeper } = this.#options;
    return keeper.commit(keeper.ledger.take(request, keeper.now()), 'request');
  }

  #giveBack(clientId: string): false {
    const { keeper } = this.#options;
    const change = keeper.ledger.move(clientId, { kind: 'rejected', reason: 'ledger-unavailable', now: keeper.now() });
    keeper.commit(change, 'gateway'); // for the disk, when it is back
    keeper.ledger.forget(clientId);
    return false;
  }

  #dispatch(request: OrderRequest, onWritten?: OnWritten): void {
    const { orders, budget, clock } = this.#options;
    budget.spend(clock.monoMs(), orders.budgets());
    this.breaker.sent({ ...request, what: 'place' }, clock.monoMs());
    this.#placing.add(request.clientId);
    void orders.place(request, onWritten).then((result) => this.#placed(request.clientId, result));
  }

  amend(row: LedgerOrder, { onWritten, ...terms }: Terms & { readonly onWritten?: OnWritten }): boolean {
    const { orders, budget, clock } = this.#options;
    const request = this.prepareAmend(row, terms);
    if (!request) return false;
    budget.spend(clock.monoMs(), orders.budgets());
    void orders.amend(request, onWritten).then((result) => this.#amended(row.clientId, result));
    return true;
  }

  /** Writes it down: from here on it counts, and must be sent. Null: the ledger cannot be written. */
  prepareAmend(row: LedgerOrder, { price, size }: Terms): AmendRequest | null {
    const { keeper } = this.#options;
    const now = keeper.now();
    const { symbol, clientId, side } = row;
    if (!keeper.commit(keeper.ledger.amend(clientId, { price, size, now }), 'request')) {
      keeper.commit(keeper.ledger.move(clientId, { kind: 'amend-failed', now }), 'gateway');
      return null;
    }
    this.breaker.sent({ ...row, what: 'amend' }, now.mono);
    return { symbol, clientId, side, price, size };
  }

  /** Wants these orders gone; sends what can be sent now, one request a symbol. `onWritten`: of a single one that leaves at once. */
  cancel(clientIds: readonly string[], onWritten?: OnWritten): void {
    for (const clientId of clientIds)
      if (this.#held.has(clientId)) this.drop(clientId, { kind: 'canceled', reason: 'not-sent' });
      else if (!this.#unwanted.has(clientId)) this.#unwanted.set(clientId, NO_TRY);
    this.tick(onWritten && { clientId: clientIds[0], onWritten });
  }

  /** True while a cancel of it is wanted and it has not ended. */
  isUnwanted(clientId: string): boolean {
    return this.#unwanted.has(clientId);
  }

  /** The answer about it is waited for no longer: what is wanted of it goes on without. */
  giveUpAnswer(clientId: string): void {
    this.#placing.delete(clientId);
    this.#canceling.delete(clientId);
  }

  /** Sends cancels that are due: first ones, and again those that did not take. Called often. */
  tick(metered?: Metered): void {
    const { keeper, clock, budget } = this.#options;
    const now = clock.monoMs();
    if (now < budget.blockedUntil) return;
    const due = new Map<string, string[]>();
    for (const [clientId, wish] of this.#unwanted) {
      const row = keeper.ledger.order(clientId);
      if (!row || hasEnded(row.order.status)) this.#unwanted.delete(clientId);
      else if (this.#isDue(clientId, { wish, now })) due.set(row.symbol, [...(due.get(row.symbol) ?? []), clientId]);
    }
    for (const [symbol, clientIds] of due) this.#sendCancels({ symbol, clientIds }, metered);
  }

  #isDue(clientId: string, { wish, now }: { readonly wish: Wish; readonly now: MonoMs }): boolean {
    const { sentAt, tries } = wish;
    const waitMs = this.urgent ? Math.min(URGENT_MS_MAX, URGENT_MS * 2 ** Math.max(0, tries - 1)) : CANCEL_RETRY_MS;
    const busy = this.#placing.has(clientId) || this.#canceling.has(clientId);
    return (this.urgent || !busy) && (sentAt === null || now - sentAt >= waitMs);
  }

  #sendCancels({ symbol, clientIds }: { readonly symbol: string; readonly clientIds: readonly string[] }, metered?: Metered): void {
    const { keeper, orders } = this.#options;
    const now = keeper.now();
    for (const clientId of clientIds) {
      this.#canceling.add(clientId);
      this.#unwanted.set(clientId, { sentAt: now.mono, tries: (this.#unwanted.get(clientId)?.tries ?? 0) + 1 });
      keeper.commit(keeper.ledger.move(clientId, { kind: 'cancel-sent', now }), 'request');
    }
    const [only] = clientIds;
    const sent =
      clientIds.length === 1 && only !== undefined
        ? orders.cancel({ symbol, clientId: only }, only === metered?.clientId ? metered.onWritten : undefined).then((one) => [one])
        : orders.cancelMany({ symbol, clientIds });
    void sent.then((results) => {
      for (const [i, clientId] of clientIds.entries()) this.#canceled(clientId, results[i] ?? UNANSWERED);
    });
  }

  #placed(clientId: string, result: VenueResult<VenueOrder>): void {
    const { keeper } = this.#options;
    this.#placing.delete(clientId);
    this.#judge('place', clientId, result);
    if (result.ok) this.#options.onAcked(clientId);
    if (this.#unwanted.has(clientId)) this.#unwanted.set(clientId, NO_TRY); // a cancel that overtook it did nothing
    if (result.ok) keeper.commit(keeper.ledger.report(result.value, { now: keeper.now() }), 'reply');
    else this.#placeFailed(clientId, result.error);
    if (this.#unwanted.has(clientId)) this.tick();
  }

  /** Only what would open teaches the breaker: a reduce-only order and a close are never held back. */
  #judge(what: Slot['what'], clientId: string, result: VenueResult<VenueOrder>): void {
    const { keeper, clock, version } = this.#options;
    const row = keeper.ledger.order(clientId);
    if (!row || row.reduceOnly) return;
    const slot = { what, symbol: row.symbol, side: row.side, kind: row.kind };
    if (result.ok) this.breaker.accepted(slot);
    else if (result.error.kind === 'rejected')
      this.breaker.refused(slot, { reason: result.error.reason, now: clock.monoMs(), version: version(row.symbol) });
  }

  #placeFailed(clientId: string, fault: VenueFault): void {
    const { keeper } = this.#options;
    const now = keeper.now();
    this.#note(fault, { clientId, what: 'place' });
    if (fault.kind === 'unknown' || fault.kind === 'gone' || fault.reason === 'duplicate-id') this.#doubt(clientId);
    else keeper.commit(keeper.ledger.move(clientId, { kind: 'rejected', reason: fault.reason || fault.kind, now }), 'reply');
  }

  #amended(clientId: string, result: VenueResult<VenueOrder>): void {
    const { keeper } = this.#options;
    const now = keeper.now();
    this.#judge('amend', clientId, result);
    if (result.ok) keeper.commit(keeper.ledger.report(result.value, { now, amended: true }), 'reply');
    else if (result.error.kind === 'unknown' || result.error.kind === 'gone') this.#doubt(clientId);
    else keeper.commit(keeper.ledger.move(clientId, { kind: 'amend-failed', now }), 'reply');
    if (!result.ok) this.#note(result.error, { clientId, what: 'amend' });
    if (this.#unwanted.has(clientId)) this.tick();
  }

  #canceled(clientId: string, result: VenueResult<VenueOrder>): void {
    const { keeper } = this.#options;
    this.#canceling.delete(clientId);
    if (result.ok) keeper.commit(keeper.ledger.report(result.value, { now: keeper.now() }), 'reply');
    else this.#cancelFailed(clientId, result.error);
  }

  /** A refused cancel leaves the order as live as it was; "gone" says only that it is not open under that id: a query tells why. */
  #cancelFailed(clientId: string, fault: VenueFault): void {
    const { keeper } = this.#options;
    const row = keeper.ledger.order(clientId);
    if (!row || hasEnded(row.order.status)) return;
    this.#note(fault, { clientId, what: 'cancel' });
    if (fault.kind === 'unknown' || fault.kind === 'gone') this.#doubt(clientId);
    else keeper.commit(keeper.ledger.move(clientId, { kind: 'cancel-failed', now: keeper.now() }), 'reply');
  }

  /** The stream may have told already; only what still waits for an answer becomes unknown. */
  #doubt(clientId: string): void {
    const { keeper, onUnknown } = this.#options;
    const status = keeper.ledger.order(clientId)?.order.status;
    if (status === 'sent' || status === 'canceling' || status === 'amending' || status === 'unknown')
      keeper.commit(keeper.ledger.move(clientId, { kind: 'timed-out', now: keeper.now() }), 'reply');
    onUnknown(clientId);
  }

  #note(fault: VenueFault, fields: { readonly clientId: string; readonly what: string }): void {
    const { keeper, budget, clock, onAuth } = this.#options;
    const expected = fault.reason === 'post-only-would-take' || fault.kind === 'gone';
    keeper.notice({ level: expected ? 'info' : 'warn', message: 'Venue refused a request', fields: { ...fields, fault } });
    if (fault.kind === 'rate-limited' || fault.kind === 'banned')
      budget.block({ until: clock.monoMs() + (fault.retryAfterMs ?? 1_000), ordersOnly: fault.reason === 'too-many-orders' });
    if (fault.kind === 'auth') onAuth(fault.sentence);
    this.#options.onRefused(fault);
  }
}

const NO_TRY: Wish = { sentAt: null, tries: 0 };
const UNANSWERED: VenueResult<VenueOrder> = {
  ok: false,
  error: { kind: 'unknown', reason: '', sentence: 'the venue gave no answer for this id' },
};

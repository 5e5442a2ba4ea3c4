/**
 * Nothing leaves a gateway that stood still before it is proved that its place is still its own: while it was frozen another may have been
 * started. What could open a position is refused until then; what protects or takes back waits for the proof, and goes where nobody can
 * tell, because a gateway that cannot ask must still be able to. One that has lost its place only takes back its own orders. Sans-I/O.
 */
import { err } from '../../shared/result.ts';
import type { AmendRequest, OrderEntry, OrderRequest, StopEntry, Venue, VenueFault } from '../venues/venue.ts';

/** `lost`: another owns it. `untold`: who was asked does not answer. */
export type Standing = 'ours' | 'lost' | 'untold';
export type FenceOptions = {
  /** How often this process stood still so far, this moment included. */
  readonly stalls: () => number;
  readonly prove: () => Promise<Standing>;
};
type What = 'opens' | 'protects' | 'takes-back';

const notSent = (why: string): VenueFault => ({ kind: 'unreachable', reason: 'fenced', sentence: `not sent: ${why}` });
const LOST = notSent('another gateway has taken our place');
const DOUBT = notSent('we stood still, and it is not proved yet that our place is still our own');

export class Fence {
  readonly #options: FenceOptions;
  #provedAt: number;
  #standing: Standing = 'ours';
  #proving: Promise<void> | null = null;

  constructor(options: FenceOptions) {
    this.#options = options;
    this.#provedAt = options.stalls();
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Told from elsewhere that another has taken the place. */
  lose(): void {
    this.#standing = 'lost';
  }

  /** Null: it may leave at once, which costs nothing. Else a fault, or null once it may leave after all. */
  enter(what: What): Promise<VenueFault | null> | null {
    if (!this.#inDoubt()) return null;
    if (what !== 'opens') return this.#waited(what);
    this.tick();
    return Promise.resolve(this.#standing === 'lost' ? LOST : DOUBT);
  }

  /** Called often: a proof is sought as soon as there is doubt, and again until somebody tells. */
  tick(): void {
    if (this.#standing !== 'lost' && this.#inDoubt()) void this.#prove();
  }

  #inDoubt(): boolean {
    return this.#standing !== 'ours' || this.#options.stalls() !== this.#provedAt;
  }

  async #waited(what: What): Promise<VenueFault | null> {
    if (this.#standing !== 'lost') await this.#prove();
    return this.#standing === 'lost' && what !== 'takes-back' ? LOST : null;
  }

  #prove(): Promise<void> {
    this.#proving ??= this.#ask().finally(() => {
      this.#proving = null;
    });
    return this.#proving;
  }

  async #ask(): Promise<void> {
    const stalls = this.#options.stalls();
    const standing = await this.#options.prove();
    if (this.#standing === 'lost') return;
    this.#standing = standing;
    if (standing === 'ours') this.#provedAt = stalls;
  }
}

/** The same venue; everything that changes something there goes through the fence. */
export function fenced(venue: Venue, fence: Fence): Venue {
  const { lineHealth, reopenAccount, refreshInstruments } = venue;
  return {
    name: venue.name,
    instruments: venue.instruments,
    orders: fencedOrders(venue.orders, fence),
    stops: venue.stops && fencedStops(venue.stops, fence),
    market: venue.market,
    accountHealth: () => venue.accountHealth(),
    ...(lineHealth && { lineHealth: () => lineHealth.call(venue) }),
    ...(reopenAccount && { reopenAccount: (reason: string) => reopenAccount.call(venue, reason) }),
    ...(refreshInstruments && { refreshInstruments: (reason: string) => refreshInstruments.call(venue, reason) }),
    start: (events) => venue.start(events),
    nowMs: () => venue.nowMs(),
    [Symbol.asyncDispose]: () => venue[Symbol.asyncDispose](),
  };
}

type Passing<T> = { readonly fence: Fence; readonly what: What; readonly refuse: (fault: VenueFault) => T };

function pass<T>(send: () => Promise<T>, { fence, what, refuse }: Passing<T>): Promise<T> {
  const gate = fence.enter(what);
  return gate === null ? send() : gate.then((fault) => (fault === null ? send() : refuse(fault)));
}

function fencedOrders(orders: OrderEntry, fence: Fence): OrderEntry {
  const { commission, fundingPaid, route, placeMany, amendMany, batch, amends } = orders;
  const closes = { fence, what: 'protects', refuse: err } as const;
  const opens = { fence, what: 'opens', refuse: err } as const;
  const takesBack = { fence, what: 'takes-back' } as const;
  return {
    place: (request, onWritten) => pass(() => orders.place(request, onWritten), request.reduceOnly ? closes : opens),
    amend: (request, onWritten) => pass(() => orders.amend(request, onWritten), opens),
    cancel: (order, onWritten) => pass(() => orders.cancel(order, onWritten), { ...takesBack, refuse: err }),
    cancelMany: (order) => pass(() => orders.cancelMany(order), { ...takesBack, refuse: (fault) => order.clientIds.map(() => err(fault)) }),
    openOrders: () => orders.openOrders(),
    recentIds: (symbol) => orders.recentIds(symbol),
    ...(batch && { batch }),
    ...(amends && { amends }),
    ...(placeMany && {
      placeMany: (requests: readonly OrderRequest[]) =>
        pass(() => placeMany.call(orders, requests), {
          ...(requests.every(({ reduceOnly }) => reduceOnly) ? closes : opens),
          refuse: (fault) => requests.map(() => err(fault)),
        }),
    }),
    ...(amendMany && {
      amendMany: (requests: readonly AmendRequest[]) =>
        pass(() => amendMany.call(orders, requests), { ...opens, refuse: (fault) => requests.map(() => err(fault)) }),
    }),
    armDeadMan: (order) => pass(() => orders.armDeadMan(order), closes),
    queryOrder: (order) => orders.queryOrder(order),
    orderOf: (order) => orders.orderOf(order),
    trades: (query) => orders.trades(query),
    account: () => orders.account(),
    holdings: () => orders.holdings(),
    ...(commission && { commission: (symbol: string) => commission.call(orders, symbol) }),
    ...(fundingPaid && { fundingPaid: (range: Parameters<typeof fundingPaid>[0]) => fundingPaid.call(orders, range) }),
    budgets: () => orders.budgets(),
    ...(route && { route: () => route.call(orders) }),
  };
}

function fencedStops(stops: StopEntry, fence: Fence): StopEntry {
  const protects = { fence, what: 'protects', refuse: err } as const;
  return {
    placeStop: (request) => pass(() => stops.placeStop(request), protects),
    cancelStop: (stop) => pass(() => stops.cancelStop(stop), protects),
    queryStop: (stop) => stops.queryStop(stop),
    openStops: () => stops.openStops(),
    recentStopIds: (symbol) => stops.recentStopIds(symbol),
  };
}

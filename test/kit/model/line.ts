/** The way between one life of a gateway and the exchange: requests, answers and events that are late, lost, doubled, overtaken or untrue. */
import type { VirtualClock } from '../../../shared/clock.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import { err } from '../../../shared/result.ts';
import type {
  FaultKind,
  OrderEntry,
  StopEntry,
  StreamHealth,
  Venue,
  VenueEvents,
  VenueFault,
  VenueResult,
} from '../../../gateway/venues/venue.ts';
import type { Effects } from './effects.ts';
import { type ModelExchange, type Picture, SYMBOL } from './exchange.ts';

/** What becomes of one request. `there` and `back` in ms, null: lost on the way. `says`: the answer given instead of the true one. */
export type CallFault = {
  readonly what: CallKind;
  readonly thereMs: number | null;
  readonly backMs: number | null;
  readonly executed: boolean;
  /** `stale`: a read tells what was true a moment ago. */
  readonly says: 'truth' | 'unknown' | 'busy' | 'rate-limited' | 'gone' | 'stale';
};
export type CallKind = 'place' | 'amend' | 'cancel' | 'query' | 'read' | 'stop';
/** What becomes of one event: told after so many ms, null never, each a time of its own. */
export type EventFault = { readonly delaysMs: readonly number[] };
export type LineFaults = { readonly calls: CallFault[]; readonly events: EventFault[] };

/** Smaller than the venue's, so that enough are waiting now and then. */
const BATCH = { most: 2, orders10s: 2, orders1m: 1, weight: 5 } as const;
const FULL = {
  weight: { used: 0, limit: 2_400 },
  orders1m: { used: 1_200, limit: 1_200 },
  orders10s: { used: 300, limit: 300 },
} as const;
const THERE_MS = 3;
const BACK_MS = 4;
const EVENT_MS = 5;
const REOPEN_MS = 50;
/** REST may lag this far behind. */
const STALE_MS = 700;

export type LineOptions = {
  readonly exchange: ModelExchange;
  readonly clock: VirtualClock;
  readonly effects: Effects;
  readonly faults: LineFaults;
  readonly timeoutMs: number;
  readonly recvWindowMs: number;
  /** Requests on their way to the exchange; they arrive whatever becomes of their sender. */
  readonly transit: Set<Sent>;
  /** Right before the bytes of a request leave. */
  readonly onSend: (sent: Sent) => void;
};
export type Sent = { readonly what: CallKind; readonly arg: unknown };
/** `was`: the answer to it some milliseconds ago; null where none is kept. */
type Call<T> = Sent & { readonly run: () => Promise<VenueResult<T>>; readonly was?: (picture: Picture) => T };

export class Line implements Venue {
  readonly name = 'model';
  readonly instruments: Venue['instruments'];
  readonly market: Venue['market'];
  readonly orders: OrderEntry;
  readonly stops: StopEntry;
  readonly #options: LineOptions;
  #events: VenueEvents | null = null;
  #stream: StreamHealth['state'] = 'connecting';
  #fullUntil = 0;

  constructor(options: LineOptions) {
    const { exchange } = options;
    this.#options = options;
    this.instruments = new Map([[SYMBOL, exchange.instrument]]);
    this.market = exchange.view;
    const { orders } = exchange;
    const order = <A, T>(what: CallKind, run: (arg: A) => Promise<VenueResult<T>>) => {
      return (arg: A, onWritten?: (at: ReturnType<VirtualClock['monoMs']>) => void): Promise<VenueResult<T>> => {
        onWritten?.(options.clock.monoMs());
        return this.#call({ what, arg, run: () => run(arg) });
      };
    };
    this.orders = {
      place: order('place', (request) => orders.place(request)),
      amend: order('amend', (request) => orders.amend(request)),
      cancel: order('cancel', (named) => orders.cancel(named)),
      cancelMany: (many) => this.#cancelMany(many),
      batch: BATCH,
      placeMany: (requests) => this.#many('place', requests, (request) => orders.place(request)),
      amendMany: (requests) => this.#many('amend', requests, (request) => orders.amend(request)),
      queryOrder: order('query', (named) => orders.queryOrder(named)),
      orderOf: order('query', (named) => orders.orderOf(named)),
      trades: order('read', async (query) => {
        const read = await orders.trades(query);
        return read.ok ? { ok: true, value: read.value.map((fill) => ({ ...fill, clientId: '' })) } : read; // as a live venue tells them
      }),
      account: () => this.#call({ what: 'read', arg: null, run: () => orders.account(), was: ({ account }) => account }),
      holdings: () => this.#call({ what: 'read', arg: null, run: () => orders.holdings(), was: ({ account }) => account }),
      openOrders: () => this.#call({ what: 'read', arg: null, run: () => orders.openOrders(), was: ({ account }) => account.openOrders }),
      recentIds: order('read', (symbol) => orders.recentIds(symbol)),
      armDeadMan: order('query', (arm) => orders.armDeadMan(arm)),
      budgets: () => (options.clock.monoMs() < this.#fullUntil ? FULL : orders.budgets()),
    };
    this.stops = {
      placeStop: order('stop', (request) => orders.placeStop(request)),
      cancelStop: order('stop', (named) => orders.cancelStop(named)),
      queryStop: order('query', (named) => orders.queryStop(named)),
      recentStopIds: order('read', (symbol) => orders.recentStopIds(symbol)),
      openStops: () => this.#call({ what: 'read', arg: null, run: () => orders.openStops() }),
    };
  }

  accountHealth(): StreamHealth {
    return { state: this.#stream, ageMs: 0 };
  }

  nowMs() {
    return this.#options.clock.wallMs();
  }

  start(events: VenueEvents): Promise<void> {
    this.#events = events;
    this.#options.clock.after(EVENT_MS, () => this.#setStream('live', ''));
    return Promise.resolve();
  }

  reopenAccount(reason: string): void {
    this.breakFor(REOPEN_MS, reason);
  }

  /** The private stream breaks; what happens meanwhile is told to nobody. */
  breakFor(ms: number, reason: string): void {
    if (this.#stream !== 'live') return;
    this.#setStream('lost', reason);
    this.#options.clock.after(ms, () => this.#setStream('live', ''));
  }

  /** The venue's windows of orders are used up: what opens has to wait. */
  crowdFor(ms: number): void {
    this.#fullUntil = this.#options.clock.monoMs() + ms;
  }

  /** The book left `live` or came back to it. */
  tellBook(live: boolean): void {
    if (!this.#options.effects.dead) this.#events?.onBookLive(SYMBOL, live, live ? '' : 'silent');
  }

  /** Events that the exchange has just made, each on its own way. */
  tell(told: readonly (readonly AccountEvent[])[]): void {
    if (this.#stream !== 'live') return;
    for (const events of told) {
      const { delaysMs } = this.#options.faults.events.shift() ?? { delaysMs: [EVENT_MS] };
      for (const delayMs of delaysMs) this.#options.clock.after(delayMs, () => this.#deliver(events));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #deliver(events: readonly AccountEvent[]): void {
    if (this.#options.effects.dead || this.#stream !== 'live') return;
    for (const event of events) this.#events?.onAccount(event);
  }

  #setStream(state: 'live' | 'lost', reason: string): void {
    if (this.#options.effects.dead) return;
    this.#stream = state;
    this.#events?.onAccount({ kind: 'stream', state, reason });
  }

  /** One request of several: they arrive or get lost together, and each has an outcome of its own. */
  async #many<A extends { readonly clientId: string }, T>(
    what: CallKind,
    requests: readonly A[],
    one: (request: A) => Promise<VenueResult<T>>,
  ): Promise<readonly VenueResult<T>[]> {
    const run = async (): Promise<VenueResult<readonly VenueResult<T>[]>> => ({ ok: true, value: await Promise.all(requests.map(one)) });
    const all = await this.#call({ what, arg: requests, run });
    return all.ok ? all.value : requests.map(() => err(all.error));
  }

  async #cancelMany(many: { readonly symbol: string; readonly clientIds: readonly string[] }) {
    const run = async (): Promise<VenueResult<readonly VenueResult<never>[]>> => ({
      ok: true,
      value: (await this.#options.exchange.orders.cancelMany(many)) as readonly VenueResult<never>[],
    });
    const all = await this.#call({ what: 'cancel', arg: many, run });
    return all.ok ? all.value : many.clientIds.map(() => err(all.error));
  }

  /** Never answered after the death of its sender. */
  #call<T>(call: Call<T>): Promise<VenueResult<T>> {
    const { effects, faults, clock, timeoutMs, onSend } = this.#options;
    const n = faults.calls.findIndex((fault) => fault.what === call.what);
    const [fault] = n < 0 ? [] : faults.calls.splice(n, 1);
    return new Promise((resolve) => {
      const answer = (result: VenueResult<T>): void => {
        if (!effects.dead) resolve(result);
      };
      effects.step(() => {
        onSend(call);
        const late = clock.after(timeoutMs, () => answer(err(faultOf('unknown', 'no answer'))));
        this.#travel({
          call,
          fault,
          onAnswer: (result) => {
            late.cancel();
            answer(result);
          },
        });
      }, undefined);
    });
  }

  #travel<T>({ call, fault, onAnswer }: Travelling<T>): void {
    const { clock, transit, recvWindowMs } = this.#options;
    const { thereMs, backMs } = fault ?? { thereMs: THERE_MS, backMs: BACK_MS };
    if (thereMs === null) return;
    transit.add(call);
    clock.after(thereMs, () => {
      transit.delete(call);
      void this.#arrive({ call, fault, tooLate: thereMs > recvWindowMs }).then((result) => {
        if (backMs !== null) clock.after(backMs, () => onAnswer(result));
      });
    });
  }

  async #arrive<T>({ call, fault, tooLate }: Arriving<T>): Promise<VenueResult<T>> {
    if (tooLate) return err(faultOf('clock', 'timestamp'));
    const says = fault?.says ?? 'truth';
    if (says === 'busy' || says === 'rate-limited' || (says === 'unknown' && !fault?.executed)) return err(faultOf(says, ''));
    if (says === 'gone' && this.#options.exchange.isYoung(idIn(call.arg))) return err(faultOf('gone', 'not-found')); // a read that lags behind
    const picture = says === 'stale' ? this.#options.exchange.pictureOf(STALE_MS) : null;
    if (picture && call.was) return { ok: true, value: call.was(picture) };
    const result = await call.run();
    return says === 'unknown' ? err(faultOf('unknown', '')) : result;
  }
}

type Travelling<T> = {
  readonly call: Call<T>;
  readonly fault: CallFault | undefined;
  readonly onAnswer: (result: VenueResult<T>) => void;
};
type Arriving<T> = { readonly call: Call<T>; readonly fault: CallFault | undefined; readonly tooLate: boolean };

const idIn = (arg: unknown): string =>
  typeof arg === 'object' && arg !== null && 'clientId' in arg && typeof arg.clientId === 'string' ? arg.clientId : '';

const faultOf = (kind: FaultKind, reason: string): VenueFault => ({
  ...{ kind, reason, sentence: `${kind} ${reason}` },
  ...(kind === 'rate-limited' ? { retryAfterMs: 400 } : {}),
});

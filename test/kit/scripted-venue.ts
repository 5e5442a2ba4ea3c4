/** A venue in memory behind the port: answers as told, keeps a position, and tells its events when asked to. Stands for the world. */
import type { AccountEvent } from '../../shared/events.ts';
import { Book } from '../../shared/book.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { err, ok } from '../../shared/result.ts';
import type { Clock } from '../../shared/clock.ts';
import { atoms, lots, monoMs, wallMs } from '../../shared/units.ts';
import type {
  AccountState,
  BookView,
  Budgets,
  OrderEntry,
  OrderRequest,
  StreamHealth,
  Venue,
  VenueEvents,
  VenueFault,
  VenueOrder,
  VenueResult,
} from '../../gateway/venues/venue.ts';
import type { FillReport } from '../../shared/events.ts';
import { instrument as makeInstrument } from './orders.ts';
import { ScriptedStops } from './scripted-stops.ts';

export const fault = (kind: VenueFault['kind'], reason = ''): VenueFault => ({ kind, reason, sentence: `${kind} ${reason}` });

type Call = { readonly what: string; readonly clientId?: string; readonly symbol?: string; readonly ms?: number };

export class ScriptedVenue implements Venue {
  readonly name = 'scripted';
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly calls: Call[] = [];
  readonly open = new Map<string, VenueOrder>();
  readonly fills: FillReport[] = [];
  /** Orders of a person: not open any more, but known to the venue by its own id. */
  readonly others: VenueOrder[] = [];
  /** Answers to the next requests of a kind, first come first; without one the venue does as it is asked. */
  readonly answers: { place: VenueFault[]; amend: VenueFault[]; cancel: VenueFault[]; query: VenueFault[]; account: VenueFault[] } = {
    place: [],
    amend: [],
    cancel: [],
    query: [],
    account: [],
  };
  /** True: the next places reach the venue although they are answered with a fault. */
  reachesAnyway = false;
  /** Places are held back until released. */
  held: (() => void)[] | null = null;
  position = 0;
  hedgeMode = false;
  budgets: Budgets = { weight: { used: 0, limit: 2_400 }, orders1m: { used: 0, limit: 1_200 }, orders10s: { used: 0, limit: 300 } };
  marginRatio: number | null = null;
  leverage = 20;
  readonly book = new Book();
  status: BookView['status'] = 'live';
  events: VenueEvents | null = null;
  stream: StreamHealth = { state: 'connecting', ageMs: null };
  readonly #clock: Clock;
  #ids = 0;

  constructor(clock: Clock) {
    const instrument = makeInstrument();
    this.#clock = clock;
    this.stops = new ScriptedStops(() => this.nowMs());
    this.instruments = new Map([[instrument.symbol, instrument]]);
    this.book.bids.set(599_999, 500);
    this.book.asks.set(600_001, 500);
  }

  start(events: VenueEvents): Promise<void> {
    this.events = events;
    this.tell({ kind: 'stream', state: 'live', reason: '' });
    return Promise.resolve();
  }

  tell(event: AccountEvent): void {
    if (event.kind === 'stream') this.stream = { state: event.state, ageMs: 0 };
    this.events?.onAccount(event);
  }

  /** A person buys at market while our stream does not see it: only position and trade list tell. */
  manualBuy(size: number): void {
    const known = { kind: 'order', symbol: 'BTCUSDT', side: 'buy', reduceOnly: false, reason: '', atMs: this.nowMs() } as const;
    const ids = { clientId: 'web_person', venueId: `v${++this.#ids}` };
    const order: VenueOrder = {
      ...known,
      ...ids,
      state: 'filled',
      price: null,
      size: lots(size),
      filled: lots(size),
      orderKind: 'market',
      timeInForce: 'ioc',
    };
    this.others.push(order);
    this.position += size;
    this.#fill(order);
  }

  /** A fill at the venue of an open order; told by the stream only when asked. */
  fillOrder(clientId: string, { size, told }: { readonly size: number; readonly told: boolean }): FillReport {
    const order = this.open.get(clientId);
    if (!order || order.price === null) throw new Error(`${clientId} is not open`);
    const filled = lots(order.filled + size);
    const done = filled >= order.size;
    const next: VenueOrder = { ...order, filled, state: done ? 'filled' : 'partially-filled' };
    if (done) this.open.delete(clientId);
    else this.open.set(clientId, next);
    this.position += order.side === 'buy' ? size : -size;
    const fill = this.#fill({ ...order, size: lots(size) });
    if (told) for (const event of [fill, next] as const) this.tell(event);
    return fill;
  }

  readonly orders: OrderEntry = {
    place: async (request, onWritten) => {
      this.calls.push({ what: 'place', clientId: request.clientId });
      onWritten?.(this.#clock.monoMs());
      if (this.held) await new Promise<void>((resolve) => this.held?.push(resolve));
      const refused = this.answers.place.shift();
      if (refused && !this.reachesAnyway) return err(refused);
      const order = this.#accept(request);
      return refused ? err(refused) : ok(order);
    },
    amend: async ({ clientId, price, size }) => {
      this.calls.push({ what: 'amend', clientId });
      const [refused, order] = [this.answers.amend.shift(), this.open.get(clientId)];
      if (refused) return err(refused);
      if (!order) return err(fault('gone'));
      const amended: VenueOrder = { ...order, price, size, state: 'amended', atMs: this.nowMs() };
      this.open.set(clientId, amended);
      return ok(amended);
    },
    cancel: async ({ clientId }, onWritten) => {
      onWritten?.(this.#clock.monoMs());
      return this.#cancel(clientId);
    },
    cancelMany: async ({ clientIds }) => clientIds.map((clientId) => this.#cancel(clientId)),
    queryOrder: async ({ clientId }) => {
      this.calls.push({ what: 'query', clientId });
      const [refused, order] = [this.answers.query.shift(), this.open.get(clientId)];
      return refused ? err(refused) : order ? ok(order) : err(fault('gone'));
    },
    orderOf: async ({ venueId }) => {
      this.calls.push({ what: 'order-of' });
      const order = [...this.open.values(), ...this.others].find((one) => one.venueId === venueId);
      return order ? ok(order) : err(fault('gone'));
    },
    trades: async ({ fromTradeId }) => {
      this.calls.push({ what: 'trades' });
      const from = fromTradeId === null ? 0 : Number(fromTradeId);
      return ok(this.fills.filter(({ tradeId }) => Number(tradeId) >= from).map((fill) => ({ ...fill, clientId: '' })));
    },
    account: async () => {
      this.calls.push({ what: 'account' });
      const refused = this.answers.account.shift();
      return refused ? err(refused) : ok(this.#account());
    },
    holdings: async () => {
      this.calls.push({ what: 'holdings' });
      const refused = this.answers.account.shift();
      return refused ? err(refused) : ok(this.#account());
    },
    openOrders: async () => {
      this.calls.push({ what: 'open-orders' });
      return ok([...this.open.values()]);
    },
    recentIds: async () => ok([...this.open.keys()]),
    armDeadMan: async ({ symbol, ms }) => {
      this.calls.push({ what: ms === 0 ? 'disarm' : 'arm', symbol, ms });
      return ok(null);
    },
    budgets: () => this.budgets,
  };

  markAgeMs: number | null = 5;
  /** From here on it takes up to five orders or amends in one request, each answered for itself. */
  takeBatches(): void {
    const { place, amend } = this.orders;
    const many: Pick<OrderEntry, 'batch' | 'placeMany' | 'amendMany'> = {
      batch: { most: 5, orders10s: 5, orders1m: 1, weight: 5 },
      placeMany: (requests) => {
        this.calls.push({ what: `place-${requests.length}` });
        return Promise.all(requests.map((request) => place(request)));
      },
      amendMany: (requests) => {
        this.calls.push({ what: `amend-${requests.length}` });
        return Promise.all(requests.map((request) => amend(request)));
      },
    };
    Object.assign(this.orders, many);
  }

  readonly stops: ScriptedStops;

  readonly market: Venue['market'] = {
    book: () => ({
      status: this.status,
      reason: this.status === 'live' ? '' : 'silent',
      book: this.book,
      lastUpdateId: 42,
      exchangeMs: this.nowMs(),
      knownFrom: null,
      knownTo: null,
      top: null,
      receivedAt: monoMs(this.#clock.monoMs() - 5),
    }),
    mark: (symbol) => ({ symbol, markPrice: '60000.12345678', indexPrice: '60000', fundingRate: '0.0001', nextFundingMs: wallMs(1) }),
    markAgeMs: () => this.markAgeMs,
    bars: () => ({
      status: 'complete',
      closed: [{ openMs: 1, open: '1', high: '2', low: '0.5', close: '1.5', volume: '3' }],
      open: { openMs: 2, open: '1', high: '1', low: '1', close: '1', volume: '0' },
      version: 1,
    }),
    counters: () => ({ messages: 1, applied: 1, dropped: 0, gaps: 0, gapsUnresolved: 0, resyncs: 0 }),
    health: () => ({ state: 'live', ageMs: 1 }),
  };

  accountHealth(): StreamHealth {
    return this.stream;
  }

  nowMs() {
    return this.#clock.wallMs();
  }

  count(what: string): number {
    return this.calls.filter((call) => call.what === what).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Market and taking limits fill whole at once; others rest. */
  #accept(request: OrderRequest): VenueOrder {
    const { symbol, clientId, side, price, size, reduceOnly } = request;
    const venueId = `v${++this.#ids}`;
    const base = { kind: 'order', symbol, clientId, venueId, side, price, size, reduceOnly, reason: '', atMs: this.nowMs() } as const;
    const order: VenueOrder = { ...base, state: 'accepted', filled: lots(0), orderKind: request.kind, timeInForce: request.timeInForce };
    if (request.timeInForce !== 'ioc') {
      this.open.set(clientId, order);
      return order;
    }
    const room = reduceOnly ? Math.abs(this.position) : size;
    const filled = lots(Math.min(size, room));
    this.position += side === 'buy' ? filled : -filled;
    const done: VenueOrder = { ...order, filled, state: filled === size ? 'filled' : 'expired' };
    if (filled > 0) this.tell(this.#fill({ ...order, price: price ?? this.book.bestBid, size: filled }));
    return done;
  }

  #fill(order: VenueOrder): FillReport {
    const { symbol, clientId, venueId, side, size } = order;
    const price = order.price ?? this.book.bestBid;
    if (price === null) throw new Error('no price to fill at');
    const fee = { fee: null, feeAsset: null, realizedPnl: null };
    const fill: FillReport = {
      kind: 'fill',
      symbol,
      clientId,
      venueId,
      side,
      size,
      price,
      tradeId: String(1_000 + this.fills.length),
      maker: true,
      ...fee,
      atMs: this.nowMs(),
    };
    this.fills.push(fill);
    return fill;
  }

  #cancel(clientId: string): VenueResult<VenueOrder> {
    this.calls.push({ what: 'cancel', clientId });
    const [refused, order] = [this.answers.cancel.shift(), this.open.get(clientId)];
    if (refused) return err(refused);
    if (!order) return err(fault('gone'));
    this.open.delete(clientId);
    return ok({ ...order, state: 'canceled', atMs: this.nowMs() });
  }

  #account(): AccountState {
    const symbols = [...this.instruments.keys()];
    return {
      positions: symbols.map((symbol) => ({
        kind: 'position',
        symbol,
        size: lots(this.position),
        entryPrice: this.position === 0 ? '0' : '60000',
        atMs: this.nowMs(),
      })),
      balances: [{ kind: 'balance', asset: 'USDT', wallet: atoms(1_000_000_000_000n), available: null, atMs: this.nowMs() }],
      openOrders: [...this.open.values()],
      leverage: Object.fromEntries(symbols.map((symbol) => [symbol, this.leverage])),
      liquidationPrice: {},
      hedgeMode: this.hedgeMode,
      isolated: [],
      multiAssets: false,
      marginRatio: this.marginRatio,
    };
  }
}

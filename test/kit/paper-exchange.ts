/** The paper exchange without sockets, disk and waiting: the public side is told by hand, time moves when told. */
import type { Bar, Mark, PublicTrade } from '../../shared/events.ts';
import { Book } from '../../shared/book.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { Exchange, type MarketSurroundings } from '../../shared/sim/exchange.ts';
import type { UserEvent } from '../../shared/sim/exchange-events.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import type { QueueModelName } from '../../shared/sim/queue.ts';
import { lots, parseAtoms, ticks, wallMs, ZERO_ATOMS } from '../../shared/units.ts';
import { PaperMarket } from '../../gateway/venues/paper/market.ts';
import { type PaperParts, PaperOrders } from '../../gateway/venues/paper/orders.ts';
import { PAPER_ACCOUNT } from '../../gateway/venues/paper/state.ts';
import type { SeenBest } from '../../gateway/market/top.ts';
import type { BarsView, BookStatus, MarketView, OrderRequest } from '../../gateway/venues/venue.ts';

export const START_MS = Date.UTC(2026, 10, 20, 7, 59, 0);
export const FUNDING_MS = Date.UTC(2026, 10, 20, 8, 0, 0);
export const FUNDS = parseAtoms('10000') ?? ZERO_ATOMS;
type Levels = readonly (readonly [price: number, size: number])[];

export class PaperExchange {
  readonly instrument: Instrument;
  readonly market: PaperMarket;
  readonly exchange: Exchange;
  readonly orders: PaperOrders;
  readonly events: UserEvent[] = [];
  nowMs = START_MS;
  /** A best level ahead of the book. */
  top: SeenBest | null = null;
  #mark: Mark | null = null;
  #status: BookStatus = 'live';
  #updateId = 1;
  #tradeId = 0;
  readonly #book = new Book();

  /** Prices are in ticks of 0.1 around 64 000 USDT, sizes in lots of 0.001. */
  constructor({ queueModel = 'risk-averse' }: { readonly queueModel?: QueueModelName } = {}) {
    const spec = findInstrument('BTCUSDT')?.spec;
    const instrument = spec ? makeInstrument(spec) : 'no such instrument';
    if (typeof instrument === 'string') throw new Error(instrument);
    this.instrument = instrument;
    const markets = new Map<string, PaperMarket>();
    const open = (surroundings: MarketSurroundings): PaperMarket => {
      const market = new PaperMarket({ ...surroundings, instrument, view: this.#view(), queueModel, moment: null, lastTradeId: 0 });
      markets.set('BTCUSDT', market);
      return market;
    };
    this.exchange = new Exchange({
      startMs: START_MS,
      random: new Random(1),
      markets: [{ kind: 'own', open }],
      accounts: [{ apiKey: PAPER_ACCOUNT, balances: { USDT: FUNDS } }],
      onMarket: () => undefined,
      onUser: (event) => this.events.push(event),
      algos: { childFirstShare: 0 },
    });
    this.market = this.exchange.market('BTCUSDT') as PaperMarket;
    const act: PaperParts['act'] = (run) => Promise.resolve(this.step(run));
    const parts = { exchange: this.exchange, trader: this.exchange.trader(PAPER_ACCOUNT), markets };
    this.orders = new PaperOrders({ ...parts, instruments: new Map([['BTCUSDT', instrument]]), act });
    this.depth({ bids: [[639_990, 100]], asks: [[640_010, 100]] });
    this.mark('64000');
  }

  step<T>(run: () => T): T {
    this.exchange.advance(this.nowMs);
    const value = run();
    this.exchange.advance(this.nowMs);
    return value;
  }

  /** Absolute sizes; zero removes. */
  depth({ bids = [], asks = [] }: { readonly bids?: Levels; readonly asks?: Levels }): void {
    for (const [price, size] of bids) this.#book.bids.set(price, size);
    for (const [price, size] of asks) this.#book.asks.set(price, size);
    this.#updateId++;
    this.step(() => this.market.look());
  }

  status(status: BookStatus): void {
    this.#status = status;
    this.step(() => this.market.look());
  }

  trade(price: number, size: number, aggressor: PublicTrade['aggressor'], tradeId = String(++this.#tradeId)): void {
    const trade = { symbol: 'BTCUSDT', tradeId, price: ticks(price), size: lots(size), aggressor, atMs: wallMs(this.nowMs) };
    this.step(() => this.market.onTrade(trade));
  }

  mark(price: string, { rate = '0.0001', nextMs = FUNDING_MS }: { readonly rate?: string; readonly nextMs?: number } = {}): void {
    this.#mark = { symbol: 'BTCUSDT', markPrice: price, indexPrice: price, fundingRate: rate, nextFundingMs: wallMs(nextMs) };
    this.step(() => this.market.look());
  }

  at(nowMs: number): void {
    this.nowMs = nowMs;
    this.step(() => this.market.look());
  }

  order(clientId: string, over: Partial<OrderRequest> = {}): OrderRequest {
    const bid = { symbol: 'BTCUSDT', side: 'buy', kind: 'limit', timeInForce: 'gtc', reduceOnly: false } as const;
    return { ...bid, price: ticks(639_990), size: lots(10), clientId, ...over };
  }

  /** A taker of `size` lots. */
  take(clientId: string, side: OrderRequest['side'], size: number) {
    return this.orders.place(this.order(clientId, { side, kind: 'market', price: null, size: lots(size) }));
  }

  /** Fills so far: side, price, size, and whether ours was the maker. */
  fills(): readonly string[] {
    const { orders } = this.exchange.trader(PAPER_ACCOUNT);
    return orders
      .trades('BTCUSDT')
      .map(({ order, price, size, maker }) => `${order.side} ${size} at ${price} ${maker ? 'maker' : 'taker'}`);
  }

  get position(): number {
    return this.exchange.trader(PAPER_ACCOUNT).account.position('BTCUSDT').size;
  }

  get wallet(): bigint {
    return this.exchange.trader(PAPER_ACCOUNT).account.wallet('USDT');
  }

  #view(): MarketView {
    const bars: BarsView = { status: 'bars-unknown', closed: [] as readonly Bar[], open: null, version: 0 };
    const none = { messages: 0, applied: 0, dropped: 0, gaps: 0, gapsUnresolved: 0, resyncs: 0 };
    return {
      book: () => ({
        ...{ status: this.#status, reason: '', book: this.#book, lastUpdateId: this.#updateId, exchangeMs: wallMs(this.nowMs) },
        ...{ knownFrom: null, knownTo: null, top: this.top, receivedAt: null },
      }),
      mark: () => this.#mark,
      markAgeMs: () => (this.#mark === null ? null : 0),
      bars: () => bars,
      counters: () => none,
      health: () => ({ state: 'live', ageMs: 0, delayMs: null }),
    };
  }
}

/** The exchange of the model histories: the simulator's core with a public side told by hand, and the truth that a ledger is judged by. */
import { isOurs } from '../../../shared/client-id.ts';
import { Book } from '../../../shared/book.ts';
import type { VirtualClock } from '../../../shared/clock.ts';
import type { AccountEvent, Mark } from '../../../shared/events.ts';
import { type Instrument, makeInstrument } from '../../../shared/instrument.ts';
import { Random } from '../../../shared/random.ts';
import { Exchange, type MarketSurroundings } from '../../../shared/sim/exchange.ts';
import type { OwnTrade, SimOrder, UserEvent } from '../../../shared/sim/exchange-events.ts';
import { findInstrument } from '../../../shared/sim/instruments.ts';
import { isOpen } from '../../../shared/sim/order-store.ts';
import type { PlaceRequest, Trader } from '../../../shared/sim/order-desk.ts';
import { lots, monoMs, parseAtoms, ticks, wallMs, ZERO_ATOMS } from '../../../shared/units.ts';
import { PaperMarket } from '../../../gateway/venues/paper/market.ts';
import { PaperOrders } from '../../../gateway/venues/paper/orders.ts';
import { eventsOf } from '../../../gateway/venues/paper/reports.ts';
import { PAPER_ACCOUNT } from '../../../gateway/venues/paper/state.ts';
import type { AccountState, BookStatus, MarketView } from '../../../gateway/venues/venue.ts';

export const SYMBOL = 'BTCUSDT';
export const START_MS = Date.UTC(2026, 10, 20, 1, 0, 0);
export const MID = 640_000;
const FUNDS = parseAtoms('10000') ?? ZERO_ATOMS;
/** Levels of a side and lots on each: what a taker can have at once. */
const LEVELS = 5;
const LEVEL_LOTS = 40;
const YOUNG_MS = 1_000;
const PICTURES_KEPT = 50;

export type Picture = { readonly atMs: number; readonly account: AccountState };

export class ModelExchange {
  readonly instrument: Instrument;
  readonly exchange: Exchange;
  readonly trader: Trader;
  readonly orders: PaperOrders;
  readonly view: MarketView;
  /** Own ids that the exchange took, each time it took one. */
  readonly accepted: string[] = [];
  /** Set by the histories: a book that is not live matches nothing of the paper kind, so only our view of it may be stale. */
  shown: BookStatus = 'live';
  mid = MID;
  readonly #clock: VirtualClock;
  readonly #market: PaperMarket;
  readonly #told: UserEvent[] = [];
  #book = new Book();
  #updateId = 0;
  #mark: Mark;
  #names = 0;
  #pictures: readonly Picture[] = [];

  constructor(clock: VirtualClock) {
    const spec = findInstrument(SYMBOL)?.spec;
    const instrument = spec ? makeInstrument(spec) : 'no such instrument';
    if (typeof instrument === 'string') throw new Error(instrument);
    this.instrument = instrument;
    this.#clock = clock;
    this.#mark = markAt(MID);
    const opened: PaperMarket[] = [];
    const open = (surroundings: MarketSurroundings): PaperMarket => {
      const view = this.#viewAs(() => 'live');
      const market = new PaperMarket({ ...surroundings, instrument, view, queueModel: 'risk-averse', moment: null, lastTradeId: 0 });
      opened.push(market);
      return market;
    };
    this.exchange = new Exchange({
      startMs: START_MS,
      random: new Random(1),
      markets: [{ kind: 'own', open }],
      accounts: [{ apiKey: PAPER_ACCOUNT, balances: { USDT: FUNDS } }],
      onMarket: () => undefined,
      onUser: (event) => this.#see(event),
      algos: { childFirstShare: 0.5 },
    });
    const [market] = opened;
    if (!market) throw new Error('the market did not open');
    this.#market = market;
    this.trader = this.exchange.trader(PAPER_ACCOUNT);
    this.view = this.#viewAs(() => this.shown);
    this.orders = new PaperOrders({
      ...{ exchange: this.exchange, trader: this.trader, markets: new Map([[SYMBOL, market]]) },
      ...{ instruments: new Map([[SYMBOL, instrument]]), act: (run) => Promise.resolve(this.step(run)) },
    });
    this.move(0);
  }

  /** One thing happens, now. */
  step<T>(run: () => T): T {
    this.exchange.advance(this.#clock.wallMs());
    const value = run();
    this.exchange.advance(this.#clock.wallMs());
    return value;
  }

  /** The account as it was so long ago; null where no such picture is kept. */
  pictureOf(agoMs: number): Picture | null {
    const atMs = this.#clock.wallMs() - agoMs;
    return this.#pictures.findLast((picture) => picture.atMs <= atMs) ?? null;
  }

  /** To be told after something happened. */
  async keepPicture(): Promise<void> {
    const account = await this.orders.account();
    if (account.ok) this.#pictures = [...this.#pictures, { atMs: this.#clock.wallMs(), account: account.value }].slice(-PICTURES_KEPT);
  }

  /** What the exchange has to say since the last time it was asked. */
  take(): readonly (readonly AccountEvent[])[] {
    const told = this.#told.splice(0);
    const instruments = new Map([[SYMBOL, this.instrument]]);
    return told.map((event) => eventsOf(event, instruments));
  }

  /** The public moves by so many ticks, mark and last price with it, and all of its levels are whole again. */
  move(by: number): void {
    this.mid = Math.min(MID * 1.2, Math.max(MID * 0.8, this.mid + by));
    this.#book = new Book();
    for (let n = 1; n <= LEVELS; n++) {
      this.#book.bids.set(this.mid - n, LEVEL_LOTS);
      this.#book.asks.set(this.mid + n, LEVEL_LOTS);
    }
    this.#updateId++;
    this.#mark = markAt(this.mid);
    this.step(() => this.#market.look());
  }

  /** The public takes from the n-th of our resting orders. */
  fill(n: number, size: number): void {
    const open = this.open();
    const order = open[n % Math.max(1, open.length)];
    if (order) this.step(() => this.#market.takeFrom(order.key, lots(size)));
  }

  /** An order of a person: taken by the market at once, or resting without ever being filled. */
  person(order: Pick<PlaceRequest, 'side'> & { readonly size: number; readonly rests: boolean }): void {
    const { side, size, rests } = order;
    const price = rests ? ticks(this.mid + (side === 'buy' ? -9_000 : 9_000)) : null;
    const terms = rests ? ({ type: 'limit', timeInForce: 'gtc' } as const) : ({ type: 'market', timeInForce: 'ioc' } as const);
    const whose = { symbol: SYMBOL, positionSide: 'both', selfTrade: 'expire-maker', reduceOnly: false } as const;
    this.step(() =>
      this.exchange.desk.place(this.trader, { ...whose, ...terms, side, price, size: lots(size), clientId: `web_${++this.#names}` }),
    );
  }

  /** A person cancels an order in the exchange's own interface: the n-th of ours, or one of the person's. */
  cancelByPerson(n: number, whose: 'ours' | 'theirs'): void {
    const open = this.trader.orders.open(SYMBOL).filter(({ clientId }) => isOurs(clientId) === (whose === 'ours'));
    const order = open[n % Math.max(1, open.length)];
    if (order) this.step(() => this.exchange.desk.cancel(this.trader, { symbol: SYMBOL, clientId: order.clientId }));
  }

  forceOut(size: number): void {
    this.step(() => this.exchange.adl(this.trader, SYMBOL, lots(size)));
  }

  /** Our orders that rest. */
  open(): readonly SimOrder[] {
    return this.trader.orders.open(SYMBOL).filter(({ clientId }) => isOurs(clientId));
  }

  /** Every order and every trade there ever was. */
  all(): { readonly orders: readonly SimOrder[]; readonly trades: readonly OwnTrade[] } {
    const orders = this.trader.orders.all(SYMBOL);
    return { orders, trades: this.trader.orders.trades(SYMBOL) };
  }

  /** Younger than a read may lag behind. */
  isYoung(clientId: string): boolean {
    const order = this.trader.orders.find({ symbol: SYMBOL, clientId });
    return order !== null && this.#clock.wallMs() - order.createdMs < YOUNG_MS;
  }

  position() {
    return this.trader.account.position(SYMBOL);
  }

  #see(event: UserEvent): void {
    const isNew = event.kind === 'order' && event.execution === 'new';
    if (isNew && event.order.forced === null && isOurs(event.order.clientId) && !this.#isChild(event.order))
      this.accepted.push(event.order.clientId);
    if (event.kind === 'algo' && event.order.status === 'new') this.accepted.push(event.order.clientId);
    this.#told.push(event);
  }

  /** The order that a stop becomes bears the stop's id, by the exchange's own doing. */
  #isChild({ clientId }: SimOrder): boolean {
    return this.exchange.algos.find(this.trader, { clientId }) !== null;
  }

  #viewAs(status: () => BookStatus): MarketView {
    const none = { messages: 0, applied: 0, dropped: 0, gaps: 0, gapsUnresolved: 0, resyncs: 0 };
    return {
      book: () => ({
        ...{ status: status(), reason: status() === 'live' ? '' : 'silent', book: this.#book, lastUpdateId: this.#updateId },
        ...{ exchangeMs: this.#clock.wallMs(), knownFrom: null, knownTo: null, top: null, receivedAt: monoMs(this.#clock.monoMs()) },
      }),
      mark: () => this.#mark,
      markAgeMs: () => 0,
      bars: () => ({ status: 'bars-unknown', closed: [], open: null, version: 0 }),
      counters: () => none,
      health: () => ({ state: 'live', ageMs: 0, delayMs: null }),
    };
  }
}

export const stillOpen = (order: SimOrder): boolean => isOpen(order);

function markAt(mid: number): Mark {
  const markPrice = `${Math.floor(mid / 10)}.${mid % 10}`;
  return { symbol: SYMBOL, markPrice, indexPrice: markPrice, fundingRate: '0.0001', nextFundingMs: wallMs(START_MS + 8 * 3_600_000) };
}

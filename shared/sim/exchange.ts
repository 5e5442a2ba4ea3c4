/**
 * The simulated exchange: symbols, accounts and their orders on one agenda of simulated time. Pure: time enters as an argument, chance
 * as a seed; the same seed and the same commands at the same times give the same events, in the same order.
 */
import { firstId } from './first-id.ts';
import type { Random } from '../random.ts';
import { type Atoms, lots, type Lots, type Ticks } from '../units.ts';
import { Account, type KnownRates } from './account.ts';
import { ALGO_TERMS, AlgoDesk, type AlgoTerms } from './algo-desk.ts';
import { Agenda, type Entry } from './agenda.ts';
import { type Bank, transfer } from './bank.ts';
import { Clearing } from './clearing.ts';
import type { MarketEvent, UserEvent } from './exchange-events.ts';
import { type Interference, NO_INTERFERENCE } from './interference.ts';
import { type FilterChange, firstListing, type Listing, relist } from './listing.ts';
import { LiveMarket, type LiveMarketOptions } from './live-market.ts';
import { poolMargin } from './margin.ts';
import type { TapeFrame } from './market.ts';
import { OrderDesk, type Trader } from './order-desk.ts';
import { isOpen, OrderStore } from './order-store.ts';
import { ReplayMarket, type ReplayMarketOptions } from './replay-market.ts';
import { type ExchangeIds, type Journal, NO_JOURNAL, type MarketIds, type SavedExchange, type SavedTimer } from './saved.ts';
import type { MarketSink, SymbolMarket } from './symbol-market.ts';
import type { TradingStatus } from './trading-status.ts';

export type AccountSpec = {
  readonly apiKey: string;
  readonly balances: Readonly<Record<string, Atoms>>;
  /** Default: what a regular user pays. */
  readonly fees?: KnownRates | null;
};

/** What a market of somebody else's making is opened with. */
export type MarketSurroundings = {
  readonly startMs: number;
  readonly agenda: Agenda;
  readonly nowMs: () => number;
  readonly sink: MarketSink;
};
type Counting = { readonly ids: Omit<MarketIds, 'order'> };

/** What moves a symbol: a flow, a recording fed by `onFrame`, or a market of the caller's own. */
export type MarketSpec =
  | ({ readonly kind: 'flow' } & Pick<LiveMarketOptions, 'flow' | 'again' | 'history' | 'startPrice' | 'ids'>)
  | { readonly kind: 'own'; readonly open: (surroundings: MarketSurroundings) => SymbolMarket & Counting }
  | ({ readonly kind: 'replay' } & Pick<ReplayMarketOptions, 'instrument' | 'snapshot' | 'history' | 'startPrice' | 'queueModel' | 'lean'>);

export type ExchangeOptions = {
  readonly startMs: number;
  readonly random: Random;
  readonly markets: readonly MarketSpec[];
  readonly accounts: readonly AccountSpec[];
  readonly onMarket: (event: MarketEvent) => void;
  readonly onUser: (event: UserEvent) => void;
  readonly interference?: Interference;
  readonly algos?: Partial<AlgoTerms>;
  readonly journal?: Journal;
  /** Nobody asks for orders and trades that have ended, nor for the cash book. */
  readonly lean?: boolean;
  /** An earlier life of this exchange, to go on from. */
  readonly saved?: SavedExchange | null;
};

/** Ids of this size do not survive a JSON number read as a double: clients have to cope, as on the venue (reference sheet 2026-11). */
const ORDER_ID_BASE = 8_389_766_000_000_000_000n;
const ALGO_ID_BASE = 4_000_000_000_000_000_000n;

export class Exchange {
  readonly agenda = new Agenda();
  readonly desk: OrderDesk;
  readonly interference: Interference;
  readonly algos: AlgoDesk;
  readonly markets: ReadonlyMap<string, SymbolMarket>;
  readonly #replays = new Map<string, ReplayMarket>();
  readonly #counting = new Map<string, Counting>();
  readonly #traders = new Map<string, Trader>();
  readonly #countdowns = new Map<string, SavedTimer & { readonly entry: Entry }>();
  readonly #filters = new Map<string, FilterChange>();
  readonly #ids = new Map<string, bigint>();
  readonly #listings = new Map<string, Listing>();
  readonly #publish: (event: MarketEvent) => void;
  readonly bank: Bank;
  /** Funding, margin calls, liquidation and auto-deleveraging. */
  readonly clearing: Clearing;
  #keys = 0;
  #algoId: bigint;
  #nowMs: number;
  #advancing = false;
  readonly #firstOrderId: bigint;

  constructor(options: ExchangeOptions) {
    this.#nowMs = options.startMs;
    this.#firstOrderId = ORDER_ID_BASE + BigInt(firstId(options.startMs));
    this.#publish = options.onMarket;
    this.#algoId = ALGO_ID_BASE + BigInt(firstId(options.startMs));
    this.interference = options.interference ?? NO_INTERFERENCE;
    const { lean = false } = options;
    for (const spec of options.accounts)
      this.#traders.set(spec.apiKey, {
        account: new Account({ ...spec, firstId: firstId(options.startMs), openedMs: options.startMs, lean }),
        orders: new OrderStore({ nowMs: () => this.#nowMs, journal: options.journal ?? NO_JOURNAL, lean }),
      });
    this.desk = new OrderDesk({
      market: (symbol) => this.market(symbol),
      agenda: this.agenda,
      listing: (symbol) => this.listing(symbol),
      extraOpenOrders: (trader, symbol) => this.algos.openCount(trader, symbol),
      available: (trader, asset) => this.available(trader, asset),
      nextKey: () => ++this.#keys,
      nextId: (symbol) => this.#nextId(symbol, options.random),
      nowMs: () => this.#nowMs,
      interference: this.interference,
      tell: (event) => this.algos.relay(event),
    });
    this.algos = this.#openAlgos(options);
    const markets = options.markets.map((spec) => this.#open(spec, options));
    this.markets = new Map(markets.map((market) => [market.instrument.symbol, market]));
    this.bank = {
      markets: this.markets,
      nowMs: () => this.#nowMs,
      openOrders: (trader, symbol) => trader.orders.open(symbol).length + this.algos.openCount(trader, symbol),
      tell: (event) => this.algos.relay(event),
    };
    this.clearing = new Clearing({
      bank: this.bank,
      desk: this.desk,
      endOrders: (trader, symbol) => {
        this.desk.expireAll(trader, symbol);
        this.algos.cancelAll(trader, symbol);
      },
      traders: () => this.#traders.values(),
      publish: options.onMarket,
    });
    if (options.saved) this.#restore(options.saved);
  }

  /** Simulated wall time of the last thing that happened; fractional. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** When something is due next; null never happens while a market is open. */
  nextDueMs(): number | null {
    return this.agenda.nextMs();
  }

  /** Lets everything due up to `toMs` happen, each at its own time. Time never goes back. */
  advance(toMs: number): void {
    if (this.#advancing) return; // asked for by something that happens in it: what is due follows in its turn
    this.#advancing = true;
    try {
      this.agenda.run(toMs, (atMs) => {
        this.#nowMs = Math.max(this.#nowMs, atMs);
      });
    } finally {
      this.#advancing = false;
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** Puts a recorded frame on the agenda at `atMs`. */
  schedule({ frame, atMs, onDone }: { readonly frame: TapeFrame; readonly atMs: number; readonly onDone: () => void }): void {
    const replay = this.#replays.get(frame.symbol);
    if (!replay) throw new Error(`Cannot replay ${frame.symbol}: it is not open as a recording`);
    this.agenda.at(atMs, () => {
      replay.onFrame(frame);
      onDone();
    });
  }

  market(symbol: string): SymbolMarket {
    const market = this.markets.get(symbol);
    if (!market) throw new Error(`Cannot find symbol ${symbol}: it is not open`);
    return market;
  }

  trader(apiKey: string): Trader {
    const trader = this.#traders.get(apiKey);
    if (!trader) throw new Error('Cannot find the account: its key is not known');
    return trader;
  }

  apiKeys(): readonly string[] {
    return [...this.#traders.keys()];
  }

  hasAccount(apiKey: string): boolean {
    return this.#traders.has(apiKey);
  }

  listing(symbol: string): Listing {
    return this.#listings.get(symbol) ?? firstListing(this.market(symbol).instrument);
  }

  /** Other filters from now on: resting orders stay as they are. A sentence when it cannot be. */
  setFilters(symbol: string, change: FilterChange): string | null {
    const market = this.market(symbol);
    const changed = relist(market.instrument, this.listing(symbol), change);
    if (typeof changed === 'string') return changed;
    if (!market.setGrid(changed.grid, changed.announced))
      return `tickSize, stepSize: ${symbol} is a recording, its steps are what they were`;
    this.#filters.set(symbol, { ...this.#filters.get(symbol), ...change });
    this.#list(symbol, changed);
    return null;
  }

  /** Expires every order open on the symbol when it stops trading. */
  setTradingStatus(symbol: string, status: TradingStatus): void {
    this.#list(symbol, { ...this.listing(symbol), status });
    if (status === 'TRADING') return;
    for (const trader of this.#traders.values()) this.desk.delist(trader, symbol);
    this.algos.onHalt(symbol);
  }

  /** What new orders margined in `asset` may use; never below zero. */
  available(trader: Trader, asset: string): Atoms {
    return poolMargin(trader, this.markets.values(), asset).available;
  }

  /** Deposits (above zero) or withdraws; false when more is asked than may leave. */
  transfer(trader: Trader, asset: string, amount: Atoms): boolean {
    return transfer(this.bank, trader, { asset, amount });
  }

  /** Auto-deleverages: closes up to `size` of whatever position there is at the mark; what was closed. */
  adl(trader: Trader, symbol: string, size: Lots): Lots {
    const [held] = trader.account.held(symbol);
    return held ? this.clearing.adl(trader, { symbol, side: held.side, size }) : lots(0);
  }

  /** Dead man's switch of one account and symbol: cancels its orders after `delayMs` unless called again; zero disarms. */
  countdown(trader: Trader, symbol: string, delayMs: number): void {
    const name = `${trader.account.apiKey} ${symbol}`;
    this.#countdowns.get(name)?.entry.cancel();
    this.#countdowns.delete(name);
    if (delayMs > 0) this.#arm(trader, { apiKey: trader.account.apiKey, symbol, dueMs: this.#nowMs + delayMs });
  }

  /** Dead man's switches that are armed. */
  countdowns(): readonly SavedTimer[] {
    return Array.from(this.#countdowns.values(), ({ apiKey, symbol, dueMs }) => ({ apiKey, symbol, dueMs }));
  }

  /** Listings that are not what the symbols opened with. */
  listings(): SavedExchange['listings'] {
    const changed = [...this.#listings].map(([symbol, { status }]) => [symbol, { status, filters: this.#filters.get(symbol) ?? {} }]);
    return Object.fromEntries(changed);
  }

  /** Highest ids given so far. */
  ids(): ExchangeIds {
    const order = (symbol: string): string => (this.#ids.get(symbol) ?? this.#firstOrderId).toString();
    const markets = [...this.#counting].map(([symbol, market]) => [symbol, { ...market.ids, order: order(symbol) }]);
    return { key: this.#keys, algo: this.#algoId.toString(), markets: Object.fromEntries(markets) };
  }

  #arm(trader: Trader, { apiKey, symbol, dueMs }: SavedTimer): void {
    const name = `${apiKey} ${symbol}`;
    const fire = (): void => {
      this.#countdowns.delete(name);
      this.desk.cancelAll(trader, symbol);
      this.algos.onCountdown(trader, symbol);
    };
    this.#countdowns.set(name, { apiKey, symbol, dueMs, entry: this.agenda.at(dueMs, fire) });
  }

  /** Goes on from an earlier life. Nothing is told of it; what fell due since then happens with the next advance. */
  #restore(saved: SavedExchange): void {
    this.#keys = saved.ids.key;
    if (BigInt(saved.ids.algo) > this.#algoId) this.#algoId = BigInt(saved.ids.algo);
    for (const [symbol, { order }] of Object.entries(saved.ids.markets))
      if (BigInt(order) > this.#firstOrderId) this.#ids.set(symbol, BigInt(order));
    for (const [symbol, { status, filters }] of Object.entries(saved.listings)) {
      if (Object.keys(filters).length > 0) this.setFilters(symbol, filters);
      this.#list(symbol, { ...this.listing(symbol), status });
    }
    for (const account of saved.accounts) {
      const income = saved.income.filter(({ apiKey }) => apiKey === account.apiKey).map(({ row }) => row);
      this.trader(account.apiKey).account.restore({ ...account, income });
    }
    for (const order of saved.orders) this.trader(order.apiKey).orders.put(order);
    for (const trade of saved.trades) this.trader(trade.order.apiKey).orders.putTrade(trade);
    for (const order of saved.orders) if (isOpen(order)) this.desk.reenter(this.trader(order.apiKey), order);
    this.algos.restore(saved.algos);
    this.clearing.fundSince(saved.leftMs);
    for (const timer of saved.countdowns) this.#arm(this.trader(timer.apiKey), timer);
  }

  #openAlgos({ random, onUser, algos, journal = NO_JOURNAL }: ExchangeOptions): AlgoDesk {
    return new AlgoDesk({
      ...ALGO_TERMS,
      ...algos,
      agenda: this.agenda,
      nowMs: () => this.#nowMs,
      market: (symbol) => this.market(symbol),
      listing: (symbol) => this.listing(symbol),
      trader: (apiKey) => this.trader(apiKey),
      place: (trader, request) => this.desk.place(trader, request),
      nextId: () => {
        this.#algoId += BigInt(random.int({ min: 1, max: 99 }));
        return this.#algoId.toString();
      },
      chance: (share) => random.chance(share),
      journal,
      tell: onUser,
    });
  }

  #list(symbol: string, listing: Listing): void {
    this.#listings.set(symbol, listing);
    this.#publish({ kind: 'contract', symbol, atMs: this.#nowMs });
  }

  #open(spec: MarketSpec, { startMs, random, onMarket }: ExchangeOptions): SymbolMarket {
    const sink = {
      onFill: (fill: Parameters<OrderDesk['onFill']>[0]) => this.desk.onFill(fill),
      onSelfExpired: (key: number) => this.desk.onSelfExpired(key),
      onLast: (symbol: string, price: Ticks) => this.algos.onLast(symbol, price),
      publish: (event: MarketEvent) => {
        onMarket(event);
        if (event.kind !== 'mark') return;
        this.clearing.onMark(event.symbol, event.atMs);
        this.algos.onMark(event.symbol);
      },
    };
    const common = { startMs, agenda: this.agenda, nowMs: () => this.#nowMs, sink };
    if (spec.kind === 'flow') {
      const { symbol } = spec.flow.instrument;
      const live = new LiveMarket({ ...spec, ...common, random: random.fork(`market ${symbol}`) });
      this.#counting.set(symbol, live);
      return live;
    }
    if (spec.kind === 'own') {
      const own = spec.open(common);
      this.#counting.set(own.instrument.symbol, own);
      return own;
    }
    const market = new ReplayMarket({ ...spec, ...common });
    this.#replays.set(spec.instrument.symbol, market);
    return market;
  }

  #nextId(symbol: string, random: Random): string {
    const id = (this.#ids.get(symbol) ?? this.#firstOrderId) + BigInt(random.int({ min: 1, max: 99 }));
    this.#ids.set(symbol, id);
    return id.toString();
  }
}

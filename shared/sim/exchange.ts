/**
 * The simulated exchange: symbols, accounts and their orders on one agenda of simulated time. Pure: time enters as an argument, chance
 * as a seed; the same seed and the same commands at the same times give the same events, in the same order.
 */
import { firstId } from './first-id.ts';
import type { Random } from '../random.ts';
import { type Atoms, lots, type Lots, type Ticks } from '../units.ts';
import { Account } from './account.ts';
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
import { OrderStore } from './order-store.ts';
import { ReplayMarket, type ReplayMarketOptions } from './replay-market.ts';
import type { SymbolMarket } from './symbol-market.ts';
import type { TradingStatus } from './trading-status.ts';

export type AccountSpec = { readonly apiKey: string; readonly balances: Readonly<Record<string, Atoms>> };

/** What moves a symbol: a flow, or a recording fed by `onFrame`. */
export type MarketSpec =
  | ({ readonly kind: 'flow' } & Pick<LiveMarketOptions, 'flow' | 'again' | 'history' | 'startPrice'>)
  | ({ readonly kind: 'replay' } & Pick<ReplayMarketOptions, 'instrument' | 'snapshot' | 'history' | 'startPrice' | 'queueModel'>);

export type ExchangeOptions = {
  readonly startMs: number;
  readonly random: Random;
  readonly markets: readonly MarketSpec[];
  readonly accounts: readonly AccountSpec[];
  readonly onMarket: (event: MarketEvent) => void;
  readonly onUser: (event: UserEvent) => void;
  readonly interference?: Interference;
  readonly algos?: Partial<AlgoTerms>;
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
  readonly #traders = new Map<string, Trader>();
  readonly #countdowns = new Map<string, Entry>();
  readonly #ids = new Map<string, bigint>();
  readonly #listings = new Map<string, Listing>();
  readonly #publish: (event: MarketEvent) => void;
  readonly bank: Bank;
  /** Funding, margin calls, liquidation and auto-deleveraging. */
  readonly clearing: Clearing;
  #keys = 0;
  #nowMs: number;
  readonly #firstOrderId: bigint;

  constructor(options: ExchangeOptions) {
    this.#nowMs = options.startMs;
    this.#firstOrderId = ORDER_ID_BASE + BigInt(firstId(options.startMs));
    this.#publish = options.onMarket;
    this.interference = options.interference ?? NO_INTERFERENCE;
    for (const spec of options.accounts)
      this.#traders.set(spec.apiKey, {
        account: new Account({ ...spec, firstId: firstId(options.startMs), openedMs: options.startMs }),
        orders: new OrderStore({ nowMs: () => this.#nowMs }),
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
    this.agenda.run(toMs, (atMs) => {
      this.#nowMs = Math.max(this.#nowMs, atMs);
    });
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
    this.#countdowns.get(name)?.cancel();
    this.#countdowns.delete(name);
    if (delayMs <= 0) return;
    const fire = (): void => {
      this.#countdowns.delete(name);
      this.desk.cancelAll(trader, symbol);
      this.algos.onCountdown(trader, symbol);
    };
    this.#countdowns.set(name, this.agenda.at(this.#nowMs + delayMs, fire));
  }

  #openAlgos({ startMs, random, onUser, algos }: ExchangeOptions): AlgoDesk {
    let id = ALGO_ID_BASE + BigInt(firstId(startMs));
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
        id += BigInt(random.int({ min: 1, max: 99 }));
        return id.toString();
      },
      chance: (share) => random.chance(share),
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
    if (spec.kind === 'flow') return new LiveMarket({ ...spec, ...common, random: random.fork(`market ${spec.flow.instrument.symbol}`) });
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

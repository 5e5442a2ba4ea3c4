/**
 * What the gateway asks of a venue, in neutral words. The Binance adapter implements it for sim, testnet and mainnet alike (only hosts
 * and keys differ); the paper venue will implement it without an exchange. Symbols are the venue's own names.
 */
import type {
  AccountEvent,
  BalanceReport,
  Bar,
  FillReport,
  FundingReport,
  Mark,
  OrderReport,
  PositionReport,
  PublicTrade,
  StopReport,
} from '../../shared/events.ts';
import type { Book } from '../../shared/book.ts';
import type { Instrument } from '../../shared/instrument.ts';
import type { OrderKind, Side, TimeInForce } from '../../shared/order.ts';
import type { Result } from '../../shared/result.ts';
import type { Lots, MonoMs, Ticks, WallMs } from '../../shared/units.ts';
import type { SeenBest } from '../market/top.ts';

/**
 * Why a request did not succeed. `rejected`: certainly nothing happened. `unknown`: it may have happened: ask, never resend.
 * `busy`: certainly not executed, may be asked again later (throttled, maintenance). `clock`: refused for its timestamp, not executed.
 * `rate-limited` and `banned`: not executed; nothing may be sent before `retryAtMs`. `auth`: key or permission, stop trading.
 * `gone`: the venue knows no such order under that id (not proof that it never lived). `unreachable`: the bytes never left.
 */
export type FaultKind = 'rejected' | 'unknown' | 'busy' | 'clock' | 'rate-limited' | 'banned' | 'auth' | 'gone' | 'unreachable';
export type VenueFault = {
  readonly kind: FaultKind;
  /** Neutral reason where one is known: `post-only-would-take`, `reduce-only-refused`, `insufficient-margin`, `duplicate-id`, `filter`, ... else ''. */
  readonly reason: string;
  /** The venue's own code and words, for people; never contains a key or signature. */
  readonly sentence: string;
  /** For `rate-limited` and `banned`: wait at least this long. */
  readonly retryAfterMs?: number;
};
export type VenueResult<T> = Result<T, VenueFault>;

export type OrderRequest = {
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly kind: OrderKind;
  readonly timeInForce: TimeInForce;
  /** Null for a market order. */
  readonly price: Ticks | null;
  readonly size: Lots;
  readonly reduceOnly: boolean;
  /** Run of the brain it belongs to: for the ledger, never for the venue. */
  readonly strategy?: string | undefined;
  /** Which of the run's quotes it serves: for the ledger, never for the venue. */
  readonly tag?: string | undefined;
};
/** `size` is the new total, filled part included. */
export type AmendRequest = {
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
};

/** An order as the venue's REST tells it. */
export type VenueOrder = OrderReport & { readonly orderKind: OrderKind; readonly timeInForce: TimeInForce };

/** What is held: a light read. */
export type Holdings = {
  readonly positions: readonly PositionReport[]; // symbols of the configuration; a missing row of the venue is a flat one here
  readonly balances: readonly BalanceReport[];
  readonly liquidationPrice: Readonly<Record<string, string | null>>;
};

export type Commission = { readonly maker: string; readonly taker: string };

export type AccountState = Holdings & {
  readonly openOrders: readonly VenueOrder[];
  readonly leverage: Readonly<Record<string, number>>;
  /** Symbols on isolated margin. */
  readonly isolated: readonly string[];
  /** Margin is shared between assets. */
  readonly multiAssets: boolean;
  /** Maintenance margin over margin balance, of the asset where it is highest; 1 is liquidation. Null when the venue does not tell. */
  readonly marginRatio: number | null;
  /** Hedge mode on the account: refused at start. */
  readonly hedgeMode: boolean;
};

/** How a request left: by itself over HTTP, or on a standing socket. */
export type Transport = 'rest' | 'websocket';
/** How orders leave now; `fallback`: over REST, because the socket that was asked for cannot take them. */
export type OrderRoute = Transport | 'fallback';
/** Told right when the bytes of an order are handed to the socket; for latency figures. Without `via` it was over REST. */
export type OnWritten = (at: MonoMs, via?: Transport) => void;

/** Orders, or amends, of one request: at most `most`, of any symbols; what it costs whatever is in it. */
export type BatchRules = { readonly most: number; readonly orders10s: number; readonly orders1m: number; readonly weight: number };
export type AmendRules = { readonly most: number; readonly shrinkKeepsPlace: boolean };

/** `id`: the venue's own, the same each time it is told. */
export type FundingPayment = FundingReport & { readonly id: string };
/** `isLast`: more is not in the list; otherwise the rest is asked for from the time of the newest on. */
export type FundingPage = { readonly payments: readonly FundingPayment[]; readonly isLast: boolean };

export interface OrderEntry {
  place(request: OrderRequest, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>>;
  amend(request: AmendRequest, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>>;
  cancel(order: { readonly symbol: string; readonly clientId: string }, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>>;
  /** One result an id, in order; the adapter splits into the venue's batch size. */
  cancelMany(order: { readonly symbol: string; readonly clientIds: readonly string[] }): Promise<readonly VenueResult<VenueOrder>[]>;
  /** Where the venue takes several at once: one result a request, in order, each its own success or fault. Absent: it does not. */
  readonly batch?: BatchRules;
  placeMany?(requests: readonly OrderRequest[]): Promise<readonly VenueResult<VenueOrder>[]>;
  amendMany?(requests: readonly AmendRequest[]): Promise<readonly VenueResult<VenueOrder>[]>;
  queryOrder(order: { readonly symbol: string; readonly clientId: string }): Promise<VenueResult<VenueOrder>>;
  /** The same by the venue's own id of the order: whose a fill of the trade list is. */
  orderOf(order: { readonly symbol: string; readonly venueId: string }): Promise<VenueResult<VenueOrder>>;
  /** Own trades of a symbol from a trade id on (inclusive), oldest first; null: the newest ones. `clientId` is '' when the venue does not tell it. */
  trades(query: { readonly symbol: string; readonly fromTradeId: string | null }): Promise<VenueResult<readonly FillReport[]>>;
  account(): Promise<VenueResult<AccountState>>;
  holdings(): Promise<VenueResult<Holdings>>;
  /** Of the configured symbols, whoever placed them. */
  openOrders(): Promise<VenueResult<readonly VenueOrder[]>>;
  /** Client ids of the newest orders of a symbol, ended ones too, as many as one call tells. */
  recentIds(symbol: string): Promise<VenueResult<readonly string[]>>;
  /** Shares of notional, decimal strings; negative is a rebate. Without it they stay unknown. */
  commission?(symbol: string): Promise<VenueResult<Commission>>;
  /** Of the account, times inclusive, oldest first, as many as one call tells. Absent: the stream tells each, also after a break. */
  fundingPaid?(range: { readonly fromMs: number; readonly toMs: number }): Promise<VenueResult<FundingPage>>;
  /** Arms the venue's countdown that cancels all orders of the symbol after `ms`; 0 disarms. */
  armDeadMan(order: { readonly symbol: string; readonly ms: number }): Promise<VenueResult<null>>;
  /** Used and allowed, from the venue's own headers and limits. */
  budgets(): Budgets;
  /** Most amends of one order, and whether one that only makes it smaller keeps its place in the queue. */
  readonly amends?: AmendRules;
  /** Where there is a choice; without it orders leave over REST. */
  readonly route?: () => OrderRoute;
}

/** A stop that closes at market when the price it watches reaches the trigger. Always reduce-only. */
export type StopRequest = {
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly trigger: Ticks;
  readonly size: Lots;
  /** The price it watches. */
  readonly working: 'mark' | 'last';
};

/** Stops held by the venue: they live on whatever becomes of us. They cannot be amended. */
export interface StopEntry {
  placeStop(request: StopRequest): Promise<VenueResult<StopReport>>;
  /** `gone`: not waiting any more; a query tells whether it was triggered. */
  cancelStop(stop: { readonly symbol: string; readonly clientId: string }): Promise<VenueResult<null>>;
  queryStop(stop: { readonly symbol: string; readonly clientId: string }): Promise<VenueResult<StopReport>>;
  /** All that wait on the configured symbols, whoever placed them. */
  openStops(): Promise<VenueResult<readonly StopReport[]>>;
  /** As `OrderEntry.recentIds`, of stops. */
  recentStopIds(symbol: string): Promise<VenueResult<readonly string[]>>;
}

export type Budget = { readonly used: number; readonly limit: number };
export type Budgets = { readonly weight: Budget; readonly orders1m: Budget; readonly orders10s: Budget };

export type BookStatus = 'live' | 'stale' | 'syncing';
export type BookView = {
  readonly status: BookStatus;
  /** Why it is not live, as a code; '' when live. */
  readonly reason: string;
  /** Levels; only to be read, only in the same turn. */
  readonly book: Book;
  readonly lastUpdateId: number;
  readonly exchangeMs: WallMs;
  /** Lowest bid and highest ask of the last REST snapshot: beyond them only levels touched since are known; null when it held the whole side. */
  readonly knownFrom: Ticks | null;
  readonly knownTo: Ticks | null;
  /** The best level a side where a faster stream is provably ahead of the book; null where it is not. */
  readonly top: SeenBest | null;
  /** When the newest frame or read that proves this book was received; null before the first. */
  readonly receivedAt: MonoMs | null;
};
export type BookCounters = {
  readonly messages: number;
  readonly applied: number;
  readonly dropped: number;
  readonly gaps: number;
  readonly gapsUnresolved: number;
  readonly resyncs: number;
};
/** `complete` only without a hole from the first bar to the newest closed one. */
export type BarsView = {
  readonly status: 'complete' | 'bars-unknown';
  readonly closed: readonly Bar[];
  readonly open: Bar | null /** Rises with each change of `closed`. */;
  readonly version: number;
};
/** `delayMs`: how long the venue's newest messages were on their way, where it is measured; null before the first. */
export type StreamHealth = {
  readonly state: 'connecting' | 'live' | 'lost';
  readonly ageMs: number | null;
  readonly delayMs?: number | null;
};

/** The public side, kept up to date by the adapter. Reads are cheap and allocate little. */
export interface MarketView {
  book(symbol: string): BookView;
  mark(symbol: string): Mark | null;
  /** Since that mark was received; null while there is none. */
  markAgeMs(symbol: string): number | null;
  bars(symbol: string, interval: string): BarsView;
  counters(symbol: string): BookCounters;
  health(): StreamHealth;
}

export type MarketListener = {
  /** Public trades of a symbol were missed. */
  readonly onTradesMissed?: (symbol: string) => void;
  /** A book left `live` (false) or came back (true). Called at once, for quotes to be pulled. */
  readonly onBookLive: (symbol: string, live: boolean, reason: string) => void;
  /** Top of book changed; for the push feed. */
  readonly onTop?: (symbol: string) => void;
  readonly onTrade: (trade: PublicTrade) => void;
};

/**
 * A contract of ours changed at the venue. `filters` and trading status are in force in `instruments` when it is told; `steps`: tick or step
 * (or the listing itself) changed, which only a new start takes over: until then the symbol does not trade here.
 */
export type InstrumentNews = {
  readonly symbol: string;
  readonly change: 'filters' | 'trading' | 'not-trading' | 'steps';
  readonly sentence: string;
};

export type VenueEvents = MarketListener & {
  readonly onAccount: (event: AccountEvent) => void;
  readonly onInstrument?: (news: InstrumentNews) => void;
};

/** Those that `failed` were never answered, or only by a refusal to say anything. */
export type Reads = { readonly asked: number; readonly failed: number };

/** A connected venue. Disposing closes sockets and pools; it cancels nothing. */
export interface Venue extends AsyncDisposable {
  readonly name: string;
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly orders: OrderEntry;
  /** Null: the venue holds no stops, and positions are protected by this process alone. */
  readonly stops: StopEntry | null;
  readonly market: MarketView;
  accountHealth(): StreamHealth;
  /** Of requests, where there is a line that can fail: none got through lately; how old the reading of the venue's clock is; reads since the start. */
  lineHealth?(): { readonly failing: boolean; readonly clockAgeMs: number; readonly reads?: Reads };
  /** Opens the private stream anew, because it is silent where it should have spoken. */
  reopenAccount?(reason: string): void;
  /** Opens the streams. The private stream tells `live` through `onAccount` once it is connected; then the caller reads `account()`. */
  start(events: VenueEvents): Promise<void>;
  /** Reads the contracts anew, because something says that they changed. */
  refreshInstruments?(reason: string): void;
  /** Venue-aligned wall time. */
  nowMs(): WallMs;
}

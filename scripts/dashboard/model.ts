/**
 * What the page is told, as one flat set of sections and logs. A section is a value that is sent whole when it has changed; a log is a list
 * that grows, whose entries have a key and are sent when they are new or changed. Those with a `:SYMBOL` go to viewers of that symbol only.
 * Everything the gateway and the brain write is passed on as it is; null is "unknown".
 */
import type { PnlDay } from '../../shared/audit.ts';
import type { RunDoc, BrainDoc } from '../../shared/brain-doc.ts';
import type { BalanceDoc, BookDoc, FillDoc, Header, OrderDoc, PositionDoc } from '../../shared/snapshot.ts';

type Unstamped<T> = Omit<T, 'epoch' | 'seq'>;

/** Sent with every refresh. */
export type Pulse = {
  /** Why Redis does not answer; null while it does. */
  readonly redisProblem: string | null;
  /** Since the gateway wrote what is shown, ms of real time; null: nothing was ever seen. */
  readonly ageMs: number | null;
  /** Venue-aligned wall time of that write. */
  readonly wallMs: number | null;
  readonly seq: number | null;
};
export type Head = Omit<Header, 'seq' | 'wallMs' | 'symbols'>;
export type SymbolRow = {
  readonly symbol: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly book: BookDoc['status'] | null;
  /** Base units, signed. */
  readonly position: string | null;
  readonly unrealized: string | null;
  readonly openOrders: number | null;
};
/** What stands still while the process runs, or changes with the configuration. */
export type Setup = {
  readonly environment: string;
  readonly venue: string;
  readonly symbols: readonly string[];
  readonly refreshMs: number;
  readonly staleMs: number;
  /** Where the token of the actions is kept. */
  readonly tokenFile: string;
  readonly intervals: readonly string[];
};
export type ParameterGroup = {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly value: string; readonly what: string }[];
};
export type InstrumentView = {
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly tickSize: string;
  readonly stepSize: string;
};
/** `atMost`: it rested before anybody watched, so that it can only be nearer to its turn. Sizes in base units. */
export type QueuePlace = { readonly clientId: string; readonly ahead: string; readonly atMost: boolean };
export type OrdersView = { readonly known: boolean; readonly orders: readonly OrderDoc[]; readonly queue: readonly QueuePlace[] };
export type ExitLine = {
  readonly kind: 'take-profit' | 'stop-loss' | 'venue-stop' | 'liquidation';
  readonly price: number;
  readonly rule: string;
};
export type ExitsView = { readonly lines: readonly ExitLine[]; readonly moving: readonly string[]; readonly cooldownMs: number };
export type RunView = RunDoc & { readonly sentence: string | null };
export type BrainView = {
  readonly strategy: string;
  readonly decisions: number;
  readonly leased: boolean;
  /** Snapshots that it is behind; null: of another gateway run, or no gateway. */
  readonly behind: number | null;
  /** Since it wrote, ms by the venue's clock. */
  readonly ageMs: number | null;
  readonly risk: BrainDoc['risk'];
  /** Mistakes of an edit that the gateway has taken. */
  readonly refused: readonly string[];
  readonly pnl: NonNullable<BrainDoc['pnl']>;
  readonly runs: readonly RunView[];
  readonly exits: Readonly<Record<string, { readonly takeProfits: number; readonly stopLosses: number }>>;
};
export type Light = 'good' | 'warn' | 'bad' | 'unknown';
export type HealthRow = { readonly name: string; readonly kind: 'process' | 'stream'; readonly light: Light; readonly text: string };
export type Percentiles = { readonly p50: number; readonly p99: number; readonly max?: number | undefined; readonly n: number };
export type LatencyRow = { readonly name: string; readonly us: Percentiles };
export type HistogramView = {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, seconds, without the last, which is infinite; a count for each and one more. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
};
export type LatencyView = {
  readonly rows: readonly LatencyRow[];
  readonly histograms: readonly HistogramView[];
  /** Why there are no histograms; null where there are. */
  readonly problem: string | null;
};
export type OpenAlert = {
  readonly id: string;
  readonly code: string;
  readonly severity: string;
  readonly symbol: string | null;
  readonly sentence: string;
  readonly sinceMs: number;
  readonly acknowledged: boolean;
};
/** `open` null: no watchdog has told of an alert here. `raisedKnown` false: no gateway has answered, so what it raised is not known. */
export type AlertsView = { readonly open: readonly OpenAlert[] | null; readonly raisedKnown: boolean };

/** [time s, open, high, low, close] by the venue's clock. */
export type BarView = readonly [number, number, number, number, number];
/** [time s, equity by asset]. */
export type EquityPoint = readonly [number, Readonly<Record<string, number>>];
export type WhyEntry = {
  readonly atMs: number;
  readonly run: string;
  readonly symbol: string;
  readonly reason: string;
  readonly sentence: string | null;
};
export type AlarmEntry = { readonly atMs: number; readonly code: string; readonly severity: string; readonly sentence: string };

export type Sections = {
  readonly setup: Setup;
  readonly pulse: Pulse;
  readonly head: Head | null;
  readonly rows: readonly SymbolRow[];
  readonly balance: Unstamped<BalanceDoc> | null;
  readonly brain: BrainView | null;
  readonly parameters: readonly ParameterGroup[];
  readonly health: readonly HealthRow[];
  readonly latency: LatencyView | null;
  readonly alerts: AlertsView;
  readonly days: readonly PnlDay[] | null;
  readonly book: Unstamped<BookDoc> | null;
  readonly position: Unstamped<PositionDoc> | null;
  readonly orders: OrdersView | null;
  readonly exits: ExitsView | null;
  readonly instrument: InstrumentView | null;
  readonly klines: Readonly<Record<string, readonly BarView[]>>;
};
export type Logs = {
  readonly fills: FillDoc;
  readonly bars: BarView;
  readonly equity: EquityPoint;
  readonly why: WhyEntry;
  readonly alarms: AlarmEntry;
};
export type SectionName = keyof Sections;
export type LogName = keyof Logs;

/** One message to the page: sections that have changed, and entries of logs, each with its key. `first`: forget what was before. */
export type Delta = {
  readonly first: boolean;
  readonly set: Partial<Sections>;
  readonly add: { readonly [Name in LogName]?: readonly (readonly [string, Logs[Name]])[] };
};

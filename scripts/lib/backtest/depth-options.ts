/** What a backtest on a book is told beside its data. */
import type { OrderCommand } from '../../../brain/oms/working.ts';
import type { Remembered } from '../../../brain/step.ts';
import type { Run } from '../../../brain/runs.ts';
import type { Config } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { KnownRates } from '../../../shared/sim/account.ts';
import type { MarketSpec } from '../../../shared/sim/exchange.ts';
import type { Latency } from '../../../shared/sim/latency.ts';
import type { Atoms, Lots } from '../../../shared/units.ts';
import type { BookWindow } from './local-books.ts';

/** One symbol and what moves it: a recording, or the simulator's own flow. */
export type DepthSymbol = { readonly instrument: Instrument; readonly market: MarketSpec };
/** On their ways: market data to the gateway, orders to the venue, answers and account events back. */
export type Latencies = { readonly feed: Latency; readonly order: Latency; readonly response: Latency };

/** What is on its way to the venue or back; the client id is '' where it is no order of ours. */
export type Sent = { readonly kind: 'place' | 'amend' | 'cancel' | 'read' | 'event'; readonly clientId: string };
/** When what leaves now arrives. */
export type Way = (nowMs: number, sent: Sent) => number;
/** Ways of a recorded session in the place of models: to the venue, its answers, and what it tells of the account by itself. */
export type Ways = { readonly there: Way; readonly back: Way; readonly events: Way };
/** A session of our own that was recorded: snapshots are made when `DepthEngine.publish` says so, of the market as its gateway heard it. */
export type Recorded = {
  readonly ways: Ways;
  readonly books: BookWindow;
  /** What the brain remembered when it started; null: nothing. */
  readonly remembered: Remembered | null;
  /** A command was decided on; `refused`: the guard's code, null when it leaves. */
  readonly onSent?: (command: OrderCommand, refused: string | null, nowMs: number) => void;
  /** The venue has acted on it; `fault`: its word, null when it was done. */
  readonly onActed?: (sent: Sent, fault: string | null, nowMs: number) => void;
};

export type DepthOptions = {
  readonly config: Config;
  readonly runs: readonly Run[];
  readonly symbols: readonly DepthSymbol[];
  /** When the data begins, and the first moment that is traded. */
  readonly startMs: number;
  readonly fromMs: number;
  readonly latencies: Latencies;
  /** When in its period the first snapshot is made, ms. */
  readonly phaseMs: number;
  /** From a snapshot to what is decided on it; null: as long as publishing, polling and deciding take. */
  readonly lookMs: number | null;
  /** What arrives is seen at the next whole millisecond, after a snapshot of that moment: as from the simulator's process, whose clock is so coarse. */
  readonly wholeMs: boolean;
  readonly leverage: number;
  /** Held from before, by symbol: signed size and entry price. */
  readonly holdings?: Readonly<Record<string, { readonly size: Lots; readonly entryPrice: string }>>;
  readonly balances: Readonly<Record<string, Atoms>>;
  /** Null: what a regular user of the venue pays. */
  readonly fees: KnownRates | null;
  /** Every trade that reaches the price of a quote fills it whole: what no queue lets happen, for comparison. */
  readonly naive: boolean;
  readonly seed: number;
  /** Absent: periods, ways and feed are those of the models. */
  readonly recorded?: Recorded;
};

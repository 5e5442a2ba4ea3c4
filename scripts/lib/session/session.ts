/** A session of our own as its tape tells it: what the brain asked for and when, how long each thing was on its way, what was filled. Plain data. */
import type { Config } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import type { Snapshot } from '../../../shared/sim/replay-market.ts';

/** All times are milliseconds on the gateway's clock; what the venue stamped is moved there by `offsetMs`. */
export type Session = {
  readonly path: string;
  readonly config: Config;
  readonly instruments: ReadonlyMap<string, Instrument>;
  /** First depth snapshot of each symbol. */
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  /** First and last record of the run of the gateway that is looked at. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** When the brain took back its quotes to end, or the tape ends. */
  readonly endMs: number;
  /** To be added to the venue's times. */
  readonly offsetMs: number;
  /** Usual way of a market message, for those that tell no time of this session. */
  readonly feedMs: number;
  /** What we had resting stood in the public book. */
  readonly inPublic: boolean;
  /**
   * Public trades where a simulator passed a recording on: it tells them anew with a stamp of its own, in order of hearing, while all else
   * carries the stamps of another clock. Null: every stamp is the venue's.
   */
  readonly retold: readonly Heard[] | null;
  readonly turns: readonly RecordedTurn[];
  readonly published: readonly Published[];
  readonly commands: readonly RecordedCommand[];
  /** By the venue's time. */
  readonly fills: readonly RecordedFill[];
  /** Notices of the account: from the venue's stamp to the moment they were heard. */
  readonly notices: readonly { readonly venueMs: number; readonly heardMs: number }[];
  /** Own resting sizes, as the venue changed them. */
  readonly resting: readonly RestingChange[];
  readonly start: StartingAccount;
  /** What the brain remembered when it started, as its tape tells it; null where none does. */
  readonly remembered: string | null;
  /** Sentences about what the tape does not tell. */
  readonly notes: readonly string[];
  /** Holes in the tape: what is missing there was not heard by the backtest either. */
  readonly gaps: readonly { readonly atMs: number; readonly what: string }[];
};
/** `stampMs` is on the venue's clock. */
export type Heard = { readonly heardMs: number; readonly stampMs: number };
export type Published = { readonly atMs: number; readonly epoch: number; readonly seq: number };
/** One turn of the brain: `atMs` is when it decided, on the snapshot of this number. */
export type RecordedTurn = Published & { readonly commands: number };
export type CommandKind = 'place' | 'amend' | 'cancel';
export type RecordedCommand = {
  readonly kind: CommandKind;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side | null;
  readonly price: string | null;
  readonly size: string | null;
  readonly strategy: string;
  /** Null where no tape of the brain tells it; then the moment it came to the gateway is the nearest. */
  readonly decidedMs: number | null;
  readonly takenMs: number;
  /** When the venue acted on it; null where it said nothing. */
  readonly venueMs: number | null;
  /** When the gateway knew. */
  readonly heardMs: number | null;
  /** `refused:CODE` by our own gateway, `rejected:REASON` by the venue, else the state it led to; '' while nothing was heard. */
  readonly outcome: string;
};
export type RecordedFill = {
  readonly atMs: number;
  readonly heardMs: number;
  readonly symbol: string;
  readonly clientId: string;
  readonly tradeId: string;
  readonly side: Side;
  readonly price: string;
  readonly size: string;
  readonly maker: boolean;
  /** Positive is a cost; null while it was not told. */
  readonly fee: string | null;
  /** `quote`, `trend`, `custom` of a strategy; `exit`, `stop`, ... of the gateway; `foreign`. */
  readonly role: string;
};
/** From then on so many lots rest there for this order; zero: it has gone. */
export type RestingChange = {
  readonly atMs: number;
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
};
export type StartingAccount = {
  readonly balances: Readonly<Record<string, string>>;
  readonly leverage: Readonly<Record<string, number>>;
  /** Shares, by symbol. */
  readonly fees: Readonly<Record<string, { readonly maker: string; readonly taker: string }>>;
  /** What was held when it began: signed size and entry price, by symbol. */
  readonly held: Readonly<Record<string, { readonly size: string; readonly entryPrice: string }>>;
};

/** When a command left the one who decided it. */
export const leftMs = ({ decidedMs, takenMs }: Pick<RecordedCommand, 'decidedMs' | 'takenMs'>): number => decidedMs ?? takenMs;

/**
 * What a strategy is: a pure function from what is known now to what it wants, with the reason. It neither sends nor cancels anything;
 * the OMS plan turns wishes into the fewest commands, and risk has the last word. Its state is plain data.
 */
import type { Role } from '../../shared/client-id.ts';
import type { Instrument } from '../../shared/instrument.ts';
import type { BarInterval } from '../../shared/runs.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import type { Side } from '../../shared/order.ts';
import type { Lots, Ticks, WallMs } from '../../shared/units.ts';
import type { WorkingOrder } from '../oms/working.ts';

export type Level = { readonly price: Ticks; readonly size: Lots };

/** One public trade; `aggressor` is the side that took, `atMs` the venue's time of it. */
export type TradeSeen = { readonly price: Ticks; readonly size: Lots; readonly aggressor: Side; readonly atMs: WallMs };
/** One fill of this strategy's own orders; `atMs` is the venue's time of it. */
export type OwnFill = {
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
  readonly maker: boolean;
  readonly atMs: WallMs;
};
/** What trading costs here, shares of the notional: 0.0002 is 2 basis points; negative is a rebate. */
export type Commission = { readonly maker: number; readonly taker: number };
/** `rate` is the share of the notional that longs pay to shorts at `nextMs`. */
export type Funding = { readonly rate: number; readonly nextMs: WallMs };

/** One symbol as one snapshot shows it; only made when every part is fresh, known and of the same snapshot. */
export type SymbolView = {
  readonly symbol: string;
  readonly instrument: Instrument;
  /** Best first; never empty, never crossed. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly bestBid: Ticks;
  readonly bestAsk: Ticks;
  /** The snapshot's wall time, aligned with the venue's: the only clock a strategy has. */
  readonly atMs: WallMs;
  /** Signed; this run's own share where several trade the symbol. */
  readonly position: Lots;
  /** Signed; what the account holds. */
  readonly netPosition: Lots;
  /** Of `position`, quote units; null when flat. */
  readonly entryPrice: string | null;
  /** Closed bars, oldest first, without a hole; null while they are not complete. */
  readonly bars: readonly BarRow[] | null;
  /** The bar that is still open; null while it is not known, or where the strategy reads no bars. */
  readonly openBar: BarRow | null;
  /** Fractional ticks; null while not known. */
  readonly markTicks: number | null;
  /** Null while not known. */
  readonly funding: Funding | null;
  /** Null until the gateway has read it. */
  readonly commission: Commission | null;
  /** Wallet plus unrealized profit in the quote asset, quote units; absent or null while not known. */
  readonly equity?: number | null;
  /** This strategy's own orders that have not ended, commands on their way laid over them. */
  readonly orders: readonly WorkingOrder[];
  /** Public trades since the view before, oldest first; null when some were missed (a start, a gap): running sums begin anew. */
  readonly trades: readonly TradeSeen[] | null;
  /** Own fills since the view before, oldest first. */
  readonly fills: readonly OwnFill[];
};

export type Signals = Readonly<Record<string, string | number | null>>;
/** A resting order wanted; `level` 0 is nearest to the market. */
export type WantedQuote = {
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
  readonly level: number;
  /** An order serves only quotes of the tag it was placed for; absent is ''. */
  readonly tag?: string;
  /** It may only take back what is held. */
  readonly reduceOnly?: boolean;
  /** Once placed or moved it stays for this long, unless it stands far too near to the market, is too large, or is not wanted any more. */
  readonly minLifeMs?: number;
};

/** `quotes`: rest there, nowhere else. `target`: reach this position now, at most `slippageBps` beyond best; null: leave it as it is. */
export type Wish = {
  readonly quotes: readonly WantedQuote[];
  readonly target: { readonly position: Lots; readonly slippageBps: number } | null;
  /** A code of `shared/reasons.ts`, or a strategy's own word. */
  readonly reason: string;
  readonly signals: Signals;
  /** What belongs to the reason: a price, a size, the other run. */
  readonly detail?: Signals;
};
export type Decided<State> = { readonly wish: Wish; readonly state: State };

/** What a strategy reads beside book, position and own orders; what nobody asks for is not fetched. */
export type Reads = { readonly trades?: boolean; readonly bars?: BarInterval | null };
/**
 * State may be taken up after a restart while it is no older than `maxAgeMs`; `read` checks what was stored and says undefined when it
 * cannot be used. Without it a run begins with its initial state.
 */
export type Resume<State> = { readonly maxAgeMs: number; readonly read: (saved: unknown) => State | undefined };

type Common<State> = {
  readonly name: string;
  /** Role in the client ids of its orders. */
  readonly role: Role;
  readonly reads?: Reads;
  /** An own quote nearer than this to where it is wanted is left alone, basis points; 0 when absent. */
  readonly toleranceBps?: number;
  readonly resume?: Resume<State>;
  /** State before the first decision. Plain JSON: written and read again between any two decisions it changes nothing. */
  initial(): State;
};

/** Looks at one symbol at a time. Its state begins anew after a hard exit. */
export interface Strategy<State> extends Common<State> {
  decide(view: SymbolView, state: State): Decided<State>;
}

/** A symbol that may be looked at, or the coded reason why it may not. */
export type Views = ReadonlyMap<string, SymbolView | string>;
/** A symbol without a wish is left without quotes. What is wished for a symbol that could not be looked at is not heard. */
export type BasketDecided<State> = { readonly wishes: ReadonlyMap<string, Wish>; readonly state: State };

/** Looks at all its symbols at once. Its state outlives a hard exit: it sees the reason and knows its other legs. */
export interface BasketStrategy<State> extends Common<State> {
  decide(views: Views, state: State): BasketDecided<State>;
}

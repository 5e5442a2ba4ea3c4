/**
 * What a strategy is: a pure function from what is known now to what it wants, with the reason. It neither sends nor cancels anything;
 * the OMS plan turns wishes into the fewest commands, and risk has the last word. Its state is plain data.
 */
import type { Role } from '../../shared/client-id.ts';
import type { Instrument } from '../../shared/instrument.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import type { Side } from '../../shared/order.ts';
import type { Lots, Ticks } from '../../shared/units.ts';

export type Level = { readonly price: Ticks; readonly size: Lots };

/** One symbol as one snapshot shows it; only made when every part is fresh, known and of the same snapshot. */
export type SymbolView = {
  readonly symbol: string;
  readonly instrument: Instrument;
  /** Best first; never empty, never crossed. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly bestBid: Ticks;
  readonly bestAsk: Ticks;
  /** Signed. */
  readonly position: Lots;
  /** Quote units; null when flat. */
  readonly entryPrice: string | null;
  /** Closed bars, oldest first, without a hole; null while they are not complete. */
  readonly bars: readonly BarRow[] | null;
};

export type Signals = Readonly<Record<string, string | number | null>>;
/** A resting order wanted; `level` 0 is nearest to the market. */
export type WantedQuote = { readonly side: Side; readonly price: Ticks; readonly size: Lots; readonly level: number };

/** `quotes`: rest there, nowhere else. `target`: reach this position now, at most `slippageBps` beyond best; null: leave it as it is. */
export type Wish = {
  readonly quotes: readonly WantedQuote[];
  readonly target: { readonly position: Lots; readonly slippageBps: number } | null;
  readonly reason: string;
  readonly signals: Signals;
};
export type Decided<State> = { readonly wish: Wish; readonly state: State };

export interface Strategy<State> {
  readonly name: string;
  /** Role in the client ids of its orders. */
  readonly role: Role;
  /** State before the first decision, and again after a hard exit. */
  initial(): State;
  decide(view: SymbolView, state: State): Decided<State>;
}

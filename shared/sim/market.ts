/**
 * What drives the public side of a simulated market. Two drivers exist: a seeded order flow that trades in our own matching
 * engine, and a recording whose frames are served verbatim while own orders fill from its trades. Both are pure.
 */
import type { Instrument } from '../instrument.ts';
import type { Lots, Ticks } from '../units.ts';

export type Side = 'buy' | 'sell';

/** One act of the anonymous public; `flowId` names its resting order in later cancels. */
export type FlowAction =
  | { readonly kind: 'limit'; readonly flowId: number; readonly side: Side; readonly price: Ticks; readonly size: Lots }
  | { readonly kind: 'market'; readonly side: Side; readonly size: Lots }
  | { readonly kind: 'cancel'; readonly flowId: number };

/** What the flow may look at before it acts. Best prices are null on an empty side. */
export type FlowView = {
  readonly bestBid: Ticks | null;
  readonly bestAsk: Ticks | null;
};

export interface FlowMarket {
  readonly instrument: Instrument;
  /** Orders that build the opening book, best first is not required. */
  opening(): readonly FlowAction[];
  /** Simulated milliseconds (fractional) until the next call of `act`; asked once before each. */
  nextDelayMs(): number;
  act(view: FlowView): readonly FlowAction[];
  /** Tells the flow that one of its resting orders is gone (filled), so that it forgets its id. */
  gone(flowId: number): void;
}

/** One closed bar of history; prices and volumes are decimal strings as the venue writes them. */
export type Bar = {
  readonly openMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly trades: number;
  readonly takerBuyVolume: string;
  readonly takerBuyQuoteVolume: string;
};

export type Level = readonly [price: string, size: string];

/** One record of a recording, in receive order. `atMs` is exchange-aligned (see tape.ts), `raw` the venue's own JSON text of `data`. */
export type TapeFrame =
  | {
      readonly kind: 'depth';
      readonly atMs: number;
      readonly symbol: string;
      readonly raw: string;
      readonly first: number;
      readonly last: number;
      readonly previous: number;
      readonly bids: readonly Level[];
      readonly asks: readonly Level[];
    }
  | { readonly kind: 'best'; readonly atMs: number; readonly symbol: string; readonly raw: string }
  | {
      readonly kind: 'trade';
      readonly atMs: number;
      readonly symbol: string;
      readonly raw: string;
      readonly tradeId: string;
      readonly price: string;
      readonly size: string;
      readonly buyerIsMaker: boolean;
      readonly aggregate: boolean;
    }
  | { readonly kind: 'kline'; readonly atMs: number; readonly symbol: string; readonly interval: string; readonly raw: string }
  | {
      readonly kind: 'snapshot';
      readonly atMs: number;
      readonly symbol: string;
      readonly raw: string;
      readonly lastUpdateId: number;
      readonly bids: readonly Level[];
      readonly asks: readonly Level[];
    };

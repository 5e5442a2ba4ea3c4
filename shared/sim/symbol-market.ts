/** One symbol's market as the exchange sees it, whether its public is a seeded flow or a recording. */
import type { Instrument } from '../instrument.ts';
import type { Lots, Ticks } from '../units.ts';
import type { MarketEvent, PriceSize } from './exchange-events.ts';
import type { Grid } from './listing.ts';
import type { Side } from './market.ts';
import type { AddOutcome, BookOrder } from './matching.ts';
import type { PriceFeed } from './price-feed.ts';

/** What happened to an order that has an owner. */
export type OwnFill = {
  readonly key: number;
  readonly tradeId: number;
  readonly price: Ticks;
  readonly size: Lots;
  readonly maker: boolean;
};

export type MarketSink = {
  readonly onFill: (fill: OwnFill) => void;
  readonly onSelfExpired: (key: number) => void;
  readonly publish: (event: MarketEvent) => void;
  /** A public trade, told in the middle of matching. */
  readonly onLast: (symbol: string, price: Ticks) => void;
};

export type DepthView = {
  readonly lastUpdateId: number;
  readonly atMs: number;
  /** Best first. */
  readonly bids: readonly PriceSize[];
  readonly asks: readonly PriceSize[];
  /** The recorded answer, when this is one in full: to be served as it is. */
  readonly raw: string | null;
};

export type PublishedView = Omit<DepthView, 'atMs' | 'raw'>;

export interface SymbolMarket {
  readonly instrument: Instrument;
  readonly feed: PriceFeed;
  best(side: Side): { readonly price: Ticks; readonly size: Lots } | null;
  depth(limit: number): DepthView;
  /** What a client of the depth stream holds after update `u` (null: the newest); null when that is gone or never was. */
  published(u: number | null): PublishedView | null;
  /** Fills are told to the sink before this returns. */
  submit(order: BookOrder): AddOutcome;
  cancel(key: number): Lots | null;
  /** Shrinks a resting order in its place. */
  reduce(key: number, size: Lots): void;
  /** Somebody of the public comes and takes up to `size` of this resting order, after all that stands before it. */
  takeFrom(key: number, size: Lots): void;
  /** The public's orders keep to these steps from now on; false when the market cannot. */
  setGrid(grid: Grid, announced: Instrument): boolean;
  wouldTake(order: { readonly side: Side; readonly price: Ticks | null }): boolean;
  takeable(order: BookOrder): Lots;
  /** For a trade that is not made in the market, and never printed. */
  nextTradeId(): number;
}

/** Middle of the market in ticks (may be a half); null when a side is empty. */
export function midOf(market: Pick<SymbolMarket, 'best'>): number | null {
  const [bid, ask] = [market.best('buy'), market.best('sell')];
  return bid && ask ? (bid.price + ask.price) / 2 : null;
}

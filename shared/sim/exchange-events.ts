/** What the simulated exchange tells the world, free of any venue's wire. Prices and sizes are whole ticks and lots of the symbol. */
import type { Atoms, Lots, Ticks } from '../units.ts';
import type { AlgoOrder } from './algo-order.ts';
import type { Side } from './market.ts';
import type { SelfTrade, TimeInForce } from './matching.ts';
import type { MarginType } from './account.ts';
import type { Position, PositionSide } from './position.ts';
import type { PriceMatch } from './price-match.ts';

export type PriceSize = readonly [price: Ticks, size: Lots];

export type DepthDiff = {
  readonly kind: 'depth';
  readonly symbol: string;
  readonly atMs: number;
  readonly periodMs: number;
  /** First and last update id covered, and the last one of the diff before. Ids are sparse: `first` may exceed `previous` + 1. */
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  /** Absolute sizes; zero removes. */
  readonly bids: readonly PriceSize[];
  readonly asks: readonly PriceSize[];
};

export type MarketEvent =
  | DepthDiff
  | {
      readonly kind: 'best';
      readonly symbol: string;
      readonly atMs: number;
      readonly updateId: number;
      readonly bid: PriceSize | null;
      readonly ask: PriceSize | null;
    }
  /** Trades of one taker at one price. */
  | {
      readonly kind: 'trades';
      readonly symbol: string;
      readonly atMs: number;
      readonly aggregateId: number;
      readonly price: Ticks;
      readonly size: Lots;
      readonly firstId: number;
      readonly lastId: number;
      readonly buyerIsMaker: boolean;
    }
  | { readonly kind: 'mark'; readonly symbol: string; readonly atMs: number }
  /** Open bars may have changed (at most every 250 ms). */
  | { readonly kind: 'bars'; readonly symbol: string; readonly atMs: number }
  | { readonly kind: 'bar-closed'; readonly symbol: string; readonly atMs: number; readonly interval: string; readonly openMs: number }
  /** Somebody was liquidated: what was taken from the market for it. */
  | {
      readonly kind: 'liquidation';
      readonly symbol: string;
      readonly atMs: number;
      readonly side: Side;
      /** Limit of the liquidation order, at the bankruptcy price. */
      readonly price: Ticks;
      readonly size: Lots;
      readonly averagePrice: Ticks;
      readonly status: OrderStatus;
    }
  /** Status or filters of a contract changed. */
  | { readonly kind: 'contract'; readonly symbol: string; readonly atMs: number }
  /** A recorded message, to be sent on as it is. */
  | {
      readonly kind: 'frame';
      readonly symbol: string;
      readonly atMs: number;
      readonly feed: 'depth' | 'best' | 'trades' | 'single-trade' | 'bar';
      readonly interval: string | null;
      readonly raw: string;
    };

export type OrderStatus = 'new' | 'partially-filled' | 'filled' | 'canceled' | 'expired' | 'expired-in-match';
export type ExpiryReason =
  | 'none'
  | 'self-trade'
  | 'ioc-left'
  /** What an immediate order had left when it met its own account. */
  | 'ioc-self-trade'
  | 'reduce-only'
  /** The symbol stopped trading. */
  | 'delisted'
  /** The account is being liquidated. */
  | 'liquidated'
  | 'market-left';

/** Liquidation for want of margin, or auto-deleveraging as the other side of one. */
export type ForcedClose = 'liquidation' | 'adl';

export type SimOrder = {
  /** Unique in the exchange. */
  readonly key: number;
  /** As the venue shows it: rises per symbol, beyond 2^53, the same ids may exist on other symbols. */
  readonly id: string;
  readonly apiKey: string;
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly type: 'limit' | 'market';
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTrade;
  /** In hedge mode true of every order that closes. */
  readonly reduceOnly: boolean;
  /** How the price was found in the book, when the client gave none. */
  readonly priceMatch: PriceMatch;
  /** When a good-till-date order expires; null for any other. */
  readonly goodTillMs: number | null;
  /** Entered by the venue itself, to close a position. */
  readonly forced: ForcedClose | null;
  /** How often it was amended. */
  readonly amends: number;
  /** Zero for a market order. */
  readonly price: Ticks;
  /** May shrink by itself when the order is reduce-only. */
  readonly size: Lots;
  readonly filled: Lots;
  readonly filledNotional: Atoms;
  readonly status: OrderStatus;
  readonly expiry: ExpiryReason;
  readonly createdMs: number;
  readonly updatedMs: number;
};

export type OwnTrade = {
  readonly id: number;
  readonly order: SimOrder;
  readonly price: Ticks;
  readonly size: Lots;
  readonly maker: boolean;
  readonly fee: Atoms;
  readonly feeAsset: string;
  readonly realized: Atoms;
  readonly atMs: number;
};

export type AccountReason =
  | 'order'
  | 'funding'
  | 'deposit'
  | 'withdraw'
  | 'margin-transfer'
  | 'margin-type'
  | 'insurance'
  | 'auto-exchange';

export type WalletState = {
  readonly asset: string;
  readonly wallet: Atoms;
  readonly cross: Atoms;
  /** What changed besides realised profit and fees. */
  readonly change: Atoms;
};

export type PositionState = {
  readonly symbol: string;
  readonly asset: string;
  readonly side: PositionSide;
  readonly position: Position;
  readonly unrealized: Atoms;
  readonly marginType: MarginType;
  readonly isolated: Atoms;
};

export type Execution = 'new' | 'trade' | 'canceled' | 'expired' | 'amended';

export type UserEvent = { readonly apiKey: string; readonly atMs: number } & (
  | { readonly kind: 'fill'; readonly trade: OwnTrade }
  | {
      readonly kind: 'order';
      readonly execution: Execution;
      readonly order: SimOrder;
      readonly trade: OwnTrade | null;
      readonly modifyId: string | null;
      /** Notional of the account's resting opening orders on this symbol. */
      readonly bids: Atoms;
      readonly asks: Atoms;
    }
  /** Only what changed is in it. */
  | {
      readonly kind: 'account';
      readonly reason: AccountReason;
      readonly wallets: readonly WalletState[];
      readonly positions: readonly PositionState[];
      /** Whose funding it was. */
      readonly symbol: string | null;
    }
  /** The margin comes close to the maintenance margin. */
  | {
      readonly kind: 'margin-call';
      /** Cross wallet; null when the position called for is isolated. */
      readonly cross: Atoms | null;
      readonly positions: readonly (PositionState & { readonly mark: Atoms; readonly maintenance: Atoms })[];
    }
  /** A conditional order is new or has changed its state. */
  | { readonly kind: 'algo'; readonly order: AlgoOrder }
  | { readonly kind: 'leverage'; readonly symbol: string; readonly leverage: number }
  | { readonly kind: 'asset-mode'; readonly multiAssets: boolean }
);

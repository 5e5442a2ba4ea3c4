/**
 * What a tool of last resort asks of a venue, in neutral words and with as little as it can do with: whatever an order is, its id is enough
 * to cancel it. Sizes and prices are decimal strings.
 */
import type { Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import type { VenueResult } from '../../../gateway/venues/venue.ts';

export type RestingOrder = {
  readonly symbol: string;
  readonly id: string;
  readonly own: boolean;
  readonly side: Side;
  readonly price: string;
  readonly size: string;
};
/** Waits for a trigger. */
export type ConditionalOrder = { readonly symbol: string; readonly id: string; readonly own: boolean };
/** `side` is `both` on accounts in one-way mode; `size` is signed and never zero. */
export type HeldPosition = {
  readonly symbol: string;
  readonly side: 'both' | 'long' | 'short';
  readonly size: string;
  readonly entryPrice: string;
  readonly markPrice: string;
};
/** Each part is an answer of its own: one that cannot be read holds up nothing else. */
export type Look = {
  readonly orders: VenueResult<readonly RestingOrder[]>;
  readonly conditionals: VenueResult<readonly ConditionalOrder[]>;
  readonly positions: VenueResult<readonly HeldPosition[]>;
};
export type Quote = { readonly bid: string; readonly ask: string };
export type CloseOrder = {
  readonly symbol: string;
  readonly positionSide: HeldPosition['side'];
  readonly side: Side;
  /** Null: at market; else immediate-or-cancel. */
  readonly price: string | null;
  readonly size: string;
};

export interface VenueAccount {
  /** Of these symbols, or of all that the venue has. */
  look(symbols: readonly string[] | 'all'): Promise<Look>;
  /** Ids of one symbol. That one is gone already is a success. */
  cancelOrders(order: { readonly symbol: string; readonly ids: readonly string[] }): Promise<VenueResult<null>>;
  cancelConditional(id: string): Promise<VenueResult<null>>;
  /** Only reduces. An outcome that is not known is a fault of kind `unknown`: look again. */
  close(order: CloseOrder): Promise<VenueResult<null>>;
  /** Best prices now. */
  quote(symbol: string): Promise<VenueResult<Quote>>;
  /** Steps and limits; null for a contract that we cannot count, which is closed at market as it is. */
  instrument(symbol: string): Instrument | null;
}

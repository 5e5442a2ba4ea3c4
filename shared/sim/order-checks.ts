/** Why an order is refused, and the filter rules that need no account. Venue-neutral: a wire gives each kind its code and text. */
import { fractionalTicks, type Instrument, notionalOf } from '../instrument.ts';
import { type Atoms, formatAtoms, type Lots, type Ticks, ticks } from '../units.ts';
import { valueAt } from './position.ts';
import type { Side } from './market.ts';

export type RejectKind =
  | 'price-below-minimum'
  | 'price-above-maximum'
  | 'price-too-high'
  | 'price-too-low'
  | 'size-not-positive'
  | 'size-below-minimum'
  | 'size-above-maximum'
  | 'notional-too-small'
  | 'counterparty-outside-band'
  | 'duplicate-client-id'
  | 'too-many-orders'
  | 'reduce-only'
  | 'not-reduce-only'
  | 'margin-insufficient'
  | 'leverage-cap'
  | 'would-take'
  | 'unfillable'
  | 'unknown-order'
  | 'not-limit'
  | 'side-differs'
  | 'no-change'
  | 'price-off-tick'
  | 'size-off-step'
  | 'too-many-amends'
  | 'no-depth'
  | 'symbol-closed'
  | 'symbol-not-trading'
  | 'symbol-not-opening'
  | 'amend-not-trading';

/** `limit` is the figure the rule allows, where the venue's text names one. */
export type Reject = { readonly kind: RejectKind; readonly limit?: string };

export type FilterInput = {
  readonly side: Side;
  /** Null for a market order. */
  readonly price: Ticks | null;
  readonly size: Lots;
  readonly reduceOnly: boolean;
  readonly markAtoms: Atoms;
};

/** PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE, MIN_NOTIONAL and PERCENT_PRICE (Binance USD-M docs, exchange information filters; reference sheet 2026-11). */
export function checkFilters(instrument: Instrument, input: FilterInput): Reject | null {
  return checkSize(instrument, input) ?? checkPrice(instrument, input) ?? checkNotional(instrument, input);
}

function checkSize(instrument: Instrument, { price, size }: FilterInput): Reject | null {
  if (size <= 0) return { kind: 'size-not-positive' };
  if (size < instrument.minLots) return { kind: 'size-below-minimum', limit: instrument.minQty };
  const max = price === null ? instrument.maxMarketLots : instrument.maxLots;
  return size > max ? { kind: 'size-above-maximum', limit: price === null ? instrument.maxMarketQty : instrument.maxQty } : null;
}

function checkPrice(instrument: Instrument, { side, price, markAtoms }: FilterInput): Reject | null {
  if (price === null) return null;
  if (price < instrument.minPriceTicks) return { kind: 'price-below-minimum', limit: instrument.minPrice };
  if (price > instrument.maxPriceTicks) return { kind: 'price-above-maximum', limit: instrument.maxPrice };
  const band = priceBand(instrument, markAtoms);
  if (side === 'buy' && price > band.up) return { kind: 'price-too-high', limit: bandText(instrument, band.up) };
  if (side === 'sell' && price < band.down) return { kind: 'price-too-low', limit: bandText(instrument, band.down) };
  return null;
}

function checkNotional(instrument: Instrument, { price, size, reduceOnly, markAtoms }: FilterInput): Reject | null {
  if (reduceOnly) return null;
  const notional = price === null ? valueAt(instrument, { size, priceAtoms: markAtoms }) : notionalOf(instrument, { price, size });
  return notional < instrument.minNotionalAtoms ? { kind: 'notional-too-small', limit: instrument.minNotional } : null;
}

/** Highest price a buy and lowest a sell may have, in ticks (fractional), from the mark. */
export function priceBand(instrument: Instrument, markAtoms: Atoms): { readonly up: number; readonly down: number } {
  const mark = fractionalTicks(instrument, formatAtoms(markAtoms));
  return { up: mark * Number(instrument.multiplierUp), down: mark * Number(instrument.multiplierDown) };
}

/** Largest distance from the mark at which a market order may trade, per mille (exchangeInfo `marketTakeBound` 0.05). */
const MARKET_TAKE_BOUND_PER_MILLE = 50;
export const MARKET_TAKE_BOUND = (MARKET_TAKE_BOUND_PER_MILLE / 1_000).toFixed(2);

/** The worst price a market order may trade at; what it cannot get up to there is left over. */
export function marketBound(instrument: Instrument, side: Side, markAtoms: Atoms): Ticks {
  const mark = fractionalTicks(instrument, formatAtoms(markAtoms));
  const bound = (mark * (1_000 + (side === 'buy' ? 1 : -1) * MARKET_TAKE_BOUND_PER_MILLE)) / 1_000;
  return ticks(side === 'buy' ? Math.floor(bound) : Math.ceil(bound));
}

const bandText = (instrument: Instrument, ticks: number): string => (ticks * Number(instrument.tickSize)).toFixed(8).replace(/\.?0+$/, '');

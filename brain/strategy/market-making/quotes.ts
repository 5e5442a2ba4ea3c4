/**
 * From prices and sizes to quotes: whole ticks and lots, rounded away from the market, never across the best price opposite, never inside
 * the fee edge, never beyond the largest inventory, never below what the venue takes.
 */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';
import type { Level, SymbolView, WantedQuote } from '../strategy.ts';
import { isWorthSending } from '../worth-sending.ts';
import { edgeOfSide } from './edge.ts';
import { placed } from './placement.ts';
import { sizesOf } from './sizes.ts';

/** Prices in fractional ticks, distances in basis points of `mid`. */
export type Quoting = {
  readonly parameters: MarketMakingParameters;
  readonly view: SymbolView;
  /** Levels of others, best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly mid: number;
  readonly fair: number;
  /** Both quotes are moved down by it against the fair price. */
  readonly shiftBps: number;
  readonly spreadBps: number;
  readonly edgeBps: number | null;
  readonly gapsBps: readonly number[];
  readonly baseLots: number;
  readonly fullLots: number;
  /** Only what takes the inventory towards zero. */
  readonly reduces: boolean;
};

const BPS = 10_000;

/** Level by level, the buy before the sell. */
export function quotesOf(quoting: Quoting): WantedQuote[] {
  const [buys, sells] = [sideOf(quoting, 'buy'), sideOf(quoting, 'sell')];
  return quoting.gapsBps.flatMap((_, level) => [
    ...buys.filter((one) => one.level === level),
    ...sells.filter((one) => one.level === level),
  ]);
}

function sideOf(quoting: Quoting, side: Side): WantedQuote[] {
  const { parameters, view, baseLots: base, fullLots, gapsBps, reduces } = quoting;
  const sizes = sizesOf({ parameters, base, fullLots, position: view.position, side, reduces });
  const bound = boundOf(quoting, side);
  const begin = outer(side, [beginOf(quoting, side), bound]);
  const life = parameters.minQuoteLifeMs > 0 ? { minLifeMs: parameters.minQuoteLifeMs } : null;
  const quotes: WantedQuote[] = [];
  let before: number | null = null;
  for (const [level, gapBps] of gapsBps.entries()) {
    const price = priceOf(quoting, { side, level, model: begin + out(side) * ticksOf(quoting, gapBps), bound, before });
    const size = sizes[level] ?? 0;
    before = price;
    if (isAllowed(view.instrument, { price, size })) quotes.push({ side, price: ticks(price), size: lots(size), level, ...life });
  }
  return quotes;
}

/** The middle of the own quotes: the fair price less the skew. */
const reservationOf = (quoting: Quoting): number => quoting.fair - ticksOf(quoting, quoting.shiftBps);

/** Where the models want level 0. */
const beginOf = (quoting: Quoting, side: Side): number => reservationOf(quoting) + out(side) * ticksOf(quoting, quoting.spreadBps / 2);

/** Nearest to the market that any quote of the side may come: a tick from taking, and outside the fee edge. */
function boundOf(quoting: Quoting, side: Side): number {
  const { parameters, view, fair, edgeBps } = quoting;
  const touch = side === 'buy' ? view.bestAsk - 1 : view.bestBid + 1;
  if (edgeBps === null) return touch;
  const keeps = edgeOfSide(edgeBps, { edge: parameters.edge, side, position: view.position });
  return outer(side, [touch, outward(side, fair + out(side) * ticksOf(quoting, keeps))]);
}

type Pricing = {
  readonly side: Side;
  readonly level: number;
  readonly model: number;
  readonly bound: number;
  /** Price of the level before; null for level 0. */
  readonly before: number | null;
};

/** A quote that the book moves stays on its side of the own middle, so that two sides that improve never meet, and behind the level before. */
function priceOf(quoting: Quoting, { side, level, model, bound, before }: Pricing): number {
  const { placement } = quoting.parameters;
  const price = outer(side, [outward(side, model), bound]);
  if (placement.mode === 'model') return price;
  const reach = ticksOf(quoting, placement.reachBps);
  const levels = side === 'buy' ? quoting.bids : quoting.asks;
  const limit = outer(side, [bound, inward(side, reservationOf(quoting)) + out(side)]);
  const moved = outer(side, [placed(price, { placement, side, levels, reach, level }), limit]);
  return before === null ? moved : outer(side, [moved, before + out(side)]);
}

const isAllowed = (instrument: Instrument, { price, size }: { readonly price: number; readonly size: number }): boolean =>
  price >= instrument.minPriceTicks && price <= instrument.maxPriceTicks && isWorthSending({ instrument, price, size });

/** Away from the market: down for a buy. */
const out = (side: Side): 1 | -1 => (side === 'buy' ? -1 : 1);
const outward = (side: Side, price: number): number => (side === 'buy' ? Math.floor(price) : Math.ceil(price));
const inward = (side: Side, price: number): number => (side === 'buy' ? Math.ceil(price) : Math.floor(price));
const outer = (side: Side, [a, b]: readonly [number, number]): number => (side === 'buy' ? Math.min(a, b) : Math.max(a, b));
const ticksOf = ({ mid }: Quoting, bps: number): number => (mid * bps) / BPS;

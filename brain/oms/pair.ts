/**
 * Which order serves which quote: each at most one, only of the same side, tag and kind. As many as possible that are near enough to be
 * left alone, then those that nobody may touch (their place is taken), then the nearest of the rest, those first that can be amended. Pure.
 */
import type { WantedQuote } from '../strategy/strategy.ts';
import { isSettled, termsOf, type WorkingOrder } from './working.ts';

/** `priceBps` of the wanted price; sizes are shares of the wanted size that the resting size may be below and above it. */
export type Tolerance = { readonly priceBps: number; readonly sizeUnder: number; readonly sizeOver: number };
export type Pair = { readonly quote: WantedQuote; readonly order: WorkingOrder | null };
export type Pairing = {
  readonly quotes: readonly WantedQuote[];
  readonly orders: readonly WorkingOrder[];
  readonly tolerance: Tolerance;
  /** Of an order, as it was placed. */
  readonly tagOf: (order: WorkingOrder) => string;
  /** False where the venue amends it no more. */
  readonly canAmend: (order: WorkingOrder) => boolean;
};

const BPS = 10_000;

export function pair(pairing: Pairing): readonly Pair[] {
  const pairs = pairNear(pairing);
  const stages: readonly ((order: WorkingOrder) => boolean)[] = [
    (order) => !isSettled(order),
    (order) => isSettled(order) && pairing.canAmend(order),
    (order) => isSettled(order),
  ];
  for (const belongs of stages) {
    const rest = unpaired(pairs, pairing);
    pairs.push(...pairNearest({ ...pairing, quotes: rest.quotes, orders: rest.orders.filter(belongs) }));
  }
  return [...pairs, ...unpaired(pairs, pairing).quotes.map((quote) => ({ quote, order: null }))];
}

/** Ticks that a quote may stand off. */
export const priceTolerance = ({ price }: Pick<WantedQuote, 'price'>, { priceBps }: Pick<Tolerance, 'priceBps'>): number =>
  (price * priceBps) / BPS;

export const restingLots = (order: WorkingOrder): number => termsOf(order).size - order.filled;

/** Ticks between where it rests, or will rest, and where it is wanted. */
export const distanceOf = (order: WorkingOrder, { price }: Pick<WantedQuote, 'price'>): number =>
  Math.abs((termsOf(order).price ?? 0) - price);

export const isTooLarge = (
  order: WorkingOrder,
  { quote, tolerance }: { readonly quote: WantedQuote; readonly tolerance: Tolerance },
): boolean => restingLots(order) > quote.size * (1 + tolerance.sizeOver);

export function isNear(order: WorkingOrder, { quote, tolerance }: { readonly quote: WantedQuote; readonly tolerance: Tolerance }): boolean {
  if (distanceOf(order, quote) > priceTolerance(quote, tolerance) || isTooLarge(order, { quote, tolerance })) return false;
  return restingLots(order) >= quote.size * (1 - tolerance.sizeUnder);
}

function serves(order: WorkingOrder, { quote, tagOf }: { readonly quote: WantedQuote; readonly tagOf: Pairing['tagOf'] }): boolean {
  return order.side === quote.side && order.reduceOnly === (quote.reduceOnly ?? false) && tagOf(order) === (quote.tag ?? '');
}

function unpaired(pairs: readonly Pair[], { quotes, orders }: Pick<Pairing, 'quotes' | 'orders'>): Pick<Pairing, 'quotes' | 'orders'> {
  return {
    quotes: quotes.filter((quote) => !pairs.some((one) => one.quote === quote)),
    orders: orders.filter((order) => !pairs.some((one) => one.order === order)),
  };
}

/** As many quotes as can be served by an order that is near enough, each by another: augmenting paths, so a quote in place stays. */
function pairNear({ quotes, orders, tolerance, tagOf }: Pairing): Pair[] {
  const servedBy = new Map<WorkingOrder, WantedQuote>();
  const serve = (quote: WantedQuote, tried: Set<WorkingOrder>): boolean => {
    for (const order of orders) {
      if (tried.has(order) || !serves(order, { quote, tagOf }) || !isNear(order, { quote, tolerance })) continue;
      tried.add(order);
      const other = servedBy.get(order);
      if (other && !serve(other, tried)) continue;
      servedBy.set(order, quote);
      return true;
    }
    return false;
  };
  for (const quote of quotes) serve(quote, new Set());
  return [...servedBy].map(([order, quote]) => ({ quote, order }));
}

function pairNearest({ quotes, orders, tagOf }: Pairing): Pair[] {
  const candidates = quotes.flatMap((quote) =>
    orders.filter((order) => serves(order, { quote, tagOf })).map((order) => ({ quote, order, distance: distanceOf(order, quote) })),
  );
  const pairs: Pair[] = [];
  for (const { quote, order } of candidates.sort((a, b) => a.distance - b.distance))
    if (!pairs.some((one) => one.quote === quote || one.order === order)) pairs.push({ quote, order });
  return pairs;
}

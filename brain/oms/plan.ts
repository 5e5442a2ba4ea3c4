/**
 * Wanted quotes against working orders: the fewest actions that lead from one to the other. Pure and stateless, so the backtester runs
 * it as it is. An order on its way somewhere (sent, amending, canceling, unknown) is never touched; it counts as what it was asked to be.
 *
 * An amend is one request, never both orders at once and never none; a replacement is two. So an order is amended wherever the venue does
 * it, and replaced where it does not: amended too often, or of another kind.
 */
import type { WantedQuote } from '../strategy/strategy.ts';
import { distanceOf, isNear, isTooLarge, type Pairing, pair, priceTolerance, type Tolerance } from './pair.ts';
import { isSettled, termsOf, type WorkingOrder } from './working.ts';
import { lots, type Lots, type Ticks } from '../../shared/units.ts';

/** First come first: what takes back, what makes smaller, what stands too near to the market, the rest. */
export const URGENCIES = ['cancel', 'reduce', 'danger', 'rest'] as const;
export type Urgency = (typeof URGENCIES)[number];

export type PlanAction =
  | { readonly kind: 'cancel'; readonly order: WorkingOrder; readonly urgency: 'cancel' }
  /** `size` is the new total, what is filled included. */
  | {
      readonly kind: 'amend';
      readonly order: WorkingOrder;
      readonly quote: WantedQuote;
      readonly price: Ticks;
      readonly size: Lots;
      readonly urgency: Urgency;
    }
  /** Cancel the one, place the other: the place leaves only when both together fit into the limits. */
  | { readonly kind: 'replace'; readonly order: WorkingOrder; readonly quote: WantedQuote; readonly urgency: Urgency }
  | { readonly kind: 'place'; readonly quote: WantedQuote; readonly urgency: Urgency };
export type Move = Extract<PlanAction, { readonly kind: 'amend' | 'replace' }>;

export type PlanInput = {
  readonly wanted: readonly WantedQuote[];
  /** Own orders that have not ended, of this strategy on this symbol. */
  readonly working: readonly WorkingOrder[];
  readonly tolerance: Tolerance;
  readonly tagOf?: Pairing['tagOf'];
  readonly canAmend?: Pairing['canAmend'];
  /** The venue leaves an order its place in the queue when only its size is made smaller. */
  readonly shrinkKeepsPlace?: boolean;
};

/** Most urgent first, so that what a cancel frees is free when the places arrive. */
export function plan({ wanted, working, tolerance, ...more }: PlanInput): readonly PlanAction[] {
  const { tagOf = () => '', canAmend = () => true, shrinkKeepsPlace = false } = more;
  const orders = working.filter(({ status }) => status !== 'canceling');
  const pairs = pair({ quotes: wanted, orders, tolerance, tagOf, canAmend });
  const actions = pairs.flatMap(({ quote, order }): PlanAction[] => {
    if (!order) return [{ kind: 'place', quote, urgency: quote.reduceOnly ? 'reduce' : 'rest' }];
    if (!isSettled(order) || (isNear(order, { quote, tolerance }) && !isInTheWay(order, { quote, wanted }))) return [];
    const urgency = urgencyOf(order, { quote, tolerance });
    if (!canAmend(order)) return [{ kind: 'replace', order, quote, urgency }];
    return [{ kind: 'amend', order, quote, urgency, ...amendedTerms(order, { quote, tolerance, shrinkKeepsPlace }) }];
  });
  const left = orders.filter((order) => isSettled(order) && !pairs.some((one) => one.order === order));
  return byUrgency([...left.map((order): PlanAction => ({ kind: 'cancel', order, urgency: 'cancel' })), ...actions]);
}

/** Stable: what is equally urgent keeps its order. */
export function byUrgency<T extends { readonly urgency: Urgency }>(actions: readonly T[]): T[] {
  return [...actions].sort((a, b) => URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency));
}

/** Near enough, and yet where a quote of the other side is wanted. */
function isInTheWay(
  order: WorkingOrder,
  { quote, wanted }: { readonly quote: WantedQuote; readonly wanted: readonly WantedQuote[] },
): boolean {
  const { side, price } = order;
  if (price === null || price === quote.price) return false;
  return wanted.some((other) => other.side !== side && (side === 'buy' ? price >= other.price : price <= other.price));
}

type Wanting = { readonly quote: WantedQuote; readonly tolerance: Tolerance };

/** A quote nearer to the market than wanted is what others take when the price moves on. */
export function standsTooNear(order: WorkingOrder, { quote, tolerance }: Wanting): boolean {
  const price = termsOf(order).price;
  if (price === null || distanceOf(order, quote) <= priceTolerance(quote, tolerance)) return false;
  return order.side === 'buy' ? price > quote.price : price < quote.price;
}

function urgencyOf(order: WorkingOrder, wanting: Wanting): Urgency {
  if (isTooLarge(order, wanting)) return 'reduce';
  return standsTooNear(order, wanting) ? 'danger' : 'rest';
}

/** Made smaller only: it keeps its price, and with it its place, where the venue lets it. */
function amendedTerms(
  order: WorkingOrder,
  { quote, tolerance, shrinkKeepsPlace }: Wanting & { readonly shrinkKeepsPlace: boolean },
): { readonly price: Ticks; readonly size: Lots } {
  const size = lots(order.filled + quote.size);
  const stays =
    shrinkKeepsPlace && order.price !== null && size < order.size && distanceOf(order, quote) <= priceTolerance(quote, tolerance);
  return { price: stays && order.price !== null ? order.price : quote.price, size };
}

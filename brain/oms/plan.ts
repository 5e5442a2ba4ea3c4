/**
 * Wanted quotes against working orders: the fewest commands that lead from one to the other. Pure and stateless, so the backtester runs
 * it as it is. An order on its way somewhere (sent, amending, canceling, unknown) is never touched; it counts as what it was asked to be.
 */
import type { OrderStatus, Side } from '../../shared/order.ts';
import { type Lots, lots, type Ticks } from '../../shared/units.ts';
import type { WantedQuote } from '../strategy/strategy.ts';
import type { WorkingOrder } from './working.ts';

export type PlanAction =
  | { readonly kind: 'cancel'; readonly clientId: string }
  /** `size` is the new total, what is filled included. */
  | { readonly kind: 'amend'; readonly clientId: string; readonly price: Ticks; readonly size: Lots }
  | { readonly kind: 'place'; readonly side: Side; readonly price: Ticks; readonly size: Lots };
export type PlanInput = {
  readonly wanted: readonly WantedQuote[];
  /** Own orders that have not ended, of this strategy on this symbol. */
  readonly working: readonly WorkingOrder[];
  /** A working order this near to its wanted price is left alone, basis points. */
  readonly toleranceBps: number;
};

/** A quote is left alone while at least this share of the wanted size still rests. */
const SIZE_KEPT = 0.5;
const BPS = 10_000;
const SETTLED: ReadonlySet<OrderStatus> = new Set(['open', 'partially-filled']);

/** Cancels first, so that what they free is free when the places arrive. */
export function plan(input: PlanInput): readonly PlanAction[] {
  const actions = (['buy', 'sell'] as const).flatMap((side) => planSide({ ...input, side }));
  return [
    ...actions.filter(({ kind }) => kind === 'cancel'),
    ...actions.filter(({ kind }) => kind === 'amend'),
    ...actions.filter(({ kind }) => kind === 'place'),
  ];
}

function planSide({ wanted, working, toleranceBps, side }: PlanInput & { readonly side: Side }): PlanAction[] {
  const free = working.filter((order) => order.side === side && order.status !== 'canceling');
  const left: WorkingOrder[] = [...free];
  const actions: PlanAction[] = [];
  for (const { quote, order } of pair({ quotes: wanted.filter((one) => one.side === side), orders: free, toleranceBps })) {
    if (order) left.splice(left.indexOf(order), 1);
    if (!order) actions.push({ kind: 'place', side, price: quote.price, size: quote.size });
    else if (SETTLED.has(order.status) && !isNear({ order, quote, toleranceBps }))
      actions.push({ kind: 'amend', clientId: order.clientId, price: quote.price, size: lots(order.filled + quote.size) });
  }
  return [
    ...left.filter((order) => SETTLED.has(order.status)).map(({ clientId }): PlanAction => ({ kind: 'cancel', clientId })),
    ...actions,
  ];
}

type Pair = { readonly quote: WantedQuote; readonly order: WorkingOrder | null };
type Pairing = { readonly quotes: readonly WantedQuote[]; readonly orders: readonly WorkingOrder[]; readonly toleranceBps: number };

/**
 * Each quote with at most one order: first as many as possible that are near enough to be left alone, then those that nobody may touch
 * (their place is taken), then the nearest of the rest, to be amended.
 */
function pair({ quotes, orders, toleranceBps }: Pairing): Pair[] {
  const pairs = pairNear({ quotes, orders, toleranceBps });
  for (const settled of [false, true]) {
    const rest = unpaired(pairs, { quotes, orders });
    pairs.push(...pairNearest({ quotes: rest.quotes, orders: rest.orders.filter(({ status }) => SETTLED.has(status) === settled) }));
  }
  return [...pairs, ...unpaired(pairs, { quotes, orders }).quotes.map((quote) => ({ quote, order: null }))];
}

function unpaired(pairs: readonly Pair[], { quotes, orders }: Omit<Pairing, 'toleranceBps'>): Omit<Pairing, 'toleranceBps'> {
  return {
    quotes: quotes.filter((quote) => !pairs.some((one) => one.quote === quote)),
    orders: orders.filter((order) => !pairs.some((one) => one.order === order)),
  };
}

/** As many quotes as can be served by an order that is near enough, each by another: augmenting paths, so a quote in place stays. */
function pairNear({ quotes, orders, toleranceBps }: Pairing): Pair[] {
  const servedBy = new Map<WorkingOrder, WantedQuote>();
  const serve = (quote: WantedQuote, tried: Set<WorkingOrder>): boolean => {
    for (const order of orders) {
      if (tried.has(order) || !isNear({ order, quote, toleranceBps })) continue;
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

function pairNearest({ quotes, orders }: Omit<Pairing, 'toleranceBps'>): Pair[] {
  const candidates = quotes.flatMap((quote) =>
    orders.map((order) => ({ quote, order, distance: Math.abs((order.price ?? 0) - quote.price) })),
  );
  const pairs: Pair[] = [];
  for (const { quote, order } of candidates.sort((a, b) => a.distance - b.distance))
    if (!pairs.some((one) => one.quote === quote || one.order === order)) pairs.push({ quote, order });
  return pairs;
}

type Nearness = { readonly order: WorkingOrder; readonly quote: WantedQuote; readonly toleranceBps: number };

function isNear({ order, quote, toleranceBps }: Nearness): boolean {
  const resting = order.size - order.filled;
  const distance = Math.abs((order.price ?? 0) - quote.price);
  return distance <= (quote.price * toleranceBps) / BPS && resting >= quote.size * SIZE_KEPT && resting <= quote.size;
}

/**
 * Own orders never meet each other: not those of one run, and not those of two runs on one symbol. First the wishes are made to fit: of two
 * that would meet, the less aggressive one steps back, and of two alike the one of the run that stands later in the configuration. Then no
 * command leaves that would meet what rests now, at any price at which it may rest: it waits until that has moved. Pure.
 */
import type { Instrument } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { type Ticks, ticks } from '../../shared/units.ts';
import type { OrderCommand, WorkingOrder } from '../oms/working.ts';
import type { WantedQuote } from '../strategy/strategy.ts';

/** What one run wants to rest, and what it wants to take now. */
export type Wanted = {
  readonly run: string;
  readonly quotes: readonly WantedQuote[];
  readonly taker: { readonly side: Side; readonly price: Ticks } | null;
};
/** `from`: where the quote was wished; `other`: the run that it would have met. */
export type StepBack = { readonly side: Side; readonly from: Ticks; readonly to: Ticks; readonly other: string };
export type Fitted = { readonly run: string; readonly quotes: readonly WantedQuote[]; readonly steps: readonly StepBack[] };

type Market = { readonly bestBid: Ticks; readonly bestAsk: Ticks; readonly instrument: Instrument };
type Edge = { readonly price: number; readonly run: string };

/** In the order of the runs. A quote that would have to step beyond the prices that the venue takes is left out. */
export function stepBack(wanted: readonly Wanted[], market: Market): readonly Fitted[] {
  const fitted = wanted.map(({ run }) => ({ run, quotes: new Map<number, WantedQuote>(), steps: [] as StepBack[] }));
  const edges: Record<Side, Edge[]> = { buy: [], sell: [] };
  for (const { run, taker } of wanted) if (taker) edges[taker.side].push({ price: taker.price, run });
  for (const { index, at, quote } of byAggression(wanted, market)) {
    const own = fitted[index];
    if (!own) continue;
    const met = nearest(edges[quote.side === 'buy' ? 'sell' : 'buy'], { run: own.run, quote });
    const placed = met === null ? quote : { ...quote, price: ticks(quote.side === 'buy' ? met.price - 1 : met.price + 1) };
    if (met !== null) own.steps.push({ side: quote.side, from: quote.price, to: placed.price, other: met.run });
    if (placed.price < market.instrument.minPriceTicks || placed.price > market.instrument.maxPriceTicks) continue;
    own.quotes.set(at, placed);
    edges[quote.side].push({ price: placed.price, run: own.run });
  }
  return fitted.map(({ run, quotes, steps }) => ({ run, steps, quotes: [...quotes].sort(([a], [b]) => a - b).map(([, quote]) => quote) }));
}

/** The most aggressive first: furthest beyond mid towards the other side. */
function byAggression(wanted: readonly Wanted[], { bestBid, bestAsk }: Market) {
  const mid = (bestBid + bestAsk) / 2;
  const all = wanted.flatMap(({ quotes }, index) =>
    quotes.map((quote, at) => ({ index, at, quote, beyond: quote.side === 'buy' ? quote.price - mid : mid - quote.price })),
  );
  return all.sort((a, b) => b.beyond - a.beyond || a.index - b.index || a.at - b.at);
}

/** The furthest of the other runs' edges that the quote would meet. */
function nearest(edges: readonly Edge[], { run, quote }: { readonly run: string; readonly quote: WantedQuote }): Edge | null {
  let found: Edge | null = null;
  for (const edge of edges) {
    if (edge.run === run || !meets(quote.side, quote.price, edge.price)) continue;
    if (found === null || meets(quote.side, found.price, edge.price)) found = edge;
  }
  return found;
}

/** Whether an order of `side` at a price would trade with one of the other side. */
const meets = (side: Side, price: number, other: number): boolean => (side === 'buy' ? price >= other : price <= other);

export type Crossing = { readonly sent: readonly OrderCommand[]; readonly held: readonly OrderCommand[] };

/** Commands in their order; one that is sent is among those that the next ones must not meet. */
export function withoutMeeting(commands: readonly OrderCommand[], working: readonly WorkingOrder[]): Crossing {
  const resting = new Map(working.map((order) => [order.clientId, restingOf(order)]));
  const [sent, held]: [OrderCommand[], OrderCommand[]] = [[], []];
  for (const command of commands) {
    if (command.kind === 'cancel') {
      sent.push(command);
      continue;
    }
    const before = resting.get(command.clientId);
    const side = command.kind === 'place' ? command.side : (before?.side ?? 'buy');
    const others = [...resting].filter(([clientId, order]) => clientId !== command.clientId && order.side !== side);
    if (others.some(([, order]) => order.prices.some((price) => price === null || meets(side, command.price, price)))) held.push(command);
    else {
      sent.push(command);
      resting.set(command.clientId, { side, prices: [...(before?.prices ?? []), command.price] });
    }
  }
  return { sent, held };
}

/** A market order meets everything. */
const restingOf = ({ side, price, amendTo }: WorkingOrder): { readonly side: Side; readonly prices: readonly (number | null)[] } => ({
  side,
  prices: amendTo ? [price, amendTo.price] : [price],
});

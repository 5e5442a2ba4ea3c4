/**
 * A person's own strategy: one file that exports `strategy`, made with `defineStrategy`. It is shown one symbol at a time and says what it
 * wants; orders, limits, hard exits and restarts are the brain's business. The helpers take the arithmetic of ticks and lots off its hands.
 */
import * as z from 'zod';
import { floorSteps, notionalOf } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import type { BarInterval } from '../../shared/runs.ts';
import { type Lots, lots, ticks } from '../../shared/units.ts';
import type { Resume, Strategy, SymbolView, WantedQuote, Wish } from './strategy.ts';

/** What is left out is: no quotes, no target, reason `quoting` or `no-wish`, no signals, the state as it was. */
export type OwnWish<State> = Partial<Wish> & { readonly state?: State };

export type Definition<Parameters, State> = {
  /** A `z.strictObject`; every parameter is described with its unit. */
  readonly parameters: z.ZodType<Parameters>;
  /** `trades`: public trades. `bars`: closed bars of the interval that the configuration names. */
  readonly reads?: { readonly trades?: boolean; readonly bars?: boolean };
  /** An own quote nearer than this to where it is wanted is left alone, basis points. */
  readonly toleranceBps?: number;
  /** State before the first decision and after a hard exit: plain JSON. Without it there is none. */
  readonly initial?: (parameters: Parameters) => State;
  readonly decide: (view: SymbolView, context: { readonly parameters: Parameters; readonly state: State }) => OwnWish<State>;
  /** Whether its state may be taken up after a restart. */
  readonly resume?: Resume<State>;
};

export const defineStrategy = <Parameters, State = null>(definition: Definition<Parameters, State>): Definition<Parameters, State> =>
  definition;

/** The same as every other strategy of the brain. */
export function ownStrategy<Parameters, State>(
  { reads = {}, toleranceBps = 0, initial, decide, resume }: Definition<Parameters, State>,
  { name, parameters, bars }: { readonly name: string; readonly parameters: Parameters; readonly bars: BarInterval | null },
): Strategy<State | null> {
  return {
    name,
    role: 'custom',
    reads: { trades: reads.trades ?? false, bars: reads.bars ? bars : null },
    toleranceBps,
    ...(resume ? { resume } : {}),
    initial: () => initial?.(parameters) ?? null,
    decide: (view, before) => {
      const asked = decide(view, { parameters, state: before as State }); // null only where it has no `initial`, and then State is null
      if (typeof asked !== 'object' || asked === null) throw new TypeError('decide returned no object');
      if (asked instanceof Promise) throw new TypeError('decide is asynchronous: it has to answer at once');
      const { quotes = [], target = null, signals = {}, detail = {}, state } = asked;
      const reason = asked.reason ?? (quotes.length > 0 ? 'quoting' : target !== null ? 'target' : 'no-wish');
      return { wish: { quotes, target, reason, signals, detail }, state: state === undefined ? before : state };
    },
  };
}

/** Ticks, as a fraction. */
export const midOf = ({ bestBid, bestAsk }: SymbolView): number => (bestBid + bestAsk) / 2;

/** Whole lots in a size in base units, rounded down: '0.010' is 10 lots of 0.001. */
export const lotsIn = ({ instrument }: SymbolView, size: string): Lots => lots(floorSteps({ text: size, step: instrument.stepSize }));

type Quote = {
  readonly side: Side;
  /** Ticks, as a fraction; rounded away from the market. */
  readonly price: number;
  /** Base units. */
  readonly size: string;
  readonly level?: number;
};

/** One quote in a list, kept one tick from taking; an empty list where it would be smaller than the venue takes. */
export function quoteAt(view: SymbolView, { side, price, size, level = 0 }: Quote): readonly WantedQuote[] {
  const { instrument, bestBid, bestAsk } = view;
  const wanted = side === 'buy' ? Math.min(Math.floor(price), bestAsk - 1) : Math.max(Math.ceil(price), bestBid + 1);
  const quote: WantedQuote = { side, price: ticks(wanted), size: lotsIn(view, size), level };
  const isTaken = wanted >= instrument.minPriceTicks && wanted <= instrument.maxPriceTicks && quote.size >= instrument.minLots;
  return isTaken && notionalOf(instrument, quote) >= instrument.minNotionalAtoms ? [quote] : [];
}

/** A position to reach now, base units, signed; at most `slippageBps` beyond the best price. */
export const targetOf = (view: SymbolView, position: string, slippageBps: number): NonNullable<Wish['target']> => ({
  position: lotsIn(view, position),
  slippageBps,
});

export { z };
export type { SymbolView, WantedQuote, Wish } from './strategy.ts';

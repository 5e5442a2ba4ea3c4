/**
 * A strategy at its symbols, with its state. Each decision gives the next seat, so that the brain can hold strategies of any state side by
 * side without knowing what it looks like. Pure.
 */
import type { Role } from '../../shared/client-id.ts';
import { isAfterExit } from '../../shared/reasons.ts';
import type { BarInterval } from '../../shared/runs.ts';
import type { BasketStrategy, Strategy, Views, Wish } from './strategy.ts';

export type Seat = {
  readonly decide: (views: Views) => { readonly wishes: ReadonlyMap<string, Wish>; readonly next: Seat };
  /** Its state as JSON text. */
  readonly text: () => string;
};
/** State of a seat as it was stored, at `atMs` of the venue's time. */
export type SavedState = { readonly text: string; readonly atMs: number };

/** A strategy whose parameters are fixed. */
export type Sealed = {
  readonly name: string;
  readonly role: Role;
  readonly reads: { readonly trades: boolean; readonly bars: BarInterval | null };
  readonly toleranceBps: number;
  /** It looks at all its symbols at once; else every symbol has a seat of its own. */
  readonly isBasket: boolean;
  /** Its state is worth storing. */
  readonly isResumable: boolean;
  readonly begin: () => Seat;
  /** Goes on from a stored state; null where the strategy does not want that, or not from this one. */
  readonly resume: (saved: SavedState, nowMs: number) => Seat | null;
};

export const sealBasket = <State>(strategy: BasketStrategy<State>): Sealed => seal(strategy, true);
export const sealAlone = <State>(strategy: Strategy<State>): Sealed => seal(alone(strategy), false);

/** The strategy of one symbol as one that looks at all its symbols, which are one. */
export function alone<State>(strategy: Strategy<State>): BasketStrategy<State> {
  return {
    ...strategy,
    initial: () => strategy.initial(),
    decide: (views, state) => {
      for (const [symbol, view] of views) {
        if (typeof view === 'string') return { wishes: new Map(), state: isAfterExit(view) ? strategy.initial() : state };
        const decided = strategy.decide(view, state);
        return { wishes: new Map([[symbol, decided.wish]]), state: decided.state };
      }
      return { wishes: new Map(), state };
    },
  };
}

/** A state is dated by the venue's clock, which may be ahead of ours by this much. */
const AHEAD_MS = 5_000;

function seal<State>(strategy: BasketStrategy<State>, isBasket: boolean): Sealed {
  const { name, role, reads, toleranceBps = 0 } = strategy;
  return {
    ...{ name, role, toleranceBps, isBasket, isResumable: strategy.resume !== undefined },
    reads: { trades: reads?.trades ?? false, bars: reads?.bars ?? null },
    begin: () => seatOf(strategy, strategy.initial()),
    resume: ({ text, atMs }, nowMs) => {
      const { resume } = strategy;
      if (!resume || nowMs - atMs > resume.maxAgeMs || atMs - nowMs > AHEAD_MS) return null;
      const state = readState(text, resume.read);
      return state === undefined ? null : seatOf(strategy, state);
    },
  };
}

/** A stored state that its strategy cannot read is none. */
function readState<State>(text: string, read: (saved: unknown) => State | undefined): State | undefined {
  try {
    return read(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function seatOf<State>(strategy: BasketStrategy<State>, state: State): Seat {
  return {
    decide: (views) => {
      const decided = strategy.decide(views, state);
      return { wishes: decided.wishes, next: seatOf(strategy, decided.state) };
    },
    text: () => JSON.stringify(state),
  };
}

/**
 * Two legs of one trade, taken one after the other: the thinner book first, the other at once for whatever the first has brought. A leg
 * that cannot be hedged before the deadline is unwound, not hoped for. What is held decides, never what was asked for. Pure; plain data.
 */
import type { Direction } from './basis.ts';

/** Amounts are whole shares of a common step of both contracts. `first` is the leg taken first. */
export type Legs =
  | { readonly at: 'flat'; readonly sinceMs: number }
  | { readonly at: 'entering'; readonly direction: Direction; readonly first: 'a' | 'b'; readonly size: number; readonly sinceMs: number }
  | { readonly at: 'open'; readonly direction: Direction; readonly sinceMs: number; readonly unevenSinceMs: number | null }
  | { readonly at: 'leaving'; readonly sinceMs: number; readonly why: string };

export type LegView = {
  readonly nowMs: number;
  /** Signed. */
  readonly a: number;
  readonly b: number;
  /** Both books can be traded on now. */
  readonly tradable: boolean;
  /** Which way to enter now; null when neither pays. */
  readonly enter: { readonly direction: Direction; readonly first: 'a' | 'b' } | null;
  /** The way it was entered still pays: what is missing of the first leg may be taken. */
  readonly stillPays: boolean;
  /** Why to leave now; null to stay. */
  readonly leave: string | null;
  readonly size: number;
};
export type LegLimits = {
  readonly hedgeDeadlineMs: number;
  readonly cooldownMs: number;
};
/** `targets` of the legs; null leaves a leg as it is. `urgent`: at the slippage of a way out. */
export type LegTurn = {
  readonly legs: Legs;
  readonly targets: { readonly a: number | null; readonly b: number | null };
  readonly urgent: boolean;
  readonly reason: string;
};

export const noLegs = (nowMs: number): Legs => ({ at: 'flat', sinceMs: nowMs });

export function stepLegs(legs: Legs, { view, limits }: { readonly view: LegView; readonly limits: LegLimits }): LegTurn {
  switch (legs.at) {
    case 'flat':
      return stepFlat(legs, { view, limits });
    case 'entering':
      return stepEntering(legs, { view, limits });
    case 'open':
      return stepOpen(legs, { view, limits });
    case 'leaving':
      return stepLeaving(legs, view);
    default:
      throw new Error(`Cannot step legs: ${JSON.stringify(legs satisfies never)}`);
  }
}

type Stepping = { readonly view: LegView; readonly limits: LegLimits };
const KEEP = { a: null, b: null };

function stepFlat(legs: Extract<Legs, { at: 'flat' }>, { view, limits }: Stepping): LegTurn {
  if (view.a !== 0 || view.b !== 0) return leave('leftover', view); // of an earlier life, a hard exit of one leg, or a person
  if (!view.tradable) return { legs, targets: KEEP, urgent: false, reason: 'arb-not-tradable' };
  if (view.enter === null) return { legs, targets: KEEP, urgent: false, reason: 'arb-no-edge' };
  if (view.nowMs - legs.sinceMs < limits.cooldownMs) return { legs, targets: KEEP, urgent: false, reason: 'arb-cooling' };
  const entering: Legs = { at: 'entering', ...view.enter, size: view.size, sinceMs: view.nowMs };
  return stepEntering(entering, { view: { ...view, stillPays: true }, limits });
}

function stepEntering(legs: Extract<Legs, { at: 'entering' }>, { view, limits }: Stepping): LegTurn {
  const { nowMs, a, b } = view;
  const late = nowMs - legs.sinceMs >= limits.hedgeDeadlineMs;
  const even = a + b === 0;
  const signA = legs.direction === 'long-a' ? 1 : -1;
  if (a * signA < 0 || b * signA > 0) return leave('wrong-side', view);
  if (even && a === signA * legs.size) return opened(legs.direction, view);
  if (late && even)
    return a === 0 ? { legs: noLegs(nowMs), targets: KEEP, urgent: false, reason: 'arb-missed' } : opened(legs.direction, view);
  if (late) return leave('hedge-late', view);
  const signFirst = legs.first === 'a' ? signA : -signA;
  const held = legs.first === 'a' ? a : b;
  const goal = view.stillPays ? signFirst * Math.max(legs.size, Math.abs(held)) : held;
  const targets = legs.first === 'a' ? { a: goal, b: -held } : { a: -held, b: goal };
  return {
    legs,
    targets: { a: unless(targets.a, a), b: unless(targets.b, b) },
    urgent: false,
    reason: held === 0 ? 'arb-entering' : 'arb-hedging',
  };
}

function stepOpen(legs: Extract<Legs, { at: 'open' }>, { view, limits }: Stepping): LegTurn {
  const { nowMs, a, b } = view;
  if (a === 0 && b === 0) return { legs: noLegs(nowMs), targets: KEEP, urgent: false, reason: 'arb-closed' };
  const unevenSinceMs = a + b === 0 ? null : (legs.unevenSinceMs ?? nowMs);
  if (unevenSinceMs !== null && nowMs - unevenSinceMs >= limits.hedgeDeadlineMs) return leave('uneven', view);
  if (view.leave !== null) return leave(view.leave, view);
  return { legs: { ...legs, unevenSinceMs }, targets: KEEP, urgent: false, reason: unevenSinceMs === null ? 'arb-holding' : 'arb-uneven' };
}

function stepLeaving(legs: Extract<Legs, { at: 'leaving' }>, view: LegView): LegTurn {
  if (view.a === 0 && view.b === 0) return { legs: noLegs(view.nowMs), targets: KEEP, urgent: false, reason: 'arb-closed' };
  return { legs, targets: { a: unless(0, view.a), b: unless(0, view.b) }, urgent: true, reason: `arb-leaving-${legs.why}` };
}

const opened = (direction: Direction, { nowMs }: LegView): LegTurn => ({
  legs: { at: 'open', direction, sinceMs: nowMs, unevenSinceMs: null },
  targets: KEEP,
  urgent: false,
  reason: 'arb-holding',
});

const leave = (why: string, view: LegView): LegTurn => stepLeaving({ at: 'leaving', sinceMs: view.nowMs, why }, view);

/** A leg that is where it should be is not asked for. */
const unless = (goal: number, held: number): number | null => (goal === held ? null : goal);

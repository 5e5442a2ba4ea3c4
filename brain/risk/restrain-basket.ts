/**
 * What a restraint leaves of the wishes of a strategy that holds several legs at once. Legs are restrained together, by the strictest breaker
 * of any of them: while one stands open or probes nothing is entered on any, in no smaller size either, since sizes scaled apart are no hedge.
 * What makes the legs more even and what leads towards flat always goes on: a leg that stands alone is the greater risk. Pure.
 */
import { lots } from '../../shared/units.ts';
import type { SymbolView, Wish } from '../strategy/strategy.ts';
import { type Restraint, restrain } from './restrain.ts';

/** One symbol of a basket as it is seen and what is wanted there; null: it cannot be seen, or nothing was wished. */
export type Leg = { readonly view: SymbolView | null; readonly wish: Wish | null };
type Restraining = { readonly legs: readonly Leg[]; readonly restraint: Restraint; readonly widenFactor: number };

/** `leg` is one of `legs`, seen and wished for. `reason` tells how far the strictest breaker goes. */
export function restrainLeg(leg: { readonly view: SymbolView; readonly wish: Wish }, { legs, restraint, widenFactor }: Restraining): Wish {
  const { view, wish } = leg;
  const left = restrain({ ...wish, target: null }, { restraint: { ...restraint, reduceOnly: true }, view, widenFactor });
  return { ...left, reason: reasonOf(restraint), target: wish.target && targetOf(wish.target, { view, legs }) };
}

function reasonOf({ nothing, reduceOnly, widen }: Restraint): string {
  if (nothing) return 'breaker-paused';
  return reduceOnly ? 'breaker-one-sided' : widen ? 'breaker-widened' : 'breaker-probing';
}

type Target = NonNullable<Wish['target']>;

/** Null where nothing is left to do: the leg stays as it is. */
function targetOf(target: Target, { view, legs }: { readonly view: SymbolView; readonly legs: readonly Leg[] }): Target | null {
  const allowed = allowedLots(legs).get(view.symbol) ?? view.position;
  return allowed === view.position ? null : { ...target, position: lots(allowed) };
}

/**
 * By symbol, signed lots. Each leg first goes as far towards flat as it was asked to. From there a leg grows as far as it evens out what the
 * legs of its coin then hold together, one leg after the other, so that two hedges are not one too many.
 */
function allowedLots(legs: readonly Leg[]): ReadonlyMap<string, number> {
  const seen = legs.flatMap(({ view, wish }) => (view ? [{ view, wanted: wish?.target?.position ?? view.position }] : []));
  const allowed = new Map<string, number>(seen.map(({ view, wanted }) => [view.symbol, towardsFlat(view.position, wanted)]));
  if (seen.length < legs.length) return allowed; // what the legs hold together is not known
  for (const { view, wanted } of seen) {
    const from = allowed.get(view.symbol) ?? view.position;
    const missing = -togetherLots(view, { seen, allowed });
    const grows = wanted - from;
    if (grows * missing > 0) allowed.set(view.symbol, from + Math.sign(grows) * Math.min(Math.abs(grows), Math.abs(missing)));
  }
  return allowed;
}

/** What is held, or less of it. */
function towardsFlat(held: number, wanted: number): number {
  if (wanted * held <= 0) return 0;
  return Math.sign(held) * Math.min(Math.abs(held), Math.abs(wanted));
}

type Holding = { readonly seen: readonly { readonly view: SymbolView }[]; readonly allowed: ReadonlyMap<string, number> };

/** What all legs of its coin hold, signed, in whole lots of this contract. */
function togetherLots({ instrument }: SymbolView, { seen, allowed }: Holding): number {
  const same = seen.filter(({ view }) => view.instrument.baseAsset === instrument.baseAsset);
  const units = same.reduce((sum, { view }) => sum + (allowed.get(view.symbol) ?? 0) * Number(view.instrument.stepSize), 0);
  const inLots = units / Number(instrument.stepSize);
  return Math.sign(inLots) * Math.floor(Math.abs(inLots) + 1e-9);
}

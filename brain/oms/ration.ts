/**
 * Actions that one symbol may ask for: a token bucket, so that no market however wild eats the account's order limits. What takes back or
 * makes smaller always leaves, and is counted; a quote that stands too near may use all that is left; the rest leaves a share of it alone.
 * Pure: time in.
 */
import type { MonoMs } from '../../shared/units.ts';
import { byUrgency, type Urgency } from './plan.ts';

export type RationRules = { readonly perSecond: number; readonly burst: number };
/** Null before the first action: full. */
export type Tokens = { readonly left: number; readonly at: MonoMs } | null;

/** Of the burst, for quotes that stand too near. */
const KEPT = 0.25;

export type Rationed<T> = { readonly leave: readonly T[]; readonly wait: readonly T[]; readonly tokens: Tokens };
type Asked = { readonly tokens: Tokens; readonly rules: RationRules; readonly now: MonoMs };

export function ration<T extends { readonly urgency: Urgency }>(actions: readonly T[], { tokens, rules, now }: Asked): Rationed<T> {
  const { perSecond, burst } = rules;
  let left = tokens === null ? burst : Math.min(burst, tokens.left + (Math.max(0, now - tokens.at) * perSecond) / 1_000);
  const [leave, wait]: [T[], T[]] = [[], []];
  for (const action of byUrgency(actions)) {
    const least = action.urgency === 'rest' ? 1 + Math.floor(burst * KEPT) : 1;
    const free = action.urgency === 'cancel' || action.urgency === 'reduce';
    if (!free && left < least) {
      wait.push(action);
      continue;
    }
    left = Math.max(-burst, left - 1);
    leave.push(action);
  }
  return { leave, wait, tokens: { left, at: now } };
}

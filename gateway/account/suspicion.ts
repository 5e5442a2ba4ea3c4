/** Refusals that say that what we believe of the account or of a contract is not so (reference sheet 2026-11, section 11). Pure. */
import type { MonoMs } from '../../shared/units.ts';
import type { VenueFault } from '../venues/venue.ts';

const ACCOUNT: ReadonlySet<string> = new Set([
  'reduce-only-refused',
  'position-insufficient',
  'insufficient-margin',
  'position-mode',
  'leverage',
  'open-order-limit',
  'closing-only',
  'not-reduce-only',
]);
const INSTRUMENTS: ReadonlySet<string> = new Set(['filter', 'min-notional', 'symbol', 'price-band']);
/** A storm of refusals asks once. */
const APART_MS = 5_000;

export type Suspect = 'account' | 'instruments';

export class Suspicion {
  readonly #at = new Map<Suspect, MonoMs>();

  /** What is to be read again; null when the refusal says nothing new. */
  refused({ kind, reason }: VenueFault, now: MonoMs): Suspect | null {
    if (kind !== 'rejected' && kind !== 'auth') return null;
    const what: Suspect | null = ACCOUNT.has(reason) ? 'account' : INSTRUMENTS.has(reason) ? 'instruments' : null;
    if (what === null || now - (this.#at.get(what) ?? Number.NEGATIVE_INFINITY) < APART_MS) return null;
    this.#at.set(what, now);
    return what;
  }
}

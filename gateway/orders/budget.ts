/**
 * Request weight and order counts: our own sliding windows beside the venue's figures, whichever is worse. A share is kept back for
 * cancels, reduce-only orders and closes, so that quoting can never use up the way out. Pure: time in, yes or a sentence out.
 */
import type { MonoMs } from '../../shared/units.ts';
import type { Budgets } from '../venues/venue.ts';

/** Kept back for what protects. */
const RESERVED = 0.2;
const ENTRIES_MAX = 10_000;

export class Budget {
  #sent: MonoMs[] = [];
  #blockedUntil = 0;

  /** Null when one more order request may leave now; else the sentence to refuse with. */
  refusal({ budgets, now, protective }: { readonly budgets: Budgets; readonly now: MonoMs; readonly protective: boolean }): string | null {
    if (now < this.#blockedUntil) return `the venue asked for silence for ${Math.ceil(this.#blockedUntil - now)} ms more`;
    const share = protective ? 1 : 1 - RESERVED;
    const windows = [
      { name: 'orders in 10 s', used: Math.max(budgets.orders10s.used, this.#count(now - 10_000)), limit: budgets.orders10s.limit },
      { name: 'orders in 1 min', used: Math.max(budgets.orders1m.used, this.#count(now - 60_000)), limit: budgets.orders1m.limit },
      { name: 'request weight in 1 min', used: budgets.weight.used, limit: budgets.weight.limit },
    ];
    const over = windows.find(({ used, limit }) => used + 1 > Math.floor(limit * share));
    return over ? `${over.name} used ${over.used}, limit is ${Math.floor(over.limit * share)} of ${over.limit}` : null;
  }

  /** One order request left. */
  spend(now: MonoMs): void {
    this.#sent.push(now);
    if (this.#sent.length > ENTRIES_MAX || (this.#sent[0] ?? now) < now - 120_000)
      this.#sent = this.#sent.filter((at) => at > now - 60_000).slice(-ENTRIES_MAX);
  }

  /** The venue limits or bans us: nothing new until then. */
  block({ until }: { readonly until: number }): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
  }

  get blockedUntil(): number {
    return this.#blockedUntil;
  }

  #count(since: number): number {
    let count = 0;
    for (let i = this.#sent.length - 1; i >= 0 && (this.#sent[i] ?? 0) > since; i--) count++;
    return count;
  }
}

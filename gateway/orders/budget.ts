/**
 * When an order request may leave. Pure: time in, yes or a sentence out.
 *
 * Quotes are paced by a bucket for each order window of the venue. The windows are fixed and their edges are the venue's; a bucket of size
 * B that refills at (U - B) / period lets out at most U in *any* stretch of that length, so wherever the edges lie no window can overflow,
 * and no quoting is ever stopped until a window ends. U is 96 % of the limit: what is kept back (48 a minute, 12 in 10 s) is a ladder of
 * two rungs on 24 symbols, or covers what two seconds of jitter on the line can push from one window into the next. It is not more because a cancel, the usual way out, costs no order count at all (reference sheet 2026-11, section 5); weight is what a cancel
 * costs, so a fifth of that is kept. B is 2 % of the minute: quotes on both sides of 12 symbols at once, and a pace of 94 % after it.
 *
 * What protects (closes, reduce-only) is counted in the buckets and bound by the venue's windows alone.
 */
import type { MonoMs } from '../../shared/units.ts';
import type { Budget as Use, Budgets } from '../venues/venue.ts';

const ORDERS_KEPT = 0.04;
const WEIGHT_KEPT = 0.2;
const BURST = 0.02;
/** A burst is at most this share of a window, whatever the other window allows. */
const BURST_MAX = 0.25;

type Bucket = { readonly name: string; readonly periodMs: number; tokens: number; at: MonoMs | null };
type Sized = { readonly burst: number; readonly perMs: number };
type Asked = { readonly budgets: Budgets; readonly now: MonoMs; readonly protective: boolean };

export class Budget {
  readonly #minute: Bucket = { name: 'orders in 1 min', periodMs: 60_000, tokens: 0, at: null };
  readonly #tenSeconds: Bucket = { name: 'orders in 10 s', periodMs: 10_000, tokens: 0, at: null };
  #blockedUntil = 0;
  #ordersBlockedUntil = 0;

  /** Null when one more order request may leave now; else the sentence to refuse with. */
  refusal({ budgets, now, protective }: Asked): string | null {
    const silentMs = Math.ceil(Math.max(this.#blockedUntil, this.#ordersBlockedUntil) - now);
    if (silentMs > 0) return `the venue asked for silence for ${silentMs} ms more`;
    const { orders1m, orders10s, weight } = budgets;
    const share = protective ? 1 : 1 - ORDERS_KEPT;
    const full =
      fullOf('orders in 10 s', orders10s, share) ??
      fullOf('orders in 1 min', orders1m, share) ??
      fullOf('request weight in 1 min', weight, protective ? 1 : 1 - WEIGHT_KEPT);
    return full ?? (protective ? null : this.#unpaced(budgets, now));
  }

  /** One order request left. */
  spend(now: MonoMs, { orders1m, orders10s }: Pick<Budgets, 'orders1m' | 'orders10s'>): void {
    for (const [bucket, use] of [
      [this.#minute, orders1m],
      [this.#tenSeconds, orders10s],
    ] as const) {
      refill(bucket, sized(bucket, { use, minute: orders1m }), now);
      bucket.tokens--;
    }
  }

  /** The venue limits or bans us: nothing until then, or no order when only their count is full. */
  block({ until, ordersOnly = false }: { readonly until: number; readonly ordersOnly?: boolean }): void {
    if (ordersOnly) this.#ordersBlockedUntil = Math.max(this.#ordersBlockedUntil, until);
    else this.#blockedUntil = Math.max(this.#blockedUntil, until);
  }

  /** Before this not even a cancel leaves. */
  get blockedUntil(): number {
    return this.#blockedUntil;
  }

  #unpaced({ orders1m, orders10s }: Budgets, now: MonoMs): string | null {
    for (const [bucket, use] of [
      [this.#minute, orders1m],
      [this.#tenSeconds, orders10s],
    ] as const) {
      const size = sized(bucket, { use, minute: orders1m });
      refill(bucket, size, now);
      if (bucket.tokens >= 1) continue;
      const waitMs = Math.ceil((1 - bucket.tokens) / size.perMs);
      return `${bucket.name}: paced at ${(size.perMs * 1_000).toFixed(1)} a second, the next in ${waitMs} ms`;
    }
    return null;
  }
}

/** For metrics: how much of each window of the venue is used. */
export const usedOf = ({ weight, orders1m, orders10s }: Budgets): Readonly<Record<string, number>> => ({
  weightUsed: weight.used,
  ordersUsed1m: orders1m.used,
  ordersUsed10s: orders10s.used,
});

function fullOf(name: string, { used, limit }: Use, share: number): string | null {
  const usable = Math.floor(limit * share);
  return used + 1 > usable ? `${name} used ${used}, limit is ${usable} of ${limit}` : null;
}

function sized({ periodMs }: Bucket, { use, minute }: { readonly use: Use; readonly minute: Use }): Sized {
  const usable = Math.floor(use.limit * (1 - ORDERS_KEPT));
  const burst = Math.max(1, Math.floor(Math.min(minute.limit * BURST, usable * BURST_MAX)));
  return { burst, perMs: Math.max(0, usable - burst) / periodMs };
}

function refill(bucket: Bucket, { burst, perMs }: Sized, now: MonoMs): void {
  bucket.tokens = bucket.at === null ? burst : Math.min(burst, bucket.tokens + (now - bucket.at) * perMs);
  bucket.at = now;
}

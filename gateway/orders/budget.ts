/**
 * When an order request may leave. Pure: time in, yes or a sentence out.
 *
 * Quotes are paced by a bucket for each order window of the venue. The windows are fixed and their edges are the venue's; a bucket of size
 * B that refills at (U - B) / period lets out at most U in *any* stretch of that length, so wherever the edges lie no window can overflow,
 * and no quoting is ever stopped until a window ends. U is 96 % of the limit: what is kept back (48 a minute, 12 in 10 s) is a ladder of
 * two rungs on 24 symbols, or covers what two seconds of jitter on the line can push from one window into the next. It is not more because a cancel, the usual way out, costs no order count at all (reference sheet 2026-11, section 5); weight is what a cancel
 * costs, so a fifth of that is kept. B is 2 % of the minute: quotes on both sides of 12 symbols at once, and a pace of 94 % after it.
 *
 * What protects (closes, reduce-only) is counted in the buckets and bound by the venue's windows of orders alone: placing one weighs nothing
 * (section 3.1), so a weight that others have used up does not hold back a close.
 *
 * Several orders in one request cost the minute one order and the ten seconds as many as the venue says, and weight besides, of which they
 * may use a quarter. So they lift the pace from what the minute allows (19 a second) to what the ten seconds allow (26), and are worth it
 * only where many wait.
 */
import type { MonoMs } from '../../shared/units.ts';
import type { Budget as Use, Budgets } from '../venues/venue.ts';

const ORDERS_KEPT = 0.04;
const WEIGHT_KEPT = 0.2;
const BURST = 0.02;
/** A burst is at most this share of a window, whatever the other window allows. */
const BURST_MAX = 0.25;
/** Of the weight of a minute, for requests of several orders; and of that, at once. */
const BATCH_WEIGHT = 0.25;
const BATCH_BURST = 0.1;

/** Of one request that places or amends. */
export type Cost = { readonly orders10s: number; readonly orders1m: number; readonly weight: number };
const SINGLE: Cost = { orders10s: 1, orders1m: 1, weight: 0 };

type Bucket = { readonly name: string; readonly periodMs: number; tokens: number; at: MonoMs | null };
type Sized = { readonly burst: number; readonly perMs: number };
type Asked = { readonly budgets: Budgets; readonly now: MonoMs; readonly protective: boolean; readonly cost?: Cost };

export class Budget {
  readonly #minute: Bucket = { name: 'orders in 1 min', periodMs: 60_000, tokens: 0, at: null };
  readonly #tenSeconds: Bucket = { name: 'orders in 10 s', periodMs: 10_000, tokens: 0, at: null };
  readonly #batches: Bucket = { name: 'weight of batches in 1 min', periodMs: 60_000, tokens: 0, at: null };
  #blockedUntil = 0;
  #ordersBlockedUntil = 0;

  /** Null when one more order request may leave now; else the sentence to refuse with. */
  refusal({ budgets, now, protective, cost = SINGLE }: Asked): string | null {
    const silentMs = Math.ceil(Math.max(this.#blockedUntil, this.#ordersBlockedUntil) - now);
    if (silentMs > 0) return `the venue asked for silence for ${silentMs} ms more`;
    const { orders1m, orders10s, weight } = budgets;
    const share = protective ? 1 : 1 - ORDERS_KEPT;
    const full =
      fullOf('orders in 10 s', orders10s, { share, cost: cost.orders10s }) ??
      fullOf('orders in 1 min', orders1m, { share, cost: cost.orders1m }) ??
      (protective && cost.weight === 0
        ? null
        : fullOf('request weight in 1 min', weight, { share: protective ? 1 : 1 - WEIGHT_KEPT, cost: Math.max(1, cost.weight) }));
    return full ?? (protective ? null : this.#unpaced(budgets, { now, cost }));
  }

  /** One order request left. */
  spend(now: MonoMs, budgets: Budgets, cost: Cost = SINGLE): void {
    for (const { bucket, size, tokens } of this.#paced(budgets, cost)) {
      refill(bucket, size, now);
      bucket.tokens -= tokens;
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

  #unpaced(budgets: Budgets, { now, cost }: { readonly now: MonoMs; readonly cost: Cost }): string | null {
    for (const { bucket, size, tokens } of this.#paced(budgets, cost)) {
      refill(bucket, size, now);
      if (bucket.tokens >= tokens) continue;
      const waitMs = Math.ceil((tokens - bucket.tokens) / size.perMs);
      return `${bucket.name}: paced at ${(size.perMs * 1_000).toFixed(1)} a second, the next in ${waitMs} ms`;
    }
    return null;
  }

  #paced({ orders1m, orders10s, weight }: Budgets, cost: Cost): readonly Paced[] {
    const orders = (bucket: Bucket, use: Use) => ({ bucket, size: sized(bucket, { use, minute: orders1m }) });
    const minute = { ...orders(this.#minute, orders1m), tokens: cost.orders1m };
    const tenSeconds = { ...orders(this.#tenSeconds, orders10s), tokens: cost.orders10s };
    const batches = { bucket: this.#batches, size: batchSized(this.#batches, weight), tokens: cost.weight };
    return cost.weight === 0 ? [minute, tenSeconds] : [minute, tenSeconds, batches];
  }
}

type Paced = { readonly bucket: Bucket; readonly size: Sized; readonly tokens: number };

/** For metrics: how much of each window of the venue is used. */
export const usedOf = ({ weight, orders1m, orders10s }: Budgets): Readonly<Record<string, number>> => ({
  weightUsed: weight.used,
  ordersUsed1m: orders1m.used,
  ordersUsed10s: orders10s.used,
});

function fullOf(name: string, { used, limit }: Use, { share, cost }: { readonly share: number; readonly cost: number }): string | null {
  const usable = Math.floor(limit * share);
  return used + cost > usable ? `${name} used ${used}, limit is ${usable} of ${limit}` : null;
}

function sized({ periodMs }: Bucket, { use, minute }: { readonly use: Use; readonly minute: Use }): Sized {
  const usable = Math.floor(use.limit * (1 - ORDERS_KEPT));
  const burst = Math.max(1, Math.floor(Math.min(minute.limit * BURST, usable * BURST_MAX)));
  return { burst, perMs: Math.max(0, usable - burst) / periodMs };
}

function batchSized({ periodMs }: Bucket, { limit }: Use): Sized {
  const usable = limit * BATCH_WEIGHT;
  return { burst: usable * BATCH_BURST, perMs: (usable * (1 - BATCH_BURST)) / periodMs };
}

function refill(bucket: Bucket, { burst, perMs }: Sized, now: MonoMs): void {
  bucket.tokens = bucket.at === null ? burst : Math.min(burst, bucket.tokens + (now - bucket.at) * perMs);
  bucket.at = now;
}

/** Rate-limit use in the venue's fixed windows: our own count and the venue's headers, whichever is higher. Pure. Reference sheet 2026-11, 5. */
import type { Budget, Budgets } from '../venue.ts';
import type { RateLimits } from './instruments.ts';

type Window = { readonly periodMs: number; readonly header: string; index: number; used: number };
/** A batch counts in the minute as one order, whatever is in it. */
type Cost = { readonly weight: number; readonly orders: number; readonly orders1m?: number };

/** Of the weight, for cancels and whatever else protects: market data leaves it alone (the sheet's advice, section 5). */
const WEIGHT_KEPT = 0.2;
/** Our clock and the venue's may differ by this much at the start of a window: a count told there may be the last of the window before. */
const EDGE_MS = 250;

/** Times are the venue's wall time, because its windows are. */
export class RateBudget {
  #limits: RateLimits;
  readonly #weight = windowOf(60_000, 'x-mbx-used-weight-1m');
  readonly #orders1m = windowOf(60_000, 'x-mbx-order-count-1m');
  readonly #orders10s = windowOf(10_000, 'x-mbx-order-count-10s');

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  setLimits(limits: RateLimits): void {
    this.#limits = limits;
  }

  spend({ weight, orders, orders1m = orders }: Cost, nowMs: number): void {
    for (const [window, cost] of [
      [this.#weight, weight],
      [this.#orders1m, orders1m],
      [this.#orders10s, orders],
    ] as const) {
      roll(window, nowMs);
      window.used += cost;
    }
  }

  /**
   * Others on the same address or account move the venue's count. Order headers are missing on refusals. A count is believed only when
   * question and answer fell into the same window, else it may be of the window before.
   */
  learn(headers: ReadonlyMap<string, string>, { sentMs, nowMs }: { readonly sentMs: number; readonly nowMs: number }): void {
    for (const window of [this.#weight, this.#orders1m, this.#orders10s]) {
      const told = Number(headers.get(window.header) ?? Number.NaN);
      roll(window, nowMs);
      const sameWindow = sentMs >= window.index * window.periodMs + EDGE_MS;
      if (sameWindow && told > window.used) window.used = told;
    }
  }

  /** The window that has no room for it, and how long until the next begins; null when it may go. `spare`: it leaves the kept share alone. */
  fullFor(
    { weight, orders, orders1m = orders, spare = false }: Cost & { readonly spare?: boolean },
    nowMs: number,
  ): { readonly waitMs: number; readonly orders: boolean; readonly sentence: string } | null {
    const limits = this.#limits;
    const weightLimit = spare ? Math.floor(limits.weight1m * (1 - WEIGHT_KEPT)) : limits.weight1m;
    for (const { window, cost, limit, name } of [
      { window: this.#weight, cost: weight, limit: weightLimit, name: 'request weight in 1 min' },
      { window: this.#orders1m, cost: orders1m, limit: limits.orders1m, name: 'orders in 1 min' },
      { window: this.#orders10s, cost: orders, limit: limits.orders10s, name: 'orders in 10 s' },
    ]) {
      roll(window, nowMs);
      if (cost === 0 || window.used + cost <= limit) continue;
      return {
        waitMs: Math.ceil((window.index + 1) * window.periodMs - nowMs),
        orders: window !== this.#weight,
        sentence: `${name} used ${window.used} of ${limit}`,
      };
    }
    return null;
  }

  view(nowMs: number): Budgets {
    const { weight1m, orders1m, orders10s } = this.#limits;
    return {
      weight: read(this.#weight, weight1m, nowMs),
      orders1m: read(this.#orders1m, orders1m, nowMs),
      orders10s: read(this.#orders10s, orders10s, nowMs),
    };
  }
}

const windowOf = (periodMs: number, header: string): Window => ({ periodMs, header, index: -1, used: 0 });

function roll(window: Window, nowMs: number): void {
  const index = Math.floor(nowMs / window.periodMs);
  if (index === window.index) return;
  window.index = index;
  window.used = 0;
}

function read(window: Window, limit: number, nowMs: number): Budget {
  roll(window, nowMs);
  return { used: window.used, limit };
}

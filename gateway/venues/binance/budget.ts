/** Rate-limit use in the venue's fixed windows: our own count and the venue's headers, whichever is higher. Pure. Reference sheet 2026-11, 5. */
import type { Budget, Budgets } from '../venue.ts';
import type { RateLimits } from './instruments.ts';

type Window = { readonly periodMs: number; readonly header: string; index: number; used: number };

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

  spend({ weight, orders }: { readonly weight: number; readonly orders: number }, nowMs: number): void {
    for (const [window, cost] of [
      [this.#weight, weight],
      [this.#orders1m, orders],
      [this.#orders10s, orders],
    ] as const) {
      roll(window, nowMs);
      window.used += cost;
    }
  }

  /** Others on the same address or account move the venue's count. Order headers are missing on refusals. */
  learn(headers: ReadonlyMap<string, string>, nowMs: number): void {
    for (const window of [this.#weight, this.#orders1m, this.#orders10s]) {
      const told = Number(headers.get(window.header) ?? Number.NaN);
      roll(window, nowMs);
      if (told > window.used) window.used = told;
    }
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

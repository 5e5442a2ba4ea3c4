/** Weight per address and orders per account, counted in fixed windows of server time (reference sheet 2026-11, section 5). */
import { Refusal } from './refusal.ts';

export const WEIGHT_PER_MINUTE = 2_400;
export const ORDERS_PER_10S = 300;
export const ORDERS_PER_MINUTE = 1_200;

const MINUTE_MS = 60_000;
const TEN_SECONDS_MS = 10_000;

export type Cost = { readonly weight: number; readonly orders10s: number; readonly orders1m: number };
export type Spender = { readonly address: string; readonly apiKey: string | null; readonly nowMs: number };

/** A refusal that says when to come back. */
export class TooMany extends Refusal {
  readonly retryAfterS: number;

  constructor({ code, message, retryAfterMs }: { readonly code: number; readonly message: string; readonly retryAfterMs: number }) {
    super({ code, message, status: 429 });
    this.retryAfterS = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  }
}

export class RateLimits {
  readonly #enforced: boolean;
  readonly #weight = new Window(MINUTE_MS);
  readonly #orders10s = new Window(TEN_SECONDS_MS);
  readonly #orders1m = new Window(MINUTE_MS);

  constructor({ enforced }: { readonly enforced: boolean }) {
    this.#enforced = enforced;
  }

  /** Counts a request, refused ones too; throws `TooMany` beyond a limit. */
  spend({ address, apiKey, nowMs }: Spender, cost: Cost): void {
    const account = apiKey ?? '';
    if (this.#weight.add({ name: address, amount: cost.weight, nowMs }) > WEIGHT_PER_MINUTE && this.#enforced) {
      const message = `Too many requests; current limit is ${WEIGHT_PER_MINUTE} requests per minute. Please use the websocket for live updates to avoid polling the API.`;
      throw new TooMany({ code: -1003, message, retryAfterMs: this.#weight.leftMs(nowMs) });
    }
    if (cost.orders10s === 0 && cost.orders1m === 0) return;
    const in10s = this.#orders10s.add({ name: account, amount: cost.orders10s, nowMs });
    const in1m = this.#orders1m.add({ name: account, amount: cost.orders1m, nowMs });
    if (!this.#enforced) return;
    if (in10s > ORDERS_PER_10S) throw tooManyOrders(`${ORDERS_PER_10S} orders per TEN_SECONDS`, this.#orders10s.leftMs(nowMs));
    if (in1m > ORDERS_PER_MINUTE) throw tooManyOrders(`${ORDERS_PER_MINUTE} orders per MINUTE`, this.#orders1m.leftMs(nowMs));
  }

  weightHeaders({ address, nowMs }: Spender): Record<string, string> {
    return { 'X-MBX-USED-WEIGHT-1M': String(this.#weight.used(address, nowMs)) };
  }

  orderHeaders({ apiKey, nowMs }: Spender): Record<string, string> {
    return {
      'X-MBX-ORDER-COUNT-10S': String(this.#orders10s.used(apiKey ?? '', nowMs)),
      'X-MBX-ORDER-COUNT-1M': String(this.#orders1m.used(apiKey ?? '', nowMs)),
    };
  }
}

const tooManyOrders = (limit: string, retryAfterMs: number): TooMany =>
  new TooMany({ code: -1015, message: `Too many new orders; current limit is ${limit}.`, retryAfterMs });

class Window {
  readonly #periodMs: number;
  readonly #used = new Map<string, number>();
  #number = 0;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  add({ name, amount, nowMs }: { readonly name: string; readonly amount: number; readonly nowMs: number }): number {
    const used = this.used(name, nowMs) + amount;
    this.#used.set(name, used);
    return used;
  }

  used(name: string, nowMs: number): number {
    const number = Math.floor(nowMs / this.#periodMs);
    if (number !== this.#number) this.#used.clear();
    this.#number = number;
    return this.#used.get(name) ?? 0;
  }

  leftMs(nowMs: number): number {
    return this.#periodMs - (nowMs % this.#periodMs);
  }
}

/** Weight per address and orders per account, counted in fixed windows of server time, and bans (reference sheet 2026-11, section 5). */
import { Refusal } from './refusal.ts';

export type LimitFigures = { readonly weightPerMinute: number; readonly ordersPer10s: number; readonly ordersPerMinute: number };

export const VENUE_LIMITS: LimitFigures = { weightPerMinute: 2_400, ordersPer10s: 300, ordersPerMinute: 1_200 };

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FUNDING_PER_5M = 500;
/** How many calls of one minute are answered 429 before the next one bans the address; the venue names no figure. */
const REFUSED_PER_MINUTE = 100;
const BAN_MIN_MS = 2 * MINUTE_MS;
const BAN_MAX_MS = 3 * DAY_MS;

export type Spender = { readonly address: string; readonly nowMs: number };
export type OrderCost = { readonly account: string; readonly orders10s: number; readonly orders1m: number };
export type Usage = { readonly address: string /** Null: no orders shown. */; readonly account: string | null; readonly nowMs: number };

/** A refusal that says when to come back: 429, or 418 for a banned address. */
export class TooMany extends Refusal {
  readonly retryAtMs: number;
  readonly retryAfterS: number;

  constructor(
    given: { readonly code: number; readonly message: string; readonly status: number; readonly retryAtMs: number },
    nowMs: number,
  ) {
    super(given);
    this.retryAtMs = given.retryAtMs;
    this.retryAfterS = Math.max(1, Math.ceil((given.retryAtMs - nowMs) / SECOND_MS));
  }
}

export class RateLimits {
  readonly figures: LimitFigures;
  readonly #enforced: boolean;
  readonly #weight = new Window(MINUTE_MS);
  readonly #funding = new Window(5 * MINUTE_MS);
  readonly #orders10s = new Window(10 * SECOND_MS);
  readonly #orders1m = new Window(MINUTE_MS);
  readonly #refused = new Window(MINUTE_MS);
  readonly #bannedUntilMs = new Map<string, number>();
  readonly #bans = new Map<string, number>();

  constructor({ enforced, figures = VENUE_LIMITS }: { readonly enforced: boolean; readonly figures?: LimitFigures }) {
    this.#enforced = enforced;
    this.figures = figures;
  }

  /** Every call of `address` is answered 418 until then, whether limits are enforced or not. */
  ban(address: string, untilMs: number): void {
    this.#bannedUntilMs.set(address, Math.floor(untilMs));
  }

  /** Throws `TooMany` while the address is banned. */
  checkBan({ address, nowMs }: Spender): void {
    const untilMs = this.#bannedUntilMs.get(address) ?? 0;
    if (nowMs < untilMs) throw banned(untilMs, nowMs);
  }

  /** Counts a request, refused ones too; throws `TooMany` beyond the limit. */
  spendWeight(spender: Spender, weight: number): void {
    const { weightPerMinute } = this.figures;
    if (this.#weight.add(spender.address, weight, spender.nowMs) <= weightPerMinute || !this.#enforced) return;
    const message = `Too many requests; current limit is ${weightPerMinute} requests per minute. Please use the websocket for live updates to avoid polling the API.`;
    this.#refuse(spender, { code: -1003, message, window: this.#weight });
  }

  /** The funding calls weigh nothing and have a pool of their own, which no header shows. */
  spendFunding(spender: Spender): void {
    if (this.#funding.add(spender.address, 1, spender.nowMs) <= FUNDING_PER_5M || !this.#enforced) return;
    const message = `Too many requests; current limit is ${FUNDING_PER_5M} requests per 5 minutes.`;
    this.#refuse(spender, { code: -1003, message, window: this.#funding });
  }

  /** Counts order entry of an account, over all its keys and addresses. */
  spendOrders(spender: Spender, { account, orders10s, orders1m }: OrderCost): void {
    if (orders10s === 0 && orders1m === 0) return;
    const { ordersPer10s, ordersPerMinute } = this.figures;
    const in10s = this.#orders10s.add(account, orders10s, spender.nowMs);
    const in1m = this.#orders1m.add(account, orders1m, spender.nowMs);
    if (!this.#enforced) return;
    const tooMany = (limit: string): string => `Too many new orders; current limit is ${limit}.`;
    if (in10s > ordersPer10s)
      this.#refuse(spender, { code: -1015, message: tooMany(`${ordersPer10s} orders per TEN_SECONDS`), window: this.#orders10s });
    if (in1m > ordersPerMinute)
      this.#refuse(spender, { code: -1015, message: tooMany(`${ordersPerMinute} orders per MINUTE`), window: this.#orders1m });
  }

  weightHeaders({ address, nowMs }: Spender): Record<string, string> {
    return { 'X-MBX-USED-WEIGHT-1M': String(this.#weight.used(address, nowMs)) };
  }

  orderHeaders(account: string, nowMs: number): Record<string, string> {
    return {
      'X-MBX-ORDER-COUNT-10S': String(this.#orders10s.used(account, nowMs)),
      'X-MBX-ORDER-COUNT-1M': String(this.#orders1m.used(account, nowMs)),
    };
  }

  /** Limits with their counts as WebSocket API replies carry them. */
  usage({ address, account, nowMs }: Usage): readonly Record<string, unknown>[] {
    const [weight, perMinute, per10s] = rateLimitRows(this.figures);
    const rows = [{ ...weight, count: this.#weight.used(address, nowMs) }];
    if (account === null) return rows;
    return [
      { ...per10s, count: this.#orders10s.used(account, nowMs) },
      { ...perMinute, count: this.#orders1m.used(account, nowMs) },
      ...rows,
    ];
  }

  /** A client that goes on after 429 is banned, each time for twice as long. */
  #refuse(
    spender: Spender,
    { code, message, window }: { readonly code: number; readonly message: string; readonly window: Window },
  ): never {
    const { address, nowMs } = spender;
    if (this.#refused.add(address, 1, nowMs) <= REFUSED_PER_MINUTE)
      throw new TooMany({ code, message, status: 429, retryAtMs: window.endMs(nowMs) }, nowMs);
    const bans = this.#bans.get(address) ?? 0;
    this.#bans.set(address, bans + 1);
    const untilMs = nowMs + Math.min(BAN_MAX_MS, BAN_MIN_MS * 2 ** bans);
    this.ban(address, untilMs);
    throw banned(untilMs, nowMs);
  }
}

/** As `exchangeInfo` lists them: weight, orders of a minute, orders of ten seconds. */
export const rateLimitRows = ({ weightPerMinute, ordersPerMinute, ordersPer10s }: LimitFigures) =>
  [
    { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightPerMinute },
    { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: ordersPerMinute },
    { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: ordersPer10s },
  ] as const;

function banned(untilMs: number, nowMs: number): TooMany {
  const message = `Way too many requests; IP banned until ${untilMs}. Please use the websocket for live updates to avoid bans.`;
  return new TooMany({ code: -1003, message, status: 418, retryAtMs: untilMs }, nowMs);
}

class Window {
  readonly #periodMs: number;
  readonly #used = new Map<string, number>();
  #number = 0;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  add(name: string, amount: number, nowMs: number): number {
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

  endMs(nowMs: number): number {
    return nowMs - (nowMs % this.#periodMs) + this.#periodMs;
  }
}

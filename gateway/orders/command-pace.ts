/**
 * How much a client may send at all, whatever the venue allows: commands a second, and orders for each fill over an hour. A strategy that
 * has lost its mind sends much and fills little, or fills much; the position limits see the second, this sees the first. Cancels are free.
 */
import type { RateLimits } from '../../shared/limits.ts';
import type { MonoMs } from '../../shared/units.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const MINUTES = 60;
/** Times older than a second that are kept until they go together. */
const OLD_MAX = 256;
/** Below so many orders in the hour their number says nothing about the strategy. */
const ORDERS_MIN = 500;

export type PaceRefusal = { readonly code: 'limit-rate' | 'limit-order-to-fill'; readonly why: string };
type Minute = { index: number; orders: number; fills: number };

export class CommandPace {
  readonly #limits: () => RateLimits;
  readonly #minutes: Minute[] = Array.from({ length: MINUTES }, () => ({ index: -1, orders: 0, fills: 0 }));
  /** When those of the last second were let through, oldest first: no bucket, which would let twice as many through in a second. */
  readonly #recent: MonoMs[] = [];
  /** Where the last second begins there. */
  #young = 0;

  constructor(limits: () => RateLimits) {
    this.#limits = limits;
  }

  /** Of an order or amend that would open; null when it may go on. Asked once a command: each answer uses the budget up. */
  check(now: MonoMs): PaceRefusal | null {
    const { maxCommandsPerSecond, maxOrdersPerFill } = this.#limits();
    if (this.#lastSecond(now) >= maxCommandsPerSecond)
      return { code: 'limit-rate', why: `more than ${maxCommandsPerSecond} commands came within a second` };
    this.#recent.push(now);
    const { orders, fills } = this.lastHour(now);
    if (orders < ORDERS_MIN || orders <= maxOrdersPerFill * Math.max(1, fills)) return null;
    return {
      code: 'limit-order-to-fill',
      why: `${orders} orders brought ${fills} fills within an hour, limit is ${maxOrdersPerFill} for each`,
    };
  }

  /** Those that are older are passed over, and let go of once they are many. */
  #lastSecond(now: MonoMs): number {
    const recent = this.#recent;
    while (this.#young < recent.length && now - (recent[this.#young] ?? now) >= SECOND_MS) this.#young++;
    if (this.#young > OLD_MAX) {
      recent.splice(0, this.#young);
      this.#young = 0;
    }
    return recent.length - this.#young;
  }

  /** An order or amend left. */
  sent(now: MonoMs): void {
    this.#minute(now).orders++;
  }

  filled(count: number, now: MonoMs): void {
    this.#minute(now).fills += count;
  }

  lastHour(now: MonoMs): { readonly orders: number; readonly fills: number } {
    const first = Math.floor(now / MINUTE_MS) - MINUTES + 1;
    let [orders, fills] = [0, 0];
    for (const minute of this.#minutes) {
      if (minute.index < first) continue;
      orders += minute.orders;
      fills += minute.fills;
    }
    return { orders, fills };
  }

  #minute(now: MonoMs): Minute {
    const index = Math.floor(now / MINUTE_MS);
    const minute = this.#minutes[index % MINUTES] ?? this.#minutes[0] ?? { index, orders: 0, fills: 0 };
    if (minute.index !== index) Object.assign(minute, { index, orders: 0, fills: 0 });
    return minute;
  }
}
